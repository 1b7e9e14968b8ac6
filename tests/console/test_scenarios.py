"""The gallery of scenarios, the scenarios that run, and the load on the timeline."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from localstack_outages.schema.scenario_files import packaged_names
from tests.integration.helpers import OUT, outcome, wait_until

from .test_happenings import colors, reading
from .test_page import faults

THREE = {"mode": "standard", "total_max_attempts": 3}

DRILL = {
    "name": "drill",
    "title": "A <b>drill</b> of our own",
    "phases": [
        {
            "name": "one", "at": 0, "length": 4, "text": "STS is <i>out</i>.",
            "rules": [{"service": "sts"}],
        },
        {
            "name": "two", "at": 4, "length": 4, "text": "STS is slow.",
            "rules": [{"service": "sts", "latency": 5}],
        },
    ],
}  # fmt: skip


def running(outages) -> list:
    """Give the scenarios that run."""
    return outages.send("GET", path="/scenarios")[1]["running"]


def open_gallery(page: Page) -> Locator:
    """Open the gallery; give its dialog."""
    page.click("#scenarios")
    dialog = page.get_by_role("dialog", name="Scenarios")
    expect(dialog.locator("details").first).to_be_visible()
    return dialog


def open_card(page: Page, name: str) -> Locator:
    """Open the gallery and a scenario in it; give what is told of that."""
    card = open_gallery(page).locator("details", has=page.locator("small", has_text=f"{name} ·"))
    card.locator("summary").click()
    expect(card.locator(".body")).to_be_visible()
    return card


def test_the_gallery_has_all_scenarios(page, outages) -> None:
    """The gallery lists what comes with the package, drills first, and is narrowed by kind and by a
    search over names, titles, summaries, phases and services.
    """
    titles = {
        one["name"]: one["title"] for one in outages.send("GET", path="/scenarios")[1]["scenarios"]
    }
    dialog = open_gallery(page)
    cards = dialog.locator("details:visible")
    assert set(packaged_names()) == set(titles)
    assert sorted(titles.values()) == sorted(cards.locator("summary b").all_inner_texts())

    dialog.get_by_label("Kind").select_option("incidents of AWS")
    incidents = [title for name, title in titles.items() if name.startswith("aws-")]
    assert sorted(incidents) == sorted(cards.locator("summary b").all_inner_texts())
    dialog.get_by_label("Kind").select_option("drills")
    expect(cards).to_have_count(len(titles) - len(incidents))
    dialog.get_by_label("Search").fill("KMS secretsmanager")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text(titles["kms-down"])
    expect(dialog.get_by_role("status").last).to_have_text(f"1 of {len(titles)}")


def test_a_scenario_is_previewed(page) -> None:
    """A scenario shows its phases on a time axis, each with its services, length and place."""
    card = open_card(page, "kms-down")
    phases = card.locator(".phases li")
    expect(phases).to_have_count(3)
    expect(card).to_contain_text("KMS is slow, then down.")
    down = phases.nth(1)
    expect(down).to_contain_text("after 2 min, for 8 min")
    expect(down).to_contain_text("secretsmanager")
    expect(phases.nth(0).locator("small").last).to_have_text("kms")

    track, bar = (down.locator(selector).bounding_box() for selector in (".track", ".track i"))
    assert track is not None
    assert bar is not None
    assert 2 / 12 == pytest.approx((bar["x"] - track["x"]) / track["width"], abs=0.01)
    assert 8 / 12 == pytest.approx(bar["width"] / track["width"], abs=0.01)


def test_a_scenario_is_started_and_stopped(page, outages) -> None:
    """It is started with a speed and a phase, its rules before all others, and stopped on the page."""
    outages.post([{"service": "kept"}])
    card = open_card(page, "kms-down")
    card.get_by_label("Play").select_option("down")
    card.get_by_label("Speed").select_option("6 times as fast: 1 min 20 s")
    expect(card.locator("code")).to_have_text(
        "localstack-outages scenario run kms-down --phase down --speed 6"
    )
    card.get_by_role("button", name="Start").click()
    run = page.get_by_role("region", name="Scenario kms-down")
    expect(run).to_contain_text("the phase down alone · speed 6")
    expect(page.get_by_role("dialog")).to_have_count(0)
    (status,) = running(outages)
    assert ("kms-down", "down", 6) == (status["name"], status["phase"], status["speed"])
    assert {"service": "kept"} == outages.get()[1][-1]

    run.get_by_role("button", name="Stop").click()
    expect(run).to_have_count(0)
    assert [] == running(outages)
    assert [{"service": "kept"}] == outages.get()[1]


def test_a_start_of_a_scenario_can_be_undone(page, outages) -> None:
    """Undo ends what was started."""
    open_card(page, "credentials-expire").get_by_role("button", name="Start").click()
    page.locator("#toast button", has_text="Undo").click()
    expect(page.locator("#toast")).to_contain_text("Stopped: credentials-expire")
    wait_until(lambda: outages.get()[1] == [])
    expect(page.get_by_role("region", name="Scenario")).to_have_count(0)


def test_a_run_tells_how_far_it_is(page, outages) -> None:
    """Whoever started it, a run tells its phase, what is next, and when it is over; then it is gone.
    What others wrote is text.
    """
    assert 200 == outages.send("POST", {"scenario": DRILL}, "/scenarios")[0]
    run = page.get_by_role("region", name="Scenario drill")
    expect(run).to_contain_text("A <b>drill</b> of our own")
    expect(run.get_by_role("status")).to_have_text("one: STS is <i>out</i>.")
    expect(run).to_contain_text(re.compile(r"then two, in [0-9.]+ s · over in [0-9.]+ s"))
    expect(run.locator("[data-now=active]")).to_have_text("one")
    expect(run.get_by_role("status")).to_have_text("two: STS is slow.")
    expect(run.locator("[data-now=ended]")).to_have_text("one")
    expect(run).to_have_count(0)


def test_the_gallery_shows_what_runs(page, outages) -> None:
    """The gallery shows runs too, and gives them back to the page."""
    outages.send("POST", {"name": "kms-down"}, "/scenarios")
    run = page.get_by_role("region", name="Scenario kms-down")
    expect(run).to_be_visible()
    dialog = open_gallery(page)
    expect(dialog.get_by_role("region", name="Scenario kms-down")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(run).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_scenarios(new_page, address, outages, scheme) -> None:
    """axe-core has nothing to say against the gallery, a scenario in it, a run, and the load."""
    page = new_page(color_scheme=scheme)
    page.goto(address)
    card = open_card(page, "aws-2025-10-20-dynamodb")
    expect(card.locator("a").first).to_be_visible()
    assert [] == faults(page)
    page.keyboard.press("Escape")
    outages.send("POST", {"name": "kms-down"}, "/scenarios")
    expect(page.get_by_role("region", name="Scenario kms-down")).to_be_visible()
    page.click("#load")
    expect(page.locator("#reading")).to_contain_text("amplification")
    assert [] == faults(page)


@pytest.mark.parametrize("width", [390, 3840])
def test_scenarios_on_all_screens(new_page, address, outages, width) -> None:
    """On a phone and on a great screen nothing of the gallery, a run and the load is cut off."""
    outages.send("POST", {"name": "kms-down"}, "/scenarios")
    page = new_page(viewport={"width": width, "height": 844})
    page.goto(address)
    expect(page.get_by_role("region", name="Scenario kms-down")).to_be_visible()
    page.click("#load")
    expect(page.locator("#reading")).to_contain_text("amplification")
    wide = "document.documentElement.scrollWidth"
    assert width == page.evaluate(wide)
    card = open_card(page, "aws-2025-10-20-dynamodb")
    expect(card.locator("a").first).to_be_visible()
    assert card.evaluate(
        "(card) => card.closest('dialog').scrollWidth <= card.closest('dialog').clientWidth"
    )
    assert width == page.evaluate(wide)


WRITTEN = """
    const write = CanvasRenderingContext2D.prototype.fillText;
    window.written = [];
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        window.written.push(text);
        return write.call(this, text, ...rest);
    };
