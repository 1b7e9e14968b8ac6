"""The page itself: safe, light, quick, accessible, at home on every screen."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from localstack_outages.launch.localstack import LocalStack
from tests.integration.helpers import ONCE, connect, outcomes, sts_request, wait_until

from .conftest import TIMEOUT_MS

KB = 1000

WHEN_EMPTY = ("welcome.js", "changes.js", "toast.js", "copies.js", "presets.js")
"""What is loaded to say how to begin, after the page itself."""

WHEN_ASKED = (
    "fleet.js",
    "gallery.js",
    "runs.js",
    "phases.js",
    "phases.css",
    "load.js",
    "dialog.js",
    "dialog.css",
)
"""What is loaded only when somebody asks for it."""

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
    for _ in range(30):
        press("Tab")
        order.append(page.evaluate(focused))
    assert ["new-rule", "fault", "duration", "*"] == [
        one for one in order if one in ("new-rule", "fault", "duration", "*")
    ][:4]
    assert order.index("timeline") > order.index("*")

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
    page.wait_for_selector("#verdicts .row")
    page.wait_for_selector("#map [data-state=out]")
    assert [] == faults(page)
    page.click("#new-rule")
    assert [] == faults(page)
    page.click("summary:has-text('All fields')")
    page.click("summary:has-text('More')")
    assert [] == faults(page)
    page.keyboard.press("Escape")
    page.locator("#rules .what button").first.click()
    page.wait_for_selector("dialog[open]")
    assert [] == faults(page)
    page.keyboard.press("Escape")
    row = page.locator("#verdicts .row", has_text="sts").first.locator("button")
    row.click()
    if row.get_attribute("aria-expanded"):
        assert [] == faults(page)
        page.locator("#verdicts .inner button").first.click()
    page.wait_for_selector("dialog[open]")
    assert [] == faults(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert [] == faults(page)


@pytest.mark.parametrize("size", [(380, 800), (390, 844), (3840, 2160)])
def test_screens(new_page, watch, address, outages, client, size) -> None:
    """From a phone to 4K nothing is cut off at the side, in the page and in its form."""
    outages.post([{"service": "sts", "region": "us-*", "description": "x" * 500}])
    outcomes(client("sts", retries=ONCE).get_caller_identity, 2)
    page = new_page(viewport={"width": size[0], "height": size[1]})
    watch[0].allowed = ("400",)  # the form has the rule checked while its percentiles are empty
    page.goto(address)
    page.wait_for_selector("#feed .row")
    wide = "document.documentElement.scrollWidth"
    assert size[0] == page.evaluate(wide)
    page.click("#new-rule")
    form = page.wait_for_selector("dialog[open]")
    page.click("summary:has-text('All fields')")
    page.select_option("#field-latency", "percentiles")
    assert form.evaluate("(form) => form.scrollWidth <= form.clientWidth")
    assert size[0] == page.evaluate(wide)


def test_an_empty_page_says_how_to_begin(new_page, restartable, watch) -> None:
    """Before the first call it tells how an application gets here, and offers outages to try."""
    root = f"{restartable.endpoint.replace('127.0.0.1', 'localhost')}/_extension/outages/"
    port = urlsplit(root).port
    page = new_page()
    watch[0].allowed = ("request to",)
    page.goto(root)
    welcome = page.locator("#welcome")
    expect(welcome).to_contain_text(f'endpoint_url="http://localhost:{port}"')
    expect(welcome.get_by_role("button")).to_have_count(4)
    assert [] == faults(page)
    welcome.get_by_role("button", name="S3 throttles").click()
    expect(welcome).to_be_hidden()
    expect(page.locator("#rules .row").first).to_contain_text("s3")
    page.locator("#toast button").click()
    expect(page.locator("#health")).to_contain_text("no outage")
    page.close()


@pytest.mark.parametrize(("key", "text"), [("?", "search the rules"), ("n", "New rule")])
def test_keys(page, key, text) -> None:
    """A key opens what it stands for, but not where somebody types."""
    page.locator("#search").focus()
    page.keyboard.press(key)
    expect(page.locator("#search")).to_have_value(key)
    page.locator("#map button").first.focus()
    page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_contain_text(text)


def test_the_key_e_asks_to_end_all(page, outages) -> None:
    """The key e asks whether all outages are to end, where there are any."""
    outages.post([{"service": "s3"}])
    expect(page.locator("#clear")).to_be_enabled()
    page.keyboard.press("e")
    page.get_by_role("dialog").get_by_role("button", name="End all").click()
    wait_until(lambda: outages.get()[1] == [])


def test_weight(new_page, restartable, watch) -> None:
    """The first load weighs less than 80 kB uncompressed. What outages, verdicts and dialogs need
    comes when it is used.
    """
    root = f"{restartable.endpoint.replace('127.0.0.1', 'localhost')}/_extension/outages/"
    page = new_page()
    watch[0].allowed = ("request to",)
    bodies: dict[str, int] = {}
    page.on(
        "response",
        lambda r: r.ok and "/outages/outages/" not in r.url and bodies.update({r.url: 0}),
    )
    page.goto(root)
    page.wait_for_selector("#health[data-state=up]")
    page.wait_for_selector("#welcome pre")
    for url in bodies:
        bodies[url] = len(requests.get(url, headers={"Accept": "text/html"}, timeout=30).content)
    page.close()
    needed = {url: size for url, size in bodies.items() if not url.endswith(WHEN_EMPTY)}

    assert len(needed) > 10
    assert not [url for url in bodies if url.endswith(WHEN_ASKED)]
    assert sum(needed.values()) < 80 * KB


PAINTED = """() => new Promise((done) => {
    new PerformanceObserver((list) => done(list.getEntriesByName("first-contentful-paint").length))
        .observe({ type: "paint", buffered: true });
})"""


def test_the_page_is_there_before_anything_is_answered(new_page, address) -> None:
    """The first paint waits for no answer of the control API."""
    page = new_page()
    page.route("**/outages/**", lambda _: None)
    page.goto(address)

    assert 1 == page.evaluate(PAINTED)
    expect(page.locator("#new-rule")).to_be_visible()
    page.unroute("**/outages/**")


def call(endpoint: str, times: int, at_once: int = 100) -> None:
    """Call a service many times over one connection, without waiting for each answer."""
    with connect(endpoint) as connection:
        for _ in range(times // at_once):
            connection.sendall(sts_request(endpoint) * at_once)
            answers = b""
            while answers.count(b"HTTP/1.1 503 ") < at_once:
                more = connection.recv(65536)
                assert more, answers[-1000:]
                answers += more


IS_COVERED = """(box) => {
    const { top, bottom } = box.getBoundingClientRect();
    const at = [...box.querySelectorAll(".row")].map((row) => row.getBoundingClientRect());
    return [top + 2, bottom - 2].every((y) => at.some((row) => row.top <= y && y <= row.bottom));
}"""
"""Whether a list shows rows from its upper edge to its lower one."""


def test_long_lists(new_page, restartable, outages, watch) -> None:
    """1,000 rules and 10,000 affected calls are all there, of each a few rows in the page: those in
    sight.
    """
    # Of its own, or the calls of other tests would be too few to be seen on the timeline after these.
    endpoint = restartable.endpoint
    control = type(outages)(endpoint)
    control.post([{"service": "sts"}])
    call(endpoint, 10_000)
    control.post([{"service": f"s{n}", "region": f"us-{n % 30}"} for n in range(1000)])
    page = new_page()
    watch[0].allowed = ("request to",)
    page.goto(f"{endpoint.replace('127.0.0.1', 'localhost')}/_extension/outages/")
    expect(page.locator("#rules-count")).to_contain_text("1000 in the list")
    expect(page.locator("#feed-count")).to_contain_text("10,000 calls", timeout=2 * TIMEOUT_MS)
    for box in (page.locator("#rules"), page.locator("#feed")):
        for top in range(0, 40_000, 4000):
            box.evaluate("(box, top) => { box.scrollTop = top; }", top)
            wait_until(lambda: box.evaluate(IS_COVERED))  # noqa: B023 # it is awaited here
            assert box.locator(".row").count() < 60
    page.locator("#feed").evaluate("(box) => { box.scrollTop = 0; }")
    page.locator("#feed .row button").first.focus()
    page.keyboard.press("End")
    expect(page.locator("#feed .row:focus-within")).to_have_attribute("aria-rowindex", "10000")
    page.close()


SCROLLED = """async (count) => {
    const { makeRow, Windowed } = await import("/console/windowed.js");
    const box = document.createElement("div");
    box.style.cssText = "position: fixed; inset: 0 auto auto 0; width: 400px; height: 400px; overflow: auto";
    document.body.append(box);
    const touched = { keys: 0, made: 0, updated: 0 };
    const list = new Windowed(
        box,
        (item) => (touched.keys++, String(item)),
        () => (touched.made++, makeRow()),
        (row, item) => (touched.updated++, (row.querySelector("b").textContent = `item ${item}`)),
    );
    list.set(Array.from({ length: count }, (_, index) => index));
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    const found = [];
    for (const top of [1000, 1040, 5000, list.height * count, 0]) {
        Object.assign(touched, { keys: 0, made: 0, updated: 0 });
        await new Promise((done) => {
            box.addEventListener("scroll", done, { once: true });
            box.scrollTop = top;
        });
        found.push({ ...touched, rows: box.querySelectorAll(".row").length });
    }
    box.remove();
    return found;
}"""


def test_scrolling_costs_the_same_whatever_the_length(page) -> None:
    """When a list is scrolled it asks for the keys of the rows in sight, and makes and fills those
    that come into sight, in a list of 100,000 as in one of 1,000.
    """
    short, long = (page.evaluate(SCROLLED, count) for count in (1_000, 100_000))

    assert short == long
    for touched in long:
        assert 0 < touched["rows"] < 30
        assert touched["keys"] < 100
        assert touched["made"] == touched["updated"] <= touched["rows"]
    assert long[1]["made"] < 5


def test_the_page_names_what_does_not_answer(page, running, watch) -> None:
    """Where nothing answers the page says what it is, LocalStack or the gateway."""
    watch[0].allowed = ("ERR_FAILED",)
    page.route("**/outages/status", lambda route: route.abort())
    name = "LocalStack" if isinstance(running, LocalStack) else "The gateway"
    expect(page.get_by_role("alert")).to_contain_text(f"{name} has not answered since")
    page.unroute("**/outages/status")
    expect(page.get_by_role("alert")).to_have_count(0)


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
