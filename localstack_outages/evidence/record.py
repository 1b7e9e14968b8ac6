"""One finished AWS call, as all that watches calls sees it, and the road by which it gets there."""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from localstack_outages.aws.aims import Aim
from localstack_outages.aws.sdk_headers import (
    NO_SDK,
    Sdk,
    read_invocation_id,
    read_sdk,
    read_sdk_request,
)
from localstack_outages.engine.finished import Finished, Injected, Peer
from localstack_outages.engine.steps import Delivery
from localstack_outages.schema.vocabulary import Origin, Outcome

LOG = logging.getLogger(__name__)


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
    injected: Injected | None = None
    """What was done to it; None where nothing was."""
    origin: Origin = "external"
    access_key: str | None = None
    """The access key of the principal."""
    principal: str | None = None
    """The ARN of who made it; None where no rule asked."""
    request_id: str | None = None
    client: Sdk = NO_SDK
    invocation_id: str | None = None
    """The same for all attempts of one logical call."""
    attempt: int | None = None
    """Which attempt it is, from 1, by the client's word."""
    max_attempts: int | None = None
    """After how many attempts the client will give up, by its own word."""
    aim: Aim | None = None
    """What its client is after; None where nobody asked, or it is not known."""
    peer: Peer | None = None
    """Where its client sends from; None as well."""
    decision_ms: float | None = None
    """How long it took to decide what to do to it, milliseconds."""
    trace: str | None = None
    """The header by which its client names its span: ``traceparent``, else ``X-Amzn-Trace-Id``."""
    entries: tuple[str, ...] = ()
    """The fingerprints of the entries that it has, in order; empty unless entries of its operation failed
    in the last minutes."""
    delivery: Delivery | None = None
    """How far the body of its answer has come, where a rule shapes it."""

    @property
    def ended_at(self) -> float:
        """When its answer was ready or its connection broken, by the steady clock, seconds."""
        return self.at + self.duration_ms / 1000

    @property
    def delivered_at(self) -> float:
        """When its client had the answer, as far as it came until now, by the steady clock, seconds."""
        delivery = self.delivery
        return self.ended_at if delivery is None else max(self.ended_at, delivery.until)


def observe(finished: Finished) -> Observed:
    """Make the record of a call that has ended."""
    call, envelope, injected = finished.call, finished.envelope, finished.injected
    attempt = read_sdk_request(envelope.sdk_request)
    return Observed(
        time=envelope.time,
        at=finished.at,
        duration_ms=(finished.ended_at - finished.at) * 1000,
        service=call.service,
        operation=call.operation,
        region=call.region,
        account=call.account,
        status=finished.status,
        outcome=outcome_of(finished.status, injected),
        error_code=finished.error_code,
        injected=injected,
        origin="internal" if call.internal else "external",
        access_key=envelope.access_key,
        principal=None if call.principal is None else call.principal.arn,
        request_id=finished.request_id,
        client=read_sdk(envelope.user_agent),
        invocation_id=read_invocation_id(envelope.invocation_id),
        attempt=attempt.number,
        max_attempts=attempt.maximum,
        aim=finished.aim,
        peer=finished.peer,
        decision_ms=finished.decision_ms,
        trace=envelope.trace,
        entries=finished.entries,
        delivery=finished.delivery,
    )


def outcome_of(status: int | None, injected: Injected | None) -> Outcome:
    """Say how a call ended.

    :param status: the HTTP status of the answer; None where there was none
    :param injected: what was done to it
    """
    if injected is not None and injected.fails:
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

    def finished(self, finished: Finished) -> None:
        """Hand on a call that has ended: what an ``Injector`` is given."""
        self.record(observe(finished))

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