"""


def test_the_load_on_the_timeline(new_page, address, outages, client, watch) -> None:
    """Switched on, the timeline shows calls, retries, good answers and amplification, by service, and
    the phases of scenarios; switched off, it shows outcomes again, and nothing more is asked for.
    """
    page = new_page()
    watch[0].allowed = ("willReadFrequently",)
    page.add_init_script(WRITTEN)
    asked: list[str] = []
    page.on("request", lambda request: "/outages/load" in request.url and asked.append(request.url))
    sts = client("sts", retries=THREE)
    outages.send("POST", {"scenario": DRILL, "speed": 0.5}, "/scenarios")
    assert OUT == outcome(sts.get_caller_identity)
    assert OUT == outcome(sts.get_caller_identity)
    page.goto(address)
    page.select_option("#minutes", "1")
    page.click("#load")

    expect(page.locator("#reading")).to_contain_text(
        re.compile(r"\d+ attempts for \d+ calls?, amp")
    )
    wait_until(lambda: colors(page, "--clientError") > 20)
    wait_until(lambda: page.evaluate("written.splice(0).includes('one (drill)')"))
    of_sts = page.get_by_role("group", name="Load by service").get_by_role("button", name="sts")
    expect(of_sts).to_contain_text(re.compile(r"sts [1-3]\.\d\u00d7"))
    of_sts.click()
    expect(of_sts).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#timeline-filter [name=service]")).to_have_value("sts")
    wait_until(lambda: "service=sts" in asked[-1])
    page.locator("#timeline").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#reading")).to_contain_text("good answers")

    page.click("#load")
    expect(page.locator("#reading")).to_contain_text("outage window")
    before = len(asked)
    page.fill("#timeline-filter [name=service]", "sq*")
    page.keyboard.press("Enter")
    wait_until(lambda: reading(page).startswith("0 calls"))
    assert before == len(asked)


def test_a_phase_is_one_window_of_the_timeline(new_page, address, outages) -> None:
    """The rules of a phase stand on the timeline together, by its name."""
    page = new_page()
    page.add_init_script(WRITTEN)
    outages.send("POST", {"name": "kms-down", "phase": "down"}, "/scenarios")
    assert len(outages.get()[1]) > 5
    page.goto(address)
    wait_until(lambda: page.evaluate("written.includes('down (kms-down)')"))
    assert not page.evaluate("written.some((text) => text.startsWith('secretsmanager'))")


HIDDEN = """(isHidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_nobody_asks_for_load_that_nobody_sees(page) -> None:
    """A page in the background does not ask for the load; it goes on when it is seen again."""
    page.click("#load")
    expect(page.locator("#reading")).to_contain_text("amplification")
    page.evaluate(HIDDEN, True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)  # longer than two polls
    assert [] == [url for url in asked if "/outages/load" in url]
    page.evaluate(HIDDEN, False)
    wait_until(lambda: page.evaluate("1") and any("/outages/load" in url for url in asked))
