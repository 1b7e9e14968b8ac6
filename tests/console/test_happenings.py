"""The timeline, the feed and the verdicts: what happens is seen."""

import time

from playwright.sync_api import Page, expect

from tests.integration.helpers import ONCE, OUT, outcomes, wait_until


def reading(page: Page) -> str:
    """Give what the timeline says in words."""
    return page.locator("#reading").inner_text()


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

    assert "1 outage window" in reading(page) or "outage windows" in reading(page)
    failed = int(reading(page).split(", ")[1].split()[0].replace(",", ""))
    assert failed > 5
    label = page.locator("#timeline").get_attribute("aria-label") or ""
    assert reading(page) in label


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
    expect(page.locator("#reading")).to_contain_text("0 calls")
    page.fill("#timeline-filter [name=service]", "s*")
    page.keyboard.press("Enter")
    expect(page.locator("#reading")).not_to_contain_text(" 0 calls")
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


def test_verdicts(page, client, outages) -> None:
    """Beside the feed it is told how clients retried."""
    outages.post([{"service": "sts", "times": 1}])
    client("sts", retries={"mode": "standard", "total_max_attempts": 3}).get_caller_identity()

    expect(page.locator("#verdicts li").first).to_contain_text("sts.GetCallerIdentity")
    expect(page.locator("#verdicts li").first).to_contain_text("recovered · 2 attempts")
    expect(page.locator("#summary")).to_contain_text("recovered")


def test_localstack_goes_and_comes_back(new_page, restartable, watch) -> None:
    """The page says clearly that LocalStack is gone, comes back by itself, and says that all began
    anew.
    """
    page = new_page()
    watch[0].allowed = ("ERR_", "request to")
    page.goto(f"{restartable.endpoint.replace('127.0.0.1', 'localhost')}/_extension/outages/")
    page.wait_for_selector("#health[data-state=up]")
    page.click("#map button")
    expect(page.locator("#health")).to_contain_text("1 rule in force")
    restartable.stop()
    expect(page.get_by_role("alert")).to_contain_text("has not answered since")
    expect(page.locator("#health")).to_contain_text("no answer")
    restartable.start()
    back = time.monotonic()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert time.monotonic() - back < 3
    expect(page.locator("#health")).to_contain_text("no outage")
    expect(page.locator("#anew")).to_contain_text("started anew")
    page.click("#seen")
    expect(page.locator("#anew")).to_be_hidden()
