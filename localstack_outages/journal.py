"""The journal: calls, numbered in the order in which they ended. One keeps those that a rule touched,
another the last of all.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from .observation import Fault, Observed, rfc3339
from .selection import EVERYTHING, Selection

DEFAULT_SIZE = 10_000
"""How many calls are kept."""

CALLS_SIZE = 1000
"""How many calls the journal of all calls keeps: enough for one test."""

DEFAULT_LIMIT = 1000
"""How many events one reading gives at most."""

FROM_NOW = -1
"""In place of a number: read what comes from now on."""

Event = dict[str, Any]

_NO_FAULT = Fault(None, None)


class Page(NamedTuple):
    """What one reading of the journal gives."""

    events: list[Event]
    """The events that were asked for, in order."""
    next: int
    """The number to read on after."""
    missed: int
    """How many events, whatever was asked for, are lost to this reader: they fell out of the journal
    before it came for them."""


class Journal:
    """Keeps the last calls.

    Numbers begin at 1 and have no gaps. A reader asks for what came after the number that it saw
    last::

        page = journal.wait(0, timeout=10)
        page = journal.wait(page.next, timeout=10)

    :param size: how many calls are kept
    :param clock: the steady clock that calls are stamped with, seconds
    :param touched_only: whether to keep only those that a rule touched
    """

    def __init__(
        self,
        size: int = DEFAULT_SIZE,
        clock: Callable[[], float] = time.monotonic,
        *,
        touched_only: bool = True,
    ) -> None:
        if size < 1:
            raise ValueError(f"a journal of {size} events can keep nothing")
        self._clock = clock
        self._touched_only = touched_only
        self._began_at = clock()
        self._ring: list[Observed | None] = [None] * size
        self._size = size
        self._last = 0
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._waiting = 0
        self._is_closed = False

    @property
    def last(self) -> int:
        """The number of the newest event; 0 where there is none."""
        return self._last

    @property
    def is_closed(self) -> bool:
        """Whether nobody waits for events any more."""
        return self._is_closed

    def record(self, observed: Observed) -> None:
        """Take note of a call."""
        if self._touched_only and observed.fault is None:
            return
        with self._lock:
            self._last = number = self._last + 1
            self._ring[number % self._size] = observed
            if self._waiting:
                self._news.notify_all()

    def after(
        self,
        number: int = 0,
        selection: Selection = EVERYTHING,
        limit: int = DEFAULT_LIMIT,
    ) -> Page:
        """Give the events that came after the one with a number.

        :param number: of the event that was seen last, 0 for all, -1 for those to come only. One
            that was never given comes from a journal that is gone, and reads from the start
        :param selection: which of them
        :param limit: how many events to give at most; the page's ``next`` leads to the others
        """
        with self._lock:
            missed, found, number = self._read(number)
        events: list[Event] = []
        for observed in found:
            if len(events) == limit:
                break
            number += 1
            if selection.takes(observed):
                events.append(self._event(number, observed))
        return Page(events, number, missed)

    def wait(
        self,
        number: int,
        timeout: float,
        selection: Selection = EVERYTHING,
        limit: int = DEFAULT_LIMIT,
    ) -> Page:
        """Give the events that came after the one with a number; where there are none, wait for the
        first.

        :param timeout: how long to wait, seconds; then, and when the journal is closed, a page
            without events is given
        """
        deadline = self._clock() + timeout
        missed = 0
        while True:
            page = self.after(number, selection, limit)
            missed += page.missed
            number = page.next
            left = deadline - self._clock()
            if page.events or left <= 0 or self._is_closed:
                return page._replace(missed=missed)
            self._wait_for_news(number, left)

    def close(self) -> None:
        """Let all that wait go on, now and from now on."""
        with self._lock:
            self._is_closed = True
            self._news.notify_all()

    def _wait_for_news(self, number: int, seconds: float) -> None:
        with self._lock:
            self._waiting += 1
            try:
                self._news.wait_for(lambda: self._last != number or self._is_closed, seconds)
            finally:
                self._waiting -= 1

    def _read(self, number: int) -> tuple[int, list[Observed], int]:
        """Give how many events are missed, those after a number, and the number before the first."""
        if number == FROM_NOW:
            number = self._last
        elif not 0 <= number <= self._last:
            number = 0
        start = max(number, self._last - self._size)
        ring, size = self._ring, self._size
        found = (ring[n % size] for n in range(start + 1, self._last + 1))
        return start - number, [o for o in found if o is not None], start

    def _event(self, number: int, observed: Observed) -> Event:
        fault, client = observed.fault or _NO_FAULT, observed.client
        error = None if fault.code is None else {"code": fault.code, "statusCode": fault.status}
        return {
            "sequence": number,
            "time": rfc3339(observed.time),
            "offsetMs": round((observed.at - self._began_at) * 1000, 3),
            "durationMs": round(observed.duration_ms, 3),
            "service": observed.service,
            "operation": observed.operation,
            "region": observed.region,
            "account": observed.account,
            "origin": observed.origin,
            "accessKey": observed.access_key,
            "requestId": observed.request_id,
            "outcome": observed.outcome,
            "statusCode": observed.status,
            "errorCode": observed.error_code,
            "ruleId": fault.rule_id,
            "rulePosition": fault.rule_position,
            "injected": {
                "error": error,
                "delayMs": round(fault.delay_ms, 3),
                "connection": fault.connection,
            },
            "client": {
                "name": client.name,
                "version": client.version,
                "retryMode": client.retry_mode,
                "invocationId": observed.invocation_id,
                "attempt": observed.attempt,
                "maxAttempts": observed.max_attempts,
            },
        }
