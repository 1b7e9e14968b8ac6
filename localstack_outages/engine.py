"""Decides what happens to a call: the first rule that fires, with all its chances drawn."""

import logging
import threading
from collections.abc import Callable
from typing import Literal, NamedTuple

from .effects import AwsError, ConnectionFault, Effect, ErrorKind, ErrorSpec
from .matching import Call
from .store import Entry, Snapshot, Store

LOG = logging.getLogger(__name__)

MANY = 16
"""So many rules that are over are worth the time to pass over them in later calls."""

AwsErrors = Callable[[str, ErrorKind], AwsError]
"""Gives the error that AWS itself answers for a service."""


class Decision(NamedTuple):
    """What is to be done to one call, ready to be performed."""

    rule_id: str | None
    """The rule that decided; None where only the delay of every call applies."""
    position: int | None
    """Its place in the list, counted from 0."""
    delay_ms: float
    """How long the call waits first, milliseconds."""
    error: AwsError | None
    """The error that it gets."""
    connection: ConnectionFault | None
    """What happens to its connection in place of an answer."""
    acts: Literal["before", "after"]
    """Whether the fault takes the place of the operation or comes after it was carried out."""
    released: threading.Event
    """Set when the rule is deleted: a waiting call goes on and is left alone."""
    ends_at: float | None
    """When the rule's time is up, by the clock of the store; None where it has no end."""
    entry: Entry | None
    """Holds on to the rule while the call waits on it."""


class Engine:
    """Decides for each call.

    :param store: the rules
    :param aws_errors: gives the error that AWS itself answers for a service and a kind
    """

    def __init__(self, store: Store, aws_errors: AwsErrors) -> None:
        self._store = store
        self._aws_errors = aws_errors

    def decide(self, call: Call) -> Decision | None:
        """Give what happens to a call; None where it passes untouched."""
        snapshot = self._store.snapshot
        if snapshot.is_empty:
            return None
        key = call[:4]
        candidates = snapshot.candidates(key)
        if candidates:
            now = self._store.clock()
            over = 0
            for entry in candidates:
                effect = self._effect(entry, call, now)
                if effect is not None:
                    return self._decision(entry, effect, call, snapshot)
                over += entry.lifecycle.is_over(now)
                if over == MANY:
                    snapshot.forget(key, now)
        return _delay_only(snapshot) if snapshot.latency_ms else None

    def _effect(self, entry: Entry, call: Call, now: float) -> Effect | None:
        """Ask one rule. A fault of ours must not become the application's: the rule then passes."""
        try:
            origin = entry.rule.origin
            if origin != "any" and (origin == "internal") != call.internal:
                return None
            condition = entry.condition
            if condition is not None and (
                not entry.lifecycle.is_in_force(now) or not condition.search(call.parameters)
            ):
                return None
            return entry.lifecycle.fire(call, now)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warn_once(entry, e)
            return None

    def _warn_once(self, entry: Entry, error: Exception) -> None:
        if not entry.has_warned:
            entry.has_warned = True
            LOG.warning(
                "Outage rule %s %s cannot be applied to a call, which passes: %s",
                entry.id,
                entry.document,
                error,
                exc_info=LOG.isEnabledFor(logging.DEBUG),
            )

    def _decision(self, entry: Entry, effect: Effect, call: Call, snapshot: Snapshot) -> Decision:
        return Decision(
            rule_id=entry.id,
            position=snapshot.position(entry),
            delay_ms=effect.delay_ms + snapshot.latency_ms,
            error=None if effect.error is None else self._resolve(effect.error, call),
            connection=effect.connection,
            acts="after" if effect.connection == "truncate" else "before",
            released=entry.lifecycle.released,
            ends_at=entry.lifecycle.ends_at,
            entry=entry,
        )

    def _resolve(self, error: ErrorSpec | ErrorKind, call: Call) -> AwsError:
        if not isinstance(error, ErrorSpec):
            return self._aws_errors(call.service, error)
        message = error.message
        if message is None:
            message = (
                f"Service '{call.service}' not accessible in '{call.region}' region "
                "due to an outage"
            )
        return AwsError(error.code, error.status_code, message)


def _delay_only(snapshot: Snapshot) -> Decision:
    return Decision(
        rule_id=None,
        position=None,
        delay_ms=snapshot.latency_ms,
        error=None,
        connection=None,
        acts="before",
        released=snapshot.latency_over,
        ends_at=None,
        entry=None,
    )
