"""What ``/outages/status`` says: each rule with its state, hits, time left and warnings."""

import secrets
from collections.abc import Callable, Sequence

from localstack_outages.engine.changes import Change
from localstack_outages.engine.snapshot import Departed, Entry
from localstack_outages.engine.store import Store
from localstack_outages.explain.mistakes import Advice
from localstack_outages.explain.words import words_of
from localstack_outages.schema.documents import (
    DepartedStatus,
    FleetStatus,
    RuleStatus,
    StatusDocument,
    Words,
)
from localstack_outages.schema.vocabulary import Phase

from .advice import Adviser

STATES: tuple[Phase, ...] = ("waiting", "active")
"""The states of a rule that is in the list."""


class Status:
    """Tells how the rules are doing.

    :param store: the rules
    :param version: the version of the extension
    :param localstack: the version of LocalStack
    :param knows_principals: whether the host knows who makes a call
    :param instance: another one after each start; drawn where left out
    :param is_ready: whether LocalStack is ready and the rules given at start are in force
    :param fleet: tells how the fleet is doing; None where the host is on its own
    """

    def __init__(
        self,
        store: Store,
        version: str,
        localstack: str,
        *,
        knows_principals: bool = True,
        instance: str | None = None,
        is_ready: Callable[[], bool] = lambda: False,
        fleet: Callable[[], FleetStatus] | None = None,
    ) -> None:
        self._store = store
        self._version = version
        self._localstack = localstack
        self._adviser = Adviser(store, knows_principals=knows_principals)
        self.instance = instance or secrets.token_hex(4)
        """Another one after each start."""
        self._is_ready = is_ready
        self._fleet = fleet

    def document(self) -> StatusDocument:
        """Make the answer of ``/outages/status``."""
        snapshot = self._store.current()
        departed = self._store.departed()
        advice = self._adviser.advise(snapshot.entries)
        now = self._store.clock()
        return {
            "version": self._version,
            "localstack": self._localstack,
            "instance": self.instance,
            "ready": self._is_ready(),
            "revision": snapshot.revision,
            "latencyMs": snapshot.latency_ms,
            "rules": [_in_list(entry, advice[entry], now) for entry in snapshot.entries],
            "departed": [_departed(one, now) for one in departed],
            "fleet": None if self._fleet is None else self._fleet(),
        }

    def of_rule(self, entry: Entry) -> RuleStatus:
        """Tell how one rule is doing that is in the list."""
        advice = self._adviser.advise_on_some([entry])
        return _in_list(entry, advice.get(entry, ()), self._store.clock())

    def of_departed(self, departed: Departed) -> DepartedStatus:
        """Tell how one rule did that left the list."""
        return _departed(departed, self._store.clock())

    def counts(self) -> dict[str, int]:
        """Count the rules in the list by state."""
        now = self._store.clock()
        counts: dict[str, int] = dict.fromkeys(STATES, 0)
        for entry in self._store.entries():
            phase = entry.lifecycle.phase(now)
            if phase in counts:  # a call may have spent it since it was in the list
                counts[phase] += 1
        return counts

    def on_change(self, change: Change) -> None:
        """Have likely mistakes in new rules logged soon; a listener of the store."""
        self._adviser.on_change(change)


def _in_list(entry: Entry, advice: Sequence[Advice], now: float) -> RuleStatus:
    lifecycle = entry.lifecycle
    ends_at = lifecycle.ends_at
    return {
        "id": entry.id,
        "owner": entry.owner,
        "rule": entry.document,
        "words": _words(entry),
        "state": lifecycle.phase(now),
        "inForce": lifecycle.is_in_force(now),
        "hits": lifecycle.hits,
        "hitsLeft": lifecycle.hits_left,
        "startsIn": max(0.0, round(lifecycle.starts_at - now, 3)),
        "startedAgo": _started_ago(entry, now, now),
        "timeLeft": None if ends_at is None else max(0.0, round(ends_at - now, 3)),
        "warnings": [{"code": a.code, "message": a.message, "field": a.field} for a in advice],
    }


def _departed(departed: Departed, now: float) -> DepartedStatus:
    return {
        "id": departed.entry.id,
        "owner": departed.entry.owner,
        "rule": departed.entry.document,
        "words": _words(departed.entry),
        "state": departed.why,
        "hits": departed.entry.lifecycle.hits,
        "startedAgo": _started_ago(departed.entry, departed.at, now),
        "secondsAgo": round(now - departed.at, 3),
    }


def _words(entry: Entry) -> Words:
    """Put a rule into words, with what was measured for it when it was set."""
    words, measured = words_of(entry.rule), entry.lifecycle.measured
    if measured is not None:
        words["how"] += f" ({measured:.3g} calls a second before)"
    return words


def _started_ago(entry: Entry, until: float, now: float) -> float | None:
    """Give the seconds since a rule started; None where it had not by ``until``."""
    starts_at = entry.lifecycle.starts_at
    return round(now - starts_at, 3) if starts_at <= until else None
