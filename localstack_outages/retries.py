"""Judges how a client dealt with a failing call, from the attempts that it made.

Everything here is pure. The thresholds stand here with their reasons; ``verdicts`` says which
attempts belong to one call.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from typing import Literal, NamedTuple, get_args

from .observation import Observed

Ending = Literal["succeeded", "recovered", "failed", "open"]
"""``succeeded``: the first attempt was answered, however late. ``recovered``: a later one was.
``failed``: the client gave up. ``open``: it may try again."""

ENDINGS: tuple[Ending, ...] = get_args(Ending)

Flag = Literal[
    "neverRetried",
    "noBackoff",
    "retryStorm",
    "gaveUpEarly",
    "stoppedBelowMax",
    "retriedNonRetryable",
]
"""``neverRetried``: a failure that is worth another attempt got none. ``noBackoff``: retried without
a pause. ``retryStorm``: retried more often than any AWS SDK does. ``gaveUpEarly``: soon after it
gave up, the same operation was answered again. ``stoppedBelowMax``: retried, but less often than
it announced, as an SDK does whose retry quota is used up. ``retriedNonRetryable``: retried after an
error that a retry cannot cure."""

FLAGS: tuple[Flag, ...] = get_args(Flag)

OPEN_SECONDS = 30
"""So long after a failed attempt another may come. No AWS SDK waits longer by default: back-off ends
at 20 s, to which a server's ``x-amz-retry-after`` can add 5 s."""

STORM_ATTEMPTS = 10
"""More attempts than these are a storm. The most that an AWS SDK makes by default is 10: botocore's
legacy mode, for DynamoDB."""

FEW_GAPS_MS = 5.0
"""Two pauses, both under this, are no back-off. The shortest that an AWS SDK has by default is that
of botocore's standard mode, an even draw from 0 to 50 ms, then 100, then 200: it falls under this
once in 200 calls, and less often still once the way to LocalStack and back is in the pause."""

MANY_GAPS_MS = 10.0
"""Three pauses or more, of which three quarters are under this, are no back-off: once in 1000."""

SHORT_BACKOFF = frozenset(("dynamodb", "dynamodbstreams"))
"""For these the SDKs draw pauses half as long, and the thresholds are half as high."""

RETRYABLE_STATUS = frozenset((429, 500, 502, 503, 504))

RETRYABLE_CODES = frozenset(
    (
        "BadDigest",
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "IDPCommunicationError",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    )
)
"""What botocore retries at any status, in its legacy or its standard mode."""

SOMETIMES_RETRIED_CODES = frozenset(
    (
        "AuthFailure",
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "ExpiredTokenException",
        "IllegalLocationConstraintException",
        "InvalidSignatureException",
        "PermanentRedirect",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    )
)
"""What some SDKs send again after they changed the request: clock, credentials or region."""

_LIMITS = ("throttl", "toomany", "limitexceeded", "slowdown")


class Judgement(NamedTuple):
    """What is to be said of one logical call."""

    ending: Ending
    total_ms: float
    """From the arrival of its first attempt to the end of its last, milliseconds."""
    gaps_ms: list[float | None]
    """The pause before each further attempt, from the end of the one before to its arrival; None
    where the client did not wait for an answer (a timeout), so that its pause is not known."""
    flags: list[Flag]
    max_attempts: int | None
    """How many attempts the client announced that it would make."""


def is_retryable(observed: Observed) -> bool | None:
    """Say whether what a failed attempt got is worth another.

    :return: None where SDKs differ, or it is not known
    """
    fault = observed.fault
    if fault is not None and fault.connection is not None:
        return True
    status, code = observed.status, observed.error_code or ""
    if status is None or status in RETRYABLE_STATUS or code in RETRYABLE_CODES:
        return True
    if status >= 500 or code in SOMETIMES_RETRIED_CODES or status < 400:
        return None
    plain = code.lower()
    return None if any(word in plain for word in _LIMITS) else False


def has_failed(attempt: Observed) -> bool:
    """Whether an attempt got something else than the service's own answer to the call, such as
    ``404 NoSuchKey``.
    """
    if attempt.outcome == "clientError":
        return is_retryable(attempt) is True
    return attempt.outcome != "ok"


def judge(
    attempts: Sequence[Observed], now: float, *, left_out: int = 0, came_back: bool = False
) -> Judgement:
    """Judge a call.

    :param attempts: in the order of their arrival, at least one
    :param now: by the steady clock, seconds
    :param left_out: how many attempts before the last are not among those given
    :param came_back: whether the operation was answered again soon after the last attempt
    """
    first, last = attempts[0], attempts[-1]
    maximum = next((a.max_attempts for a in reversed(attempts) if a.max_attempts), None)
    ending = _ending(attempts, now, maximum)
    gaps = _gaps(attempts[:-1] if left_out else attempts)
    flags = list(_flags_of_giving_up(attempts, ending, maximum, came_back=came_back))
    if _has_no_backoff(gaps, last.service):
        flags.append("noBackoff")
    if len(attempts) + left_out > STORM_ATTEMPTS:
        flags.append("retryStorm")
    if _has_retried_in_vain(attempts):
        flags.append("retriedNonRetryable")
    return Judgement(
        ending=ending,
        total_ms=round((max(a.ended_at for a in attempts) - first.at) * 1000, 3),
        gaps_ms=gaps,
        flags=flags,
        max_attempts=maximum,
    )


def _ending(attempts: Sequence[Observed], now: float, maximum: int | None) -> Ending:
    last = attempts[-1]
    if not has_failed(last):
        return "succeeded" if len(attempts) == 1 else "recovered"
    announced = maximum is not None and (last.attempt or 0) >= maximum
    is_over = announced or is_retryable(last) is False or now - last.ended_at >= OPEN_SECONDS
    return "failed" if is_over else "open"


def _gaps(attempts: Sequence[Observed]) -> list[float | None]:
    return [
        None if not _has_answer(before, after) else round((after.at - before.ended_at) * 1000, 3)
        for before, after in pairwise(attempts)
    ]


def _has_answer(before: Observed, after: Observed) -> bool:
    """Whether the client had an answer, or an end of its connection, when it tried again.

    A hanging connection is only found to be given up some time after its client did so.
    """
    hung = before.fault is not None and before.fault.connection == "hang"
    return not hung and after.at >= before.ended_at


def _flags_of_giving_up(
    attempts: Sequence[Observed], ending: Ending, maximum: int | None, *, came_back: bool
) -> Iterator[Flag]:
    last = attempts[-1]
    if ending != "failed" or is_retryable(last) is not True:
        return
    if len(attempts) == 1 and (last.attempt or 1) == 1:
        yield "neverRetried"
    elif maximum is not None and (last.attempt or maximum) < maximum:
        yield "stoppedBelowMax"
    if came_back:
        yield "gaveUpEarly"


def _has_no_backoff(gaps: Sequence[float | None], service: str) -> bool:
    known = sorted(gap for gap in gaps if gap is not None)
    if len(known) < 2:
        return False
    limit = FEW_GAPS_MS if len(known) == 2 else MANY_GAPS_MS
    if service in SHORT_BACKOFF:
        limit /= 2
    return known[ceil(len(known) * 0.75) - 1] < limit


def _has_retried_in_vain(attempts: Sequence[Observed]) -> bool:
    return any(a.outcome == "injected" and is_retryable(a) is False for a in attempts[:-1])
