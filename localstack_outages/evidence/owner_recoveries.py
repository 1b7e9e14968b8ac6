"""Which operations the rules of an owner failed, and when each was first answered well again."""

import threading
from typing import TYPE_CHECKING

from .record import Observed, rfc3339

if TYPE_CHECKING:
    from localstack_outages.schema.documents import PlaceEvidence


MAX_PLACES = 10_000
"""How many places are watched, of all owners together. An application calls dozens of operations;
accounts and regions come from requests, so there must be a bound."""

Place = tuple[str, str, str, str]
"""Service, operation, region and account."""


class _Recovery:
    """The last failure at a place by rules of one owner, and the first good answer after it."""

    __slots__ = ("answered_at", "failed_at", "failed_time", "failures")

    def __init__(self) -> None:
        self.failures = 0
        self.failed_at = float("-inf")
        self.failed_time = 0.0
        self.answered_at: float | None = None

    def fail(self, failed: Observed, answered_at: float | None) -> None:
        """Take a failure. They come in nearly the order in which they ended."""
        self.failures += 1
        if failed.ended_at <= self.failed_at:
            return
        self.failed_at = failed.ended_at
        self.failed_time = failed.time + failed.duration_ms / 1000
        if answered_at is not None:
            self.answered_at = max(answered_at, failed.ended_at)
        elif self.answered_at is not None and self.answered_at < failed.ended_at:
            self.answered_at = None

    def document(self, place: Place, now: float) -> "PlaceEvidence":
        """Write it down."""
        answered = self.answered_at
        service, operation, region, account = place
        return {
            "service": service,
            "operation": operation,
            "region": region,
            "account": account,
            "failures": self.failures,
            "lastFailedAt": rfc3339(self.failed_time),
            "lastFailedAgo": round(now - self.failed_at, 3),
            "recoveredAfter": None if answered is None else round(answered - self.failed_at, 3),
        }


class OwnerRecoveries:
    """Watches the places that rules of owners failed.

    A good answer where nobody waits for one costs one look into a dictionary.

    :param size: how many places are watched, of all owners together
    """

    def __init__(self, size: int = MAX_PLACES) -> None:
        self.size = size
        """How many places are watched."""
        self._count = 0
        self._lock = threading.Lock()
        self._places: dict[str, dict[Place, _Recovery]] = {}
        self._unwatched: dict[str, int] = {}
        """How many failures were at places beyond the bound, by owner."""
        self._waiting: dict[Place, dict[str, _Recovery]] = {}
        """The owners that wait for a good answer, by place."""

    def fail(self, owner: str, failed: Observed, answered_at: float | None) -> None:
        """Take note of a failure by a rule of an owner.

        :param answered_at: when another attempt of the same call was answered well already
        """
        place = place_of(failed)
        with self._lock:
            places = self._places.setdefault(owner, {})
            recovery = places.get(place)
            if recovery is None:
                if self._count >= self.size:
                    self._unwatched[owner] = self._unwatched.get(owner, 0) + 1
                    return
                recovery = places[place] = _Recovery()
                self._count += 1
            recovery.fail(failed, answered_at)
            if recovery.answered_at is None:
                self._waiting.setdefault(place, {})[owner] = recovery
            else:
                self._stop_waiting(place, owner)

    def awaits(self, answered: Observed) -> bool:
        """Whether an owner waits for a good answer where a call went."""
        # Read without the lock: mostly nobody waits, and else mostly nobody waits there.
        return bool(self._waiting) and place_of(answered) in self._waiting

    def answer(self, answered: Observed) -> None:
        """Take note of a call that was answered well."""
        if not self.awaits(answered):
            return
        place = place_of(answered)
        with self._lock:
            for owner, recovery in tuple(self._waiting.get(place, {}).items()):
                if answered.ended_at > recovery.failed_at:
                    recovery.answered_at = answered.ended_at
                    self._stop_waiting(place, owner)

    def documents(self, owner: str, now: float) -> "tuple[list[PlaceEvidence], int]":
        """Write down what is known of an owner.

        :param now: by the steady clock, seconds
        :return: its places, in the order in which it first failed them, and how many failures were
            at others that are not watched
        """
        with self._lock:
            places = self._places.get(owner, {})
            documents = [recovery.document(place, now) for place, recovery in places.items()]
            return documents, self._unwatched.get(owner, 0)

    def forget_owner(self, owner: str) -> None:
        """Forget all that is known of an owner."""
        with self._lock:
            places = self._places.pop(owner, {})
            self._unwatched.pop(owner, None)
            self._count -= len(places)
            for place in places:
                self._stop_waiting(place, owner)

    def _stop_waiting(self, place: Place, owner: str) -> None:
        waiting = self._waiting.get(place, {})
        waiting.pop(owner, None)
        if not waiting:
            self._waiting.pop(place, None)


def place_of(observed: Observed) -> Place:
    """Give the place of a call."""
    return observed.service, observed.operation, observed.region, observed.account
