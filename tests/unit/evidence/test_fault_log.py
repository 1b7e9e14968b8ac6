"""The log of faults: what a line says, and how many there are in a storm."""

import logging
import threading

import pytest

from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.fault_log import FaultLog

from .samples import SAMPLE

LOG = logging.getLogger("test-faults")
CALL = SAMPLE._replace(
    at=100.0,
    status=503,
    outcome="injected",
    injected=Injected("r1", 0, code="SlowDown", status=503),
)


@pytest.fixture
def lines(caplog):
    """Give a function that tells the lines logged until now, and forgets them."""
    caplog.set_level(logging.INFO, LOG.name)

    def take():
        messages = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return messages

    return take


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (CALL.injected, "503 SlowDown by rule r1"),
        (Injected("r2", 1, delay_ms=200), "200 ms late by rule r2"),
        (
            Injected("r2", 1, code="Throttling", status=400, delay_ms=1500.4),
            "1500 ms late, 400 Throttling by rule r2",
        ),
        (Injected("r3", 4, connection="reset"), "connection reset by rule r3"),
        (Injected(None, None, delay_ms=50), "50 ms late by the delay of every call"),
        (Injected("r4", 0), "nothing by rule r4"),
        (Injected("r5", 0, delay_ms=1, owner="a test"), "1 ms late by rule r5 of a test"),
    ],
)
def test_lines(lines, fault, expected):
    """A line names service, operation, region, what was done, and the rule."""
    FaultLog(LOG).record(CALL._replace(injected=fault))

    assert lines() == [f"Outage of s3.GetObject in us-east-1: {expected}"]


def test_untouched_calls(lines):
    """A call to which nothing was done is not logged."""
    FaultLog(LOG).record(CALL._replace(injected=None))

    assert lines() == []


def test_a_storm(lines):
    """In a storm the burst is logged, then the rate, and each second how many were left out."""
    log = FaultLog(LOG, rate=20, burst=50)

    for number in range(1000):  # one each 2 ms: two seconds
        log.record(CALL._replace(at=100 + number / 500))
    log.flush()
    logged = lines()

    left_out = [int(line.split()[0]) for line in logged if "not logged" in line]
    faults = [line for line in logged if "not logged" not in line]
    assert len(faults) + sum(left_out) == 1000
    assert len(faults) == pytest.approx(50 + 20 * 2, abs=2)
    assert len(left_out) == 2


def test_the_count_comes_with_a_calm_call(lines):
    """A second after the first fault that was left out, any call brings the count."""
    log = FaultLog(LOG, rate=1, burst=1)
    for _ in range(4):
        log.record(CALL)
    lines()
    calm = CALL._replace(injected=None)

    log.record(calm._replace(at=100.9))
    assert lines() == []
    log.record(calm._replace(at=101.0))
    assert lines() == ["3 more faults were not logged"]
    log.record(calm._replace(at=105.0))
    assert lines() == []


def test_flush(lines):
    """What was left out can be had logged at any time, once."""
    log = FaultLog(LOG, rate=1, burst=1)
    log.record(CALL)
    log.record(CALL)
    lines()

    log.flush()
    log.flush()

    assert lines() == ["1 more faults were not logged"]


def test_quiet_log(caplog):
    """Where INFO is not logged, nothing is done, and nothing is said of it later."""
    caplog.set_level(logging.WARNING, LOG.name)
    log = FaultLog(LOG, rate=1, burst=1)

    for _ in range(10):
        log.record(CALL)
    caplog.set_level(logging.INFO, LOG.name)
    log.flush()

    assert caplog.records == []


def test_calls_that_end_out_of_order(lines):
    """A call that ended earlier than one before it does not turn back the time."""
    log = FaultLog(LOG, rate=1, burst=1)

    for at in (100, 90, 100.5, 100):
        log.record(CALL._replace(at=at))

    assert len(lines()) == 1


@pytest.mark.timeout(30)
def test_many_writers(lines):
    """With 32 threads, each fault is logged or counted as left out."""
    log = FaultLog(LOG)

    def write():
        for number in range(100):
            log.record(CALL._replace(at=100 + number / 50))

    writers = [threading.Thread(target=write) for _ in range(32)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    log.flush()

    logged = lines()
    left_out = sum(int(line.split()[0]) for line in logged if "not logged" in line)
    assert left_out + sum("Outage" in line for line in logged) == 3200
