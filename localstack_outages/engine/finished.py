"""A call that has ended, and what was done to it: all of which the record is made."""

from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.aws.aims import Aim
from localstack_outages.schema.effect import (
    ConnectionFault,
    ListingFault,
    PartialFailure,
    PayloadFault,
)

from .call import Call

if TYPE_CHECKING:
    from .steps import Delivery


class Peer(NamedTuple):
    """Where a client sends from."""

    address: str
    port: int
    thread: str | None = None
    """Its process and thread, where it says so."""


MAX_REQUEST_ID_LENGTH = 128
"""AWS and LocalStack have 36 to 76 characters. A client may send its own, of any length."""


class Injected(NamedTuple):
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
    owner: str | None = None
    """The owner of the rule."""
    done: bool = False
    """Whether the operation was carried out before that: done, but reported as failed, slow or cut."""
    payload: PayloadFault | None = None
    """What happened to the body of its answer."""
    partial: PartialFailure | None = None
    """Which entries failed, of a batch whose others were carried out."""
    listing: ListingFault | None = None
    """How the page was changed that it asked for."""

    @property
    def fails(self) -> bool:
        """Whether the call failed by it, and was not only delayed."""
        return (
            self.code is not None
            or self.connection is not None
            or self.payload in ("truncate", "corrupt")
        )


class Envelope(NamedTuple):
    """What came with a call beside what it asks for. Rules ask for the access key, the
    invocation id and the time alone.

    A host fills it in. What stands here as it came is parsed when the record is made.
    """

    time: float
    """When the call came, seconds since 1970 (UTC)."""
    access_key: str | None = None
    """The access key of the principal."""
    user_agent: str | None = None
    """The header ``User-Agent``."""
    invocation_id: str | None = None
    """The header ``amz-sdk-invocation-id``."""
    sdk_request: str | None = None
    """The header ``amz-sdk-request``."""
    signed_at: str | None = None
    """The header ``X-Amz-Date``: when the client says that it signed the request."""
    trace: str | None = None
    """The header ``traceparent``, else ``X-Amzn-Trace-Id``: the span of the client that makes it."""


class Finished(NamedTuple):
    """A call that has ended."""

    call: Call
    envelope: Envelope
    injected: Injected | None
    """What was done to it; None where nothing was."""
    at: float
    """When it came, by the clock of the rules, seconds."""
    ended_at: float
    """When its answer was ready or its connection broken, by the same clock."""
    decision_ms: float
    """How long it took to decide what to do to it, milliseconds."""
    status: int | None
    """The HTTP status of its answer; None where it got none."""
    error_code: str | None
    """The AWS error code of its answer."""
    request_id: str | None
    entries: tuple[str, ...] = ()
    """The fingerprints of the entries that it has, in order, where it is of an operation on which entries
    failed in the last minutes: see ``engine.entries``. Those that failed this time are among them."""
    aim: Aim | None = None
    """What its client is after; None where nobody asks, or it is not known."""
    peer: Peer | None = None
    """Where its client sends from; None as well."""
    delivery: "Delivery | None" = None
    """How far the body of its answer has come, where a rule shapes it: that goes on meanwhile."""
