"""The record of a finished call, and how it gets to those that watch."""

import logging

import pytest

from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.place_numbers import OTHER, Places
from localstack_outages.evidence.record import Observer, outcome_of, rfc3339

from .samples import SAMPLE

ERROR = Injected("r1", 0, code="SlowDown", status=503)
RESET = Injected("r1", 0, connection="reset")
DELAY = Injected("r1", 0, delay_ms=200)
CALL = SAMPLE._replace(at=1.0, duration_ms=250.0)


class Kept:
    """Keeps what it is told."""

    def __init__(self):
        self.calls = []

    def record(self, observed):
        self.calls.append(observed)


class Broken:
    """Fails at whatever it is told."""

    def record(self, _observed):
        raise KeyError("broken")


@pytest.mark.parametrize(
    ("status", "fault", "expected"),
    [
        (200, None, "ok"),
        (304, None, "ok"),
        (404, None, "clientError"),
        (500, None, "serverError"),
        (None, None, "serverError"),
        (503, ERROR, "injected"),
        (400, Injected("r1", 0, code="Throttling", status=400), "injected"),
        (None, RESET, "injected"),
        (200, Injected("r1", 0, connection="truncate"), "injected"),
        (200, DELAY, "ok"),
        (404, DELAY, "clientError"),
        (500, Injected(None, None, delay_ms=5), "serverError"),
    ],
)
def test_outcomes(status, fault, expected):
    """A call is injected where a rule failed it; a delay alone leaves it the service's answer."""
    assert outcome_of(status, fault) == expected


@pytest.mark.parametrize(("fault", "expected"), [(ERROR, True), (RESET, True), (DELAY, False)])
def test_faults_that_fail(fault, expected):
    """An error and a broken connection fail a call, a delay does not."""
    assert fault.fails is expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1795427040.1239, "2026-11-23T09:44:00.123Z"),
        (1795427040, "2026-11-23T09:44:00.000Z"),
    ],
)
def test_times(seconds, expected):
    """A time is written in UTC with milliseconds."""
    assert rfc3339(seconds) == expected


def test_end_of_a_call():
    """A call ended its duration after it came."""
    assert CALL.ended_at == 1.25


def test_all_are_told():
    """Each of those that watch is told of each call, in order."""
    one, other = Kept(), Kept()
    observer = Observer([one, other])

    observer.record(CALL)
    observer.record(CALL._replace(service="sqs"))

    assert [call.service for call in one.calls] == ["s3", "sqs"]
    assert other.calls == one.calls


def test_failures_stay_inside(caplog):
    """One that fails harms neither the call nor the others, and is warned about once."""
    kept = Kept()
    observer = Observer([Broken(), kept, Broken()])

    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            observer.record(CALL)

    assert len(kept.calls) == 5
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "Broken.record" in caplog.text
    assert "broken" in caplog.text


def test_places_are_bounded():
    """Beyond the bound all places are one; those that were known stay known."""
    places = Places(2)

    numbers = [places.number("s3", region) for region in ("a", "b", "c", "d", "a")]

    assert numbers == [1, 2, 0, 0, 1]
    assert places.names == [(OTHER, OTHER), ("s3", "a"), ("s3", "b")]
