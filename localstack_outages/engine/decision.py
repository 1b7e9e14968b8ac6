"""What is to be done to a call, and what of it is the same for all calls to one place."""

from collections.abc import Callable
from typing import NamedTuple

from localstack_outages.schema.effect import (
    AwsError,
    ConnectionFault,
    Effect,
    ErrorKind,
    ErrorSpec,
    FaultPhase,
    ListingFault,
    Payload,
    outage_message,
)

from .call import Key
from .hold import Hold
from .rule_state import Lifecycle
from .snapshot import Entry, Snapshot

AwsErrors = Callable[[str, ErrorKind, str], AwsError]
"""Gives the error that AWS itself answers for a service and an operation of it."""


class Decision(NamedTuple):
    """What is to be done to one call, ready to be performed."""

    rule_id: str | None
    """The rule that decided; None where only the delay of every call applies."""
    position: int | None
    """Its place in the list, counted from 0, without rules that are over."""
    delay_ms: float
    """How long the call waits first, milliseconds."""
    error: AwsError | None
    """The error that it gets."""
    connection: ConnectionFault | None
    """What happens to its connection in place of an answer."""
    phase: FaultPhase
    """When all of that happens, as the rule says."""
    hold: Hold
    """Released when the rule is deleted: a waiting call goes on and is left alone."""
    ends_at: float | None
    """When the rule's time is up, by the clock of the store; None where it has no end."""
    entry: Entry | None
    """The rule; a call that waits keeps it alive."""
    retry_after: float | None = None
    """After how many seconds the answer asks the client to try again."""
    skew: float = 0
    """How far the clock of the answer is ahead, seconds."""
    payload: Payload | None = None
    """What happens to the body of the answer."""
    entries: tuple[int, ...] | None = None
    """The places of the entries of a batch that fail, each with ``error``; None where the call is hit as a
    whole."""
    listing: ListingFault | None = None
    """How the page is changed that the call asks for."""

    @property
    def acts(self) -> FaultPhase:
        """Whether the failure takes the place of the operation or comes after it was carried out."""
        if self.connection == "truncate" or self.payload is not None:
            return "after"
        return self.phase


class Candidate:
    """A rule that matches a key, and what of its decisions is the same for all calls of that key."""

    __slots__ = ("_decision", "_key", "_position", "_snapshot", "effect", "entry")

    def __init__(self, entry: Entry, position: int, key: Key, snapshot: Snapshot) -> None:
        self.entry = entry
        self.effect = entry.lifecycle.effect
        self._position = position
        self._key = key
        self._snapshot = snapshot
        self._decision: Decision | None = None

    @property
    def always_fires(self) -> bool:
        """Whether no call gets past it."""
        entry = self.entry
        return (
            entry.lifecycle.always_fires
            and entry.condition is None
            and entry.principal is None
            and entry.headers is None
            and entry.rule.origin == "any"
        )

    @property
    def can_only_refuse(self) -> bool:
        """Whether it lets a call pass untouched or answers it with an error, and need not know the
        call's parameters or principal for that.
        """
        effect = self.effect
        return (
            self.entry.condition is None
            and self.entry.principal is None
            and not self.entry.lifecycle.asks_parameters
            and effect is not None
            and effect.error is not None
            and effect.connection is None
            and effect.phase == "before"
        )

    def decide_as_ever(self, aws_errors: AwsErrors) -> Decision:
        """Give the decision that comes of the effect of each hit; made once."""
        if self._decision is None:
            self._decision = self.decide(self.effect or Effect(), aws_errors)
        return self._decision

    def decide(self, effect: Effect, aws_errors: AwsErrors) -> Decision:
        """Make the decision that comes of an effect."""
        lifecycle = self.entry.lifecycle
        return Decision(
            rule_id=self.entry.id,
            position=self._position,
            delay_ms=effect.delay_ms + self._snapshot.latency_ms,
            error=None if effect.error is None else self._resolve(effect.error, aws_errors),
            connection=effect.connection,
            phase=effect.phase,
            hold=lifecycle.hold,
            ends_at=lifecycle.ends_at,
            entry=self.entry,
            retry_after=effect.retry_after,
            skew=effect.skew,
            payload=effect.payload,
            entries=effect.entries,
            listing=effect.listing,
        )

    def _resolve(self, error: ErrorSpec | ErrorKind, aws_errors: AwsErrors) -> AwsError:
        service, region, operation, _ = self._key
        if not isinstance(error, ErrorSpec):
            return aws_errors(service, error, operation)
        message = error.message
        if message is None:
            message = outage_message(service, region)
        return AwsError(error.code, error.status_code, message)


class Plan(NamedTuple):
    """What is known about all calls of one key."""

    certain: Lifecycle | None
    """Of the rule that decides on each of them; None where that differs from call to call."""
    decision: Decision | None
    """What happens to each of them, or to those that no candidate hits."""
    candidates: tuple[Candidate, ...]
    """The rules to be asked, in order."""
    refuses: bool
    """Whether all that a rule may do to a call of this key is to answer it with an error, and some
    rule may."""


def delay_only(snapshot: Snapshot) -> Decision:
    """Give what the delay of every call does to one that no rule hits."""
    return Decision(
        rule_id=None,
        position=None,
        delay_ms=snapshot.latency_ms,
        error=None,
        connection=None,
        phase="before",
        hold=snapshot.latency_hold,
        ends_at=None,
        entry=None,
    )
