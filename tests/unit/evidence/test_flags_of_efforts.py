"""Flags that take more than a failed call: lost answers, quotas, half answers, and what helps."""

import pytest

from localstack_outages.aws.aims import Aim
from localstack_outages.aws.sdk_headers import Sdk
from localstack_outages.engine.finished import Injected, Peer
from localstack_outages.evidence.verdicts import Verdicts

from .samples import SAMPLE

SDK = Sdk("boto3", "1.42.0", "standard")
LOST = Injected("r1", 0, connection="reset", done=True)
BUSY = Injected("r1", 0, code="SlowDown", status=503)
LATE = Injected("r1", 0, delay_ms=5000)


def call(at, attempt=1, *, fault=None, seconds=0.01, status=200, code=None, token=None, **fields):
    """Give an attempt of a call that sends a message."""
    outcome = (
        "injected" if fault is not None and fault.fails else "ok" if status < 400 else "clientError"
    )
    if fault is BUSY:
        status, code = 503, "SlowDown"
    return SAMPLE._replace(
        service="sqs",
        operation="SendMessage",
        time=SAMPLE.time + at,
        at=at,
        duration_ms=seconds * 1000,
        status=None if fault is LOST else status,
        outcome=outcome,
        error_code=code,
        injected=fault,
        client=SDK,
        invocation_id="i-1",
        attempt=attempt,
        max_attempts=3,
        aim=Aim(1, token),
        peer=Peer("10.0.0.1", 40_000),
    )._replace(**fields)


def judged(*calls, now=1000.0):
    """Give the one verdict on some calls."""
    verdicts = Verdicts(lambda: now)
    for one in sorted(calls, key=lambda one: one.ended_at):
        verdicts.record(one)
    (verdict,) = verdicts.report()["verdicts"]
    return verdict


@pytest.mark.parametrize(
    ("calls", "flags"),
    [
        ((call(0, fault=LOST), call(1, 2)), ["carriedOutTwice"]),
        ((call(0, fault=LATE, seconds=5), call(3, 2)), ["carriedOutTwice"]),
        ((call(0, fault=LATE, seconds=5), call(6, 2)), []),
        ((call(0, fault=BUSY), call(1, 2)), []),
        ((call(0, fault=LOST, token=7), call(1, 2, token=7)), []),
        ((call(0, fault=LOST, token=7), call(1, 2, token=8)), ["carriedOutTwice"]),
        (
            (call(0, fault=LOST, operation="DeleteMessage"), call(1, 2, operation="DeleteMessage")),
            [],
        ),
        ((call(0, fault=LOST), call(1, 2, fault=BUSY), call(2, 3)), ["carriedOutTwice"]),
    ],
)
def test_carried_out_twice(calls, flags):
    """Only a write that was carried out, whose client did not know it, and that was carried out again;
    not where the service knows it by a token, or where it comes to the same.
    """
    assert flags == judged(*calls)["flags"]


def test_failed_after_a_retry():
    """A retry that is refused because the first attempt was carried out has failed, and is no recovery;
    the same answer after an attempt that was never carried out is the service's own.
    """
    refused = {"status": 404, "code": "NoSuchUpload"}
    lost = judged(call(0, fault=LOST), call(1, 2, **refused))
    own = judged(call(0, fault=BUSY), call(1, 2, **refused))

    assert ("failed", ["failedAfterRetry"]) == (lost["ending"], lost["flags"])
    assert ("recovered", []) == (own["ending"], own["flags"])


@pytest.mark.parametrize("mode", ["standard", "legacy"])
def test_a_quota_that_is_used_up(mode):
    """A client that has made many retries and stops has used up its quota; legacy mode has none."""
    client = SDK._replace(retry_mode=mode)
    verdicts = Verdicts(lambda: 1000.0)
    for number in range(20):
        for attempt in (1, 2, 3):
            one = call(number + attempt / 10, attempt, fault=BUSY, client=client)
            verdicts.record(one._replace(invocation_id=f"i-{number}", aim=Aim(number)))
    last = call(30, fault=BUSY, client=client)
    verdicts.record(last._replace(invocation_id="last", aim=Aim(99), max_attempts=None))
    newest = verdicts.report()["verdicts"][0]

    assert 3 == newest["maxAttempts"]
    assert ["quotaUsedUp" if mode == "standard" else "neverRetried"] == newest["flags"]


@pytest.mark.parametrize(
    ("service", "version", "flag"),
    [
        ("sqs", "1.44.5", "halfAnswerTaken"),
        ("sqs", "1.42.0", "neverRetried"),
        ("s3", "1.44.5", "neverRetried"),
    ],
)
def test_half_an_answer(service, version, flag):
    """New botocore takes half a JSON answer for a whole one; older ones, and other protocols, fail."""
    cut = Injected("r1", 0, connection="truncate", done=True)
    one = call(0, fault=cut, service=service, operation="ListQueues", client=Sdk("boto3", version))

    assert [flag] == judged(one)["flags"]


def test_both_levels_multiply():
    """Two tries of two attempts each: the application and the SDK retry."""
    calls = [
        call(at, attempt, fault=BUSY if at < 3 else None, invocation_id=invocation)
        for at, attempt, invocation in ((0, 1, "a"), (1, 2, "a"), (2, 1, "b"), (3, 2, "b"))
    ]
    verdict = judged(*(one._replace(max_attempts=2) for one in calls))

    assert (2, 4, 2) == (verdict["tries"], verdict["attempts"], verdict["mostAttemptsPerTry"])
    assert ("recovered", ["amplified"]) == (verdict["ending"], verdict["flags"])


def test_advice_has_the_figures_of_the_run():
    """For each flag that is there, it says how many attempts would have outlasted the outage."""
    verdicts = Verdicts(lambda: 1000.0)
    for number in range(4):
        one = call(number / 10, fault=BUSY, max_attempts=1)
        verdicts.record(one._replace(invocation_id=f"i-{number}", aim=Aim(number)))
    verdicts.record(call(1.0, invocation_id="good", aim=Aim(99)))
    report = verdicts.report()
    advice, _ = report["advice"]

    assert ["neverRetried", "gaveUpEarly"] == [one["flag"] for one in report["advice"]]
    assert ("neverRetried", 4) == (advice["flag"], advice["efforts"])
    assert "total_max_attempts=3 would have outlasted 4 of 4" in advice["text"]
    assert 'Config(retries={"mode": "standard", "total_max_attempts": 3})' == advice["boto3"]
    assert "maxAttempts: 3" in advice["javascript"]
    assert "maxAttempts(3)" in advice["java"]
