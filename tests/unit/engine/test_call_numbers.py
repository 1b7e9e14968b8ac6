"""The k-th logical call that a rule matches, with all its attempts."""

import random

import pytest

from localstack_outages.aws.errors import aws_error
from localstack_outages.engine import call_numbers
from localstack_outages.engine.call import Call
from localstack_outages.engine.call_numbers import CallNumbers
from localstack_outages.engine.decide import Engine
from localstack_outages.engine.finished import Envelope
from localstack_outages.engine.store import Store
from localstack_outages.schema.reading import parse_rules

CALL = Call("s3", "us-east-1", "GetObject", "000000000000", {"Bucket": "b"})


def ask(numbers, *ids):
    """Count requests with these invocation ids; give for each whether it is wanted."""
    return [numbers.is_wanted(name) for name in ids]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (1, [True, True, False, False, True]),
        (2, [False, False, True, False, False]),
        (3, [False, False, False, True, False]),
        (4, [False, False, False, False, False]),
    ],
)
def test_k(wanted, expected):
    """Calls are counted from 1; each attempt belongs to its call, also where others came between."""
    assert expected == ask(CallNumbers(wanted), "a", "a", "b", "c", "a")


@pytest.mark.parametrize("name", [None, "", "x" * 65])
def test_no_id(name):
    """A request without an invocation id, or with what is none, is a call of its own."""
    assert [False, True, False, False] == ask(CallNumbers(2), name, name, name, name)


def test_ids_and_none():
    """Both kinds count together."""
    assert [False, False, False, True, False, True] == ask(
        CallNumbers(3), "a", None, "a", "b", None, "b"
    )


def test_bound(monkeypatch):
    """The oldest invocation id is forgotten first: what comes with it later is another call."""
    monkeypatch.setattr(call_numbers, "MAX_CALLS", 2)
    numbers = CallNumbers(5)

    assert [False] * 5 == ask(numbers, "a", "b", "c", "b", "c")
    assert [False, True] == ask(numbers, "a", "d")


class Setting:
    """An engine with rules."""

    def __init__(self, clock, *documents):
        self.store = Store(clock, random.Random)
        self.store.replace(parse_rules(list(documents)))
        self.engine = Engine(self.store, aws_error)

    def decide(self, name, **fields):
        """Say whether an attempt of a call is hit."""
        envelope = Envelope(0, invocation_id=name)
        return self.engine.decide(CALL._replace(**fields), envelope) is not None


def test_what_does_not_match_is_not_counted(clock):
    """Calls of other operations, and those that do not meet the condition, have no number."""
    setting = Setting(clock, {"operation": "Get*", "condition": "Bucket == 'b'", "call": 2})
    setting.decide("a")
    setting.decide("b", operation="PutObject")
    setting.decide("c", parameters={"Bucket": "other"})

    assert setting.decide("d")


def test_counting_begins_with_the_rule(clock):
    """Calls that come before the rule is in force have no number."""
    setting = Setting(clock, {"after": 60, "call": 1})
    assert not setting.decide("a")
    clock.advance(60)

    assert setting.decide("b")
    assert not setting.decide("a")


def test_the_attempts_have_a_budget(clock):
    """With ``times`` only the first attempts of the call fail."""
    setting = Setting(clock, {"call": 2, "times": 2})

    assert [False, True, True, False] == [setting.decide(name) for name in "abbb"]


def test_the_next_rule_decides_on_the_others(clock):
    """A call that has another number goes on to the next rule, which is not shadowed."""
    setting = Setting(clock, {"call": 2, "error": "internal"}, {"error": "throttling"})
    decisions = [setting.engine.decide(CALL, Envelope(0, invocation_id=name)) for name in "abb"]

    assert ["SlowDown", "InternalError", "InternalError"] == [d.error.code for d in decisions]


def test_before_parameters_are_read(clock):
    """The number is known before the parameters are, and a call is counted once."""
    setting = Setting(clock, {"call": 2})
    early = [
        setting.engine.decide_early(CALL._replace(parameters={}), Envelope(0, invocation_id=name))
        for name in "abba"
    ]

    assert [False, True, True, False] == [decision is not None for decision in early]
