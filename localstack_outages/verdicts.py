"""Retry verdicts: what the application did about the calls that an outage touched.

The attempts of one logical call are those with the same ``amz-sdk-invocation-id``. Where a client
sends none they are guessed: equal requests of the same client, one after the other.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable
from math import ceil
from typing import Any, Literal

from .observation import Observed, rfc3339
from .recoveries import Recoveries
from .retries import ENDINGS, FLAGS, OPEN_SECONDS, Judgement, has_failed, is_retryable, judge
from .selection import EVERYTHING, Selection

MAX_CALLS = 5000
"""How many logical calls are kept; the oldest are forgotten first."""

MAX_ATTEMPTS = 100
"""How many attempts of one call are kept: the first ones and the last. All are counted."""

_LOOK_SECONDS = 1.0
"""How often it is looked whether calls are still open, while someone waits for that."""

DEFAULT_LIMIT = 100
"""How many verdicts one report lists at most. Its summary is of all."""

Grouping = Literal["invocationId", "guessed"]


class _Call:
    """The attempts of one logical call, until now."""

    __slots__ = ("attempts", "grouping", "key", "left_out", "touched")

    def __init__(self, key: Hashable, grouping: Grouping, first: Observed) -> None:
        self.key = key
        self.grouping: Grouping = grouping
        self.attempts = [first]
        self.left_out = 0
        self.touched = first.fault is not None

    def add(self, attempt: Observed) -> None:
        """Take an attempt. They come as they end, which is not always as they began."""
        self.touched = self.touched or attempt.fault is not None
        if len(self.attempts) < MAX_ATTEMPTS:
            self.attempts.append(attempt)
        else:
            self.attempts[-1] = attempt
            self.left_out += 1

    def copy(self) -> "_Call":
        """Give a copy with the attempts in the order of their arrival."""
        copy = _Call(self.key, self.grouping, self.attempts[0])
        copy.attempts = sorted(self.attempts, key=_arrival)
        copy.left_out, copy.touched = self.left_out, self.touched
        return copy


class Verdicts:
    """Groups attempts into calls and reports on them.

    :param clock: the steady clock that calls are stamped with, seconds
    :param size: how many logical calls are kept
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, size: int = MAX_CALLS) -> None:
        self._clock = clock
        self._size = size
        self._lock = threading.Lock()
        self._calls: deque[_Call] = deque()
        self._by_key: dict[Hashable, _Call] = {}
        self._guessed = 0
        self._forgotten = 0
        self._recoveries = Recoveries()
        self._closed = threading.Event()

    def record(self, observed: Observed) -> None:
        """Take note of a call, if an outage touched it or an earlier attempt of it."""
        with self._lock:
            self._recoveries.record(observed)
            if observed.invocation_id is not None:
                self._record_known(observed)
            elif observed.fault is not None or self._guessed:
                self._record_guessed(observed)

    def report(
        self,
        limit: int = DEFAULT_LIMIT,
        selection: Selection = EVERYTHING,
    ) -> dict[str, Any]:
        """Give a summary of all calls that are kept, and the newest of them.

        :param limit: how many calls to list at most
        :param selection: which calls, by what is known of their attempts
        """
        with self._lock:
            kept, forgotten = tuple(self._calls), self._forgotten
        now = self._clock()
        judged = [
            self._judge(call, now)
            for call in kept
            if call.touched and _is_asked_for(call, selection)
        ]
        judged.sort(key=lambda pair: _arrival(pair[0].attempts[0]), reverse=True)
        return {
            "summary": {**_summary(judged), "forgotten": forgotten},
            "verdicts": [_verdict(call, judgement) for call, judgement in judged[:limit]],
        }

    def wait(
        self,
        timeout: float,
        limit: int = DEFAULT_LIMIT,
        selection: Selection = EVERYTHING,
    ) -> dict[str, Any]:
        """Give the report as soon as none of its calls is open.

        :param timeout: how long to wait for that, seconds; then, and when it is closed, the report
            is given as it is
        """
        deadline = time.monotonic() + timeout
        while True:
            report = self.report(limit, selection)
            left = deadline - time.monotonic()
            if not report["summary"]["endings"]["open"] or left <= 0 or self._closed.is_set():
                return report
            self._closed.wait(min(left, _LOOK_SECONDS))

    def close(self) -> None:
        """Let all that wait go on, now and from now on."""
        self._closed.set()

    def _judge(self, call: _Call, now: float) -> tuple[_Call, Judgement]:
        with self._lock:  # for each call anew: requests must not wait for a whole report
            copy = call.copy()
            came_back = self._recoveries.came_back(copy.attempts[-1], now)
        judgement = judge(copy.attempts, now, left_out=copy.left_out, came_back=came_back)
        return copy, judgement

    def _record_known(self, observed: Observed) -> None:
        key = (observed.invocation_id, observed.operation)
        call = self._by_key.get(key)
        if call is not None:
            call.add(observed)
        # A later attempt is kept though it is not touched: the first may still be delayed, and
        # is then recorded after it.
        elif observed.fault is not None or (observed.attempt or 1) > 1:
            self._keep(_Call(key, "invocationId", observed))

    def _record_guessed(self, observed: Observed) -> None:
        key = (
            observed.access_key,
            observed.client,
            observed.account,
            observed.region,
            observed.service,
            observed.operation,
            observed.fingerprint,
        )
        call = self._by_key.get(key)
        if call is not None and _may_be_retry(observed, call.attempts[-1]):
            call.add(observed)
        elif observed.fault is not None:
            self._keep(_Call(key, "guessed", observed))

    def _keep(self, call: _Call) -> None:
        while len(self._calls) >= self._size:
            self._forget(self._calls.popleft())
        self._calls.append(call)
        self._by_key[call.key] = call
        self._guessed += call.grouping == "guessed"

    def _forget(self, call: _Call) -> None:
        if self._by_key.get(call.key) is call:
            del self._by_key[call.key]
        self._guessed -= call.grouping == "guessed"
        self._forgotten += call.touched


