"""One log line for each fault; in a storm only some, and how many were left out."""

import logging
import threading

from localstack_outages.engine.finished import Injected
from localstack_outages.explain.words import what_was_done
from localstack_outages.schema.token_bucket import TokenBucket

from .record import Observed

LOG = logging.getLogger(__name__)

LINES_PER_SECOND = 20
BURST = 50
SUMMARY_SECONDS = 1
"""How long faults are counted before a line says how many were not logged."""


class FaultLog:
    """Logs faults at INFO.

    It runs no thread: the line with the count of what was left out comes with the first call,
    touched or not, that ends a second or more after the first fault that was left out, or with
    ``flush``.

    :param log: where to
    :param rate: how many lines a second in the long run
    :param burst: how many lines at once
    """

    def __init__(
        self,
        log: logging.Logger = LOG,
        rate: float = LINES_PER_SECOND,
        burst: int = BURST,
    ) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._bucket = TokenBucket(rate, burst, 0)
        self._newest = 0.0
        self._left_out = 0
        self._left_out_since = 0.0

    def record(self, observed: Observed) -> None:
        """Log what was done to a call, if anything was."""
        fault = observed.injected
        # Read without the lock: a call that comes too early for the count leaves it to the next.
        if (fault is None and not self._left_out) or not self._log.isEnabledFor(logging.INFO):
            return
        with self._lock:
            now = self._newest = max(self._newest, observed.ended_at)
            left_out = self._take_left_out(now)
            is_logged = fault is not None and self._bucket.take(now)
            if fault is not None and not is_logged:
                self._left_out_since = self._left_out_since if self._left_out else now
                self._left_out += 1
        if left_out:
            self._log_left_out(left_out)
        if fault is not None and is_logged:
            self._log.info(
                "Outage of %s.%s in %s: %s",
                observed.service,
                observed.operation,
                observed.region,
                _what(fault),
            )

    def flush(self) -> None:
        """Say how many faults were left out since it was last said."""
        with self._lock:
            left_out, self._left_out = self._left_out, 0
        if left_out:
            self._log_left_out(left_out)

    def _take_left_out(self, now: float) -> int:
        if not self._left_out or now - self._left_out_since < SUMMARY_SECONDS:
            return 0
        left_out, self._left_out = self._left_out, 0
        return left_out

    def _log_left_out(self, count: int) -> None:
        self._log.info("%d more faults were not logged", count)


def words_of(fault: Injected) -> str:
    """Say what was done to a call; nothing where that is not known."""
    return what_was_done(
        delay_ms=fault.delay_ms,
        status=fault.status,
        code=fault.code,
        connection=fault.connection,
        payload=fault.payload,
        partial=None if fault.partial is None else fault.partial[:2],
        listing=fault.listing,
        done=fault.done,
    )


def _what(fault: Injected) -> str:
    owner = "" if fault.owner is None else f" of {fault.owner}"
    rule = "the delay of every call" if fault.rule_id is None else f"rule {fault.rule_id}{owner}"
    return f"{words_of(fault) or 'nothing'} by {rule}"
