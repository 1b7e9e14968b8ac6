"""What ``/outages/status`` says: each rule with its state, hits, time left and warnings."""

import logging
import threading
from typing import Any

from .advice import Advice, advise
from .store import Departed, Entry, Store

LOG = logging.getLogger(__name__)


class Status:
    """Tells how the rules are doing.

    :param store: the rules
    :param versions: the versions to name, by product
    """

    def __init__(self, store: Store, versions: dict[str, str]) -> None:
        self._store = store
        self._versions = versions
        self._lock = threading.Lock()
        self._advice: dict[str, list[Advice]] = {}
        self._advised: tuple[Entry, ...] = ()

    def document(self) -> dict[str, Any]:
        """Make the answer of ``/outages/status``. All times are seconds."""
        entries = self._store.entries()
        now = self._store.clock()
        advice = self._advice_on(entries)
        return {
            **self._versions,
            "revision": self._store.revision,
            "latencyMs": self._store.latency_ms,
            "rules": [_in_list(entry, advice[entry.id], now) for entry in entries],
            "departed": [_departed(departed, now) for departed in self._store.departed()],
        }

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
                for entry in entries:
                    if entry.id not in known:
                        self._log(entry, self._advice[entry.id])
            return self._advice

    @staticmethod
    def _log(entry: Entry, advice: list[Advice]) -> None:
        for warning in advice:
            LOG.warning("Outage rule %s %s: %s", entry.id, entry.document, warning.message)


def _in_list(entry: Entry, advice: list[Advice], now: float) -> dict[str, Any]:
    lifecycle = entry.lifecycle
    phase = lifecycle.phase(now)
    return {
        "id": entry.id,
        "rule": entry.document,
        "state": phase,
        "inForce": lifecycle.is_in_force(now),
        "hits": lifecycle.hits,
        "hitsLeft": lifecycle.hits_left,
        "startsIn": max(0.0, round(lifecycle.starts_at - now, 3)),
        "timeLeft": None if lifecycle.ends_at is None else round(lifecycle.ends_at - now, 3),
        "warnings": [warning._asdict() for warning in advice],
    }


def _departed(departed: Departed, now: float) -> dict[str, Any]:
    return {
        "id": departed.entry.id,
        "rule": departed.entry.document,
        "state": departed.why,
        "hits": departed.entry.lifecycle.hits,
        "secondsAgo": round(now - departed.at, 3),
    }
