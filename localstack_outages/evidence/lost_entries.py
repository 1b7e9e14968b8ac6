"""Whether the entries of batches that rules failed were sent again.

An answer in which some entries failed is an HTTP 200, so that no SDK retries it: the application has to
find the entries that failed and send them again. Here they are known by their fingerprints, whatever
batch they come in and whoever sends it. An entry is recovered when it was carried out later.

Entries that were carried out although their client was told otherwise (``phase: after``) cannot be lost
and are not followed.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.aws.retryable import OPEN_SECONDS
from localstack_outages.engine.entries import KEPT_SECONDS

from .owner_recoveries import Place, place_of
from .record import Observed

if TYPE_CHECKING:
    from localstack_outages.schema.documents import EntriesEvidence

MAX_ENTRIES = 20_000
"""How many failed entries are followed at once, of all owners together, at some 300 bytes each. Of those
that fail beyond it nobody can say whether they were lost."""

MAX_BATCHES = 5000
"""How many batches are remembered for their verdicts; the oldest are forgotten first."""


class EntryFigures(NamedTuple):
    """What became of the entries of batches that rules failed."""

    failed: int = 0
    recovered: int = 0
    """How many of them were carried out later."""
    lost: int = 0
    """How many of them were not, in half a minute."""
    recovered_at: float = float("-inf")
    """When the last of those was sent that were recovered, by the steady clock."""

    @property
    def open(self) -> int:
        """How many of them may still come."""
        return self.failed - self.recovered - self.lost


NO_ENTRIES = EntryFigures()


class _Count:
    """Counts the entries of one batch, or those that an owner's rules failed at one place."""

    __slots__ = (
        "failed",
        "last_failed_at",
        "longest",
        "oldest_given_up",
        "recovered",
        "recovered_at",
    )

    def __init__(self) -> None:
        self.failed = 0
        self.recovered = 0
        self.recovered_at = float("-inf")
        self.last_failed_at = float("-inf")
        self.longest = 0.0
        """The longest that one took that was recovered, seconds."""
        self.oldest_given_up = float("inf")
        """When the first one failed that is not followed any longer, by the steady clock."""

    def figures(self, now: float) -> EntryFigures:
        """Give the counts."""
        missing = self.failed - self.recovered
        is_open = now - self.last_failed_at <= OPEN_SECONDS
        lost = 0 if is_open else missing
        return EntryFigures(self.failed, self.recovered, lost, self.recovered_at)


class _Entry:
    """An entry that failed and was not carried out since."""

    __slots__ = ("counts", "failed_at")

    def __init__(self) -> None:
        self.counts: list[_Count] = []
        """All in which it counts: a batch for each time that it failed, and those of owners."""
        self.failed_at = 0.0

    def fail(self, at: float, counts: Iterable[_Count]) -> None:
        """Take a failure: the first, or another one."""
        self.failed_at = at
        for count in counts:
            if count not in self.counts:
                self.counts.append(count)
                count.failed += 1
        for count in self.counts:
            count.last_failed_at = max(count.last_failed_at, at)

    def recover(self, at: float) -> None:
        """Take that it was carried out.

        :param at: when it was sent for that
        """
        took = max(0.0, at - self.failed_at)
        for count in self.counts:
            count.recovered += 1
            count.longest = max(count.longest, took)
            count.recovered_at = max(count.recovered_at, at)

    def give_up(self) -> None:
        """Take that it is not followed any longer."""
        for count in self.counts:
            count.oldest_given_up = min(count.oldest_given_up, self.failed_at)


