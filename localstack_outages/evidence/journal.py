"""The journal: calls, numbered in the order in which they ended. One keeps those that a rule touched,
another the last of all.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.engine.finished import Injected
from localstack_outages.schema.vocabulary import DEFAULT_LIMIT, FROM_NOW

from .record import Observed, rfc3339
from .selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from localstack_outages.schema.documents import (
        Event,
        Injected as InjectedDocument,
        InjectedError,
    )


DEFAULT_SIZE = 10_000
"""How many calls are kept."""

CALLS_SIZE = 1000
"""How many calls the journal of all calls keeps: enough for one test."""

_NOTHING = Injected(None, None)


class Page(NamedTuple):
    """What one reading of the journal gives."""

    events: "list[Event]"
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

        page = journal.after(0)
        page = journal.after(page.next)

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
        self._listeners: tuple[Callable[[], None], ...] = ()

    @property
    def last(self) -> int:
        """The number of the newest event; 0 where there is none."""
        return self._last

    def record(self, observed: Observed) -> None:
        """Take note of a call."""
        if self._touched_only and observed.injected is None:
            return
        with self._lock:
            self._last = number = self._last + 1
            self._ring[number % self._size] = observed
        for on_news in self._listeners:
            on_news()

    def subscribe(self, on_news: Callable[[], None]) -> Callable[[], None]:
        """Have a function called after each call that is kept, in the thread of that call: it must
        neither block nor raise.

        :return: ends the subscription
        """
        with self._lock:
            self._listeners = (*self._listeners, on_news)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one != on_news)

        return unsubscribe

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

    def newest(self, limit: int, selection: Selection = EVERYTHING) -> Page:
        """Give the newest events, in order.

        :param limit: how many at most
        """
        with self._lock:
            _, found, start = self._read(0)
        last = number = start + len(found)
        events: list[Event] = []
        for observed in reversed(found):
            if len(events) == limit:
                break
            if selection.takes(observed):
                events.append(self._event(number, observed))
            number -= 1
        events.reverse()
        return Page(events, last, 0)

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

    def _event(self, number: int, observed: Observed) -> "Event":
        fault, client = observed.injected or _NOTHING, observed.client
        error: InjectedError | None = None
        if fault.code is not None and fault.status is not None:
            error = {"code": fault.code, "statusCode": fault.status}
        injected: InjectedDocument = {
            "error": error,
            "delayMs": round(fault.delay_ms, 3),
            "connection": fault.connection,
            "done": fault.done,
        }
        if fault.payload is not None:
            injected["payload"] = fault.payload
        if fault.partial is not None:
            injected["partial"] = {"failed": fault.partial.failed, "of": fault.partial.of}
        if fault.listing is not None:
            injected["listing"] = fault.listing
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
            "principal": observed.principal,
            "requestId": observed.request_id,
            "outcome": observed.outcome,
            "statusCode": observed.status,
            "errorCode": observed.error_code,
            "ruleId": fault.rule_id,
            "rulePosition": fault.rule_position,
            "owner": fault.owner,
            "injected": injected,
            "client": {
                "name": client.name,
                "version": client.version,
                "retryMode": client.retry_mode,
                "invocationId": observed.invocation_id,
                "attempt": observed.attempt,
                "maxAttempts": observed.max_attempts,
            },
        }
