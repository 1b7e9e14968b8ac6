"""The map: what is out is seen and caused there."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.integration.helpers import ONCE, OUT, outcome, wait_until


def cell(page: Page, service: str, region: str) -> str:
    """Give the selector of a cell, a row's head or a column's."""
    return f'#map button[data-service="{service}"][data-region="{region}"]'


def test_two_clicks_cause_an_outage_and_one_ends_it(page, traffic, client, outages) -> None:
    """A click on a cell starts an outage, which clients meet and the cell shows; the next ends it,
    and the cell goes over recovering to up.
    """
    traffic("sts", "get_caller_identity")
    sts = page.locator(cell(page, "sts", "us-east-1"))
    expect(sts).to_contain_text("up")
    expect(sts).to_contain_text("/s")
    sts.click()

    expect(sts).to_contain_text("out")
    assert OUT == outcome(client("sts", retries=ONCE).get_caller_identity)
    assert [{"service": "sts", "region": "us-east-1"}] == outages.get()[1]
    expect(sts).to_contain_text("% fail")
    sts.click()
    expect(sts).to_contain_text("recovering")
    assert [] == outages.get()[1]
    assert "ok" == outcome(client("sts", retries=ONCE).get_caller_identity)
    expect(sts).to_contain_text("up")


@pytest.mark.parametrize(
    ("service", "region", "rule"),
    [
        ("sts", "*", {"service": "sts"}),
        ("*", "us-east-1", {"region": "us-east-1"}),
        ("*", "*", {}),
    ],
)
def test_a_row_a_column_and_all(page, client, outages, service, region, rule) -> None:
    """A click on a head starts an outage of its whole row or column, another ends it."""
    client("sts").get_caller_identity()
    head = page.locator(cell(page, service, region))
    head.click()
    expect(head).to_have_attribute("aria-pressed", "true")
    expect(page.locator(cell(page, "sts", "us-east-1"))).to_contain_text("out")
    assert [rule] == outages.get()[1]
    head.click()
    expect(head).to_have_attribute("aria-pressed", "false")
    assert [] == outages.get()[1]


def test_a_fault_and_a_time_can_be_chosen(page, client, outages) -> None:
    """What a click starts is chosen above the map, and it comes before all other rules."""
    client("sts").get_caller_identity()
    outages.patch([{"service": "dynamodb"}])
    page.select_option("#fault", "errors in half of the calls")
    page.select_option("#duration", "60")
    page.click(cell(page, "sts", "us-east-1"))

    chosen = {"error": "unavailable", "probability": 0.5, "duration": 60}
    place = {"service": "sts", "region": "us-east-1"}
    wait_until(lambda: [{**place, **chosen}, {"service": "dynamodb"}] == outages.get()[1])
    expect(page.locator(cell(page, "sts", "us-east-1"))).to_contain_text("degraded")


def test_a_wider_outage_is_asked_about(page, client, outages) -> None:
    """A click on a cell that is out by a rule for more says which, and ends it when told to."""
    client("sts").get_caller_identity()
    outages.post([{"region": "us-*"}])
    place = page.locator(cell(page, "sts", "us-east-1"))
    expect(place).to_contain_text("out")
    place.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("everything in us-*")
    assert [{"region": "us-*"}] == outages.get()[1]
    dialog.get_by_role("button", name="End this rule").click()
    expect(place).to_contain_text("up")
    assert [] == outages.get()[1]


STATES: list[tuple[str, list[dict[str, Any]]]] = [
    ("out", [{"service": "sts"}]),
    ("out", [{"service": "s*", "error": "internal"}]),
    ("out", [{"service": "[!a-r]t[st]", "connection": "reset"}]),
    ("out", [{"service": "sts", "throttle": {"rate": 1}}, {}]),
    ("degraded", [{"service": "sts", "operation": "Get*"}]),
    ("degraded", [{"service": "sts", "probability": 0.5}]),
    ("degraded", [{"service": "sts", "latency": 100}]),
    ("degraded", [{"service": "sts", "latency": 100}, {}]),
    ("degraded", [{"service": "sts", "sequence": ["pass"]}, {}]),
    ("degraded", [{"service": "sts", "origin": "internal"}]),
    ("degraded", [{"service": "sts", "condition": "RoleArn"}]),
    ("up", [{"service": "sts", "after": 60}]),
    ("up", [{"service": "[!s]*"}]),
    ("up", [{"service": "ST*"}, {"service": "st"}, {"service": "st?s"}]),
    ("up", [{"service": "s.s"}]),
]

HEALTH = """async (rules) => {
    const { judge } = await import("./console/health.js");
    return judge(rules)("sts", "us-east-1", undefined, Date.now()).state;
}"""


@pytest.mark.parametrize(("state", "rules"), STATES)
def test_the_state_follows_from_the_rules(states_page, outages, state, rules) -> None:
    """A place is out where all calls fail, degraded where some do or all are slow, else up."""
    outages.post(rules)

    assert state == states_page.evaluate(HEALTH, outages.status()[1]["rules"])


@pytest.fixture(scope="module")
def states_page(browser, localstack) -> Iterator[Page]:
    """A page to ask for states."""
    page = browser.new_page()
    page.goto(f"{localstack.endpoint}/_extension/outages/")  # leads to localhost
    yield page
    page.close()


def test_a_glob_is_no_place(page, client, outages) -> None:
    """A rule for a glob shows in the places that it matches, and has no row or column of its own."""
    client("sts").get_caller_identity()
    outages.post([{"service": "st?", "region": "us-*"}, {"service": "kms", "region": "eu-west-1"}])
    expect(page.locator(cell(page, "sts", "us-east-1"))).to_contain_text("out")
    expect(page.locator(cell(page, "kms", "eu-west-1"))).to_contain_text("out")

    assert 0 == page.locator('#map button[data-region="us-*"]').count()
    assert 0 == page.locator('#map button[data-service="st?"]').count()


def test_trouble_comes_first(page, client, outages) -> None:
    """Services and regions with an outage stand before those that do well."""
    client("sts").get_caller_identity()
    outages.post([{"service": "xray", "region": "us-west-1"}])
    row, column = page.locator("#map tbody th button"), page.locator("#map thead th button")
    expect(row.first).to_contain_text("xray")
    expect(column.nth(1)).to_contain_text("us-west-1")


def test_quiet_services_are_folded(page, outages) -> None:
    """Services that nobody calls and that no rule hits are folded, and shown when asked for."""
    quiet = [{"service": f"quiet{n}", "region": "us-east-1", "after": 60} for n in range(9)]
    outages.post([{"service": "busy"}, *quiet])
    fold = page.locator("#quiet")
    expect(fold).to_contain_text("quiet service")
    expect(page.locator("#map tbody th button").first).to_contain_text("busy")
    before = page.locator("#map tbody tr").count()
    assert before < 10
    fold.click()
    expect(page.locator("#map tbody tr")).not_to_have_count(before)
    for n in range(9):
        expect(page.locator(cell(page, f"quiet{n}", "us-east-1"))).to_have_count(1)


def test_a_rule_for_several_regions_goes_across_their_cells(page, outages) -> None:
    """A rule with a wildcard is drawn as one line below the cells that it covers."""
    places = [{"service": "kms", "region": r, "after": 60} for r in ("us-east-1", "us-west-2")]
    outages.post([{"service": "kms", "region": "us-*"}, *places])
    expect(page.locator('#map td[data-across="begin"] button[data-service=kms]')).to_have_count(1)
    ends = page.locator('#map td[data-across="end"] button[data-service=kms]')
    expect(ends).to_have_count(1)
    assert "kms in us-*" in (ends.get_attribute("title") or "")


def test_it_says_where_there_is_more(page, outages) -> None:
    """Heads stay in sight when the map is scrolled, and its edges fade where it goes on."""
    regions = [f"eu-{name}-{number}" for name in ("west", "south", "north") for number in range(8)]
    outages.post([{"service": f"s{n}", "region": region} for n, region in enumerate(regions)])
    box = page.locator(".scroll")
    expect(box).to_have_attribute("data-more", "rightbelow")
    head = "document.querySelector('#map thead th').getBoundingClientRect()"
    places = [page.evaluate(f"[{head}.x, {head}.y]")]
    box.evaluate("(box) => box.scrollTo(box.scrollWidth, box.scrollHeight)")
    expect(box).to_have_attribute("data-more", "")

    places.append(page.evaluate(f"[{head}.x, {head}.y]"))
    assert places[0] == pytest.approx(places[1], abs=4)  # the space between two cells


def test_internal_calls_are_counted_when_asked_for(page) -> None:
    """The page asks for the calls of applications alone, until the user wants all of them."""
    external = "**/outages/traffic?*origin=external*"
    with page.expect_request(external):
        pass
    page.check("#internal")
    with page.expect_request(lambda r: "/traffic?" in r.url and "origin" not in r.url):
        pass
    page.uncheck("#internal")
    with page.expect_request(external):
        pass


def test_a_place_that_nobody_called_can_be_added(page, outages) -> None:
    """A service and a region can be put on the map by their names, which are completed."""
    page.fill("#add-place [name=service]", "athena")
    expect(page.locator("#services option[value=athena]")).to_have_count(1)
    page.fill("#add-place [name=region]", "ap-south-1")
    page.keyboard.press("Enter")
    page.click(cell(page, "athena", "ap-south-1"))

    wait_until(lambda: [{"service": "athena", "region": "ap-south-1"}] == outages.get()[1])


def test_two_consoles_agree(page, new_page, address, client) -> None:
    """What is done in one console shows in another by itself."""
    client("sts").get_caller_identity()
    other = new_page()
    other.goto(address)
    other.wait_for_selector(cell(other, "sts", "us-east-1"))
    page.click(cell(page, "sts", "us-east-1"))

    expect(other.locator(cell(other, "sts", "us-east-1"))).to_contain_text("out")
    expect(other.locator("#rules")).to_contain_text("sts in us-east-1")
