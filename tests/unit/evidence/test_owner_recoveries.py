"""When what an owner's rules failed was answered well again."""

import pytest

from localstack_outages.evidence.owner_recoveries import OwnerRecoveries

from .samples import SAMPLE

OK = SAMPLE._replace(duration_ms=0.0)
FAILED = OK._replace(status=503, outcome="injected")


def at(call, when, **fields):
    """Give a call that ended at a time."""
    return call._replace(at=when, time=SAMPLE.time + when, **fields)


def told(recoveries, owner="mine", now=100.0):
    """Give for each place of an owner: operation, failures, and after how long it recovered."""
    places, _ = recoveries.documents(owner, now)
    return [(p["operation"], p["failures"], p["recoveredAfter"]) for p in places]


def test_a_recovery():
    """The first good answer after the last failure is the recovery, and only at that place."""
    recoveries = OwnerRecoveries()
    recoveries.answer(at(OK, 0.5))
    recoveries.fail("mine", at(FAILED, 1.0), None)
    recoveries.answer(at(OK, 1.5))
    recoveries.fail("mine", at(FAILED, 2.0), None)
    for place in (
        {"service": "sqs"},
        {"operation": "PutObject"},
        {"region": "eu-west-1"},
        {"account": "1"},
    ):
        recoveries.answer(at(OK, 2.1, **place))
    before = told(recoveries)
    recoveries.answer(at(OK, 2.25))
    recoveries.answer(at(OK, 3.0))

    assert [("GetObject", 2, None)] == before
    assert [("GetObject", 2, 0.25)] == told(recoveries)
    (place,), unwatched = recoveries.documents("mine", 7.0)
    assert 0 == unwatched
    assert {
        "service": "s3",
        "operation": "GetObject",
        "region": "us-east-1",
        "account": "000000000000",
        "failures": 2,
        "lastFailedAt": "2026-11-23T09:44:02.000Z",
        "lastFailedAgo": 5.0,
        "recoveredAfter": 0.25,
    } == place


def test_each_owner_recovers_by_itself():
    """A good answer is one for each owner that failed the place before it."""
    recoveries = OwnerRecoveries()
    recoveries.fail("mine", at(FAILED, 1.0), None)
    recoveries.fail("other", at(FAILED, 3.0), None)
    recoveries.answer(at(OK, 2.0))
    between = told(recoveries), told(recoveries, "other")
    recoveries.answer(at(OK, 4.0))

    assert ([("GetObject", 1, 1.0)], [("GetObject", 1, None)]) == between
    assert [("GetObject", 1, 1.0)] == told(recoveries, "other")


@pytest.mark.parametrize(
    ("late", "expected"),
    [(0.9, 1.0), (1.5, 0.5), (2.5, None)],
)
def test_failures_that_come_out_of_order(late, expected):
    """A failure that is told late counts by the time at which it ended."""
    recoveries = OwnerRecoveries()
    recoveries.fail("mine", at(FAILED, 1.0), None)
    recoveries.answer(at(OK, 2.0))
    recoveries.fail("mine", at(FAILED, late), None)

    assert [("GetObject", 2, expected)] == told(recoveries)


def test_an_answer_that_came_before_the_failure_was_known():
    """A call that hung is known to have failed after its client was answered another time."""
    recoveries = OwnerRecoveries()
    recoveries.fail("mine", at(FAILED, 0.0)._replace(duration_ms=2000), 1.5)

    assert [("GetObject", 1, 0.0)] == told(recoveries)
    assert not recoveries._waiting


def test_places_are_bounded():
    """Beyond the bound failures are counted as not watched, for the owner that has them; places of
    an owner that is forgotten make room.
    """
    recoveries = OwnerRecoveries(size=3)
    for number in range(5):
        recoveries.fail("mine", at(FAILED, 1.0, operation=f"Op{number}"), None)
    recoveries.fail("other", at(FAILED, 1.0), None)
    recoveries.fail("mine", at(FAILED, 2.0, operation="Op0"), None)

    assert (3, 2) == (len(told(recoveries)), recoveries.documents("mine", 9.0)[1])
    assert ([], 1) == recoveries.documents("other", 9.0)
    recoveries.forget_owner("mine")
    recoveries.forget_owner("other")
    recoveries.fail("other", at(FAILED, 3.0), None)
    assert ([("GetObject", 1, None)], 0) == (
        told(recoveries, "other"),
        recoveries.documents("other", 9.0)[1],
    )
    recoveries.forget_owner("other")
    assert not any((recoveries._places, recoveries._waiting, recoveries._unwatched))
    assert 0 == recoveries._count


def test_a_good_answer_costs_one_look():
    """Where nobody waits a good answer is not even looked at; elsewhere no lock is taken for it."""
    recoveries = OwnerRecoveries()
    recoveries.answer(None)
    recoveries.fail("mine", at(FAILED, 1.0), None)
    recoveries._lock.acquire()
    recoveries.answer(at(OK, 2.0, operation="PutObject"))
    recoveries._lock.release()

    assert [("GetObject", 1, None)] == told(recoveries)
