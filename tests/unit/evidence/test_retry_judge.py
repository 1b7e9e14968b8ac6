"""How a client's retries are judged, from its attempts alone."""

import random

import pytest

from localstack_outages.aws.retryable import OPEN_SECONDS
from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.record import outcome_of
from localstack_outages.evidence.retry_judge import (
    STORM_ATTEMPTS,
    Circumstances,
    has_failed,
    is_retryable,
    judge,
)

from .samples import SAMPLE

OK = SAMPLE._replace(duration_ms=1.0)
SOON, LATER = 0.1, 1000.0


def failed(status=503, code="ServiceUnavailable", connection=None):
    """Give a call that a rule failed."""
    if connection is not None:
        fault = Injected("r1", 0, connection=connection)
        return OK._replace(status=None, outcome="injected", injected=fault)
    fault = Injected("r1", 0, code=code, status=status)
    return OK._replace(status=status, error_code=code, outcome="injected", injected=fault)


def answered(status, code=None):
    """Give a call that LocalStack's service answered."""
    return OK._replace(status=status, error_code=code, outcome=outcome_of(status, None))


def attempts(*calls, gaps=(), maximum=None, service="s3"):
    """Put calls in a row, with pauses in milliseconds; numbered where a maximum is given."""
    at, row = 0.0, []
    pauses = [*gaps, *[100.0] * len(calls)]
    for number, (call, pause) in enumerate(zip(calls, pauses, strict=False), 1):
        attempt = None if maximum is None else number
        row.append(call._replace(at=at, attempt=attempt, max_attempts=maximum, service=service))
        at = row[-1].ended_at + pause / 1000
    return row


def judged(*calls, after=LATER, came_back=False, **row):
    """Judge calls in a row some seconds after the last."""
    made = attempts(*calls, **row)
    return judge(made, made[-1].ended_at + after, Circumstances(came_back=came_back))


ERROR = failed()
DENIED = failed(403, "AccessDeniedException")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (failed(503, "Whatever"), True),
        (failed(500, "InternalFailure"), True),
        (failed(429, "Odd"), True),
        (failed(400, "ThrottlingException"), True),
        (failed(403, "RequestThrottled"), True),
        (failed(connection="reset"), True),
        (answered(None), True),
        (failed(403, "AccessDeniedException"), False),
        (failed(400, "ValidationException"), False),
        (answered(404, "NoSuchKey"), False),
        (failed(402, "LimitExceeded"), None),
        (failed(400, "KMSThrottlingException"), None),
        (failed(403, "RequestTimeTooSkewed"), None),
        (failed(403, "ExpiredToken"), None),
        (failed(529, "SiteIsOverloaded"), None),
        (failed(509, "BandwidthLimitExceeded"), True),
        (OK, None),
        (OK._replace(injected=Injected("r1", 0, connection="truncate"), outcome="injected"), True),
        (OK._replace(injected=Injected("r1", 0, payload="truncate"), outcome="injected"), True),
        (OK._replace(injected=Injected("r1", 0, payload="corrupt"), outcome="injected"), None),
    ],
)
def test_what_is_worth_a_retry(call, expected):
    """What botocore retries is worth it, other 4xx are not, and where SDKs differ nothing is said."""
    assert is_retryable(call) is expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (OK, False),
        (answered(404, "NoSuchKey"), False),
        (answered(403, "AccessDenied"), False),
        (answered(400, "ThrottlingException"), True),
        (answered(500, "InternalError"), True),
        (ERROR, True),
        (DENIED, True),
        (failed(connection="close"), True),
    ],
)
def test_what_is_a_failure(call, expected):
    """The service's own 4xx is an answer; what a rule did, a 5xx and throttling are failures."""
    assert has_failed(call) is expected


@pytest.mark.parametrize(
    ("calls", "maximum", "after", "ending"),
    [
        ([OK], 3, SOON, "succeeded"),
        ([ERROR, OK], 3, SOON, "recovered"),
        ([ERROR, ERROR, OK], None, SOON, "recovered"),
        ([ERROR, answered(404, "NoSuchKey")], 3, SOON, "recovered"),
        ([ERROR], 3, SOON, "open"),
        ([ERROR, ERROR], 3, SOON, "open"),
        ([ERROR, ERROR, ERROR], 3, SOON, "open"),
        ([ERROR, ERROR, ERROR], 3, OPEN_SECONDS + 0.01, "failed"),
        ([ERROR, ERROR], None, SOON, "open"),
        ([ERROR, ERROR], None, OPEN_SECONDS - 0.01, "open"),
        ([ERROR, ERROR], None, OPEN_SECONDS + 0.01, "failed"),
        ([ERROR], 1, SOON, "open"),
        ([ERROR], 1, OPEN_SECONDS + 0.01, "failed"),
        ([DENIED], 3, SOON, "failed"),
        ([ERROR, answered(500, "InternalError")], 3, SOON, "open"),
    ],
)
def test_endings(calls, maximum, after, ending):
    """An effort is open until it is answered, or 30 s have passed: after the last attempt that the SDK
    announced, the application may try again.
    """
    assert judged(*calls, maximum=maximum, after=after).ending == ending


