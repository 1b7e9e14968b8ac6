"""The JSON that the control API answers, field by field, with units. Times of day are RFC 3339, UTC."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from .effects import ConnectionFault
from .lifecycle import Phase
from .observation import Origin, Outcome
from .retries import Ending, Flag
from .store import Departure


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
    startedAgo: Annotated[float | None, Field(description="seconds since it started; null before")]
    timeLeft: Annotated[float | None, Field(description="seconds until it ends")]
    warnings: list[WarningStatus]


class DepartedStatus(TypedDict):
    """A rule that left the list."""

    id: str
    rule: dict[str, Any]
    state: Departure
    hits: int
    startedAgo: Annotated[
        float | None, Field(description="seconds since it started; null where it never did")
    ]
    secondsAgo: Annotated[float, Field(description="seconds since it left")]


class StatusDocument(TypedDict):
    """How the rules are doing."""

    version: Annotated[str, Field(description="version of the extension")]
    localstack: Annotated[str, Field(description="version of LocalStack")]
    instance: Annotated[str, Field(description="another one after each start of LocalStack")]
    ready: Annotated[bool, Field(description="whether the rules given at start are in force")]
    revision: Annotated[int, Field(description="grows with every change of the list")]
    latencyMs: Annotated[float, Field(description="delay of every call, milliseconds")]
    rules: list[RuleStatus]
    departed: Annotated[list[DepartedStatus], Field(description="the last 100, newest first")]


class ErrorPlace(TypedDict):
    """One fault of a request."""

    message: str
    path: Annotated[str, Field(description="where in the request it is")]


class ErrorBody(TypedDict, total=False):
    """Why a request is refused."""

    code: Annotated[str, Field(description="what kind of error it is, for programs")]
    message: Annotated[str, Field(description="what is wrong, and what would be right")]
    path: Annotated[str, Field(description="where in the request it is, such as [2].error.code")]
    others: Annotated[list[ErrorPlace], Field(description="further faults of the rules")]


class ErrorDocument(TypedDict):
    """The answer to a request that is refused."""

    error: ErrorBody


class InjectedError(TypedDict):
    """The AWS error that a call got."""

    code: str
    statusCode: int


class Injected(TypedDict):
    """What was done to a call."""

    error: InjectedError | None
    delayMs: Annotated[float, Field(description="how long it was made to wait, milliseconds")]
    connection: Annotated[
        ConnectionFault | None, Field(description="what happened to its connection")
    ]


class Client(TypedDict):
    """The SDK that made a call, as it says itself."""

    name: str | None
    version: str | None
    retryMode: Annotated[str | None, Field(description="legacy, standard or adaptive")]


class Attempt(Client):
    """The SDK that made a call, and which attempt it was."""

    invocationId: Annotated[str | None, Field(description="the same for all attempts of a call")]
    attempt: Annotated[int | None, Field(description="which attempt, from 1")]
    maxAttempts: Annotated[int | None, Field(description="after how many the client gives up")]


class Event(TypedDict):
    """A finished call."""

    sequence: Annotated[int, Field(description="its number; from 1, without gaps")]
    time: Annotated[str, Field(description="when it came")]
    offsetMs: Annotated[float, Field(description="the same by a steady clock, milliseconds")]
    durationMs: Annotated[float, Field(description="until its answer was ready, milliseconds")]
    service: str
    operation: str
    region: str
    account: str
    origin: Origin
    accessKey: Annotated[str | None, Field(description="of the principal")]
    requestId: str | None
    outcome: Outcome
    statusCode: Annotated[int | None, Field(description="HTTP status; null without an answer")]
    errorCode: Annotated[str | None, Field(description="the error code of the answer")]
    ruleId: Annotated[str | None, Field(description="null for the delay of every call")]
    rulePosition: Annotated[int | None, Field(description="the rule's place in the list, from 0")]
    injected: Injected
    client: Attempt


class EventsDocument(TypedDict):
    """A page of the journal."""

    events: list[Event]
    next: Annotated[int, Field(description="what to give as after for the next page")]
    missed: Annotated[int, Field(description="events that fell out of the journal unread")]


class Counts(TypedDict):
    """Calls by outcome, and their latency."""

    calls: int
    ok: int
    injected: Annotated[int, Field(description="a rule failed them")]
    clientError: Annotated[int, Field(description="LocalStack's service answered 4xx")]
    serverError: Annotated[int, Field(description="LocalStack's service answered 5xx")]
    p50Ms: Annotated[float | None, Field(description="median latency, milliseconds")]
    p95Ms: Annotated[float | None, Field(description="95th percentile, milliseconds")]
    p99Ms: Annotated[float | None, Field(description="99th percentile, milliseconds")]


class PlaceCounts(Counts):
    """The calls to a service in a region."""

    service: str
    region: str
    lastInjected: Annotated[
        str | None, Field(description="the last second in which a rule failed a call; null if none")
    ]
    recoveredAt: Annotated[
        str | None, Field(description="the first later second in which a call succeeded")
    ]


class SecondCounts(Counts):
    """The calls that ended in a second."""

    time: str


TrafficDocument = TypedDict(
    "TrafficDocument",
    {
        "from": Annotated[str, Field(description="the first second")],
        "until": Annotated[str, Field(description="now; the last second still runs")],
        "total": Counts,
        "places": list[PlaceCounts],
        "seconds": Annotated[list[SecondCounts], Field(description="oldest first")],
    },
)
"""All calls of the last minutes."""


class NamesDocument(TypedDict):
    """The names that AWS has, sorted."""

    services: Annotated[list[str], Field(description="as botocore and LocalStack name them")]
    regions: Annotated[list[str], Field(description="of all partitions")]
    operations: NotRequired[
        Annotated[list[str], Field(description="of the service that was asked for")]
    ]


class Recovery(TypedDict):
    """How long calls took that recovered, milliseconds."""

    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


class VerdictSummary(TypedDict):
    """All calls that are kept, in figures."""

    calls: Annotated[int, Field(description="logical calls, each with all its attempts")]
    guessed: Annotated[int, Field(description="whose attempts were found without an id")]
    endings: dict[Ending, int]
    flags: dict[Flag, int]
    attempts: Annotated[dict[str, int], Field(description="calls by number of attempts")]
    recoveryMs: Recovery
    forgotten: Annotated[int, Field(description="older calls that are not kept any more")]


class Verdict(TypedDict):
    """What a client made of the faults of one logical call."""

    time: Annotated[str, Field(description="when its first attempt came")]
    service: str
    operation: str
    region: str
    account: str
    origin: Origin
    accessKey: str | None
    client: Client
    invocationId: str | None
    grouping: Annotated[
        Literal["invocationId", "guessed"], Field(description="how its attempts were found")
    ]
    attempts: int
    maxAttempts: Annotated[int | None, Field(description="after how many the client gives up")]
    gapsMs: Annotated[
        list[float | None], Field(description="from an attempt's end to the next, milliseconds")
    ]
    ending: Ending
    totalMs: Annotated[float, Field(description="from its begin to its end, milliseconds")]
    lastStatusCode: int | None
    lastErrorCode: str | None
    ruleIds: Annotated[list[str], Field(description="the rules that touched it")]
    flags: list[Flag]


class VerdictsDocument(TypedDict):
    """How clients retried."""

    summary: VerdictSummary
    verdicts: Annotated[list[Verdict], Field(description="newest first")]
