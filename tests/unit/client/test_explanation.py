"""What is told of an outage: enough to find the mistake, and no more than can be read."""

import pytest

from localstack_outages.client.explanation import Scene, explain
from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.journal import Journal
from tests.unit.evidence.samples import SAMPLE

MINE = "183825164522"
OTHER = "000000000000"


def rule(number, hits=0, state="active", **fields):
    """Give what the evidence says of a rule."""
    return {"id": f"r{number}", "rule": fields, "state": state, "hits": hits}


def told(rules, *calls, account="*", missed=0):
    """Explain an outage, with calls as the journal tells them."""
    journal = Journal(1000, touched_only=False)
    for number, fields in enumerate(calls):
        journal.record(SAMPLE._replace(**{"account": MINE, "at": float(number), **fields}))
    events = journal.after().events
    return explain(Scene(rules, events, missed, account, "is it that?"))


def hit_by(rule_id):
    """Give what is told of a call that a rule failed."""
    return {"injected": Injected(rule_id, 0, code="Busy", status=503), "outcome": "injected"}


def test_each_call_with_each_rule():
    """It tells the rules, the calls, and why each rule did or did not apply."""
    rules = [rule(1, 1, service="s3", account=MINE), rule(2, service="sqs", account=MINE)]

    assert (
        "the rules of the outage, all for account 183825164522:\n"
        '  r1 {"service":"s3"}\n'
        '  r2 {"service":"sqs"}\n'
        "the calls that came:\n"
        "  s3.GetObject in us-east-1: 200\n"
        "      r1 applied: 200\n"
        "      r2 is not for it: service 's3' is not 'sqs'"
    ) == told(rules, hit_by("r1"), account=MINE)


def test_calls_of_other_accounts():
    """Where calls came, but only from other accounts, it says from which."""
    rules = [rule(1, service="s3", account=MINE)]
    calls = [{"account": OTHER, "operation": f"Op{n % 4}"} for n in range(7)]
    text = told(rules, *calls, {"account": "111111111111"}, account=MINE)

    assert text.endswith(
        "the calls that came:\n  none of account 183825164522; 7 of 000000000000 "
        "(s3.Op0, s3.Op1, s3.Op2, ...); 1 of 111111111111 (s3.GetObject): is it that?"
    )


def test_no_calls_at_all():
    """Where no call came it asks the first question; calls of LocalStack itself do not count."""
    calls = [{"account": OTHER, "origin": "internal"}]
    for text in (told([rule(1)]), told([rule(1)], *calls, account=MINE)):
        assert text.endswith("  none: does the application call this LocalStack at all?")


@pytest.mark.parametrize(
    ("state", "hits", "words"),
    [
        ("active", 1, ["its 'condition' let it pass", "applied", "its 'condition' let it pass"]),
        ("spent", 1, ["its 'condition' let it pass", "applied", "was spent: its 'times' allows"]),
    ],
)
def test_which_chance_let_it_pass(state, hits, words):
    """Where it can be known whether a rule was spent, it is told."""
    rules = [rule(1, hits, state, service="s3", condition="Bucket == 'a'", times=hits + 1)]
    text = told(rules, {}, hit_by("r1"), {})
    reasons = [line for line in text.splitlines() if line.startswith("      r1 ")]

    assert all(word in line for word, line in zip(words, reasons, strict=True))
    assert "'condition' or 'times'" not in text


def test_a_rule_that_may_have_been_spent():
    """Where the calls that spent a rule are not kept both reasons are told."""
    text = told([rule(1, 1, "spent", service="s3", condition="Bucket", times=1)], {})

    assert "its 'condition' or 'times' let it pass" in text


def test_many_rules_and_calls():
    """Of many rules and calls it shows some, and says how many it leaves out."""
    rules = [rule(number, service=f"s{number}") for number in range(500)]
    text = told(rules, *[{}] * 99, hit_by("r400"), missed=5)
    lines = text.splitlines()

    assert "  (490 more are left out)" in lines
    assert "  (80 earlier ones are left out)" in lines
    assert "  (more than 100 calls came since then; earlier ones are not kept)" in lines
    assert "      r400 applied: 200" == lines[-1]
    assert len(lines) < 300


def test_rules_of_which_the_same_is_to_be_said():
    """Rules that have the same to do with a call are told together."""
    text = told([rule(number, service=f"s{number % 2}") for number in range(8)], {})

    assert [
        "      r0 (and 3 more) is not for it: service 's3' is not 's0'",
        "      r1 (and 3 more) is not for it: service 's3' is not 's1'",
    ] == text.splitlines()[-2:]
