"""What is kept of calls does not grow with them. Counted in bytes, not in time."""

import logging
import tracemalloc

import pytest

from localstack_outages.aws.sdk_headers import Sdk
from localstack_outages.engine.finished import Injected
from localstack_outages.engine.store import Store
from localstack_outages.evidence import effort_search, sdk_quotas, verdicts as verdicts_module
from localstack_outages.evidence.fault_log import FaultLog
from localstack_outages.evidence.journal import Journal
from localstack_outages.evidence.ledger import Ledger
from localstack_outages.evidence.metrics import Metrics
from localstack_outages.evidence.record import Observer
from localstack_outages.evidence.traffic import Traffic
from localstack_outages.evidence.verdicts import Verdicts
from localstack_outages.schema.reading import parse_rules

from .samples import SAMPLE

CALLS = 1000
"""More than each ring keeps here; one a second, more than there are seconds in the traffic."""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("has_id", [True, False])
def test_memory_is_bounded(has_id, monkeypatch):
    """Once all that is kept is full, thousands of calls more, each from another client, to another
    place, hit by a rule of another owner, take no memory.
    """
    monkeypatch.setattr(logging.getLogger("localstack_outages"), "disabled", True)
    monkeypatch.setattr(effort_search, "MAX_CALLERS", 100)
    monkeypatch.setattr(sdk_quotas, "MAX_CLIENTS", 100)
    now = [1000.0]
    store = Store(lambda: now[0])
    store._departures._max_owners = store._departures._max_rules = 100
    verdicts = Verdicts(lambda: now[0], 200, store.remembers)
    ledger = Ledger(store, verdicts, "i1", places=100)
    clock = lambda: now[0]  # noqa: E731 - as short as what it does
    observer = Observer(
        (
            Journal(200, clock),
            Journal(200, clock, touched_only=False),
            Traffic(clock),
            verdicts,
            ledger,
            Metrics(lambda: {"active": 1}, 50),
            FaultLog(),
        )
    )

    def storm(first):
        for number in range(first, first + CALLS):
            owner = f"owner-{number // 4}"
            if number % 4 == 0:
                store.replace(parse_rules([{"service": "s3", "times": 1}]), owner=owner)
            now[0] += 1
            call = SAMPLE._replace(
                at=now[0],
                time=now[0],
                region=f"region-{number % 1000}",
                operation=f"Operation{number % 777}",
                account=f"{number:012}",
                access_key=f"key-{number}",
                client=Sdk(f"client-{number}"),
                invocation_id=f"id-{number}" if has_id else None,
                status=503,
                outcome="injected",
                error_code=f"Code{number}",
                injected=Injected("r1", 0, code=f"Code{number}", status=503, owner=owner),
            )
            observer.record(call)
            observer.record(call._replace(attempt=2, at=now[0] + 0.001))
            observer.record(call._replace(attempt=3, outcome="ok", injected=None))
            store.replace([], owner=owner)

    assert observer._warned == set()
    for turn in range(2):
        storm(turn * CALLS)
    tracemalloc.start()
    try:
        for turn in range(2, 5):  # what was there before is not traced until it is replaced
            storm(turn * CALLS)
        before, _ = tracemalloc.get_traced_memory()
        for turn in range(5, 7):
            storm(turn * CALLS)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert observer._warned == set()
    assert verdicts.report(1)["summary"]["calls"] == 200
    # A leak of one small object a call, of 48 bytes say, would be 96 kB.
    assert after - before < 50_000


def test_hot_loops_are_bounded_together(monkeypatch):
    """Of all loops together only so many attempts are kept; the efforts that fell out are counted."""
    monkeypatch.setattr(verdicts_module, "MAX_KEPT_ATTEMPTS", 250)
    verdicts = Verdicts(lambda: 1000.0)
    fault = Injected("r1", 0, code="Busy", status=503)
    for loop in range(50):
        for number in range(20):
            call = SAMPLE._replace(
                at=loop + number / 100,
                invocation_id=f"{loop}",
                attempt=number + 1,
                injected=fault,
                outcome="injected",
            )
            verdicts.record(call)
    report = verdicts.report()

    assert {20} == {verdict["attempts"] for verdict in report["verdicts"][:-1]}
    assert 250 >= verdicts._attempts == sum(len(effort.attempts) for effort in verdicts._efforts)
    assert 50 == report["summary"]["calls"] + report["summary"]["forgotten"]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_hundred_thousand_efforts_a_minute():
    """With the bounds as they are, a minute of 100,000 efforts that fail takes a bounded part of them
    into memory, and another minute takes no more; all are counted.
    """
    now = [1000.0]
    verdicts = Verdicts(lambda: now[0])
    fault = Injected("r1", 0, code="Busy", status=503)

    def minute():
        for _ in range(100_000):
            now[0] += 0.0006
            call = SAMPLE._replace(
                at=now[0],
                time=now[0],
                access_key=f"key-{now[0]}",
                invocation_id=f"{now[0]}",
                status=503,
                outcome="injected",
                injected=fault,
            )
            verdicts.record(call)

    tracemalloc.start()
    try:
        minute()
        before, _ = tracemalloc.get_traced_memory()
        minute()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    summary = verdicts.report(1)["summary"]

    assert 200_000 == summary["calls"] + summary["forgotten"]
    assert verdicts.open_size == summary["calls"]
    assert after - before < 1_000_000
    assert peak < 80_000_000
