"""Finds what becomes of the rules of a store when it takes over a list that others have changed."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from .departures import departure_of
from .shared import RuleKey, SharedRule, SharedState
from .snapshot import Departed, Entry


class Adoption(NamedTuple):
    """What a store has to do."""

    entries: tuple[Entry, ...]
    """The new list."""
    entered: tuple[Entry, ...]
    """Rules that it has not known, also those that have left again since."""
    departed: tuple[Departed, ...]
    """Those that left, the first one first."""
    added: tuple[Entry, ...]
    """Those in the list that are new or were edited."""
    edited: tuple[Entry, ...]
    """What those stood for before that were edited."""


def adopt(
    state: SharedState,
    known: Sequence[Entry],
    gone: Collection[RuleKey],
    make: Callable[[SharedRule], Entry],
    to_local: Callable[[float], float],
    now: float,
) -> Adoption:
    """Find what becomes of the rules of a store.

    :param state: the list that others have changed
    :param known: the store's list
    :param gone: rules that the store has taken out while it could tell nobody
    :param make: makes what the store does not have
    :param to_local: turns a shared time into the store's
    """
    left = {entry.key: entry for entry in known}
    entries, entered, added = [], [], []
    before = {entry.id: entry for entry in known}
    edited = []
    for rule in state.rules:
        if rule.key in gone:
            continue
        entry = left.pop(rule.key, None)
        if entry is None:
            entry = make(rule)
            added.append(entry)
            old = before.get(rule.id)
            if old is None:
                entered.append(entry)
            else:
                edited.append(old)
                left.pop(old.key, None)
        entries.append(entry)
    departed = []
    for one in state.departed:
        if one.rule.key in gone:
            continue
        entry = left.pop(one.rule.key, None)
        if entry is None:
            entry = make(one.rule)
            entered.append(entry)
        departed.append(Departed(entry, one.why, to_local(one.at)))
    for entry in left.values():  # nobody remembers how they left
        is_over = entry.lifecycle.is_over(now)
        departed.append(departure_of(entry, now) if is_over else Departed(entry, "deleted", now))
    return Adoption(tuple(entries), tuple(entered), tuple(departed), tuple(added), tuple(edited))
