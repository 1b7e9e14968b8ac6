"""The list of rules, the form, and what can be copied."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.integration.helpers import wait_until

UGLY = """it's "x" `y` $HOME \\n \\ !! ' '' é \u2028 <b>bold</b> EOF"""


IN_LIST = "#rules .row:not([data-state=gone])"
"""The rows of rules that are in the list; below them are those that left it."""


def open_rule(page: Page, text: str) -> None:
    """Open the dialog of a rule."""
    page.locator(f"{IN_LIST} .what button", has_text=text).click()
    page.wait_for_selector("dialog[open]")


def press(page: Page, name: str) -> None:
    """Press a button of the dialog that is open."""
    page.locator("dialog[open]").get_by_role("button", name=name, exact=True).click()


def test_a_rule_is_added_by_the_form(page, outages) -> None:
    """Every field of a rule can be given; what is left empty is left out."""
    page.click("#new-rule")
    for field, text in {
        "service-0": "dynamodb",
        "region-0": "us-*",
        "operation-0": "Put*",
        "duration-0": "60",
        "after-0": "0",
        "times-0": "5",
    }.items():
        page.fill(f"#field-{field}", text)
    page.select_option("#field-error", "in full")
    page.fill("#field-error-0", "429")
    page.fill("#field-error-1", "Throttling")
    page.select_option("#field-latency", "ramp")
    page.fill("#field-latency-0", "100")
    page.fill("#field-latency-1", "900.5")
    page.fill("#field-probability-0", "0.5")
    page.click("summary:has-text('More')")
    page.select_option("#field-flap", "down and up")
    page.fill("#field-flap-0", "5")
    page.fill("#field-flap-1", "25")
    page.fill("#field-condition-0", "TableName == 'orders'")
    page.fill("#field-account-0", "000000000000")
    page.select_option("#field-origin-0", "external")
    page.fill("#field-seed-0", "-18446744073709551617")
    page.fill("#field-description-0", UGLY.replace("\u2028", " "))
    press(page, "Start")
    expect(page.locator("#rules")).to_contain_text("dynamodb.Put* · us-*")

    assert [
        {
            "service": "dynamodb",
            "region": "us-*",
            "operation": "Put*",
            "error": {"statusCode": 429, "code": "Throttling"},
            "latency": {"from": 100, "to": 900.5},
            "duration": 60,
            "after": 0,
            "times": 5,
            "probability": 0.5,
            "flap": {"down": 5, "up": 25},
            "condition": "TableName == 'orders'",
            "account": "000000000000",
            "origin": "external",
            "seed": -18446744073709551617,
            "description": UGLY.replace("\u2028", " "),
        }
    ] == outages.get()[1]


RULES = [
    {"sequence": ["throttling", "pass", {"latency": 900, "error": {"code": "X"}}]},
    {"throttle": {"rate": 2.5, "burst": 10, "by": "account"}, "error": {"statusCode": 429}},
    {"latency": {"p50": 1, "p95": 2, "p99": 3, "max": 4}, "error": "internal"},
    {"latency": {"min": 1, "max": 2}, "connection": "reset", "probability": 0},
    {"probability": {"from": 0, "to": 1}, "duration": 60, "error": {}},
    {"seed": 2**80, "origin": "any", "description": UGLY},
]


def test_what_the_form_shows_is_what_it_saves(page, outages) -> None:
    """A rule that is opened for editing and saved is the rule that it was, and where it was."""
    for number, rule in enumerate(RULES):
        name = f"edited{number}"
        outages.post([{"service": name, **rule}, {"service": "last"}])
        open_rule(page, name)
        press(page, "Edit …")
        page.fill("#field-region-0", "eu-west-1")
        press(page, "Save")
        expect(page.locator(IN_LIST).first).to_contain_text(f"{name} · eu-west-1")

        edited = {"service": name, **rule, "region": "eu-west-1"}
        assert [edited, {"service": "last"}] == outages.get()[1]


def test_errors_stand_beside_their_fields(page, outages, watch) -> None:
    """What the server refuses is said beside the field that it names; nothing has changed."""
    watch[0].allowed = ("400",)
    page.click("#new-rule")
    page.fill("#field-service-0", "a b")
    page.fill("#field-times-0", "often")
    page.select_option("#field-latency", "range")
    page.fill("#field-latency-0", "5")
    page.fill("#field-latency-1", "1")
    press(page, "Start")

    expect(page.locator("#field-service-error")).to_contain_text("'a b'")
    expect(page.locator("#field-times-error")).to_contain_text("expected a whole number")
    expect(page.locator("#field-latency-error")).to_contain_text("less than 'min'")
    expect(page.locator("#field-latency-1")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#field-latency-0")).to_have_attribute("aria-invalid", "false")
    expect(page.locator("#field-service-0")).to_be_focused()
    assert [] == outages.get()[1]
    page.fill("#field-service-0", "s3")
    page.fill("#field-times-0", "")
    page.select_option("#field-latency", index=0)
    press(page, "Start")
    expect(page.locator("dialog")).to_have_count(0)
    assert [{"service": "s3"}] == outages.get()[1]


def test_names_are_completed(page) -> None:
    """The form offers the services and regions of AWS, and the operations of the service."""
    page.click("#new-rule")
    expect(page.locator("#services option[value=stepfunctions]")).to_have_count(1)
    expect(page.locator("#regions option[value=us-gov-west-1]")).to_have_count(1)
    page.fill("#field-service-0", "sqs")
    page.locator("#field-region-0").focus()
    expect(page.locator("#operations option[value=SendMessage]")).to_have_count(1)


def test_moving(page, outages) -> None:
    """A rule is moved up, down, to the top and to the end; the page says that counters restart."""
    rules = [{"service": name} for name in ("sns", "sqs", "kms", "sts")]
    outages.post(rules)
    for name, button, order in (
        ("kms", "Up", "sns kms sqs sts"),
        ("sns", "Down", "kms sns sqs sts"),
        ("sts", "To the top", "sts kms sns sqs"),
        ("kms", "To the end", "sts sns sqs kms"),
    ):
        open_rule(page, f"{name} · all regions")
        expect(page.get_by_role("dialog")).to_contain_text("start anew")
        press(page, button)
        expect(page.locator("#toast")).to_contain_text("start anew")
        wait_until(lambda: order.split() == [rule["service"] for rule in outages.get()[1]])  # noqa: B023
        shown = [f"{service} · all regions" for service in order.split()]
        expect(page.locator(f"{IN_LIST} .what b")).to_have_text(shown)


def test_what_another_changed_is_not_overwritten(page, outages, watch) -> None:
    """A rule that is edited while the list changes is not saved before the user has seen that."""
    outages.post([{"service": "mine"}, {"service": "kept"}])
    expect(page.locator(IN_LIST)).to_have_count(2)
    open_rule(page, "mine")
    press(page, "Edit …")
    page.fill("#field-region-0", "eu-west-1")
    outages.post([{"service": "other"}])
    outages.patch([{"service": "another"}])
    press(page, "Save")
    expect(page.locator("dialog[open] [role=alert]")).to_contain_text("changed meanwhile")
    assert [{"service": "other"}, {"service": "another"}] == outages.get()[1]
    press(page, "Save")
    expect(page.locator("dialog")).to_have_count(0)

    mine = {"service": "mine", "region": "eu-west-1"}
    assert [{"service": "other"}, {"service": "another"}, mine] == outages.get()[1]


def test_ending_and_starting_again(page, outages) -> None:
    """A rule is ended and started again from the list; all are ended at once when confirmed."""
    outages.post([{"service": "s3"}, {"service": "sqs"}])
    expect(page.locator(IN_LIST)).to_have_count(2)
    page.get_by_role("button", name="End r", exact=False).first.click()
    wait_until(lambda: [{"service": "sqs"}] == outages.get()[1])
    expect(page.locator(IN_LIST)).to_have_count(1)
    page.get_by_role("button", name="Again r", exact=False).first.click()
    wait_until(lambda: [{"service": "s3"}, {"service": "sqs"}] == outages.get()[1])
    page.click("#clear")
    assert 2 == len(outages.get()[1])
    press(page, "End all")
    wait_until(lambda: outages.get()[1] == [])


def test_state_hits_time_and_warnings(page, outages, client) -> None:
    """Each rule tells its state, hits, time left, and what is likely wrong with it."""
    outages.post([{"service": "step-functions", "after": 90}, {"service": "s3", "duration": 300}])
    waiting, active = (page.locator(IN_LIST).nth(n) for n in (0, 1))
    expect(waiting).to_contain_text("⚠ step-functions")
    expect(waiting).to_contain_text("in 1:")
    expect(active).to_contain_text("in force")
    expect(active).to_contain_text("0 hits")
    expect(active).to_contain_text("4:")
    open_rule(page, "step-functions")
    expect(page.get_by_role("dialog")).to_contain_text("did you mean 'stepfunctions'?")


def test_markup_stays_text(page, outages) -> None:
    """Markup in what a client sent is shown as it was sent."""
    text = "<img src=x onerror=alert(1)><b>bold</b>"
    outages.post([{"service": "s3", "description": text}])
    expect(page.locator(IN_LIST)).to_contain_text(text)
    open_rule(page, "s3")
    expect(page.locator("dialog pre")).to_contain_text(text)

    assert 0 == page.locator("img, #rules .row b b").count()


def copied(page: Page, form: str) -> str:
    """Give what the dialog offers to copy."""
    page.select_option("dialog select", form)
    return page.input_value("dialog textarea")


@pytest.fixture
def copies(page, outages):
    """The rules that are copied, and a function that gives them in a form."""
    rules = [
        {"service": "s3", "description": UGLY, "seed": 2**70, "probability": 0.25},
        {"sequence": ["pass", {"latency": 5}], "origin": "any"},
    ]
    outages.post(rules)
    expect(page.locator(IN_LIST)).to_have_count(2)
    page.click("#copy-all")
    return rules, lambda form: copied(page, form)


def test_copy_as_json(page, copies) -> None:
    """The JSON is that of the rules; the button copies it."""
    rules, copy = copies

    assert rules == json.loads(copy("JSON"))
    press(page, "Copy")
    expect(page.locator("#toast")).to_contain_text("Copied")


def test_copy_as_curl(copies, outages, endpoint) -> None:
    """The curl line does the same when it is run by a shell, whatever stands in a description."""
    rules, copy = copies
    line = copy("curl")
    outages.post([])
    port = endpoint.rpartition(":")[2]
    line = line.replace("curl ", f"curl -sSf --connect-to ::127.0.0.1:{port} ", 1)
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True, timeout=60)

    assert rules == json.loads(done.stdout)
    assert rules == outages.get()[1]


def test_copy_as_python(copies, outages, endpoint) -> None:
    """The Python lines do the same."""
    rules, copy = copies
    lines = copy("Python")
    outages.post([])
    port = endpoint.rpartition(":")[2]
    told = f'OutagesClient("http://localhost.localstack.cloud:{port}")'
    assert told in lines
    lines = lines.replace(told, f'OutagesClient("{endpoint}")')
    subprocess.run([sys.executable, "-c", lines], check=True, timeout=60)

    assert rules == outages.get()[1]


def test_copy_for_the_command_line(copies, outages, endpoint) -> None:
    """The lines for the command line do the same when they are run by a shell."""
    rules, copy = copies
    lines = copy("CLI")
    outages.post([])
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "OUTAGES_ENDPOINT": endpoint}
    subprocess.run(["bash", "-c", lines], env=env, check=True, timeout=60)

    assert rules == outages.get()[1]
