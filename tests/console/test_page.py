"""The page itself: safe, light, quick, accessible, at home on every screen."""

import threading
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.integration.helpers import ONCE, outcomes, sts_request, wait_until

KB = 1000

AXE = files("axe_playwright_python").joinpath("axe.min.js")


def test_a_first_minute_without_a_mouse(page, client, outages) -> None:
    """By keyboard alone an outage is started and ended on the map, and a rule by the form; focus
    goes through the page from the top to the bottom, and back to where it was after a dialog.
    """
    client("sts").get_caller_identity()
    page.wait_for_selector("#map td button")
    press = page.keyboard.press
    focused = "document.activeElement.id || document.activeElement.dataset.service || ''"
    order = []
    for _ in range(12):
        press("Tab")
        order.append(page.evaluate(focused))
    assert ["new-rule", "fault", "duration", "*"] == order[:4]
    assert order.index("timeline") > 3

    page.locator("#map button").first.focus()
    press("ArrowDown")
    press("ArrowRight")
    press("Enter")
    expect(page.locator("#map button:focus")).to_contain_text("out")
    assert 1 == len(outages.get()[1])
    press("Enter")
    wait_until(lambda: outages.get()[1] == [])

    page.locator("#new-rule").focus()
    press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.type("athena")
    press("Enter")
    wait_until(lambda: outages.get()[1] == [{"service": "athena"}])
    expect(page.locator("#new-rule")).to_be_focused()
    expect(page.locator("#rules .row").first).to_contain_text("athena")
    page.locator("#rules .row button[tabindex='0']").first.focus()
    press("Enter")
    page.wait_for_selector("dialog[open]")
    press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    press("Tab")
    press("Enter")
    wait_until(lambda: outages.get()[1] == [])


