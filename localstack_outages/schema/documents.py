"""The JSON that the control API answers, field by field, with units. Times of day are RFC 3339, UTC.

The module has over 300 lines because every field is described.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from .effect import ConnectionFault, ListingFault, PayloadFault
from .vocabulary import Bound, Departure, Ending, Flag, Origin, Outcome, Phase


class WarningStatus(TypedDict):
    """A likely mistake in a rule."""

    code: Annotated[str, Field(description="what kind of mistake it is")]
    message: str
    field: Annotated[str, Field(description="the field of the rule")]


class Words(TypedDict):
    """A rule in words."""

    what: Annotated[str, Field(description="which calls it is for: s3.Get* in us-*")]
    how: Annotated[str, Field(description="what it does to them: 250 ms late, 503 SlowDown")]
    when: Annotated[str, Field(description="when and how often; empty where always")]


class RuleStatus(TypedDict):
    """A rule that is in the list."""

    id: Annotated[str, Field(description="name of the rule in this LocalStack")]
    owner: Annotated[str | None, Field(description="whose rule it is; null where nobody's")]
    rule: Annotated[dict[str, Any], Field(description="the rule as it was sent")]
    words: Words
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
    owner: str | None
    rule: dict[str, Any]
    words: Words
    state: Departure
    hits: int
    startedAgo: Annotated[
        float | None, Field(description="seconds since it started; null where it never did")
    ]
    secondsAgo: Annotated[float, Field(description="seconds since it left")]


class FleetEvidence(TypedDict):
    """How the evidence of a fleet comes together, as one host sees it since its start."""

    sent: Annotated[
        int, Field(description="calls of this host that Redis has taken for the others")
    ]
    waiting: Annotated[int, Field(description="calls of this host that are still to be sent")]
    lost: Annotated[
        int, Field(description="calls of this host that others will not know: too many waited")
    ]
    received: Annotated[int, Field(description="calls of other hosts")]
    missed: Annotated[
        int, Field(description="calls of other hosts that were lost before they came here")
    ]
    unreadable: Annotated[
        int, Field(description="what came of other hosts and is not understood: of another version")
    ]


class FleetStatus(TypedDict):
    """How the fleet is doing that a host belongs to."""

    replica: Annotated[str, Field(description="names this host among the others")]
    replicas: Annotated[
        int, Field(description="how many hosts there are, when Redis last answered")
    ]
    redis: Annotated[
        Literal["connected", "gone"], Field(description="whether Redis, or Valkey, answers")
    ]
    goneSince: Annotated[
        str | None, Field(description="since when it does not, UTC; null while it does")
    ]
    without: Annotated[
        Literal["closed", "open"],
        Field(
            description="what a rule with a shared budget does meanwhile: it hits no call, or each "
            "host counts for itself"
        ),
    ]
    evidence: Annotated[
        FleetEvidence, Field(description="how what is told of calls comes together")
    ]


class StatusDocument(TypedDict):
    """How the rules are doing."""

    version: Annotated[str, Field(description="version of the extension")]
    localstack: Annotated[
        str, Field(description="version of LocalStack, or what the gateway stands before")
    ]
    instance: Annotated[str, Field(description="another one after each start of LocalStack")]
    ready: Annotated[bool, Field(description="whether the rules given at start are in force")]
    revision: Annotated[int, Field(description="grows with every change of the list")]
    latencyMs: Annotated[float, Field(description="delay of every call, milliseconds")]
    rules: list[RuleStatus]
    departed: Annotated[list[DepartedStatus], Field(description="the last 100, newest first")]
    fleet: Annotated[
        FleetStatus | None,
        Field(description="the hosts that share their rules; null where this one is on its own"),
    ]


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


class FailedEntries(TypedDict):
    """How many entries of a batch failed."""

    failed: int
    of: Annotated[int, Field(description="how many entries the batch has")]


class Injected(TypedDict):
    """What was done to a call."""

    error: InjectedError | None
    delayMs: Annotated[float, Field(description="how long it was made to wait, milliseconds")]
    connection: Annotated[
        ConnectionFault | None, Field(description="what happened to its connection")
    ]
    done: Annotated[bool, Field(description="whether the operation was carried out before that")]
    payload: NotRequired[
        Annotated[PayloadFault, Field(description="what happened to the body of its answer")]
    ]
    listing: NotRequired[
        Annotated[ListingFault, Field(description="how the page was changed that it asked for")]
    ]
    partial: NotRequired[
        Annotated[
            FailedEntries, Field(description="of a batch whose other entries were carried out")
        ]
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
    principal: Annotated[
        str | None, Field(description="ARN of who made the call; null where no rule asked")
    ]
    requestId: str | None
    outcome: Outcome
    statusCode: Annotated[int | None, Field(description="HTTP status; null without an answer")]
    errorCode: Annotated[str | None, Field(description="the error code of the answer")]
    ruleId: Annotated[str | None, Field(description="null for the delay of every call")]
    rulePosition: Annotated[int | None, Field(description="the rule's place in the list, from 0")]
    owner: Annotated[str | None, Field(description="the rule's owner; null where it has none")]
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


class EntryCounts(TypedDict):
    """What became of the entries of batches that rules failed. One that fails in several batches counts
    in each.
    """

    entriesFailed: int
    entriesRecovered: Annotated[int, Field(description="how many of them were carried out later")]
    entriesLost: Annotated[int, Field(description="how many of them were not, in 30 seconds")]


class CallFigures(EntryCounts):
    """Efforts, counted."""

    calls: Annotated[int, Field(description="efforts, each with all its tries and attempts")]
    guessed: Annotated[int, Field(description="whose tries or attempts were put together by guess")]
    endings: dict[Ending, int]
    flags: dict[Flag, int]
    attempts: Annotated[dict[str, int], Field(description="efforts by number of attempts")]
    tries: Annotated[dict[str, int], Field(description="efforts by number of tries")]


class VerdictSummary(CallFigures):
    """All efforts that are kept, in figures."""

    recoveryMs: Recovery
    forgotten: Annotated[int, Field(description="older efforts that are not kept any more")]


class EffortAttempt(TypedDict):
    """One attempt of an effort."""

    time: Annotated[str, Field(description="when it came, as in its record in the journals")]
    atMs: Annotated[
        float, Field(description="from the begin of the effort by a steady clock, milliseconds")
    ]
    durationMs: Annotated[float, Field(description="until its answer, milliseconds")]
    newTry: Annotated[bool, Field(description="whether the application made it, not the SDK")]
    outcome: Outcome
    statusCode: int | None
    errorCode: str | None
    connection: ConnectionFault | None
    payload: PayloadFault | None
    delayMs: float
    ruleId: str | None


class Verdict(EntryCounts):
    """What an application made of the faults that it met in getting one thing done."""

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
        Literal["invocationId", "aim", "guessed"],
        Field(description="how its attempts and tries were put together"),
    ]
    attempts: Annotated[int, Field(description="requests, of all tries together")]
    tries: Annotated[int, Field(description="invocations of the SDK by the application")]
    mostAttemptsPerTry: Annotated[int, Field(description="the most requests that one try made")]
    maxAttempts: Annotated[
        int | None, Field(description="after how many attempts of a try the client gives up")
    ]
    gapsMs: Annotated[
        list[float | None], Field(description="from an attempt's end to the next, milliseconds")
    ]
    tryGapsMs: Annotated[
        list[float | None], Field(description="those of the gaps that are between tries")
    ]
    ending: Ending
    totalMs: Annotated[float, Field(description="from its begin to its end, milliseconds")]
    lastStatusCode: int | None
    lastErrorCode: str | None
    done: Annotated[
        bool, Field(description="whether an attempt was carried out, and its client told otherwise")
    ]
    partial: NotRequired[
        Annotated[FailedEntries, Field(description="of the last attempt that failed in part")]
    ]
    ruleIds: Annotated[list[str], Field(description="the rules that touched it")]
    owners: Annotated[list[str], Field(description="the owners of those rules")]
    flags: list[Flag]
    strip: Annotated[
        list[EffortAttempt],
        Field(description="its first 20 attempts; empty in /outages/evidence"),
    ]


class Advice(TypedDict):
    """What to change about an application whose efforts have a flag."""

    flag: Flag
    efforts: Annotated[int, Field(description="how many have it")]
    text: Annotated[str, Field(description="what happened and what helps, with figures")]
    boto3: Annotated[str | None, Field(description="what to set in boto3; null where nothing")]
    javascript: Annotated[str | None, Field(description="in the AWS SDK for JavaScript v3")]
    java: Annotated[str | None, Field(description="in the AWS SDK for Java v2")]


class VerdictsDocument(TypedDict):
    """How applications dealt with the faults."""

    summary: VerdictSummary
    verdicts: Annotated[list[Verdict], Field(description="newest first")]
    advice: Annotated[list[Advice], Field(description="for each flag that some effort has")]


class Mark(TypedDict):
    """A moment with a name, after which verdicts can be asked for."""

    name: str
    time: Annotated[str, Field(description="when it was set")]


class MarksDocument(TypedDict):
    """The marks that are kept."""

    marks: Annotated[list[Mark], Field(description="the one that was set first comes first")]


class RuleEvidence(TypedDict):
    """A rule of an owner, in the list or not any more."""

    id: str
    rule: Annotated[dict[str, Any], Field(description="the rule as it was sent")]
    state: Phase | Departure
    hits: Annotated[int, Field(description="how often it fired")]


class CallsEvidence(CallFigures):
    """What became of the efforts that rules of an owner touched."""

    fewestAttempts: Annotated[
        list[Verdict], Field(description="the 5 efforts with the fewest attempts, fewest first")
    ]
    noBackoff: Annotated[
        list[Verdict], Field(description="5 efforts with this flag, those with most attempts first")
    ]
    carriedOutTwice: Annotated[list[Verdict], Field(description="5 efforts with this flag")]


class PlaceEvidence(TypedDict):
    """An operation that rules of an owner failed, and whether it works again."""

    service: str
    operation: str
    region: str
    account: str
    failures: Annotated[int, Field(description="attempts that rules of this owner failed")]
    lastFailedAt: Annotated[str, Field(description="when the last of them ended")]
    lastFailedAgo: Annotated[float, Field(description="the same in seconds until now")]
    recoveredAfter: Annotated[
        float | None,
        Field(description="seconds from there to the first good answer; null where none came"),
    ]


class EntriesEvidence(TypedDict):
    """The entries of batches that rules of an owner failed at one place, and whether they were sent
    again.
    """

    service: str
    operation: str
    region: str
    account: str
    failed: Annotated[
        int, Field(description="entries that failed; one that fails again counts once")
    ]
    recovered: Annotated[int, Field(description="how many of them were carried out later")]
    longestRecovery: Annotated[
        float | None,
        Field(
            description="the most seconds from the last failure of one until it was sent for that"
        ),
    ]
    missingFor: Annotated[
        float | None,
        Field(
            description="seconds since the first of those failed that are missing; null where none"
        ),
    ]


class BoundReached(TypedDict):
    """A bound that was reached, so that something is not known."""

    bound: Bound
    limit: Annotated[int, Field(description="how many are kept")]
    lost: Annotated[int, Field(description="how many of this owner are not known")]
    message: str


class EvidenceDocument(TypedDict):
    """What the rules of an owner did, counted as it happened."""

    owner: str
    instance: Annotated[
        str, Field(description="as of the status: what was before a restart is not known")
    ]
    complete: Annotated[bool, Field(description="whether nothing was lost by a bound")]
    reached: Annotated[list[BoundReached], Field(description="the bounds that were reached")]
    hits: Annotated[int, Field(description="how often its rules fired; never affected by a bound")]
    rules: Annotated[
        list[RuleEvidence],
        Field(description="those that left the list first, then the others in order"),
    ]
    calls: CallsEvidence
    places: list[PlaceEvidence]
    entries: Annotated[
        list[EntriesEvidence],
        Field(description="of batches in which rules of this owner failed some"),
    ]
