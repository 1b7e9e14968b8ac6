"""The timeline, the feed and the verdicts: what happens is seen."""

import os
import re
import subprocess
import sys
import time
from itertools import pairwise

import pytest
from botocore import xform_name
from playwright.sync_api import Locator, Page, expect

from tests.integration.helpers import ONCE, OUT, outcomes, wait_until


def reading(page: Page) -> str:
    """Give what the timeline says in words."""
    return page.locator("#reading").inner_text()


def windows(page: Page) -> int:
    """Give how many windows of outages the timeline says that it shows."""
    found = re.search(r"(\d+) outage windows?", reading(page))
    return int(found[1]) if found else 0


def colors(page: Page, name: str) -> int:
    """Count the pixels of the timeline that have one of the page's colours."""
    return int(
        page.evaluate(
            """(name) => {
            const canvas = document.getElementById("timeline");
            const { width, height } = canvas;
            const probe = document.createElement("canvas").getContext("2d");
            probe.fillStyle = getComputedStyle(canvas).getPropertyValue(name);
            probe.fillRect(0, 0, 1, 1);
            const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            let count = 0;
            for (let i = 0; i < data.length; i += 4)
              if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) count++;
            return count;
        }""",
            name,
        )
    )


def test_timeline(page, traffic, outages, watch) -> None:
    """It shows the calls by outcome, the window of an outage, and when clients were back; in words
    it says the same.
    """
    watch[0].allowed = ("willReadFrequently",)
    traffic("sts", "get_caller_identity")
    wait_until(lambda: colors(page, "--ok") > 20)
    outages.post([{"service": "sts", "duration": 3}])
    wait_until(lambda: colors(page, "--injected") > 20)
    wait_until(lambda: colors(page, "--out") > 20)
    wait_until(lambda: colors(page, "--on-up") > 20)

    assert windows(page) >= 1
    failed = int(reading(page).split(", ")[1].split()[0].replace(",", ""))
    assert failed > 5
    label = page.locator("#timeline").get_attribute("aria-label") or ""
    assert reading(page) in label


def test_the_newest_outage_is_always_named(new_page, address, outages) -> None:
    """With more windows than there is space for, the last one that has begun is in the timeline."""
    page = new_page()
    page.add_init_script("""
        const write = CanvasRenderingContext2D.prototype.fillText;
        window.written = [];
        CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
            window.written.push(text);
            return write.call(this, text, ...rest);
        };
    """)
    outages.post([{"service": f"before{n}"} for n in range(9)])
    page.goto(address)
    # Windows of rules that other tests have had may be among them.
    wait_until(lambda: windows(page) >= 9)
    outages.patch([{"service": "newest"}])

    wait_until(lambda: page.evaluate("written.splice(0).includes('newest')"))
    wait_until(lambda: page.evaluate("written.splice(0).some((text) => text.endsWith(' more'))"))


def test_the_timeline_by_keyboard_and_filter(page, traffic, watch) -> None:
    """The arrow keys read it second by second; a filter leaves the calls of a service."""
    watch[0].allowed = ("willReadFrequently",)
    traffic("sts", "get_caller_identity")
    page.locator("#timeline").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#reading")).to_contain_text("ok,")
    expect(page.locator("#reading")).to_contain_text("p95")
    page.select_option("#minutes", "15")
    page.fill("#timeline-filter [name=service]", "no-such-service")
    page.keyboard.press("Enter")
    expect(page.locator("#reading")).to_contain_text(re.compile("^0 calls"))
    page.fill("#timeline-filter [name=service]", "s*")
    page.keyboard.press("Enter")
    expect(page.locator("#reading")).to_contain_text(re.compile("^[1-9][0-9,]* calls"))
    wait_until(lambda: colors(page, "--ok") > 20)