def faults(page: Page) -> list[str]:
    """Give what axe finds wrong with a page."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [f"{v['id']}: {[node['html'][:200] for node in v['nodes']]}" for v in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(new_page, address, outages, client, scheme) -> None:
    """axe-core has nothing to say against the page, its form, and its dialogs."""
    outages.post([{"service": "sts"}, {"service": "s-3", "after": 60}, {"service": "sqs"}])
    outcomes(client("sts", retries=ONCE).get_caller_identity, 2)
    outages.delete([{"service": "sqs"}])
    page = new_page(color_scheme=scheme)
    page.goto(address)
    page.wait_for_selector("#feed .row")
    page.wait_for_selector("#verdicts li")
    page.wait_for_selector("#map [data-state=out]")
    assert [] == faults(page)
    page.click("#new-rule")
    page.click("summary:has-text('More')")
    assert [] == faults(page)
    page.keyboard.press("Escape")
    page.locator("#rules .what button").first.click()
    page.wait_for_selector("dialog[open]")
    assert [] == faults(page)


@pytest.mark.parametrize("size", [(380, 800), (3840, 2160)])
def test_screens(new_page, address, outages, client, size) -> None:
    """From a phone to 4K nothing is cut off at the side, in the page and in its form."""
    outages.post([{"service": "sts", "region": "us-*", "description": "x" * 500}])
    outcomes(client("sts", retries=ONCE).get_caller_identity, 2)
    page = new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(address)
    page.wait_for_selector("#feed .row")
    wide = "document.documentElement.scrollWidth"
    assert size[0] == page.evaluate(wide)
    page.click("#new-rule")
    form = page.wait_for_selector("dialog[open]")
    page.select_option("#field-latency", "percentiles")
    assert form.evaluate("(form) => form.scrollWidth <= form.clientWidth")
    assert size[0] == page.evaluate(wide)


def test_weight_and_first_paint(new_page, address, endpoint) -> None:
    """The page weighs less than 60 kB uncompressed, and is there at once. What dialogs need comes
    when they are opened.
    """
    page = new_page()
    bodies: dict[str, int] = {}
    page.on("response", lambda r: r.ok and "/outages/" not in r.url and bodies.update({r.url: 0}))
    page.goto(address)
    page.wait_for_selector("#health[data-state=up]")
    for url in bodies:
        path = url.removeprefix(address)
        answer = requests.get(f"{endpoint}/_extension/outages/{path}", timeout=30)
        bodies[url] = len(answer.content)
    paint = """performance.getEntriesByName("first-contentful-paint")[0].startTime"""

    assert len(bodies) > 10
    assert sum(bodies.values()) < 60 * KB
    assert page.evaluate(paint) < 1500


def call(endpoint: str, times: int) -> None:
    """Call a service many times over one connection."""
    head, body = sts_request(endpoint).decode().split("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    connection = HTTPConnection(urlsplit(endpoint).netloc, timeout=60)
    for _ in range(times):
        connection.request("POST", "/", body, headers)
        connection.getresponse().read()


def test_long_lists_stay_smooth(new_page, address, outages, endpoint) -> None:
    """With 1,000 rules and 10,000 affected calls the page does not freeze, and holds few rows."""
    outages.post([{"service": "sts"}])
    threads = [threading.Thread(target=call, args=(endpoint, 2500)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outages.post([{"service": f"s{n}", "region": f"us-{n % 30}"} for n in range(1000)])
    page = new_page()
    page.goto(address)
    page.evaluate(
        """() => {
            window.tasks = [];
            new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => e.duration)))
                .observe({ type: "longtask", buffered: true });
        }"""
    )
    expect(page.locator("#rules-count")).to_contain_text("1000 in the list")
    expect(page.locator("#feed-count")).to_contain_text("10,000 calls", timeout=20_000)
    page.evaluate("window.loading = window.tasks.splice(0)")
    for name in ("rules", "feed"):
        for top in range(0, 40_000, 4000):
            page.evaluate(f"document.getElementById('{name}').scrollTop = {top}")
            page.wait_for_timeout(50)
    scrolling, loading = page.evaluate("[window.tasks, window.loading]")
    print(f"long tasks: loading {loading}, scrolling {scrolling} ms")  # noqa: T201

    assert page.locator("#rules .row").count() < 60
    assert page.locator("#feed .row").count() < 60
    assert max(scrolling, default=0) < 400
    assert max(loading, default=0) < 1000
    page.locator("#feed").evaluate("(box) => { box.scrollTop = 0; }")
    page.locator("#feed .row button").first.focus()
    page.keyboard.press("End")
    expect(page.locator("#feed .row:focus-within")).to_have_attribute("aria-rowindex", "10000")


def test_it_works_below_the_prefix(new_page, endpoint, outages) -> None:
    """The page at the prefix of another host works as the one at the console's own host."""
    page = new_page()
    page.goto(f"http://localhost:{urlsplit(endpoint).port}/_extension/outages")
    page.click("#map button")

    wait_until(lambda: outages.get()[1] == [{}])


def test_at_an_address_where_it_would_not_work_it_leads_elsewhere(new_page, endpoint) -> None:
    """LocalStack lets no page of 127.0.0.1 change anything: the page opens at localhost."""
    page = new_page()
    page.goto(f"{endpoint}/_extension/outages/")

    assert f"http://localhost:{urlsplit(endpoint).port}/_extension/outages/" == page.url


@pytest.fixture
def foreign_site(tmp_path) -> Iterator[str]:
    """The URL of a page of another origin."""
    (tmp_path / "index.html").write_text("<!doctype html><title>foreign</title>")
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


SEND = """async (url) => {
    for (const mode of ["cors", "no-cors"])
        await fetch(url, { method: "POST", mode, body: "[{}]" }).catch(() => 0);
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: url, enctype: "text/plain" });
    document.body.append(form);
    form.submit();
}"""

FRAME = """(url) => new Promise((done) => {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: url, onload: done });
    document.body.append(frame);
})"""


@pytest.mark.parametrize("place", ["host", "prefix"])
def test_a_foreign_page_cannot_start_an_outage(
    browser, foreign_site, address, endpoint, outages, place
) -> None:
    """A page of another origin can change nothing, by a script or by a form, nor frame the page."""
    root = address if place == "host" else f"{endpoint}/_extension/outages/"
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(foreign_site)
        with page.expect_response(lambda r: r.request.is_navigation_request()) as sent:
            page.evaluate(SEND, f"{root}outages")
        assert 403 == sent.value.status
        page = context.new_page()
        page.goto(foreign_site)
        page.evaluate(FRAME, root)
        assert 0 == page.frames[-1].locator("#new-rule").count()

    assert (200, []) == outages.get()