class LostEntries:
    """Follows the entries that rules failed.

    A call of an operation on which no entry failed lately costs one look at it.

    :param remembers: tells whether an owner is one to count for; it is told of by ``forget_owner``
        when that is over
    :param size: how many failed entries are followed at once
    :param batches: how many batches are remembered
    """

    def __init__(
        self,
        remembers: Callable[[str], bool] = lambda _: True,
        size: int = MAX_ENTRIES,
        batches: int = MAX_BATCHES,
    ) -> None:
        self.size = size
        """How many failed entries are followed at once."""
        self._remembers = remembers
        self._most_batches = batches
        self._lock = threading.Lock()
        self._missing: dict[str, list[_Entry]] = {}
        """By fingerprint, the one that failed the longest ago first. Equal entries are several."""
        self._missing_count = 0
        self._batches: dict[object, _Count] = {}
        self._by_owner: dict[str, dict[Place, _Count]] = {}
        self._unfollowed: Counter[str] = Counter()

    def record(self, observed: Observed) -> None:
        """Take note of the entries of a call, those that failed and the others."""
        partial = None if observed.injected is None else observed.injected.partial
        if not observed.entries and partial is None:
            return
        is_done = observed.injected is not None and observed.injected.done
        failed = Counter(() if partial is None or is_done else partial.entries)
        sent = Counter(observed.entries)
        with self._lock:
            if is_done or observed.outcome == "ok":
                for name, count in (sent - failed).items():
                    self._recover(name, count, observed.at)
            if partial is not None and not is_done:
                self._give_up_old(observed.ended_at)
                self._fail(failed, partial.failed, observed)

    def figures(self, attempts: Iterable[Observed], now: float) -> EntryFigures:
        """Give what became of the entries that failed in some attempts.

        :param now: by the steady clock, seconds
        """
        with self._lock:
            counts = [self._batches.get(key) for key in map(_key_of, attempts) if key is not None]
            found = [count.figures(now) for count in counts if count is not None]
        if not found:
            return NO_ENTRIES
        failed, recovered, lost, recovered_at = zip(*found, strict=True)
        return EntryFigures(sum(failed), sum(recovered), sum(lost), max(recovered_at))

    def documents(self, owner: str, now: float) -> "tuple[list[EntriesEvidence], int]":
        """Write down what became of the entries that rules of an owner failed.

        :param now: by the steady clock, seconds
        :return: for each place, in the order in which entries first failed there; and how many
            entries were not followed
        """
        with self._lock:
            places = self._by_owner.get(owner, {})
            since = self._missing_since(places.values())
            return [
                {
                    "service": place[0],
                    "operation": place[1],
                    "region": place[2],
                    "account": place[3],
                    "failed": count.failed,
                    "recovered": count.recovered,
                    "longestRecovery": round(count.longest, 3) if count.recovered else None,
                    "missingFor": None if at is None else round(now - at, 3),
                }
                for (place, count), at in zip(places.items(), since, strict=True)
            ], self._unfollowed[owner]

    def forget_owner(self, owner: str) -> None:
        """Forget what was counted for an owner."""
        with self._lock:
            self._by_owner.pop(owner, None)
            self._unfollowed.pop(owner, None)

    def _missing_since(self, counts: Iterable[_Count]) -> list[float | None]:
        """Give for each when the entry failed that is missing for the longest; None where none is."""
        oldest: dict[_Count, float] = {count: count.oldest_given_up for count in counts}
        for entry in (entry for entries in self._missing.values() for entry in entries):
            for count in entry.counts:
                if count in oldest:
                    oldest[count] = min(oldest[count], entry.failed_at)
        return [None if at == float("inf") else at for at in oldest.values()]

    def _recover(self, name: str, copies: int, at: float) -> None:
        entries = self._missing.get(name)
        if entries is None:
            return
        for entry in entries[:copies]:
            entry.recover(at)
        self._missing_count -= min(copies, len(entries))
        del entries[:copies]
        if not entries:
            del self._missing[name]

    def _fail(self, failed: Counter[str], how_many: int, observed: Observed) -> None:
        counts = [self._batch(observed)]
        owner = observed.injected.owner if observed.injected is not None else None
        if owner is not None and (owner in self._by_owner or self._remembers(owner)):
            places = self._by_owner.setdefault(owner, {})
            counts.append(places.setdefault(place_of(observed), _Count()))
        unfollowed = how_many - failed.total()  # a record names only so many
        for name, copies in failed.items():
            # An entry that fails once more goes to the end, so that the oldest come first.
            entries = self._missing.pop(name, [])
            again, new = entries[:copies], copies - len(entries)
            for _ in range(max(0, new)):
                if self._missing_count >= self.size:
                    unfollowed += 1
                    continue
                again.append(_Entry())
                self._missing_count += 1
            for entry in again:
                entry.fail(observed.ended_at, counts)
            entries = [*entries[copies:], *again]
            if entries:
                self._missing[name] = entries
        if owner is not None and unfollowed:
            self._unfollowed[owner] += unfollowed

    def _batch(self, observed: Observed) -> _Count:
        if len(self._batches) >= self._most_batches:
            del self._batches[next(iter(self._batches))]
        count = self._batches[_key_of(observed)] = _Count()
        return count

    def _give_up_old(self, now: float) -> None:
        """Follow no longer what failed too long ago for later calls to be told apart."""
        while self._missing:
            name = next(iter(self._missing))
            entries = self._missing[name]
            if now - entries[-1].failed_at <= KEPT_SECONDS:
                return
            for entry in entries:
                entry.give_up()
            self._missing_count -= len(entries)
            del self._missing[name]


def _key_of(observed: Observed) -> object | None:
    """Give what tells a batch in which entries failed from all others; None for any other call."""
    fault = observed.injected
    return None if fault is None or fault.partial is None else (observed.at, fault.partial)
