"""What ``/outages/status`` says: each rule with its state, hits, time left and warnings."""

import logging
import threading
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from .advice import Advice, advise
from .lifecycle import Phase
from .store import Departed, Departure, Entry, Store

LOG = logging.getLogger(__name__)


class WarningStatus(TypedDict):
    """A likely mistake in a rule."""

    code: Annotated[str, Field(description="what kind of mistake it is")]
    message: str
    field: Annotated[str, Field(description="the field of the rule")]


class RuleStatus(TypedDict):
    """A rule that is in the list."""

    id: Annotated[str, Field(description="name of the rule in this LocalStack")]
    rule: Annotated[dict[str, Any], Field(description="the rule as it was sent")]
    state: Phase
    inForce: Annotated[bool, Field(description="whether a call can be hit now")]
    hits: Annotated[int, Field(description="how often it fired")]
    hitsLeft: Annotated[int | None, Field(description="how often it can still fire")]
    startsIn: Annotated[float, Field(description="seconds until it starts")]
    timeLeft: Annotated[float | None, Field(description="seconds until it ends")]
    warnings: list[WarningStatus]


class DepartedStatus(TypedDict):
    """A rule that left the list."""

    id: str
    rule: dict[str, Any]
    state: Departure
    hits: int
    secondsAgo: Annotated[float, Field(description="seconds since it left")]


class StatusDocument(TypedDict):
    """How the rules are doing."""

    version: Annotated[str, Field(description="version of the extension")]
    localstack: Annotated[str, Field(description="version of LocalStack")]
    ready: Annotated[bool, Field(description="whether the rules given at start are in force")]
    revision: Annotated[int, Field(description="grows with every change of the list")]
    latencyMs: Annotated[float, Field(description="delay of every call, milliseconds")]
    rules: list[RuleStatus]
    departed: Annotated[list[DepartedStatus], Field(description="the last 100, newest first")]


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
        self.is_ready = False
        """Whether LocalStack is ready and the rules given at start are in force."""
        self._lock = threading.Lock()
        self._advice: dict[str, list[Advice]] = {}
        self._advised: tuple[Entry, ...] = ()

    def document(self) -> StatusDocument:
        """Make the answer of ``/outages/status``."""
        entries = self._store.entries()
        now = self._store.clock()
        advice = self._advice_on(entries)
        return {
            "version": self._version,
            "localstack": self._localstack,
            "ready": self.is_ready,
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


def _in_list(entry: Entry, advice: list[Advice], now: float) -> RuleStatus:
    lifecycle = entry.lifecycle
    return {
        "id": entry.id,
        "rule": entry.document,
        "state": lifecycle.phase(now),
        "inForce": lifecycle.is_in_force(now),
        "hits": lifecycle.hits,
        "hitsLeft": lifecycle.hits_left,
        "startsIn": max(0.0, round(lifecycle.starts_at - now, 3)),
        "timeLeft": None if lifecycle.ends_at is None else round(lifecycle.ends_at - now, 3),
        "warnings": [
            {"code": a.code, "message": a.message, "field": a.field} for a in advice
        ],
    }


def _departed(departed: Departed, now: float) -> DepartedStatus:
    return {
        "id": departed.entry.id,
        "rule": departed.entry.document,
        "state": departed.why,
        "hits": departed.entry.lifecycle.hits,
        "secondsAgo": round(now - departed.at, 3),
    }
