"""A capacity: a throttle by what was measured, in which refused calls cost too."""

import random

import pytest

from localstack_outages.control.advice import Adviser
from localstack_outages.control.status import Status
from localstack_outages.engine.call import Call
from localstack_outages.engine.rule_state import Lifecycle
from localstack_outages.engine.store import Store
from localstack_outages.schema.reading import parse_rules

CALL = Call("sqs", "us-east-1", "SendMessage", "0" * 12, {})
RULE = {"service": "sqs", "throttle": {"capacity": 1.5}}


def lifecycle_of(measured, **throttle):
    """Make the moving part of a capacity of 1.5 that is set when so many calls a second come."""
    rule = parse_rules([{"service": "sqs", "throttle": {"capacity": 1.5, **throttle}}])[0].rule
    return Lifecycle(rule, 0.0, random.Random, lambda _: measured)


def passed(lifecycle, rate, seconds=20, start=0.0):
    """Send calls at a rate; give how many a second pass."""
    calls = [start + number / rate for number in range(round(rate * seconds))]
    return sum(lifecycle.fire(CALL, at) is None for at in calls) / seconds


@pytest.mark.parametrize("rate", [1, 10, 14.9])
def test_below_the_capacity(rate):
    """As many calls as before pass, and up to half as many more."""
    assert passed(lifecycle_of(10), rate) == pytest.approx(rate, rel=0.02)


@pytest.mark.parametrize("rate", [20, 100])
def test_an_overload(rate):
    """Over the capacity hardly any call passes: what is refused costs as much as what is answered."""
    lifecycle = lifecycle_of(10, burst=1)

    assert passed(lifecycle, rate) < 0.1


def test_the_end_of_an_overload():
    """Calls pass again as soon as they come at the rate of before."""
    lifecycle = lifecycle_of(10)
    passed(lifecycle, 100)

    assert passed(lifecycle, 10, start=21.0) == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize(("throttle", "burst"), [({}, 15), ({"burst": 3}, 3)])
def test_a_burst(throttle, burst):
    """One second's worth of calls passes at once, or the rule's own burst."""
    lifecycle = lifecycle_of(10, **throttle)

    assert burst == sum(lifecycle.fire(CALL, 0.0) is None for _ in range(50))


def test_the_rate_is_fixed_when_the_rule_is_set(clock):
    """What comes after a rule was set does not change its rate."""
    measured = [10.0]
    store = Store(clock, measure=lambda _: measured[0])
    store.replace(parse_rules([RULE]))
    measured[0] = 1000.0
    (entry,) = store.entries()

    assert 15 == sum(entry.lifecycle.fire(CALL, clock()) is None for _ in range(50))


def test_nothing_is_measured_for_other_rules(clock):
    """Only a rule with a capacity is measured for."""
    store = Store(clock, measure=lambda _: pytest.fail("measured"))
    store.replace(parse_rules([{"service": "s3"}, {"throttle": {"rate": 1}}]))

    assert [None, None] == [entry.lifecycle.measured for entry in store.entries()]


def test_without_calls_before(clock):
    """Where nothing was measured one call a second passes, and a warning says so."""
    store = Store(clock)
    store.replace(parse_rules([RULE]))
    (entry,) = store.entries()
    (warning,) = Adviser(store).advise(store.entries())[entry]

    assert "NothingMeasured" == warning.code
    assert warning.message == (
        "no call that the rule is for came in the minute before it was set: it lets 1 call a second "
        "pass; send calls before you set it, or give 'rate'"
    )
    assert [True, False] == [entry.lifecycle.fire(CALL, clock()) is None for _ in range(2)]


def test_the_status_tells_what_was_measured(clock):
    """The words of a rule say what its capacity was measured by; there is no warning."""
    store = Store(clock, measure=lambda _: 12.3456)
    store.replace(parse_rules([RULE]))
    (rule,) = Status(store, "", "").document()["rules"]

    assert [] == rule["warnings"]
    assert rule["words"]["how"] == (
        "over 1.5 times the calls before: throttling (403 RequestThrottled) (12.3 calls a second before)"
    )


def test_an_error_of_its_own(clock):
    """Beside a capacity the error of the rule is what refused calls get."""
    rule = parse_rules([{**RULE, "error": "unavailable"}])[0].rule
    lifecycle = Lifecycle(rule, 0.0, random.Random)
    lifecycle.fire(CALL, 0.0)

    assert "unavailable" == lifecycle.fire(CALL, 0.0).error