def _may_be_retry(attempt: Observed, before: Observed) -> bool:
    """Whether an attempt may belong to the same call as one before it, with nothing to tell but
    that their clients and requests look alike.
    """
    if not has_failed(before) or not 0 <= attempt.at - before.ended_at <= OPEN_SECONDS:
        return False
    # Nobody retries what cannot succeed: it is another request, unless it is known to be equal.
    return attempt.fingerprint is not None or is_retryable(before) is not False


def _arrival(attempt: Observed) -> float:
    return attempt.at


def _is_asked_for(call: _Call, selection: Selection) -> bool:
    attempts = call.attempts
    return selection.takes_place(attempts[0]) and any(map(selection.takes_rule, attempts))


def _summary(judged: list[tuple[_Call, Judgement]]) -> dict[str, Any]:
    endings = Counter(judgement.ending for _, judgement in judged)
    flags = Counter(flag for _, judgement in judged for flag in judgement.flags)
    attempts = Counter(len(call.attempts) + call.left_out for call, _ in judged)
    times = sorted(judgement.total_ms for _, judgement in judged if judgement.ending == "recovered")
    return {
        "calls": len(judged),
        "guessed": sum(call.grouping == "guessed" for call, _ in judged),
        "endings": {ending: endings[ending] for ending in ENDINGS},
        "flags": {flag: flags[flag] for flag in FLAGS},
        "attempts": {str(number): attempts[number] for number in sorted(attempts)},
        "recoveryMs": {
            "p50": _nearest_rank(times, 0.50),
            "p95": _nearest_rank(times, 0.95),
            "p99": _nearest_rank(times, 0.99),
            "max": times[-1] if times else None,
        },
    }


def _nearest_rank(ordered: list[float], share: float) -> float | None:
    """Give the least value that a share of all does not exceed."""
    return ordered[max(0, ceil(share * len(ordered) - 1e-9) - 1)] if ordered else None


def _verdict(call: _Call, judgement: Judgement) -> dict[str, Any]:
    first, last = call.attempts[0], call.attempts[-1]
    faults = [attempt.fault for attempt in call.attempts if attempt.fault is not None]
    return {
        "time": rfc3339(first.time),
        "service": first.service,
        "operation": first.operation,
        "region": first.region,
        "account": first.account,
        "origin": first.origin,
        "accessKey": first.access_key,
        "client": {
            "name": first.client.name,
            "version": first.client.version,
            "retryMode": first.client.retry_mode,
        },
        "invocationId": first.invocation_id,
        "grouping": call.grouping,
        "attempts": len(call.attempts) + call.left_out,
        "maxAttempts": judgement.max_attempts,
        "gapsMs": judgement.gaps_ms,
        "ending": judgement.ending,
        "totalMs": judgement.total_ms,
        "lastStatusCode": last.status,
        "lastErrorCode": last.error_code,
        "ruleIds": sorted({fault.rule_id for fault in faults if fault.rule_id is not None}),
        "flags": judgement.flags,
    }
