"""When an operation counts as answered again."""

import pytest

from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.recoveries import MAX_OPERATIONS, Recoveries

from .samples import SAMPLE

CALL = SAMPLE._replace(duration_ms=0.0)
FAULT = Injected("r1", 0, code="ServiceUnavailable", status=503)
FAILED = CALL._replace(at=10.0, status=503, outcome="injected", injected=FAULT)


def after(*calls):
    """Give what was watched after a failure at 10 s and further calls: (time, outcome)."""
    recoveries = Recoveries()
    recoveries.record(FAILED)
    for at, outcome in calls:
        recoveries.record(CALL._replace(at=at, outcome=outcome))
    return recoveries


@pytest.mark.parametrize(
    ("calls", "now", "expected"),
    [
        ([], 100, False),
        ([(11, "ok")], 100, True),
        ([(11, "clientError")], 100, True),
        ([(11, "serverError")], 100, False),
        ([(11, "ok")], 11.5, False),
        ([(11, "ok")], 12, True),
        ([(15, "ok")], 100, True),
        ([(15.1, "ok")], 100, False),
        ([(11, "ok"), (11.5, "injected")], 100, False),
        ([(11, "ok"), (12, "injected")], 100, True),
        ([(11, "ok"), (11.5, "injected"), (13, "ok")], 100, True),
        ([(12, "injected"), (13, "ok")], 100, True),
        ([(12, "injected"), (16, "ok")], 100, False),
    ],
)
def test_came_back(calls, now, expected):
    """An operation came back when it was answered within 5 s and for a second at least."""
    assert after(*calls).came_back(FAILED, now) is expected


@pytest.mark.parametrize(
    "change", [{"service": "sqs"}, {"region": "x"}, {"operation": "PutObject"}]
)
def test_other_operations_say_nothing(change):
    """An answer of another operation, service or region is no sign that this one is back."""
    recoveries = after()

    recoveries.record(CALL._replace(at=11.0, **change))

    assert not recoveries.came_back(FAILED, 100)
    assert not recoveries.came_back(FAILED._replace(**change), 100)


def test_an_answer_before_the_failure_is_none_after_it():
    """An operation that was answered only before a call failed did not come back."""
    recoveries = after((11, "ok"), (13, "injected"))

    assert not recoveries.came_back(FAILED._replace(at=13.0), 100)


def test_bounds():
    """Operations beyond the bound are not watched, and those that are go on to be."""
    recoveries = after()
    for number in range(MAX_OPERATIONS + 10):
        recoveries.record(FAILED._replace(operation=f"Operation{number}"))
    beyond = FAILED._replace(operation=f"Operation{MAX_OPERATIONS + 5}")

    recoveries.record(beyond._replace(at=11.0, outcome="ok"))
    recoveries.record(CALL._replace(at=11.0))

    assert not recoveries.came_back(beyond, 100)
    assert recoveries.came_back(FAILED, 100)
