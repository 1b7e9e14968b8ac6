"""What ``/outages/status`` says: each rule with its state, hits, time left and warnings."""

import logging
import secrets
import threading
from typing import TYPE_CHECKING

from .advice import Advice, advise
from .lifecycle import Phase
from .store import Departed, Entry, Store

if TYPE_CHECKING:  # a start need not wait for what only a description of the API wants
    from .answers import DepartedStatus, RuleStatus, StatusDocument

LOG = logging.getLogger(__name__)

STATES: tuple[Phase, ...] = ("waiting", "active")
"""The states of a rule that is in the list."""


MAX_LOGGED = 100
"""So many warnings about the rules of one change are logged; the status has them all."""


class Status:
    """Tells how the rules are doing.

    :param store: the rules
    :param version: the version of the extension
    :param localstack: the version of LocalStack
    """

    def __init__(self, store: Store, version: str, localstack: str) -> None:
        self._store = store
        self._version = version
        self._localstack = localstack
        self._instance = secrets.token_hex(4)
        self.is_ready = False
        """Whether LocalStack is ready and the rules given at start are in force."""
        self._lock = threading.Lock()
        self._advice: dict[str, list[Advice]] = {}
        self._advised: tuple[Entry, ...] = ()

    def document(self) -> "StatusDocument":
        """Make the answer of ``/outages/status``."""
        entries = self._store.entries()
        now = self._store.clock()
        advice = self._advice_on(entries)
        return {
            "version": self._version,
            "localstack": self._localstack,
            "instance": self._instance,
            "ready": self.is_ready,
            "revision": self._store.revision,
            "latencyMs": self._store.latency_ms,
            "rules": [_in_list(entry, advice[entry.id], now) for entry in entries],
            "departed": [_departed(departed, now) for departed in self._store.departed()],
        }

    def counts(self) -> dict[str, int]:
        """Count the rules in the list by state."""
        now = self._store.clock()
        counts: dict[str, int] = dict.fromkeys(STATES, 0)
        for entry in self._store.entries():
            counts[entry.lifecycle.phase(now)] += 1
        return counts

    def log_warnings_soon(self) -> None:
        """Log the warnings about rules that are new, without holding up who set them."""
        threading.Thread(target=self._log_warnings, name="outages-advice", daemon=True).start()

    def _log_warnings(self) -> None:
        self._advice_on(self._store.entries())

    def _advice_on(self, entries: tuple[Entry, ...]) -> dict[str, list[Advice]]:
        with self._lock:
            if entries is not self._advised:
                known, self._advised = self._advice, entries
                found = advise([entry.rule for entry in entries])
                self._advice = {e.id: a for e, a in zip(entries, found, strict=True)}
                _log(
                    [
                        (entry, warning)
                        for entry in entries
                        if entry.id not in known
                        for warning in self._advice[entry.id]
                    ]
                )
            return self._advice


def _log(warnings: list[tuple[Entry, Advice]]) -> None:
    for entry, warning in warnings[:MAX_LOGGED]:
        LOG.warning("Outage rule %s %s: %s", entry.id, entry.document, warning.message)
    if len(warnings) > MAX_LOGGED:
        LOG.warning("%d more warnings: see /outages/status", len(warnings) - MAX_LOGGED)


def _in_list(entry: Entry, advice: list[Advice], now: float) -> "RuleStatus":
    lifecycle = entry.lifecycle
    return {
        "id": entry.id,
        "rule": entry.document,
        "state": lifecycle.phase(now),
        "inForce": lifecycle.is_in_force(now),
        "hits": lifecycle.hits,
        "hitsLeft": lifecycle.hits_left,
        "startsIn": max(0.0, round(lifecycle.starts_at - now, 3)),
        "startedAgo": _started_ago(entry, now, now),
        "timeLeft": None if lifecycle.ends_at is None else round(lifecycle.ends_at - now, 3),
        "warnings": [{"code": a.code, "message": a.message, "field": a.field} for a in advice],
    }


def _departed(departed: Departed, now: float) -> "DepartedStatus":
    return {
        "id": departed.entry.id,
        "rule": departed.entry.document,
        "state": departed.why,
        "hits": departed.entry.lifecycle.hits,
        "startedAgo": _started_ago(departed.entry, departed.at, now),
        "secondsAgo": round(now - departed.at, 3),
    }


def _started_ago(entry: Entry, until: float, now: float) -> float | None:
    """Give the seconds since a rule started; None where it had not by ``until``."""
    starts_at = entry.lifecycle.starts_at
    return round(now - starts_at, 3) if starts_at <= until else None
