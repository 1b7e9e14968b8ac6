"""One finished AWS call, as all that watches calls sees it, and the road by which it gets there."""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Protocol, get_args

from .effects import ConnectionFault
from .sdk import NO_CLIENT, Client

LOG = logging.getLogger(__name__)

Origin = Literal["external", "internal"]
"""Whether an application made the call or one of LocalStack's own services."""

Outcome = Literal["ok", "injected", "clientError", "serverError"]
"""``injected`` where a rule failed the call or broke its connection; otherwise what LocalStack's
service answered: ``ok`` (below 400), ``clientError`` (4xx) or ``serverError`` (5xx, or nothing)."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Fault(NamedTuple):
    """What was done to a call."""

    rule_id: str | None
    """The rule that decided; None for the delay of every call."""
    rule_position: int | None
    """The rule's place in the list when it decided, counted from 0."""
    code: str | None = None
    """The code of the AWS error that the call got; None where it got none."""
    status: int | None = None
    """The HTTP status of that error."""
    delay_ms: float = 0
    """How long the call was made to wait, milliseconds."""
    connection: ConnectionFault | None = None
    """What happened to the connection in place of an answer."""

    @property
    def fails(self) -> bool:
        """Whether the call failed by it, and was not only delayed."""
        return self.code is not None or self.connection is not None


class Observed(NamedTuple):
    """One finished AWS call."""

    time: float
    """When it came, seconds since 1970 (UTC)."""
    at: float
    """When it came, by the steady clock, seconds."""
    duration_ms: float
    """From there until its answer was ready or its connection broken, milliseconds."""
    service: str
    operation: str
    region: str
    """The region that the client signed for."""
    account: str
    status: int | None
    """The HTTP status; None where there was no answer."""
    outcome: Outcome
    error_code: str | None = None
    """The AWS error code of the answer."""
    fault: Fault | None = None
    """What was done to it; None where nothing was."""
    origin: Origin = "external"
    access_key: str | None = None
    """The access key of the principal."""
    request_id: str | None = None
    client: Client = NO_CLIENT
    invocation_id: str | None = None
    """The same for all attempts of one logical call."""
    attempt: int | None = None
    """Which attempt it is, from 1, by the client's word."""
    max_attempts: int | None = None
    """After how many attempts the client will give up, by its own word."""
    fingerprint: object = None
    """Something hashable that is equal for equal requests, for clients that send no invocation id;
    None where it is not known."""
    decision_ms: float | None = None
    """How long it took to decide what to do to it, milliseconds."""

    @property
    def ended_at(self) -> float:
        """When it ended, by the steady clock, seconds."""
        return self.at + self.duration_ms / 1000


def outcome_of(status: int | None, fault: Fault | None) -> Outcome:
    """Say how a call ended.

    :param status: the HTTP status of the answer; None where there was none
    :param fault: what was done to it
    """
    if fault is not None and fault.fails:
        return "injected"
    if status is None or status >= 500:
        return "serverError"
    return "clientError" if status >= 400 else "ok"


def rfc3339(seconds: float) -> str:
    """Write a time as the journal does: ``2026-11-23T09:44:00.123Z``.

    :param seconds: since 1970 (UTC)
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class Sink(Protocol):
    """What keeps or counts finished calls."""

    def record(self, observed: Observed) -> None:
        """Take note of a call."""


class Observer:
    """Hands each finished call to all that watch.

    A failure in one of them is logged once and reaches neither the call nor the others.

    :param sinks: what watches, in the order in which it is told
    """

    def __init__(self, sinks: Iterable[Sink]) -> None:
        self._records: tuple[Callable[[Observed], None], ...] = tuple(s.record for s in sinks)
        self._warned: set[Callable[[Observed], None]] = set()

    def record(self, observed: Observed) -> None:
        """Hand on a call; never raises."""
        for record in self._records:
            try:
                record(observed)
            except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
                self._warn_once(record, e)

    def _warn_once(self, record: Callable[[Observed], None], error: Exception) -> None:
        if record not in self._warned:
            self._warned.add(record)
            LOG.warning(
                "Outages cannot keep what happened to calls (%s): %s",
                getattr(record, "__qualname__", record),
                error,
                exc_info=error,
            )
