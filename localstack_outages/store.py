"""The ordered list of rules: replaced, added to, taken from, all or nothing.

A change builds a new snapshot under a lock and swaps it in, so that a request reads one attribute
and takes no lock. A rule that is spent or whose time is up is gone from the list at the moment that
anyone looks: no thread has to watch the clock.
"""

import itertools
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from weakref import WeakSet

from .errors import InvalidRules
from .lifecycle import Clock, Lifecycle
from .matching import Index, Key
from .parsing import MAX_RULES, ParsedRule
from .rules import Rule, compile_condition

MAX_DEPARTED = 100
"""How many of the rules that left the list are kept for the status."""

Departure = Literal["spent", "ended", "deleted"]
Document = dict[str, Any]


class Entry:
    """A rule in the list, with its id, the document that it was given as, and its lifecycle."""

    def __init__(self, rule_id: str, parsed: ParsedRule, lifecycle: Lifecycle) -> None:
        self.id = rule_id
        self.rule: Rule = parsed.rule
        self.document: Document = parsed.document
        self.lifecycle = lifecycle
        self.has_warned = False
        """Whether the log says already that it cannot be applied to some call."""
        condition = parsed.rule.condition
        self.condition = None if condition is None else compile_condition(condition)

    @cached_property
    def identity(self) -> Hashable:
        """Equal for rules that are equal once defaults are filled in."""
        return self.rule.identity


@dataclass(frozen=True, slots=True)
class Departed:
    """A rule that left the list."""

    entry: Entry
    why: Departure
    at: float
    """When it left, by the clock."""


class Snapshot:
    """The rules at one moment, ready for requests. It never changes.

    :param entries: the rules, in order
    :param latency_ms: the delay of every call, whatever the rules say
    :param latency_over: of the snapshot before, where the delay is the same
    """

    def __init__(
        self,
        entries: tuple[Entry, ...] = (),
        latency_ms: float = 0,
        latency_over: threading.Event | None = None,
    ) -> None:
        self.entries = entries
        self.latency_ms = latency_ms
        self.latency_over = latency_over or threading.Event()
        """Set when the delay of every call is changed: the calls that wait go on."""
        self.is_empty = not entries and not latency_ms
        self._index = Index(entries)

    def candidates(self, key: Key) -> list[tuple[int, Entry]]:
        """Give the rules that match a (service, region, operation, account), in order.

        :return: each with its place in the list, counted from 0
        """
        return self._index.find(key)

    def reaches(self, service: str, region: str) -> bool:
        """Whether some rule matches calls of a service in a region."""
        return self._index.reaches(service, region)


