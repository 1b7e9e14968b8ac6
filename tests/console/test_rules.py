"""The list of rules, the form, and what can be copied."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.integration.helpers import ONCE, outcome, wait_until

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


def new_rule(page: Page) -> None:
    """Open the form with all its fields."""
    page.click("#new-rule")
    page.click("summary:has-text('All fields')")


def test_a_rule_is_a_sentence(page, outages, client) -> None:
    """A new rule is put together as a sentence, and the fields below follow it."""
    client("sts").get_caller_identity()
    page.click("#new-rule")
    expect(page.get_by_role("dialog").locator("#field-times-0")).to_be_hidden()
    page.get_by_label("What happens").select_option("Throttle")
    page.locator(".sentence").get_by_label("Service").fill("s3")
    page.locator(".sentence").get_by_label("Region").fill("us-*")
    page.get_by_label("How many calls").select_option("half of the calls")
    page.get_by_label("How long").select_option("for 5 min")
    press(page, "Start")
    expect(page.locator("dialog")).to_have_count(0)

    made = {"service": "s3", "region": "us-*", "error": "throttling"}
    assert [{**made, "duration": 300, "probability": 0.5}] == outages.get()[1]


def test_the_sentence_says_what_the_fields_say(page) -> None:
    """What is given in the fields shows in the sentence, as far as it can say it."""
    new_rule(page)
    page.fill("#field-service-0", "kms")
    page.fill("#field-duration-0", "60")
    page.fill("#field-probability-0", "0.123")
    sentence = page.locator(".sentence")
    expect(sentence.get_by_label("Service")).to_have_value("kms")
    expect(sentence.get_by_label("How long")).to_have_value("for 1 min")
    expect(sentence.get_by_label("How many calls")).to_have_value("as set below")


def test_a_rule_is_checked_while_it_is_typed(page, outages, watch) -> None:
    """A name that AWS does not have, and what the server would refuse, are told before the start."""
    watch[0].allowed = ("400",)
    new_rule(page)
    told = page.locator("dialog [role=status]").first
    page.fill("#field-service-0", "s4")
    expect(told).to_contain_text("AWS has no service “s4”")
    page.fill("#field-service-0", "s3")
    page.fill("#field-operation-0", "PutObct")
    expect(told).to_contain_text("AWS has no operation “PutObct”")
    page.fill("#field-operation-0", "Put*")
    expect(told).not_to_contain_text("AWS has no")
    page.fill("#field-times-0", "often")
    expect(page.locator("#field-times-error")).to_contain_text("expected a whole number")
    page.fill("#field-times-0", "1")
    expect(page.locator("#field-times-error")).to_be_hidden()
    assert [] == outages.get()[1]


def test_a_start_can_be_undone(page, outages) -> None:
    """What a click or the form starts ends again by Undo, and nothing else does."""
    outages.post([{"service": "kept"}])
    page.click('#map button[data-service="*"][data-region="*"]')
    undo = page.locator("#toast button", has_text="Undo")
    undo.click()
    wait_until(lambda: [{"service": "kept"}] == outages.get()[1])
    page.click("#new-rule")
    page.locator(".sentence").get_by_label("Service").fill("sqs")
    press(page, "Start")
    expect(page.locator("#toast")).to_contain_text("Started: sqs")
    assert 2 == len(outages.get()[1])
    undo.click()
    wait_until(lambda: [{"service": "kept"}] == outages.get()[1])


def test_an_end_can_be_undone(page, outages) -> None:
    """Rules that were ended come back by Undo, where they were and whose they were."""
    outages.post([{"service": "s3"}])
    outages.patch([{"service": "kms"}], "?owner=test_one")
    outages.patch([{"service": "sqs"}])
    rules = outages.get()[1]
    expect(page.locator(IN_LIST)).to_have_count(3)
    page.locator(IN_LIST, has_text="kms").get_by_role("button", name="End r").click()
    wait_until(lambda: len(outages.get()[1]) == 2)
    page.locator("#toast button").click()
    wait_until(lambda: rules == outages.get()[1])
    expect(page.locator("#toast")).to_contain_text("Back: kms")
    page.click("#clear")
    press(page, "End all")
    wait_until(lambda: outages.get()[1] == [])
    page.locator("#toast button").click()
    expect(page.locator("#toast")).to_contain_text("Back: 3 rules")

    assert rules == outages.get()[1]
    assert [None, "test_one", None] == [one["owner"] for one in outages.status()[1]["rules"]]


def test_rules_are_searched(page, outages) -> None:
    """The key / leads to a search over all that is said of a rule."""
    rules = [{"service": f"s{n}", "description": f"drill {n}"} for n in range(20)]
    outages.post(rules)
    expect(page.locator(f"{IN_LIST}")).not_to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("Drill 17")
    expect(page.locator(IN_LIST)).to_have_count(1)
    expect(page.locator(IN_LIST)).to_contain_text("s17")
    page.fill("#search", "")
    expect(page.locator(IN_LIST)).not_to_have_count(1)


def test_rules_of_a_test_are_folded(page, outages) -> None:
    """Several rules of one owner are one line, which unfolds."""
    outages.post([{"service": "mine"}])
    outages.patch([{"service": f"s{n}"} for n in range(5)], "?owner=test_app.py::test_many")
    expect(page.locator(IN_LIST)).to_have_count(2)
    head = page.locator("#rules .head", has_text="test_app.py::test_many")
    expect(head).to_contain_text("5 rules")
    head.locator("button").first.click()
    expect(page.locator(IN_LIST)).to_have_count(7)
    head.locator("button").first.click()
    expect(page.locator(IN_LIST)).to_have_count(2)


def test_departed_rules_are_apart(page, outages) -> None:
    """Of the rules that left the list the last three are shown, and the others when asked for."""
    outages.post([{"service": f"gone{n}"} for n in range(9)])
    outages.post([{"service": "there"}])
    head = page.locator("#rules .head", has_text="Not in the list any more")
    expect(head).to_be_visible()
    gone = page.locator("#rules .row[data-state=gone]")
    expect(gone).to_have_count(4)
    head.locator("button").first.click()
    expect(page.locator("#rules .row", has_text="gone0")).to_have_count(1)


def test_a_list_is_shared_and_imported(page, new_page, outages) -> None:
    """A link carries a list to another console, which shows it and starts it when told to."""
    rules = [{"service": "s3", "description": UGLY, "seed": 2**70}, {"latency": 5, "times": 1000}]
    outages.post(rules)
    expect(page.locator(IN_LIST)).to_have_count(2)
    page.click("#copy-all")
    link = copied(page, "Link")
    outages.post([])
    other = new_page()
    other.goto(link)
    expect(other.get_by_role("dialog")).to_contain_text("2 rules, all valid.")
    assert [] == outages.get()[1]
    press(other, "Start these")
    wait_until(lambda: rules == outages.get()[1])


def test_what_is_imported_is_checked(page, outages, watch) -> None:
    """Text that is no list of rules says why, and cannot be started."""
    watch[0].allowed = ("400",)
    page.click("#import")
    area = page.locator("dialog textarea")
    start = page.get_by_role("dialog").get_by_role("button", name="Start these")
    area.fill("[{")
    expect(page.get_by_role("dialog")).to_contain_text("not JSON")
    area.fill('[{"servce": "s3"}]')
    expect(page.get_by_role("dialog")).to_contain_text("did you mean 'service'?")
    expect(start).to_be_disabled()
    area.fill('[{"service": "s3"}]')
    expect(start).to_be_enabled()
    start.click()
    wait_until(lambda: [{"service": "s3"}] == outages.get()[1])


def test_a_rule_is_added_by_the_form(page, outages) -> None:
    """Every field of a rule can be given; what is left empty is left out."""
    new_rule(page)
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
    expect(page.locator("#rules")).to_contain_text("dynamodb.Put* in us-*")

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
    {"header": {"x-test-id": "run: 7", "x-team": "pay*"}, "times": 3},
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
        expect(page.locator(IN_LIST).first).to_contain_text(f"{name} in eu-west-1")

        edited = {"service": name, **rule, "region": "eu-west-1"}
        assert [edited, {"service": "last"}] == outages.get()[1]


def test_errors_stand_beside_their_fields(page, outages, watch) -> None:
    """What the server refuses is said beside the field that it names; nothing has changed."""
    watch[0].allowed = ("400",)
    new_rule(page)
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
    new_rule(page)
    expect(page.locator("#services option[value=stepfunctions]")).to_have_count(1)
    expect(page.locator("#regions option[value=us-gov-west-1]")).to_have_count(1)
    page.fill("#field-service-0", "sqs")
    page.locator("#field-region-0").focus()
    expect(page.locator("#operations option[value=SendMessage]")).to_have_count(1)


def test_moving(page, outages, client) -> None:
    """A rule is moved up, down, to the top and to the end; no counter starts anew by that."""
    rules = [{"service": name} for name in ("sns", "sqs", "kms", "sts")]
    outages.post(rules)
    outcome(client("sqs", retries=ONCE).list_queues)
    for name, button, order in (
        ("kms", "Up", "sns kms sqs sts"),
        ("sns", "Down", "kms sns sqs sts"),
        ("sts", "To the top", "sts kms sns sqs"),
        ("kms", "To the end", "sts sns sqs kms"),
    ):
        open_rule(page, name)
        press(page, button)
        expect(page.locator("#toast")).to_contain_text(f"Moved: {name}")
        wait_until(lambda: order.split() == [rule["service"] for rule in outages.get()[1]])  # noqa: B023
        shown = order.split()
        expect(page.locator(f"{IN_LIST} .what b")).to_have_text(shown)
    hits = {entry["rule"]["service"]: entry["hits"] for entry in outages.status()[1]["rules"]}
    assert {"sns": 0, "sqs": 1, "kms": 0, "sts": 0} == hits


def test_editing_a_rule_leaves_the_others_alone(page, outages, client) -> None:
    """An edited rule keeps its id and place and starts anew; what the others have counted stays."""
    outages.post([{"service": "kms", "times": 5}, {"service": "sqs", "times": 5}])
    outcome(client("sqs", retries=ONCE).list_queues)
    outcome(client("kms", retries=ONCE).list_keys)
    before = outages.status()[1]["rules"]
    open_rule(page, "kms")
    press(page, "Edit …")
    page.fill("#field-times-0", "7")
    press(page, "Save")
    expect(page.locator("#toast")).to_contain_text("Saved: kms")

    edited, other = outages.status()[1]["rules"]
    assert (before[0]["id"], 0, 7) == (edited["id"], edited["hits"], edited["hitsLeft"])
    assert (before[1]["id"], 1, 4) == (other["id"], other["hits"], other["hitsLeft"])


def test_changes_of_other_rules_are_no_reason_to_ask(page, outages, watch) -> None:
    """A rule can be edited while the rest of the list changes."""
    watch[0].allowed = ("412",)
    outages.post([{"service": "mine"}])
    expect(page.locator(IN_LIST)).to_have_count(1)
    open_rule(page, "mine")
    press(page, "Edit …")
    page.fill("#field-region-0", "eu-west-1")
    outages.patch([{"service": "other"}])
    press(page, "Save")
    expect(page.locator("dialog")).to_have_count(0)

    assert [{"service": "mine", "region": "eu-west-1"}, {"service": "other"}] == outages.get()[1]


def test_what_another_changed_is_not_overwritten(page, outages) -> None:
    """A rule that another changes meanwhile is not saved before the user has seen what it is now."""
    outages.post([{"service": "mine"}])
    expect(page.locator(IN_LIST)).to_have_count(1)
    open_rule(page, "mine")
    press(page, "Edit …")
    page.fill("#field-region-0", "eu-west-1")
    (rule,) = outages.status()[1]["rules"]
    theirs = {"service": "mine", "times": 3}
    assert 200 == outages.send("PUT", theirs, f"/rules/{rule['id']}")[0]
    expect(page.locator(IN_LIST)).to_contain_text("3 times")  # the form does not show it
    press(page, "Save")
    problem = page.locator("dialog[open] [role=alert]")
    expect(problem).to_contain_text('it is {"service":"mine","times":3} now')
    assert [theirs] == outages.get()[1]
    press(page, "Save")
    expect(page.locator("dialog")).to_have_count(0)

    assert [{"service": "mine", "region": "eu-west-1"}] == outages.get()[1]


def test_a_rule_that_another_ended_is_told(page, outages, watch) -> None:
    """What is edited and has left the list is started anew when it is saved again."""
    watch[0].allowed = ("412",)
    outages.post([{"service": "mine"}, {"service": "kept"}])
    expect(page.locator(IN_LIST)).to_have_count(2)
    open_rule(page, "mine")
    press(page, "Edit …")
    page.fill("#field-region-0", "eu-west-1")
    outages.post([{"service": "other"}])
    press(page, "Save")
    expect(page.locator("dialog[open] [role=alert]")).to_contain_text("was ended")
    assert [{"service": "other"}] == outages.get()[1]
    press(page, "Save")
    expect(page.locator("dialog")).to_have_count(0)

    assert [{"service": "other"}, {"service": "mine", "region": "eu-west-1"}] == outages.get()[1]


def test_the_owner_is_shown(page, outages) -> None:
    """A rule that belongs to a test tells which."""
    outages.send("PATCH", [{"service": "s3"}], "?owner=test_app.py::test_one")
    expect(page.locator(IN_LIST)).to_contain_text("— test_app.py::test_one")
    open_rule(page, "s3")

    expect(page.get_by_role("dialog")).to_contain_text("Of test_app.py::test_one")


def test_a_row_that_has_the_focus_covers_no_other(page, outages) -> None:
    """A rule that goes far down the list while its row has the focus goes there, or away."""
    outages.post([{"service": "kms"}, *({"service": f"s{n}"} for n in range(30))])
    row = page.locator(f"{IN_LIST} .what button", has_text="kms")
    open_rule(page, "kms")
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    outages.post([{"service": f"other{n}"} for n in range(200)])
    expect(page.locator("#rules-count")).to_contain_text("200 in the list")

    expect(page.locator("#rules .row").first).to_contain_text("other0")
    places = "(rows) => rows.map((row) => row.style.transform)"
    taken = page.locator("#rules .row").evaluate_all(places)
    assert len(taken) == len(set(taken))
    outages.post([{"service": f"third{n}"} for n in range(300)])
    outages.post([{"service": "last"}])
    expect(page.locator(IN_LIST)).to_have_count(1)
    expect(page.locator("#rules .row", has_text="kms")).to_have_count(0)
    expect(page.locator("#rules .row button:focus")).to_have_count(1)


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
    press(page, "Cancel")
    expect(page.locator("dialog")).to_have_count(0)
    assert 2 == len(outages.get()[1])
    page.click("#clear")
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
