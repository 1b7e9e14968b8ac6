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
    outages.patch([{"operation": "PutItem"}])
    page.select_option("#fault", "errors in half of the calls")
    page.select_option("#duration", "60")
    page.click(cell(page, "sts", "us-east-1"))
    expect(page.locator(cell(page, "sts", "us-east-1"))).to_contain_text("degraded")

    chosen = {"error": "unavailable", "probability": 0.5, "duration": 60}
    place = {"service": "sts", "region": "us-east-1"}
    assert [{**place, **chosen}, {"operation": "PutItem"}] == outages.get()[1]


def test_a_wider_outage_is_asked_about(page, client, outages) -> None:
    """A click on a cell that is out by a rule for more says which, and ends it when told to."""
    client("sts").get_caller_identity()
    outages.post([{"region": "us-*"}])
    place = page.locator(cell(page, "sts", "us-east-1"))
    expect(place).to_contain_text("out")
    place.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("all services · us-*")
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


def test_a_place_that_nobody_called_can_be_added(page, outages) -> None:
    """A service and a region can be put on the map by their names, which are completed."""
    page.fill("#add-place [name=service]", "athena")
    expect(page.locator("#services option[value=athena]")).to_have_count(1)
    page.fill("#add-place [name=region]", "ap-south-1")
    page.keyboard.press("Enter")
    page.click(cell(page, "athena", "ap-south-1"))

    wait_until(lambda: [{"service": "athena", "region": "ap-south-1"}] == outages.get()[1])


def test_two_consoles_agree(page, new_page, address, client) -> None:
    """What is done in one console shows in another within two seconds."""
    client("sts").get_caller_identity()
    other = new_page()
    other.goto(address)
    other.wait_for_selector(cell(other, "sts", "us-east-1"))
    page.click(cell(page, "sts", "us-east-1"))

    state = {"timeout": 2000}
    expect(other.locator(cell(other, "sts", "us-east-1"))).to_contain_text("out", **state)
    expect(other.locator("#rules")).to_contain_text("sts · us-east-1", **state)
