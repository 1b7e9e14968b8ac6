"""One run of a test, watched: the faults are in force while it lasts, and then it is known what came of it."""

import contextlib
import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from localstack_outages.client.outage import Outage
from localstack_outages.client.rule_like import valid_rules
from localstack_outages.schema.errors import OutagesError
from localstack_outages.sweep.faults import rule_of
from localstack_outages.sweep.points import Call, Fault, Faults
from localstack_outages.sweep.run import Run, with_evidence
from localstack_outages.sweep.sweeping import Observation

from .pacing import Quotas, no_pauses
from .recording import Recorder, Sent, TooManyCalls
from .watchdog import bite_after

if TYPE_CHECKING:
    from localstack_outages.testing.call_sites import CallSites
    from localstack_outages.testing.client import TestOutages

_NOT_THEIRS = (
    "aiobotocore",
    "asyncio",
    "boto3",
    "botocore",
    "localstack_outages",
    "s3transfer",
    "urllib3",
)
_MOST_LOGGED = 20
_FOREVER = 10.0**6


class Observer:
    """Watches runs of tests in this process.

    :param sites: notes the calls that are made
    """

    def __init__(self, sites: "CallSites") -> None:
        self._sites = sites
        self._sent = Sent()
        self._sent.register()
        self._quotas = Quotas()

    def close(self) -> None:
        """Leave botocore as it was."""
        self._quotas.close()
        self._sent.unregister()

    @contextlib.contextmanager
    def watching(
        self, outages: "TestOutages", faults: Faults, limit: float = _FOREVER
    ) -> Iterator[Observation]:
        """Watch a block, with faults in force. What the block raises goes on its way.

        :param outages: the client of the test
        :param faults: none for a run without
        :param limit: after how many seconds the block has hung
        """
        observation = Observation()
        self._quotas.fill()
        recorder = Recorder(outages, self._sent, self._sites.get)
        # The name of the test's own rules, and a number that no outage of it has.
        # The later call comes first: a rule counts only calls that none before it has decided about.
        ordered = sorted(faults, key=lambda fault: -fault.place.call)
        rules = valid_rules([_bounded(fault, limit) for fault in ordered], outages.account)
        outage = Outage(outages, rules, f"{outages.owner} 0") if faults else None
        error: BaseException | None = None
        begin = time.monotonic()
        with _logged() as logged:
            try:
                with contextlib.ExitStack() as stack:
                    if outage is not None:
                        stack.enter_context(no_pauses())
                        stack.enter_context(outage)
                    stack.enter_context(bite_after(limit))
                    begin = time.monotonic()
                    yield observation
            except BaseException as e:
                error = e
                raise
            finally:
                seconds = time.monotonic() - begin
                try:
                    calls = recorder.calls()
                    run = Run(calls, error, seconds, tuple(logged))
                    observation.run = run if outage is None else with_evidence(run, outage, faults)
                    observation.explanation = "" if outage is None else outage.explain()
                except TooManyCalls:
                    observation.problem = "it makes more calls than the host keeps"
                except OutagesError as e:
                    observation.problem = str(e)


def _bounded(fault: Fault, limit: float) -> dict[str, Any]:
    """Give the rule of a fault. A call that hangs goes on when the run is late, should nothing end it:
    the watchdog watches the main thread alone, and not on every system.
    """
    rule = rule_of(fault)
    return {**rule, "duration": limit + 1} if fault.name == "hang" else rule


@contextlib.contextmanager
def _logged() -> Iterator[list[str]]:
    """Collect what is logged as a warning or worse, but for what SDKs log."""
    found: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name.split(".")[0] not in _NOT_THEIRS and len(found) < _MOST_LOGGED:
                found.append(record.getMessage()[:200])

    handler = Collect(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield found
    finally:
        logging.getLogger().removeHandler(handler)


def call_at(calls: tuple[Call, ...], faults: Faults) -> Call | None:
    """Give the last of the failing calls, where it came."""
    return next((call for call in calls if call.place == faults[-1].place), None)