def test_feed(page, client, outages) -> None:
    """Affected calls come as they happen, newest first; a click shows the record and its rule."""
    outages.post([{"service": "sts", "description": "the drill"}])
    assert [OUT] * 3 == outcomes(client("sts", retries=ONCE).get_caller_identity, 3)
    rule = outages.status()[1]["rules"][0]["id"]
    expect(page.locator("#rules")).to_contain_text(rule)
    row = page.locator("#feed .row", has_text=rule).first
    expect(row).to_contain_text("sts.GetCallerIdentity")
    expect(row).to_contain_text("503 ServiceUnavailableException")
    row.locator("button").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("summary").click()
    expect(dialog.locator("pre")).to_contain_text('"operation": "GetCallerIdentity"')
    dialog.get_by_role("button", name="Show r").click()
    expect(page.get_by_role("dialog").locator("pre")).to_contain_text("the drill")


def test_feed_filter_and_pause(page, client, outages) -> None:
    """The feed is narrowed to services and regions, and stands still while it is paused."""
    outages.post([{}])
    sts, kms = client("sts", retries=ONCE), client("kms", "eu-west-1", ONCE)
    outcomes(sts.get_caller_identity, 2)
    outcomes(kms.list_keys, 2)
    top = page.locator("#feed .row").first
    expect(page.locator("#feed .row", has_text="kms.ListKeys")).to_have_count(2)
    expect(top).to_contain_text("kms.ListKeys")
    page.fill("#feed-filter [name=service]", "s*")
    expect(top).to_contain_text("sts.GetCallerIdentity")
    page.fill("#feed-filter [name=service]", "")
    page.fill("#feed-filter [name=region]", "eu-*")
    expect(top).to_contain_text("kms.ListKeys")
    page.fill("#feed-filter [name=region]", "")
    page.click("#pause")
    outcomes(sts.get_caller_identity, 3)
    expect(page.locator("#pause")).to_have_text("Go on (3 new calls)")
    expect(top).to_contain_text("kms.ListKeys")
    page.click("#pause")
    expect(top).to_contain_text("sts.GetCallerIdentity")


THREE = {"mode": "standard", "total_max_attempts": 3}


def row_of(page: Page, group: str) -> Locator:
    """Give the row of a verdict, or of all verdicts on an operation."""
    return page.locator("#verdicts .row", has_text=group).first


