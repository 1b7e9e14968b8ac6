"""Finds the effort that an attempt belongs to.

The attempts of one try have the same invocation id. The tries of one effort have the same caller and
the same aim, and each begins after the one before it has failed. Where the client names its thread,
as it does under the pytest plugin, nothing is left to guess: a thread does one thing at a time.
Elsewhere, where more than one effort fits, the connections tell which, as far as they can: a client
sends on the one that it used last, as long as that is open.
"""

from collections import OrderedDict
from collections.abc import Hashable
from itertools import islice
from typing import NamedTuple

from localstack_outages.aws.retryable import OPEN_SECONDS
from localstack_outages.engine.call import Call
from localstack_outages.engine.finished import Peer

from .effort import Effort, Grouping
from .record import Observed
from .retry_judge import has_failed, is_cut, is_retryable

MAX_COMPARED = 32
"""With so many efforts of the same caller and the same aim an attempt is compared, the newest ones."""

MAX_CALLERS = 5000
MAX_CONNECTIONS = 2000
"""What is remembered of callers and connections; the oldest are forgotten first."""

TIMEOUT_SECONDS = 0.5
"""A client whose call is delayed gives up waiting after so long at the soonest. What comes earlier is
another call."""

DELIVERY_SECONDS = 600
"""So long a client is awaited whose answer comes slowly, before it is seen to have broken off."""

CONNECTION_SECONDS = 30
"""What comes from the same address after so long is on another connection: the ports of those that
are closed are given to new ones."""

_MANY_AIMS = object()
"""Stands for the aims of a connection that has had several."""


class Found(NamedTuple):
    """The effort that an attempt belongs to."""

    effort: Effort
    grouping: Grouping
    """How well that is known."""


def key_of(attempt: Observed) -> Hashable:
    """Give what the tries of one effort have in common."""
    return (
        attempt.access_key,
        attempt.client,
        attempt.peer and (attempt.peer.address, attempt.peer.thread),
        attempt.account,
        attempt.region,
        attempt.service,
        attempt.operation,
        attempt.aim and attempt.aim.key,
    )