class Store:
    """Holds the list of rules.

    :param clock: monotonic seconds
    :param make_random: makes a source of chance from a seed, or from none
    """

    def __init__(
        self,
        clock: Clock = time.monotonic,
        make_random: Callable[[str | None], random.Random] = random.Random,
    ) -> None:
        self.snapshot = Snapshot()
        """What requests read. Swapped as a whole."""
        self.revision = 0
        """Grows with every change of the list."""
        self.clock = clock
        self.on_new_rules: Callable[[], None] = _nothing
        """Called whenever rules were added, after they are in force."""
        self._make_random = make_random
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._departed: deque[Departed] = deque(maxlen=MAX_DEPARTED)
        # A spent rule is out of the list while the calls that it hit still wait on it; they live as
        # long as those calls hold them.
        self._waited_on: WeakSet[Entry] = WeakSet()

    def entries(self) -> tuple[Entry, ...]:
        """Give the rules that are in the list now."""
        with self._lock:
            self._take_out_what_is_over()
            return self.snapshot.entries

    def departed(self) -> tuple[Departed, ...]:
        """Give the rules that left the list, the last one first."""
        with self._lock:
            self._take_out_what_is_over()
            return tuple(reversed(self._departed))

    def documents(self) -> list[Document]:
        """Give the rules that are in the list now, as they were sent."""
        return [entry.document for entry in self.entries()]

    def replace(self, parsed: Sequence[ParsedRule], *, dry_run: bool = False) -> list[Document]:
        """Put a list in place of the one there is. All its rules start anew.

        :param parsed: the new list
        :param dry_run: change nothing, only say what the list would be
        :return: the list
        """
        with self._lock:
            self._take_out_what_is_over()
            if not dry_run:
                self._release(self._waited_on)
            return self._change([], parsed, dry_run=dry_run)

    def add(
        self, parsed: Sequence[ParsedRule], *, first: bool = False, dry_run: bool = False
    ) -> list[Document]:
        """Add the rules that are not in the list yet; those that are go on as they were.

        :param first: whether they go before all others, and so decide before them
        :raises InvalidRules: where the list would grow too long
        """
        with self._lock:
            kept = self.entries()
            known = {entry.identity for entry in kept}
            new = [rule for rule in parsed if _is_new(rule.rule.identity, known)]
            if len(kept) + len(new) > MAX_RULES:
                raise InvalidRules(
                    f"the list would have {len(kept) + len(new)} rules; at most {MAX_RULES} are taken"
                )
            return self._change(kept, new, first=first, dry_run=dry_run)

    def remove(self, parsed: Sequence[ParsedRule], *, dry_run: bool = False) -> list[Document]:
        """Take out the rules that are equal to one of those given."""
        with self._lock:
            unwanted = {rule.rule.identity for rule in parsed}
            kept = [entry for entry in self.entries() if entry.identity not in unwanted]
            if not dry_run:
                self._release(e for e in self._waited_on if e.identity in unwanted)
            return self._change(kept, [], dry_run=dry_run)

    @property
    def latency_ms(self) -> float:
        """The delay of every call in milliseconds, whatever the rules say."""
        return self.snapshot.latency_ms

    @latency_ms.setter
    def latency_ms(self, value: float) -> None:
        with self._lock:
            before = self.snapshot
            self.snapshot = Snapshot(before.entries, value)
            self.revision += 1
            before.latency_over.set()

    def close(self) -> None:
        """Drop all rules and let every waiting call go on."""
        self.replace([])
        self.latency_ms = 0

    def _change(
        self,
        kept: Sequence[Entry],
        new: Sequence[ParsedRule],
        *,
        first: bool = False,
        dry_run: bool,
    ) -> list[Document]:
        before, after = [entry.document for entry in kept], [rule.document for rule in new]
        documents = after + before if first else before + after
        if dry_run:
            return documents
        now = self.clock()
        added = [self._entry(rule, now) for rule in new]
        stays = set(kept)
        dropped = [entry for entry in self.snapshot.entries if entry not in stays]
        self._departed.extend(Departed(entry, "deleted", now) for entry in dropped)
        self._swap((*added, *kept) if first else (*kept, *added))
        self._release(dropped)
        if added:
            self.on_new_rules()
        return documents

    def _entry(self, parsed: ParsedRule, now: float) -> Entry:
        lifecycle = Lifecycle(parsed.rule, now, self._make_random)
        return Entry(f"r{next(self._ids)}", parsed, lifecycle)

    def _take_out_what_is_over(self) -> None:
        now = self.clock()
        over = [entry for entry in self.snapshot.entries if entry.lifecycle.is_over(now)]
        if not over:
            return
        self._departed.extend(sorted((_over(entry, now) for entry in over), key=lambda d: d.at))
        gone = set(over)
        self._waited_on.update(over)
        stay = tuple(entry for entry in self.snapshot.entries if entry not in gone)
        self._swap(stay)

    def _swap(self, entries: tuple[Entry, ...]) -> None:
        before = self.snapshot
        self.snapshot = Snapshot(entries, before.latency_ms, before.latency_over)
        self.revision += 1

    @staticmethod
    def _release(entries: Iterable[Entry]) -> None:
        for entry in list(entries):
            entry.lifecycle.release()


def _over(entry: Entry, now: float) -> Departed:
    """Say why and when a rule left that was over before anyone looked."""
    lifecycle = entry.lifecycle
    if lifecycle.phase(now) == "spent" or lifecycle.ends_at is None:
        return Departed(entry, "spent", now)
    return Departed(entry, "ended", lifecycle.ends_at)


def _nothing() -> None:
    pass


def _is_new(identity: Hashable, known: set[Hashable]) -> bool:
    """Say whether an identity is not among those known, and make it known."""
    if identity in known:
        return False
    known.add(identity)
    return True