def test_verdicts(page, client, outages) -> None:
    """It is told how clients coped, by operation, and each verdict opens."""
    outages.post([{"service": "events", "times": 1}])
    events = client("events", retries=THREE)
    events.list_rules()
    row = row_of(page, "events.ListRules")
    expect(row).to_contain_text("recovered · 2 attempts")
    expect(page.locator("#summary")).to_contain_text("recovered")
    outages.post([{"service": "events", "times": 1}])
    events.list_rules()
    expect(row).to_contain_text("2 recovered")
    expect(row.locator("button")).to_have_attribute("aria-expanded", "false")
    row.locator("button").click()
    expect(row.locator("button")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#verdicts .inner").first).to_contain_text("recovered · 2 attempts")


def test_verdicts_with_a_flag_come_first(page, client, outages) -> None:
    """An operation that somebody coped badly with stands before those that went well, on a desk's
    screen without scrolling.
    """
    page.set_viewport_size({"width": 1440, "height": 900})
    outages.post([{"service": "acm", "times": 1}])
    client("acm", retries=THREE).list_certificates()
    outages.post([{"service": "support", "error": "throttling"}])
    client_outcomes = outcomes(client("support", "us-west-2", ONCE).describe_services, 1)
    assert "ok" not in client_outcomes
    outages.post([])
    row = row_of(page, "support.DescribeServices")
    expect(row).to_contain_text("never retried", timeout=45_000)

    names = page.locator("#verdicts .row b").all_inner_texts()
    assert names.index("support.DescribeServices") < names.index("acm.ListCertificates")
    box = page.locator("#verdicts").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900


def test_a_verdict_shows_its_attempts(page, client, outages) -> None:
    """A verdict opens with its attempts, the pauses between them, the rule, and how to do it again."""
    outages.post([{"service": "logs", "error": "throttling", "times": 2}])
    client("logs", "eu-west-1", THREE).describe_log_groups()
    row_of(page, "logs.DescribeLogGroups").locator("button").click()
    dialog = page.get_by_role("dialog")
    attempts = dialog.locator(".attempts li")
    expect(attempts).to_have_count(5)
    expect(attempts.nth(0)).to_contain_text("1. 400 Throttling")
    expect(attempts.nth(1)).to_contain_text("pause of")
    expect(attempts.nth(4)).to_contain_text("3. 200 ok")
    expect(dialog).to_contain_text("logs.DescribeLogGroups in eu-west-1, account 000000000000")
    expect(dialog.get_by_role("button", name="Show r")).to_have_count(1)


def test_a_verdict_shows_all_tries_of_the_application(page, client, outages) -> None:
    """What the application tried again by itself is in the same verdict, and each of its calls leads
    there.
    """
    outages.post([{"service": "logs", "times": 2}])
    logs = client("logs", "eu-west-3", ONCE)
    assert [OUT, OUT, "ok"] == outcomes(logs.describe_log_groups, 3)
    rows = page.locator("#feed .row", has_text="logs.DescribeLogGroups")
    calls = rows.filter(has_text="eu-west-3")
    expect(calls).to_have_count(2)  # the one that succeeded was not touched
    expect(page.locator("#verdicts")).to_contain_text("recovered · 3 attempts")
    calls.first.locator("button").click()
    attempts = page.get_by_role("dialog").locator(".attempts li")
    expect(attempts).to_have_count(5)
    expect(attempts.nth(1)).to_contain_text("then the application tried again")
    expect(attempts.nth(2)).to_have_class("here")
    expect(attempts.nth(4)).to_contain_text("3. 200 ok")


@pytest.mark.parametrize(
    ("form", "service", "operation"),
    [("curl", "sns", "ListTopics"), ("Python", "ses", "ListIdentities")],
)
def test_a_verdict_can_be_repeated(
    page, client, outages, endpoint, form, service, operation
) -> None:
    """What a verdict offers to copy starts its rule for just this call, and ends it again."""
    outages.post([{"service": service, "error": "unavailable", "times": 1, "description": "it's"}])
    getattr(client(service, retries=THREE), xform_name(operation))()
    row_of(page, f"{service}.{operation}").locator("button").click()
    page.select_option("dialog select", form)
    told = page.input_value("dialog textarea")
    rule = {
        "service": service, "region": "us-east-1", "operation": operation,
        "error": "unavailable", "times": 1, "description": "it's",
    }  # fmt: skip
    port = endpoint.rpartition(":")[2]
    if form == "curl":
        told = told.replace("curl ", f"curl -sSf --connect-to ::127.0.0.1:{port} ")
        start, *_ = told.splitlines()
        subprocess.run(["bash", "-c", start], check=True, capture_output=True, timeout=60)
        assert [rule] == outages.get()[1]
        subprocess.run(["bash", "-c", told], check=True, capture_output=True, timeout=60)
    else:
        told = told.replace(f"http://localhost.localstack.cloud:{port}", endpoint)
        env = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        before = len(outages.status()[1]["departed"])
        done = subprocess.run(
            [sys.executable, "-c", told], env=env, capture_output=True, text=True, timeout=60
        )
        assert (0, "") == (done.returncode, done.stderr)
        assert before < len(outages.status()[1]["departed"]) or before == 100

    assert [] == outages.get()[1]


def test_a_figure_narrows_the_page(page, client, outages) -> None:
    """Each figure on top counts something; a click leaves what it counts, another all of it."""
    outages.post([{"service": "efs", "region": "eu-west-1"}, {"service": "s3", "latency": 1}])
    efs = client("efs", "eu-west-1", ONCE)
    assert [OUT] * 3 == outcomes(efs.describe_file_systems, 3)
    glance = page.locator("#glance")
    out = glance.locator("button", has_text="out")
    expect(out).to_contain_text("1 service out")
    expect(page).to_have_title("✕ 1 · Outages")
    failed = glance.locator("button", has_text="failed in the last minute")
    expect(failed.locator("b")).not_to_have_text("0")
    out.click()
    expect(out).to_have_attribute("aria-pressed", "true")
    heads = page.locator("#map tbody th button")
    expect(heads).to_have_count(1)
    expect(heads).to_contain_text("efs")
    for row in page.locator("#feed .row b:first-child").all_inner_texts()[:1]:
        assert row.startswith("efs.")
    page.click("#all")
    expect(page.locator("#map tbody th button", has_text="s3")).to_have_count(1)
    glance.locator("button", has_text="recovered").click()
    expect(page.locator("#verdicts .row", has_text="efs.")).to_have_count(0)
    glance.locator("button", has_text="recovered").click()
    expect(page.locator("#all")).to_be_hidden()


def test_the_timeline_is_enlarged_by_dragging(page, traffic) -> None:
    """What is dragged over fills the timeline; a click leads back to the last minutes."""
    traffic("sts", "get_caller_identity")
    page.select_option("#minutes", "1")
    canvas = page.locator("#timeline")
    canvas.scroll_into_view_if_needed()

    def point(right: int, **options: int) -> None:
        # What comes in above it may have moved it.
        box = canvas.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + right, box["y"] + 60, **options)

    def read() -> str:
        point(4)
        point(1)
        return reading(page)

    wait_until(lambda: "p95" in read())  # the module for it is loaded when the mouse comes
    page.mouse.down()
    point(60, steps=4)
    page.mouse.up()
    expect(page.locator("#unzoom")).to_be_visible()

    def left() -> str:
        return read().split(" ")[0]

    first = left()
    passed = time.monotonic() + 3
    wait_until(lambda: time.monotonic() > passed)
    assert first == left()
    page.click("#unzoom")
    expect(page.locator("#unzoom")).to_be_hidden()
    wait_until(lambda: left() != first)