@pytest.mark.parametrize(
    ("calls", "row", "flags"),
    [
        ([OK], {}, []),
        ([ERROR, OK], {}, []),
        ([ERROR, ERROR, ERROR], {"maximum": 3}, []),
        ([ERROR], {"maximum": 3}, ["neverRetried"]),
        ([ERROR], {"maximum": 1}, ["neverRetried"]),
        ([ERROR], {}, ["neverRetried"]),
        ([ERROR], {"after": SOON}, []),
        ([DENIED], {}, []),
        ([failed(529, "Odd")], {}, []),
        ([ERROR, ERROR], {"maximum": 3}, ["stoppedBelowMax"]),
        ([ERROR, ERROR], {"maximum": 3, "after": SOON}, []),
        ([ERROR, DENIED], {"maximum": 3}, []),
        ([ERROR, ERROR], {"maximum": 2, "came_back": True}, ["gaveUpEarly"]),
        ([ERROR], {"came_back": True}, ["neverRetried", "gaveUpEarly"]),
        ([ERROR, OK], {"came_back": True}, []),
        ([DENIED], {"came_back": True}, []),
        ([DENIED, OK], {}, ["retriedNonRetryable"]),
        ([DENIED, DENIED], {}, ["retriedNonRetryable"]),
        ([failed(403, "ExpiredToken"), OK], {}, []),
        ([answered(404, "NoSuchKey"), ERROR, OK], {}, []),
        ([ERROR] * STORM_ATTEMPTS + [OK], {}, ["retryStorm"]),
        ([ERROR] * (STORM_ATTEMPTS - 1) + [OK], {}, []),
        ([ERROR, ERROR, OK], {"gaps": (4.9, 4.9)}, ["noBackoff"]),
        ([ERROR, ERROR, OK], {"gaps": (4.9, 5.1)}, []),
        ([ERROR, OK], {"gaps": (0.5,)}, []),
        ([ERROR, ERROR, ERROR, OK], {"gaps": (9, 9, 9)}, ["noBackoff"]),
        ([ERROR, ERROR, ERROR, OK], {"gaps": (9, 9, 11)}, []),
        ([ERROR] * 4 + [OK], {"gaps": (1, 1, 500, 1)}, ["noBackoff"]),
        ([ERROR] * 4 + [OK], {"gaps": (1, 500, 500, 1)}, []),
        ([ERROR, ERROR, OK], {"gaps": (3, 3), "service": "dynamodb"}, []),
        ([ERROR, ERROR, OK], {"gaps": (2, 2), "service": "dynamodb"}, ["noBackoff"]),
        ([failed(connection="hang")] * 3 + [OK], {"gaps": (1, 1, 1)}, []),
    ],
)
def test_flags(calls, row, flags):
    """Each flag is raised by what it names, and not by its nearest neighbour."""
    assert judged(*calls, **row).flags == flags


def test_gaps_and_total_time():
    """Gaps are from the end of an attempt to the next one's arrival; the total is all of it."""
    judgement = judged(ERROR, ERROR, OK, gaps=(20, 50))

    assert judgement.gaps_ms == [20, 50]
    assert judgement.total_ms == 1 + 20 + 1 + 50 + 1


def test_a_client_that_did_not_wait():
    """Where the next attempt came before the end of one, its pause is unknown; it was no success."""
    slow = OK._replace(duration_ms=5000, injected=Injected("r1", 0, delay_ms=4999))
    judgement = judge([slow, slow._replace(at=1.0), OK._replace(at=2.0)], LATER)

    assert judgement.gaps_ms == [None, None]
    assert judgement.ending == "recovered"
    assert judgement.total_ms == 6000


def test_attempts_that_were_left_out():
    """The attempts that are not kept count for a storm, and the gap around them is left out."""
    row = attempts(*[ERROR] * 4, gaps=(20, 30, 40))
    judgement = judge(row, LATER, Circumstances(left_out=STORM_ATTEMPTS - 3))

    assert judgement.gaps_ms == [20, 30]
    assert judgement.flags == ["retryStorm"]


def test_the_maximum_is_the_last_that_was_announced():
    """The number of attempts that a client announces is taken from its newest attempt."""
    assert judged(ERROR, ERROR, maximum=4).max_attempts == 4
    assert judged(ERROR, ERROR).max_attempts is None


@pytest.mark.parametrize(
    ("retries", "base_ms", "service"),
    [(2, 50, "s3"), (4, 50, "s3"), (3, 25, "dynamodb"), (4, 1000, "sqs"), (9, 100, "s3")],
)
def test_honest_back_off_is_not_flagged(retries, base_ms, service):
    """Of 5000 calls with the jittered back-off of an AWS SDK, at most one in 100 is flagged."""
    chance = random.Random(7)
    calls = [ERROR] * retries + [OK]

    def gaps():
        return [chance.random() * min(base_ms * 2**n, 20_000) for n in range(retries)]

    flagged = sum(
        "noBackoff" in judged(*calls, gaps=gaps(), service=service).flags for _ in range(5000)
    )

    assert flagged <= 50
