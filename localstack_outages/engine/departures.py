"""The rules that left the list: the last ones of all, and those of each owner for as long as the owner
may ask. A test asks what became of its rules when they are long spent.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from localstack_outages.schema.vocabulary import MAX_RULES

from .snapshot import Departed, Entry

MAX_DEPARTED = 100
"""How many of the rules that left the list are kept for the status."""

KEPT_SECONDS = 600
"""How long an owner is remembered after the last of its rules left the list."""

MAX_KEPT_RULES = MAX_RULES
"""How many rules that left the list are kept, of all owners together: as many as a list can hold."""

MAX_KEPT_OWNERS = 10_000
"""How many owners without a rule in the list are remembered."""

_BY = {"spent": "fired as often as it may, and left", "ended": "ended", "deleted": "was deleted"}


class OwnedRules(NamedTuple):
    """All that is known about the rules of an owner."""

    entries: tuple[Entry, ...]
    """Those in the list, in its order."""
    departed: tuple[Departed, ...]
    """Those that left the list, the last one first."""
    forgotten: int
    """How many more left the list and are not kept, for lack of room."""
    forgotten_hits: int
    """How often those fired."""


class _Owner:
    __slots__ = ("departed", "forgotten", "forgotten_hits", "in_list", "left_at")

    def __init__(self) -> None:
        self.in_list = 0
        self.departed: OrderedDict[str, Departed] = OrderedDict()
        self.forgotten = self.forgotten_hits = 0
        self.left_at = 0.0


class Departures:
    """Remembers what left the list. The caller holds a lock of its own around it.

    :param rules: how many rules are kept for their owners
    :param owners: how many owners without a rule in the list are remembered
    """

    def __init__(self, rules: int = MAX_KEPT_RULES, owners: int = MAX_KEPT_OWNERS) -> None:
        self._max_rules = rules
        self._max_owners = owners
        self._recent: deque[Departed] = deque(maxlen=MAX_DEPARTED)
        self._owners: dict[str, _Owner] = {}
        # Those without a rule in the list; the one that left first comes first.
        self._absent: OrderedDict[str, _Owner] = OrderedDict()
        self._forgotten: list[str] = []
        # The rules of all owners by id; the one that left first comes first.
        self._kept: OrderedDict[str, Departed] = OrderedDict()
        # When each of the last rules ceased to hit calls; the one that left first comes first.
        self._ceased_at: OrderedDict[str, float] = OrderedDict()

    def recent(self) -> tuple[Departed, ...]:
        """Give the rules that left, the last one first; at most 100."""
        return tuple(reversed(self._recent))

    def enter(self, entries: Iterable[Entry]) -> None:
        """Take note of rules that were added to the list."""
        for entry in entries:
            if entry.owner is not None:
                self._owners.setdefault(entry.owner, _Owner()).in_list += 1
                self._absent.pop(entry.owner, None)

    def leave(self, departed: Sequence[Departed], now: float) -> None:
        """Keep rules that left the list.

        :param departed: the one that left first comes first
        """
        self._recent.extend(departed)
        for one in departed:
            self._ceased_at[one.entry.id] = ceased_at(one)
            name = one.entry.owner
            if name is not None:
                owner = self._owners[name]
                owner.departed[one.entry.id] = self._kept[one.entry.id] = one
                owner.left_at = max(owner.left_at, one.at)
                owner.in_list -= 1
                if not owner.in_list:
                    self._absent[name] = owner
        self._forget(now)

    def of_owner(self, name: str, entries: Iterable[Entry], now: float) -> OwnedRules | None:
        """Give the rules of an owner.

        :param entries: the list
        :return: None where the owner has no rule and is not remembered
        """
        self._forget(now)
        owner = self._owners.get(name)
        if owner is None:
            return None
        return OwnedRules(
            tuple(entry for entry in entries if entry.owner == name),
            tuple(reversed(owner.departed.values())),
            owner.forgotten,
            owner.forgotten_hits,
        )

    def remembers(self, name: str) -> bool:
        """Whether an owner is known. Needs no lock."""
        return name in self._owners

    def take_forgotten(self) -> tuple[str, ...]:
        """Give the owners that were forgotten since this was last asked."""
        forgotten, self._forgotten = self._forgotten, []
        return tuple(forgotten)

    def ceased_at(self, rule_id: str) -> float | None:
        """Give when a rule that left the list ceased to hit calls, as far as it is known."""
        return self._ceased_at.get(rule_id)

    def tell(self, rule_id: str, now: float) -> str:
        """Say what became of a rule that is not in the list, as far as it is known."""
        departed = next((d for d in self._recent if d.entry.id == rule_id), None)
        departed = departed or self._kept.get(rule_id)
        if departed is None:
            return (
                f"no rule has the id '{rule_id[:40]}'; /outages/status lists those that there are"
            )
        return f"rule '{rule_id}' {_BY[departed.why]} {round(now - departed.at, 1):g} s ago"

    def _forget(self, now: float) -> None:
        while len(self._ceased_at) > self._max_rules:
            self._ceased_at.popitem(last=False)
        while self._absent:
            name, owner = next(iter(self._absent.items()))
            if len(self._absent) <= self._max_owners and now - owner.left_at < KEPT_SECONDS:
                break
            del self._absent[name], self._owners[name]
            self._forgotten.append(name)
            for rule_id in owner.departed:
                del self._kept[rule_id]
        while len(self._kept) > self._max_rules:
            rule_id, departed = self._kept.popitem(last=False)
            owner = self._owners[departed.entry.owner or ""]
            del owner.departed[rule_id]
            owner.forgotten += 1
            owner.forgotten_hits += departed.entry.lifecycle.hits


def departure_of(entry: Entry, now: float) -> Departed:
    """Say why and when a rule left that was over before anyone looked."""
    lifecycle = entry.lifecycle
    if lifecycle.phase(now) == "spent" or lifecycle.ends_at is None:
        return Departed(entry, "spent", now)
    return Departed(entry, "ended", lifecycle.ends_at)


def ceased_at(departed: Departed) -> float:
    """Give when a rule ceased to hit calls: minus infinity for one that is spent, since the time of
    its last hit is not kept, and it leaves the list only when somebody looks.
    """
    return float("-inf") if departed.why == "spent" else departed.at
