"""The ordered list of rules: replaced, added to, taken from, all or nothing.

A change builds a new snapshot under a lock and swaps it in, so that a request reads one attribute
and takes no lock. A rule that is spent or whose time is up is gone from the list at the moment that
anyone looks: no thread has to watch the clock.

The module has over 300 lines because each change is described in full.
"""

import itertools
import random
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

from localstack_outages.schema.errors import InvalidRules, PreconditionFailed, UnknownRule
from localstack_outages.schema.vocabulary import MAX_RULES

from .changes import Change, Listener, Listeners
from .departures import Departures, OwnedRules, ceased_at, departure_of
from .rule_state import Clock, Lifecycle, Measure
from .snapshot import Departed, Document, Entry, Snapshot

if TYPE_CHECKING:
    from localstack_outages.schema.reading import ParsedRule


class Listing(NamedTuple):
    """The list, or the part of it that an owner has, at one moment."""

    documents: list[Document]
    """The rules as they were sent, in order."""
    revision: int
    """Of the whole list."""


class Store:
    """Holds the list of rules.

    What changes the list takes ``if_revision``: the revision that the change was made for.

    :param clock: monotonic seconds
    :param make_random: makes a source of chance from a seed, or from none
    :param measure: tells how many calls came before a rule is set
    """

    def __init__(
        self,
        clock: Clock = time.monotonic,
        make_random: Callable[[str | None], random.Random] = random.Random,
        measure: Measure = lambda _: None,
    ) -> None:
        self.snapshot = Snapshot()
        """What requests read. Swapped as a whole."""
        self.clock = clock
        self._make_random = make_random
        self._measure = measure
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._departures = Departures()
        self._listeners = Listeners()
        # A spent rule is out of the list while the calls that it hit still wait on it; they live as
        # long as those calls hold them.
        self._waited_on: WeakSet[Entry] = WeakSet()

    @property
    def revision(self) -> int:
        """Grows with every change of the list."""
        return self.snapshot.revision

    def current(self) -> Snapshot:
        """Give the snapshot, without rules that are over."""
        with self._up_to_date():
            return self.snapshot

    def entries(self) -> tuple[Entry, ...]:
        """Give the rules that are in the list now."""
        return self.current().entries

    def departed(self) -> tuple[Departed, ...]:
        """Give the rules that left the list, the last one first; at most 100."""
        with self._up_to_date():
            return self._departures.recent()

    def documents(self) -> list[Document]:
        """Give the rules that are in the list now, as they were sent."""
        return self.listing().documents

    def listing(self, owner: str | None = None) -> Listing:
        """Give the list, or the rules in it that an owner has."""
        return _listing(self.current(), owner)

    def owned(self, owner: str) -> OwnedRules | None:
        """Give the rules of an owner, also those that left the list: they are kept until ten
        minutes after the last one left.

        :return: None where the owner has had none, or is forgotten
        """
        with self._up_to_date() as now:
            return self._departures.of_owner(owner, self.snapshot.entries, now)

    def remembers(self, owner: str) -> bool:
        """Whether an owner has rules, or had some in the last ten minutes. Takes no lock."""
        return self._departures.remembers(owner)

    def ceased_at(self, rule_id: str) -> float | None:
        """Give when a rule ceased to hit calls, by the clock; None while it may hit some, and where
        that was longer ago than is remembered. Takes no lock.
        """
        entry = self.snapshot.by_id.get(rule_id)
        if entry is None:
            return self._departures.ceased_at(rule_id)
        now = self.clock()
        return ceased_at(departure_of(entry, now)) if entry.lifecycle.is_over(now) else None

    def find(self, rule_id: str) -> Entry:
        """Give a rule that is in the list.

        :raises UnknownRule: where none has the id; the message says what became of it
        """
        with self._up_to_date() as now:
            return self.snapshot.entries[self._place(rule_id, now)]

    def replace(
        self,
        parsed: "Sequence[ParsedRule]",
        *,
        owner: str | None = None,
        first: bool = False,
        dry_run: bool = False,
        if_revision: int | None = None,
    ) -> Listing:
        """Put a list in place of the one there is. All its rules start anew.

        :param parsed: the new list
        :param owner: replace the rules of this owner alone; the new ones are its own
        :param first: whether the new rules go before those of others, and so decide before them
        :param dry_run: change nothing, only say what the list would be
        :return: the list, or the owner's part of it
        :raises InvalidRules: where the list would grow too long
        :raises PreconditionFailed: where the list is another one
        """

        def is_unwanted(entry: Entry) -> bool:
            return _is_of(entry, owner)

        with self._up_to_date(if_revision) as now:
            return self._change(is_unwanted, parsed, now, owner, first=first, dry_run=dry_run)

    def add(
        self,
        parsed: "Sequence[ParsedRule]",
        *,
        owner: str | None = None,
        first: bool = False,
        dry_run: bool = False,
        if_revision: int | None = None,
    ) -> Listing:
        """Add the rules that the owner does not have in the list yet; those that it has go on as
        they were.

        :param owner: whose rules they are; None compares with the rules that nobody owns
        :param first: whether they go before all others, and so decide before them
        :raises InvalidRules: where the list would grow too long
        :raises PreconditionFailed: where the list is another one
        """
        with self._up_to_date(if_revision) as now:
            known = {entry.identity for entry in self.snapshot.entries if entry.owner == owner}
            new = [rule for rule in parsed if _is_new(rule.rule.identity, known)]
            return self._change(_none, new, now, owner, first=first, dry_run=dry_run)

    def remove(
        self,
        parsed: "Sequence[ParsedRule] | None",
        *,
        owner: str | None = None,
        dry_run: bool = False,
        if_revision: int | None = None,
    ) -> Listing:
        """Take out the rules that are equal to one of those given.

        :param parsed: what to take out; None for all
        :param owner: take out rules of this owner alone; None takes them out whoever owns them
        :raises PreconditionFailed: where the list is another one
        """
        unwanted = None if parsed is None else {rule.rule.identity for rule in parsed}

        def is_unwanted(entry: Entry) -> bool:
            return _is_of(entry, owner) and (unwanted is None or entry.identity in unwanted)

        with self._up_to_date(if_revision) as now:
            return self._change(is_unwanted, [], now, owner, dry_run=dry_run)

    def edit(self, rule_id: str, parsed: "ParsedRule", *, if_revision: int | None = None) -> Entry:
        """Put another rule in the place of one, with its id and its owner. It starts anew; calls
        that wait on the old one go on.

        :raises UnknownRule: where no rule in the list has the id
        :raises PreconditionFailed: where the list is another one
        """
        with self._up_to_date(if_revision) as now:
            entries, place = list(self.snapshot.entries), self._place(rule_id, now)
            before = entries[place]
            after = entries[place] = self._entry(before.id, parsed, now, before.owner)
            self._swap(entries)
            self._release([before])
            self._listeners.note(Change(added=(after,)))
            return after

    def move(self, rule_id: str, position: int, *, if_revision: int | None = None) -> Entry:
        """Move a rule to another place. Neither it nor any other starts anew.

        :param position: its new place, counted from 0; beyond the end it becomes the last
        :raises UnknownRule: where no rule in the list has the id
        :raises PreconditionFailed: where the list is another one
        """
        with self._up_to_date(if_revision) as now:
            entries, place = list(self.snapshot.entries), self._place(rule_id, now)
            entry = entries.pop(place)
            entries.insert(position, entry)
            if entries != list(self.snapshot.entries):
                self._swap(entries)
            return entry

    def end(self, rule_id: str, *, if_revision: int | None = None) -> Departed:
        """Take out one rule.

        :raises UnknownRule: where no rule in the list has the id
        :raises PreconditionFailed: where the list is another one
        """
        with self._up_to_date(if_revision) as now:
            entries = list(self.snapshot.entries)
            departed = Departed(entries.pop(self._place(rule_id, now)), "deleted", now)
            self._swap(entries)
            self._depart([departed], now)
            self._release([departed.entry])
            return departed

    @property
    def latency_ms(self) -> float:
        """The delay of every call in milliseconds, whatever the rules say."""
        return self.snapshot.latency_ms

    @latency_ms.setter
    def latency_ms(self, value: float) -> None:
        with self._lock:
            before = self.snapshot
            self.snapshot = Snapshot(before.entries, value, revision=before.revision + 1)
            before.latency_hold.release()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have a listener told of each change of the rules, after it is in force.

        It is called with no lock held, in the thread that made the change or that first looked
        after rules left by themselves. Changes that threads make at once may come in another order.

        :return: ends the subscription
        """
        return self._listeners.subscribe(listener)

    def close(self) -> None:
        """Drop all rules and let every waiting call go on."""
        self.replace([])
        self.latency_ms = 0

    @contextmanager
    def _up_to_date(self, if_revision: int | None = None) -> Iterator[float]:
        """Hold the lock over a list without rules that are over, and give the time.

        :raises PreconditionFailed: where the list is another one
        """
        try:
            with self._lock:
                now = self.clock()
                self._take_out_what_is_over(now)
                if if_revision is not None and if_revision != self.revision:
                    raise PreconditionFailed(
                        f"the list is at revision {self.revision}, not {if_revision}: it was "
                        "changed, or a rule left it; read it again"
                    )
                yield now
                forgotten = self._departures.take_forgotten()
                if forgotten:
                    self._listeners.note(Change(forgotten=forgotten))
        finally:
            self._listeners.tell()

    def _change(
        self,
        is_unwanted: Callable[[Entry], bool],
        new: "Sequence[ParsedRule]",
        now: float,
        owner: str | None,
        *,
        first: bool = False,
        dry_run: bool,
    ) -> Listing:
        kept: list[Entry] = []
        dropped: list[Entry] = []
        for entry in self.snapshot.entries:
            (dropped if is_unwanted(entry) else kept).append(entry)
        if new and len(kept) + len(new) > MAX_RULES:
            raise InvalidRules(
                f"the list would have {len(kept) + len(new)} rules; at most {MAX_RULES} are taken"
            )
        if dry_run:
            before = [entry.document for entry in kept if _is_of(entry, owner)]
            after = [rule.document for rule in new]
            return Listing(after + before if first else before + after, self.revision)
        added = [self._entry(f"r{next(self._ids)}", rule, now, owner) for rule in new]
        if added or dropped:
            # Who counts what rules do asks whether their owner is known, as soon as they hit.
            self._departures.enter(added)
            self._swap((*added, *kept) if first else (*kept, *added))
            self._depart([Departed(entry, "deleted", now) for entry in dropped], now, added)
        self._release([*dropped, *filter(is_unwanted, self._waited_on)])
        return _listing(self.snapshot, owner)

    def _entry(self, rule_id: str, parsed: "ParsedRule", now: float, owner: str | None) -> Entry:
        lifecycle = Lifecycle(parsed.rule, now, self._make_random, self._measure)
        return Entry(rule_id, parsed, lifecycle, owner)

    def _place(self, rule_id: str, now: float) -> int:
        for place, entry in enumerate(self.snapshot.entries):
            if entry.id == rule_id:
                return place
        raise UnknownRule(self._departures.tell(rule_id, now))

    def _take_out_what_is_over(self, now: float) -> None:
        over = [entry for entry in self.snapshot.entries if entry.lifecycle.is_over(now)]
        if not over:
            return
        gone = set(over)
        self._waited_on.update(over)
        self._swap(entry for entry in self.snapshot.entries if entry not in gone)
        self._depart(sorted((departure_of(e, now) for e in over), key=lambda d: d.at), now)

    def _depart(
        self, departed: Sequence[Departed], now: float, added: Sequence[Entry] = ()
    ) -> None:
        self._departures.leave(departed, now)
        self._listeners.note(Change(tuple(added), tuple(departed)))

    def _swap(self, entries: Iterable[Entry]) -> None:
        before = self.snapshot
        self.snapshot = Snapshot(
            tuple(entries), before.latency_ms, before.latency_hold, before.revision + 1
        )

    @staticmethod
    def _release(entries: Iterable[Entry]) -> None:
        for entry in entries:
            entry.lifecycle.release()


def _listing(snapshot: Snapshot, owner: str | None) -> Listing:
    documents = [entry.document for entry in snapshot.entries if _is_of(entry, owner)]
    return Listing(documents, snapshot.revision)


def _is_of(entry: Entry, owner: str | None) -> bool:
    """Whether an entry is of an owner; no owner stands for all."""
    return owner is None or entry.owner == owner


def _none(_: Entry) -> bool:
    return False


def _is_new(identity: Hashable, known: set[Hashable]) -> bool:
    """Say whether an identity is not among those known, and make it known."""
    if identity in known:
        return False
    known.add(identity)
    return True