def test_no_label_of_the_timeline_covers_another(new_page, address, outages) -> None:
    """However many windows begin at once, the names of outages do not overlap."""
    page = new_page()
    page.add_init_script("""
        const { fillText, scale } = CanvasRenderingContext2D.prototype;
        window.drawn = [];
        let drawing = [];
        CanvasRenderingContext2D.prototype.scale = function (...by) {  // each drawing begins so
            window.drawn = drawing;
            drawing = [];
            return scale.apply(this, by);
        };
        CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
            drawing.push({ text, y: Math.round(y), from: x, until: x + this.measureText(text).width });
            return fillText.call(this, text, x, y);
        };
    """)
    outages.post([{"service": f"a-long-name-of-a-service-{n}", "region": "us-*"} for n in range(4)])
    outages.post([{"service": f"{n}" * 40, "latency": 5} for n in range(4)])
    page.goto(address)
    page.select_option("#minutes", "15")
    wait_until(lambda: page.evaluate("drawn.some(({ text }) => text.endsWith(': slow'))"))

    by_line: dict[int, list[tuple[float, float]]] = {}
    for label in page.evaluate("drawn"):
        by_line.setdefault(label["y"], []).append((label["from"], label["until"]))
    for labels in by_line.values():
        for (_, end), (begin, _) in pairwise(sorted(labels)):
            assert end <= begin


def test_localstack_goes_and_comes_back(new_page, restartable, watch) -> None:
    """The page says clearly that LocalStack is gone, comes back by itself, and says that all began
    anew.
    """
    page = new_page()
    watch[0].allowed = ("ERR_", "503", "request to")  # 503: LocalStack while it stops
    page.goto(f"{restartable.endpoint.replace('127.0.0.1', 'localhost')}/_extension/outages/")
    page.wait_for_selector("#health[data-state=up]")
    page.click("#map button")
    expect(page.locator("#health")).to_contain_text("1 rule in force")
    restartable.stop()
    expect(page.get_by_role("alert")).to_contain_text("LocalStack has not answered since")
    expect(page.locator("#health")).to_contain_text("no answer")
    restartable.start()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#health")).to_contain_text("no outage")
    expect(page.locator("#anew")).to_contain_text("started anew")
    page.click("#seen")
    expect(page.locator("#anew")).to_be_hidden()