class EffortSearch:
    """The efforts that may go on. The caller holds a lock of its own around it."""

    def __init__(self) -> None:
        self.by_id: dict[Hashable, Effort] = {}
        self.by_key: dict[Hashable, dict[Effort, None]] = {}
        """Those with the same key, the oldest first."""
        self._callers: OrderedDict[Hashable, float] = OrderedDict()
        """Until when another try of a caller may come."""
        self._connections: OrderedDict[Hashable, tuple[object, float]] = OrderedDict()
        """The aim of each connection, and when it was used last; the one that was is at the end."""

    def is_awaited(self, call: Call, access_key: str | None, now: float) -> bool:
        """Whether a call may be another try of an effort. Needs no lock."""
        if not self._callers:
            return False
        until = self._callers.get((access_key, *call[:4]))
        return until is not None and now <= until

    def invocation(self, attempt: Observed) -> Effort | None:
        """Give the effort that has the invocation of an attempt."""
        if attempt.invocation_id is None:
            return None
        return self.by_id.get((attempt.invocation_id, attempt.operation))

    def find(self, attempt: Observed) -> Found | None:
        """Give the effort that a new try goes on with."""
        if not self.by_key:
            return None
        if attempt.aim is None and attempt.invocation_id is not None:
            return None  # nothing tells that it is after the same
        efforts = self.by_key.get(key_of(attempt))
        if not efforts:
            return None
        newest = islice(reversed(efforts), MAX_COMPARED)
        fitting = [effort for effort in newest if _may_go_on(effort.last, attempt)]
        if not fitting:
            return None
        same = [e for e in fitting if attempt.peer is not None and e.last.peer == attempt.peer]
        lost = [e for e in fitting if _lost_connection(e.last)]
        likely = same or lost or fitting
        over = [effort for effort in likely if _is_over(effort.last)]
        is_told_apart = len(likely) == 1 and likely is not fitting
        is_sure = attempt.aim is not None and (is_told_apart or _names_thread(attempt))
        grouping: Grouping = "aim" if is_sure and attempt.invocation_id else "guessed"
        return Found((over or likely)[0], grouping)

    def is_of_two(self, effort: Effort, attempt: Observed) -> bool:
        """Whether an attempt shows that an effort is of two clients, each with a connection of its
        own: the connections take turns, and neither has had another aim.
        """
        if not effort.can_part or attempt.peer is None or effort.last.peer in (None, attempt.peer):
            return False
        if _names_thread(attempt):
            return False
        earlier = [a for a in effort.attempts if a.peer == attempt.peer]
        return (
            bool(earlier)
            and not _lost_connection(earlier[-1])
            and not _lost_connection(effort.last)
            and not self._has_many_aims(attempt.peer, attempt.at)
            and not self._has_many_aims(effort.last.peer, attempt.at)
        )

    def note(self, attempt: Observed) -> None:
        """Take note of an attempt of an effort, and of what its connection is used for."""
        if has_failed(attempt):
            caller = (
                attempt.access_key,
                attempt.service,
                attempt.region,
                attempt.operation,
                attempt.account,
            )
            until = attempt.ended_at + OPEN_SECONDS
            if attempt.delivery is not None:
                until += DELIVERY_SECONDS
            self._callers[caller] = max(until, self._callers.get(caller, 0.0))
            self._callers.move_to_end(caller)
            while len(self._callers) > MAX_CALLERS or _first(self._callers) < attempt.at:
                self._callers.popitem(last=False)
        if attempt.peer is not None and attempt.aim is not None:
            aim = (attempt.service, attempt.operation, attempt.aim.key)
            known, used_at = self._connections.pop(attempt.peer, (aim, attempt.at))
            is_other = attempt.at - used_at > CONNECTION_SECONDS
            kept = aim if is_other or known == aim else _MANY_AIMS
            self._connections[attempt.peer] = (kept, attempt.at)
            if len(self._connections) > MAX_CONNECTIONS:
                self._connections.popitem(last=False)

    def _has_many_aims(self, peer: Peer | None, now: float) -> bool:
        aim, used_at = self._connections.get(peer, (None, now))
        return aim is _MANY_AIMS and now - used_at <= CONNECTION_SECONDS

    def add(self, effort: Effort) -> None:
        """Let an effort be found."""
        for invocation_id in effort.followed:
            self.by_id[invocation_id, effort.last.operation] = effort
        self.by_key.setdefault(effort.key, {})[effort] = None

    def go_on(self, effort: Effort, attempt: Observed) -> None:
        """Have an effort go on with an attempt, and be found by its invocation."""
        dropped = effort.add(attempt)
        if dropped is not None:
            self._drop(effort, dropped)
        if attempt.invocation_id is not None:
            self.by_id[attempt.invocation_id, attempt.operation] = effort

    def remove(self, effort: Effort) -> None:
        """Let an effort be found no more."""
        for invocation_id in effort.followed:
            self._drop(effort, invocation_id)
        efforts = self.by_key.get(effort.key, {})
        efforts.pop(effort, None)
        if not efforts:
            self.by_key.pop(effort.key, None)

    def begin_afresh(self) -> None:
        """Let all efforts be found by their invocations alone."""
        self.by_key = {}
        self._callers.clear()

    def _drop(self, effort: Effort, invocation_id: str) -> None:
        key = (invocation_id, effort.last.operation)
        if self.by_id.get(key) is effort:
            del self.by_id[key]


def _names_thread(attempt: Observed) -> bool:
    return attempt.peer is not None and attempt.peer.thread is not None


def _first(times: OrderedDict[Hashable, float]) -> float:
    return next(iter(times.values()))


def _may_go_on(before: Observed, attempt: Observed) -> bool:
    """Whether an attempt may be another try after one before it."""
    fault = before.injected
    if attempt.at < before.ended_at:  # the client did not wait, or it is another one
        waited = attempt.at - before.at
        is_slow = fault is not None and (fault.delay_ms > 0 or fault.connection == "hang")
        return is_slow and waited >= TIMEOUT_SECONDS
    if not has_failed(before) or attempt.at - before.delivered_at > OPEN_SECONDS:
        return False
    # Nobody retries what cannot succeed: it is another request, unless it is known to be equal.
    return attempt.aim is not None or is_retryable(before) is not False


def _is_over(last: Observed) -> bool:
    """Whether the SDK has nothing more to do about a call, as far as it says."""
    if is_cut(last):
        return True
    return last.max_attempts is None or (last.attempt or 0) >= last.max_attempts


def _lost_connection(attempt: Observed) -> bool:
    """Whether a client had to send on another connection after an attempt."""
    fault = attempt.injected
    return fault is not None and (fault.connection is not None or is_cut(attempt))
