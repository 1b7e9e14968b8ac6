"""The rules at one moment, ready for requests."""

import threading
from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from localstack_outages.schema.globs import Matcher, compile_glob
from localstack_outages.schema.vocabulary import Departure

from .call import CallKey, Key
from .condition import BoundedCondition
from .hold import Hold
from .index import Index
from .rule_state import Lifecycle

if TYPE_CHECKING:
    from localstack_outages.schema.reading import ParsedRule
    from localstack_outages.schema.rules import Rule

Document = dict[str, Any]


class Entry:
    """A rule in the list, with its id, its owner, the document that it was given as, and its
    lifecycle.

    A rule that is edited becomes another entry with the same id and owner.
    """

    def __init__(
        self,
        rule_id: str,
        parsed: "ParsedRule",
        lifecycle: Lifecycle,
        owner: str | None = None,
        set_at: float = 0.0,
    ) -> None:
        self.id = rule_id
        self.owner = owner
        """Whose rule it is: a test, a scenario, an experiment; None where nobody claimed it."""
        self.key = rule_id, set_at
        """Its id, and when it was set by the time that several hosts share; 0 where there is one."""
        self.rule: Rule = parsed.rule
        self.document: Document = parsed.document
        self.lifecycle = lifecycle
        self.has_warned = False
        """Whether the log says already that it cannot be applied to some call."""
        condition = parsed.rule.condition
        self.condition = None if condition is None else BoundedCondition(condition)
        principal = parsed.rule.principal
        self.principal = None if principal == "*" else compile_glob(principal)
        """Says whether an ARN is one that the rule is for; None where the rule does not ask."""
        header = parsed.rule.header
        self.headers = None if header is None else _compiled(header)
        """The headers that a request must have, by name in lower case; None where the rule does not
        ask."""

    @cached_property
    def identity(self) -> Hashable:
        """Equal for rules that are equal once defaults are filled in."""
        return self.rule.identity


def _compiled(header: Mapping[str, str]) -> tuple[tuple[str, Matcher], ...]:
    return tuple((name, compile_glob(glob)) for name, glob in header.items())


class Departed(NamedTuple):
    """A rule that left the list."""

    entry: Entry
    why: Departure
    at: float
    """When it left, by the clock."""


class Places:
    """Tells a rule's place in the list, as who reads the list sees it: without the rules that are over
    and are not taken out yet.

    :param entries: the rules
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        ends = ((e.lifecycle.ends_at, position) for position, e in enumerate(entries))
        self._ends = sorted(((at, p) for at, p in ends if at is not None), reverse=True)
        spent = [p for p, e in enumerate(entries) if e.lifecycle.hits_left == 0]
        self._over = spent
        self._lock = threading.Lock()
        self.are_fixed = not self._ends and all(e.lifecycle.hits_left is None for e in entries)
        """Whether no rule is ever over."""

    def note_spent(self, position: int) -> None:
        """Count a rule no more."""
        with self._lock:
            self._leave_out(position)

    def of(self, position: int, now: float) -> int:
        """Give the place of the rule at a position in the snapshot."""
        if self._ends and self._ends[-1][0] <= now:
            with self._lock:
                while self._ends and self._ends[-1][0] <= now:
                    self._leave_out(self._ends.pop()[1])
        return position - bisect_left(self._over, position)

    def _leave_out(self, position: int) -> None:
        place = bisect_left(self._over, position)
        if self._over[place : place + 1] != [position]:
            self._over.insert(place, position)


class Snapshot:
    """The rules at one moment. It never changes.

    :param entries: the rules, in order
    :param latency_ms: the delay of every call, whatever the rules say
    :param latency_hold: of the snapshot before, where the delay is the same
    :param revision: of the list
    """

    def __init__(
        self,
        entries: tuple[Entry, ...] = (),
        latency_ms: float = 0,
        latency_hold: Hold | None = None,
        revision: int = 0,
    ) -> None:
        self.entries = entries
        self.latency_ms = latency_ms
        self.latency_hold = latency_hold or Hold()
        """Released when the delay of every call is changed: the calls that wait go on."""
        self.revision = revision
        self.is_empty = not entries and not latency_ms
        self._index = Index(entries)

    @cached_property
    def asks_principals(self) -> bool:
        """Whether some rule asks who makes a call."""
        return any(entry.principal is not None for entry in self.entries)

    @cached_property
    def places(self) -> Places:
        """The places of the rules, without those that are over."""
        return Places(self.entries)

    @cached_property
    def by_id(self) -> dict[str, Entry]:
        """The rules by their ids."""
        return {entry.id: entry for entry in self.entries}

    def candidates(self, key: Key) -> list[tuple[int, Entry]]:
        """Give the rules that match a (service, region, operation, account), in order.

        :return: each with its place in the list, counted from 0
        """
        return self._index.find(key)

    def candidates_by_name(self, key: CallKey) -> list[tuple[int, Entry, str]]:
        """Give the rules that match a key which may be of several services, in order.

        :return: each with its place in the list, and with the first of the services that it is for
        """
        names, region, operation, account = key
        if isinstance(names, str):
            matching = self.candidates((names, region, operation, account))
            return [(position, entry, names) for position, entry in matching]
        found = {}
        for name in reversed(names):  # so that the first is the last to be set
            for position, entry in self.candidates((name, region, operation, account)):
                found[position] = (position, entry, name)
        return [found[position] for position in sorted(found)]

    def reaches(self, service: str, region: str) -> bool:
        """Whether some rule matches calls of a service in a region."""
        return self._index.reaches(service, region)
