"""The ordered list of rules: replaced, added to, taken from, all or nothing.

A change builds a new snapshot under a lock and swaps it in, so that a request reads one attribute
and takes no lock. A rule that is spent or whose time is up is gone from the list at the moment that
anyone looks: no thread has to watch the clock.

The module has over 300 lines because each change is described in full, and because what takes over
the list of other hosts does so under the same lock.
"""

import random
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from weakref import WeakSet

from localstack_outages.schema.errors import (
    InvalidRules,
    NotShared,
    PreconditionFailed,
    UnknownRule,
)
from localstack_outages.schema.vocabulary import MAX_RULES

from .adoption import adopt
from .changes import Change, Listener, Listeners
from .departures import Departures, OwnedRules, ceased_at, departure_of
from .hold import Hold
from .rule_state import Clock, Lifecycle, Measure
from .shared import Note, Outdated, RuleKey, SharedDeparture, SharedList, SharedRule, SharedState
from .snapshot import Departed, Document, Entry, Snapshot

if TYPE_CHECKING:
    from localstack_outages.schema.reading import ParsedRule


T = TypeVar("T")


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
        self._next_id = 1
        self._departures = Departures()
        self._listeners = Listeners()
        # A spent rule is out of the list while the calls that it hit still wait on it; they live as
        # long as those calls hold them.
        self._waited_on: WeakSet[Entry] = WeakSet()
        self._shared: SharedList | None = None
        # Rules that were over while nobody could be told, so that they are not taken for new ones.
        self._untold: set[RuleKey] = set()
        self._notes: dict[str, Note] = {}

    def share(self, shared: SharedList) -> None:
        """Have a list in common with other stores from now on.

        What changes the list then raises ``NotShared`` where they cannot be told.
        """
        self._shared = shared

    def state_for(self, shared: SharedList) -> SharedState:
        """Give the list as others may take it over."""
        with self._lock:
            return self._state(shared, self.snapshot, self._notes)

    def release(self, keys: Iterable[RuleKey]) -> None:
        """Let the calls go on that wait on rules which have left the list."""
        wanted = set(keys)
        with self._lock:
            self._release([entry for entry in self._waited_on if entry.key in wanted])

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

    def notes(self) -> dict[str, Note]:
        """Give the notes on the rules of owners, for as long as the owner is remembered."""
        with self._up_to_date():
            return self._known_notes()

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
        note: Document | None = None,
    ) -> Listing:
        """Put a list in place of the one there is. All its rules start anew.

        :param parsed: the new list
        :param owner: replace the rules of this owner alone; the new ones are its own
        :param first: whether the new rules go before those of others, and so decide before them
        :param dry_run: change nothing, only say what the list would be
        :param note: what is to be known of the owner's rules beside them
        :return: the list, or the owner's part of it
        :raises InvalidRules: where the list would grow too long
        :raises PreconditionFailed: where the list is another one
        """

        def is_unwanted(entry: Entry) -> bool:
            return _is_of(entry, owner)

        def change(now: float) -> Listing:
            return self._change(
                is_unwanted, parsed, now, owner, first=first, dry_run=dry_run, note=note
            )

        return self._carry_out(change, if_revision)

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

        def change(now: float) -> Listing:
            known = {entry.identity for entry in self.snapshot.entries if entry.owner == owner}
            new = [rule for rule in parsed if _is_new(rule.rule.identity, known)]
            return self._change(_none, new, now, owner, first=first, dry_run=dry_run)

        return self._carry_out(change, if_revision)

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

        def change(now: float) -> Listing:
            return self._change(is_unwanted, [], now, owner, dry_run=dry_run)

        return self._carry_out(change, if_revision)

    def edit(self, rule_id: str, parsed: "ParsedRule", *, if_revision: int | None = None) -> Entry:
        """Put another rule in the place of one, with its id and its owner. It starts anew; calls
        that wait on the old one go on.

        :raises UnknownRule: where no rule in the list has the id
        :raises PreconditionFailed: where the list is another one
        """

        def change(now: float) -> Entry:
            entries, place = list(self.snapshot.entries), self._place(rule_id, now)
            before = entries[place]
            after = entries[place] = self._entry(before.id, parsed, now, before.owner)
            self._swap(entries, now, edited=[before])
            self._release([before])
            self._listeners.note(Change(added=(after,)))
            return after

        return self._carry_out(change, if_revision)

    def move(self, rule_id: str, position: int, *, if_revision: int | None = None) -> Entry:
        """Move a rule to another place. Neither it nor any other starts anew.

        :param position: its new place, counted from 0; beyond the end it becomes the last
        :raises UnknownRule: where no rule in the list has the id
        :raises PreconditionFailed: where the list is another one
        """

        def change(now: float) -> Entry:
            entries, place = list(self.snapshot.entries), self._place(rule_id, now)
            entry = entries.pop(place)
            entries.insert(position, entry)
            if entries != list(self.snapshot.entries):
                self._swap(entries, now)
            return entry

        return self._carry_out(change, if_revision)

    def end(self, rule_id: str, *, if_revision: int | None = None) -> Departed:
        """Take out one rule.

        :raises UnknownRule: where no rule in the list has the id
        :raises PreconditionFailed: where the list is another one
        """

        def change(now: float) -> Departed:
            entries = list(self.snapshot.entries)
            departed = Departed(entries.pop(self._place(rule_id, now)), "deleted", now)
            self._swap(entries, now, departed=[departed])
            self._release([departed.entry])
            return departed

        return self._carry_out(change, if_revision)

    @property
    def latency_ms(self) -> float:
        """The delay of every call in milliseconds, whatever the rules say."""
        return self.snapshot.latency_ms

    @latency_ms.setter
    def latency_ms(self, value: float) -> None:
        def change(now: float) -> None:
            self._swap(self.snapshot.entries, now, latency_ms=value)

        self._carry_out(change, tidies=False)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have a listener told of each change of the rules, after it is in force.

        It is called with no lock held, in the thread that made the change or that first looked
        after rules left by themselves. Changes that threads make at once may come in another order.

        :return: ends the subscription
        """
        return self._listeners.subscribe(listener)

    def close(self) -> None:
        """Drop all rules and let every waiting call go on. A list that is shared stays as it is."""
        self._shared = None
        self.replace([])
        self.latency_ms = 0

    def _carry_out(
        self, change: Callable[[float], T], if_revision: int | None = None, *, tidies: bool = True
    ) -> T:
        """Make a change, again where the list is shared and somebody else was faster.

        :param change: makes it, at a time
        """
        while True:
            try:
                with self._up_to_date(if_revision, tidies=tidies) as now:
                    return change(now)
            except Outdated:
                continue

    @contextmanager
    def _up_to_date(
        self, if_revision: int | None = None, *, tidies: bool = True
    ) -> Iterator[float]:
        """Hold the lock over a list without rules that are over, and give the time.

        :param tidies: whether those are taken out
        :raises PreconditionFailed: where the list is another one
        """
        try:
            with self._lock:
                if self._shared is not None:
                    self._catch_up(self._shared)
                now = self.clock()
                if tidies:
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
        note: Document | None = None,
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
        added = [
            self._entry(f"r{number}", rule, now, owner)
            for number, rule in enumerate(new, self._next_id)
        ]
        if added or dropped:
            departed = [Departed(entry, "deleted", now) for entry in dropped]
            entries = (*added, *kept) if first else (*kept, *added)
            notes = self._known_notes()
            if note is not None and owner is not None:
                notes[owner] = Note(note, now)
            self._swap(entries, now, added=added, departed=departed, notes=notes)
        waited_on = [*filter(is_unwanted, self._waited_on)]
        self._release([*dropped, *waited_on])
        if self._shared is not None and waited_on:
            self._shared.release([entry.key for entry in waited_on])
        return _listing(self.snapshot, owner)

    def _entry(self, rule_id: str, parsed: "ParsedRule", now: float, owner: str | None) -> Entry:
        if self._shared is not None:
            return self._shared_entry(self._shared, rule_id, parsed, now, owner)
        lifecycle = Lifecycle(parsed.rule, now, self._make_random, self._measure)
        return Entry(rule_id, parsed, lifecycle, owner)

    def _shared_entry(
        self,
        shared: SharedList,
        rule_id: str,
        parsed: "ParsedRule",
        now: float,
        owner: str | None,
        set_at: float | None = None,
        measure: Measure | None = None,
    ) -> Entry:
        """Make a rule of a list that is shared.

        :param set_at: when it was set, by the shared time, where another store has set it
        """
        key = rule_id, round(shared.to_shared(now), 6) if set_at is None else set_at
        measure = measure or self._measure
        budget = shared.budget(parsed.rule, key)
        if budget is None:
            lifecycle = Lifecycle(parsed.rule, now, self._make_random, measure)
        else:
            from .shared_state import SharedLifecycle

            lifecycle = SharedLifecycle(parsed.rule, now, self._make_random, measure, budget)
        return Entry(rule_id, parsed, lifecycle, owner, key[1])

    def _place(self, rule_id: str, now: float) -> int:
        for place, entry in enumerate(self.snapshot.entries):
            if entry.id == rule_id:
                return place
        raise UnknownRule(self._departures.tell(rule_id, now))

    def _take_out_what_is_over(self, now: float) -> None:
        while over := [entry for entry in self.snapshot.entries if entry.lifecycle.is_over(now)]:
            gone = set(over)
            entries = [entry for entry in self.snapshot.entries if entry not in gone]
            departed = sorted((departure_of(e, now) for e in over), key=lambda d: d.at)
            try:
                self._swap(entries, now, departed=departed)
            except Outdated:
                if self._shared is not None:
                    self._catch_up(self._shared)
            except NotShared:
                self._untold.update(entry.key for entry in over)
                self._put(Snapshot(tuple(entries), *_rest_of(self.snapshot)), now, (), departed)
            else:
                self._waited_on.update(over)

    def _swap(
        self,
        entries: Iterable[Entry],
        now: float,
        *,
        added: Sequence[Entry] = (),
        departed: Sequence[Departed] = (),
        edited: Sequence[Entry] = (),
        latency_ms: float | None = None,
        notes: dict[str, Note] | None = None,
    ) -> None:
        """Put another list in the place of the one there is.

        :param added: what is new in it
        :param departed: what is not in it any more
        :param edited: what another rule with its id stands in the place of
        :param latency_ms: the delay of every call; the same as before where left out
        :param notes: on owners; the same as before where left out
        :raises Outdated: where the list is shared, and is another one
        :raises NotShared: where it is shared, and others cannot be told
        """
        before = self.snapshot
        is_same = latency_ms is None
        after = Snapshot(
            tuple(entries),
            before.latency_ms if latency_ms is None else latency_ms,
            before.latency_hold if is_same else None,
            before.revision + 1,
        )
        notes = self._notes if notes is None else notes
        if self._shared is not None:
            self._commit(self._shared, after, len(added), departed, edited, notes)
        self._notes = notes
        self._next_id += len(added)
        self._put(after, now, added, departed)
        if not is_same:
            before.latency_hold.release()

    def _put(
        self,
        snapshot: Snapshot,
        now: float,
        added: Sequence[Entry],
        departed: Sequence[Departed],
    ) -> None:
        # Who counts what rules do asks whether their owner is known, as soon as they hit.
        self._departures.enter(added)
        self.snapshot = snapshot
        if added or departed:
            self._departures.leave(departed, now)
            self._listeners.note(Change(tuple(added), tuple(departed)))

    def _known_notes(self) -> dict[str, Note]:
        remembers = self._departures.remembers
        return {owner: note for owner, note in self._notes.items() if remembers(owner)}

    # What follows is for lists that are shared.

    def _catch_up(self, shared: SharedList) -> None:
        """Take over the list of other stores. What is in both goes on as it was."""
        state, before, now = shared.newer(self.revision), self.snapshot, self.clock()
        if state is None:
            return

        def make(rule: SharedRule) -> Entry:
            parsed, set_at = shared.read(rule.document), rule.set_at
            at = shared.to_local(set_at)
            return self._shared_entry(
                shared, rule.id, parsed, at, rule.owner, set_at, lambda _: rule.measured
            )

        found = adopt(state, before.entries, self._untold, make, shared.to_local, now)
        self._untold &= {rule.key for rule in state.rules}
        is_same = state.latency_ms == before.latency_ms
        hold = before.latency_hold if is_same else None
        self._next_id = max(self._next_id, state.next_id)
        self._notes = {
            owner: note._replace(at=shared.to_local(note.at)) for owner, note in state.notes.items()
        }
        self._departures.enter(found.entered)
        self.snapshot = Snapshot(found.entries, state.latency_ms, hold, state.revision)
        self._departures.leave(found.departed, now)
        self._listeners.note(Change(found.added, found.departed))
        if not is_same:
            before.latency_hold.release()
        self._release([d.entry for d in found.departed if d.why == "deleted"])
        self._release(found.edited)
        self._waited_on.update(d.entry for d in found.departed if d.why != "deleted")

    def _commit(
        self,
        shared: SharedList,
        after: Snapshot,
        added: int,
        departed: Sequence[Departed],
        edited: Sequence[Entry],
        notes: dict[str, Note],
    ) -> None:
        left = [SharedDeparture(_written(d.entry), d.why, shared.to_shared(d.at)) for d in departed]
        state = self._state(shared, after, notes)._replace(next_id=self._next_id + added)
        shared.commit(self.revision, state, left, [entry.key for entry in edited])
        self._untold.clear()  # the list that all have now does not have them

    def _state(self, shared: SharedList, snapshot: Snapshot, notes: dict[str, Note]) -> SharedState:
        rules = tuple(_written(entry) for entry in snapshot.entries)
        told = {owner: note._replace(at=shared.to_shared(note.at)) for owner, note in notes.items()}
        revision, next_id = snapshot.revision, self._next_id
        return SharedState(revision, next_id, snapshot.latency_ms, rules, notes=told)

    @staticmethod
    def _release(entries: Iterable[Entry]) -> None:
        for entry in entries:
            entry.lifecycle.release()


def _written(entry: Entry) -> SharedRule:
    return SharedRule(entry.id, entry.document, entry.owner, entry.key[1], entry.lifecycle.measured)


def _rest_of(snapshot: Snapshot) -> tuple[float, Hold, int]:
    return snapshot.latency_ms, snapshot.latency_hold, snapshot.revision


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
