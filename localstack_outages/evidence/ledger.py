"""The ledger: what the rules of each owner did, counted as it happens.

The journals and the verdicts keep the last calls of all owners together, so that a busy neighbour
pushes out what a test will ask for. Here each owner has totals of its own. They are kept for as long
as the store remembers its rules: while it has rules in the list, and ten minutes after.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.engine.changes import Change
from localstack_outages.engine.departures import MAX_KEPT_RULES, OwnedRules
from localstack_outages.engine.entries import MAX_FINGERPRINTS
from localstack_outages.engine.snapshot import Entry
from localstack_outages.engine.store import Store
from localstack_outages.schema.errors import UnknownOwner
from localstack_outages.schema.vocabulary import Bound, Departure, Phase

from .owner_recoveries import MAX_PLACES, OwnerRecoveries
from .record import Observed
from .verdicts import Verdicts

if TYPE_CHECKING:
    from localstack_outages.schema.documents import BoundReached, EvidenceDocument, RuleEvidence


class Ledger:
    """Keeps what the rules of each owner did.

    It is told of each finished call, after ``verdicts``. A call that no rule of an owner touched
    costs one look into a dictionary, and nothing where no owner waits for a recovery.

    :param store: the rules; calls are stamped with its clock
    :param verdicts: judges the calls
    :param instance: tells this start of the server from others
    :param places: how many operations are watched for a recovery, of all owners together
    """

    def __init__(
        self,
        store: Store,
        verdicts: Verdicts,
        instance: str,
        places: int = MAX_PLACES,
    ) -> None:
        self._store = store
        self._verdicts = verdicts
        self.instance = instance
        self._recoveries = OwnerRecoveries(places)
        store.subscribe(self._on_change)

    def record(self, observed: Observed) -> None:
        """Take note of a call that a rule of an owner failed, or that was answered well."""
        if observed.outcome == "ok":
            self._recoveries.answer(observed)
        elif observed.outcome == "injected" and observed.injected is not None:
            owner = observed.injected.owner
            if owner is not None and self._store.remembers(owner):
                self._recoveries.fail(owner, observed, self._verdicts.answered_after(observed))

    def awaits(self, observed: Observed) -> bool:
        """Whether a call ends the wait of an owner for a recovery."""
        return observed.outcome == "ok" and self._recoveries.awaits(observed)

    def document(self, owner: str) -> "EvidenceDocument":
        """Tell what the rules of an owner did.

        :raises UnknownOwner: where nothing is known of it
        """
        owned = self._store.owned(owner)
        if owned is None:
            raise UnknownOwner(
                f"nothing is known of the owner '{owner}': it has no rules, and had none in the "
                "last ten minutes or since the start"
            )
        now = self._store.clock()
        rules = list(_rules(owned, now))
        calls = self._verdicts.tally(owner)
        places, unwatched = self._recoveries.documents(owner, now)
        lost_entries = self._verdicts.lost_entries
        entries, unfollowed = lost_entries.documents(owner, now)
        reached = [
            reached
            for reached in (
                _calls_lost(calls.lost, self._verdicts.open_size),
                _places_lost(unwatched, self._recoveries.size),
                _entries_lost(unfollowed, lost_entries.size),
                _rules_lost(owned.forgotten),
            )
            if reached["lost"]
        ]
        return {
            "owner": owner,
            "instance": self.instance,
            "complete": not reached,
            "reached": reached,
            "hits": owned.forgotten_hits + sum(rule["hits"] for rule in rules),
            "rules": rules,
            "calls": calls.document(),
            "places": places,
            "entries": entries,
        }

    def _on_change(self, change: Change) -> None:
        """Forget what was counted for owners that the store remembers no more."""
        for owner in change.forgotten:
            if not self._store.remembers(owner):  # it may have come back meanwhile
                self._verdicts.forget_owner(owner)
                self._recoveries.forget_owner(owner)


class _Owned(NamedTuple):
    """A rule of an owner, and what became of it."""

    entry: Entry
    state: Phase | Departure


def _rules(owned: OwnedRules, now: float) -> "Iterator[RuleEvidence]":
    """Write down the rules of an owner: those that left, in that order, then those in the list."""
    gone = [_Owned(departed.entry, departed.why) for departed in reversed(owned.departed)]
    there = [_Owned(entry, entry.lifecycle.phase(now)) for entry in owned.entries]
    for entry, state in (*gone, *there):
        yield {
            "id": entry.id,
            "rule": entry.document,
            "state": state,
            "hits": entry.lifecycle.hits,
        }


def _calls_lost(lost: int, limit: int) -> "BoundReached":
    return _lost(
        "calls",
        limit,
        lost,
        f"{lost} efforts were forgotten while their application could still try again: only the last "
        f"{limit} of all owners are followed",
    )


def _places_lost(lost: int, limit: int) -> "BoundReached":
    return _lost(
        "places",
        limit,
        lost,
        f"{lost} failures are not watched for a recovery: only {limit} operations of all owners are",
    )


def _entries_lost(lost: int, limit: int) -> "BoundReached":
    return _lost(
        "entries",
        limit,
        lost,
        f"{lost} entries that failed are not followed: only {limit} of all owners are at once, and "
        f"{MAX_FINGERPRINTS} of a batch",
    )


def _rules_lost(lost: int) -> "BoundReached":
    return _lost(
        "rules",
        MAX_KEPT_RULES,
        lost,
        f"{lost} rules that left the list are not told one by one: only the last "
        f"{MAX_KEPT_RULES} of all owners are",
    )


def _lost(bound: Bound, limit: int, lost: int, message: str) -> "BoundReached":
    return {"bound": bound, "limit": limit, "lost": lost, "message": message}
