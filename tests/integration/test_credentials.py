"""Credentials that expire, clocks that are off and listings that break on the way, with boto3 against a
real LocalStack.
"""

import datetime
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

ONCE = {"total_max_attempts": 1}
Client = Callable[..., BaseClient]


def error_of(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    """Make a call that fails; give the code and the status."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_skewed(outages: Any, client: Client) -> None:
    """A client is told another time; one that signs by it passes, and is told the same time again."""
    hour = datetime.timedelta(hours=1)
    outages.post([{"service": "s3", "error": "skewed"}])
    s3 = client("s3", retries=ONCE)
    with pytest.raises(ClientError) as caught:
        s3.list_buckets()
    answer = caught.value.response
    told = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])

    assert "RequestTimeTooSkewed" == answer["Error"]["Code"]
    off = told - datetime.datetime.now(datetime.UTC)
    assert abs(off - hour) < datetime.timedelta(minutes=1)

    def correct(request: Any, **_: Any) -> None:  # LocalStack does not look at the signature
        now = datetime.datetime.now(datetime.UTC) + off
        del request.headers["X-Amz-Date"]
        request.headers["X-Amz-Date"] = now.strftime("%Y%m%dT%H%M%SZ")

    s3.meta.events.register("before-send", correct)
    passed = s3.list_buckets()["ResponseMetadata"]

    told = parsedate_to_datetime(passed["HTTPHeaders"]["date"])
    assert abs(told - datetime.datetime.now(datetime.UTC) - hour) < datetime.timedelta(minutes=1)


def test_expired(outages: Any, client: Client) -> None:
    """The credentials in use are expired, and a client with new ones goes on."""
    old = client("sqs", access_key="AKIAOLD", retries=ONCE)
    new = client("sqs", access_key="AKIANEW", retries=ONCE)
    old.list_queues()
    outages.post([{"error": "expired"}])

    assert ("ExpiredTokenException", 400) == error_of(old.list_queues)
    new.list_queues()


@pytest.mark.parametrize(
    ("service", "call", "parameters", "word", "expected"),
    [
        ("s3", "get_object", {"Bucket": "b", "Key": "k"}, "notFound", ("NoSuchKey", 404)),
        ("sqs", "send_message", {"QueueUrl": "http://x/000000000000/q", "MessageBody": "m"},
         "notFound", ("AWS.SimpleQueueService.NonExistentQueue", 400)),
        ("lambda", "list_functions", {}, "denied", ("AccessDeniedException", 403)),
        ("ec2", "describe_instances", {}, "expired", ("RequestExpired", 400)),
        ("iam", "list_users", {}, "invalidCredentials", ("InvalidClientTokenId", 403)),
        ("s3", "list_buckets", {}, "timeout", ("RequestTimeout", 400)),
        ("route53", "list_hosted_zones", {}, "denied", ("AccessDenied", 403)),
    ],
)  # fmt: skip
def test_words(
    outages: Any,
    client: Client,
    service: str,
    call: str,
    parameters: dict[str, Any],
    word: str,
    expected: tuple[str, int],
) -> None:
    """A word is AWS's own error for the operation."""
    made = client(service, retries=ONCE)
    if word == "expired":
        getattr(made, call)(**parameters)
    outages.post([{"service": service, "error": word}])

    assert expected == error_of(getattr(made, call), **parameters)


def test_class_of_the_exception(outages: Any, client: Client) -> None:
    """An application can catch it by the class that boto3 has for it."""
    outages.post([{"service": "sqs", "error": "notFound"}])
    sqs = client("sqs", retries=ONCE)

    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl="http://x/000000000000/q")


@pytest.mark.parametrize("service", ["sqs", "s3"])
def test_retry_after(outages: Any, client: Client, service: str) -> None:
    """An error says when to try again, also where it is answered the short way."""
    outages.post([{"service": service, "error": "unavailable", "retryAfter": 2}])
    made = client(service, retries=ONCE)
    with pytest.raises(ClientError) as caught:
        made.list_queues() if service == "sqs" else made.list_buckets()

    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert ("2000", "2") == (headers["x-amz-retry-after"], headers["retry-after"])


def test_page(outages: Any, client: Client) -> None:
    """A paginator of botocore gets the first page, and an error for the second."""
    sqs = client("sqs", retries=ONCE)
    urls = [sqs.create_queue(QueueName=f"page-{n}")["QueueUrl"] for n in range(5)]
    outages.post([{"service": "sqs", "page": 2, "error": "expiredCursor"}])
    paginator = sqs.get_paginator("list_queues")
    answered = iter(paginator.paginate(QueueNamePrefix="page-", PaginationConfig={"PageSize": 2}))
    try:
        first = next(answered)["QueueUrls"]
        with pytest.raises(ClientError):
            next(answered)
    finally:
        outages.post([])
        for url in urls:
            sqs.delete_queue(QueueUrl=url)

    assert 2 == len(first)


@pytest.mark.parametrize("service", ["sqs", "s3"])
def test_call(outages: Any, client: Client, service: str) -> None:
    """The second call fails with all its attempts, the short way and the long way; other clients' calls
    count too, and the rule says how many attempts it hit.
    """
    outages.post([{"service": service, "operation": "List*", "call": 2, "error": "unavailable"}])
    retries = {"mode": "standard", "total_max_attempts": 3}
    made = [client(service, retries=retries) for _ in range(2)]
    calls = [getattr(c, "list_queues" if service == "sqs" else "list_buckets") for c in made]
    calls[0]()

    assert ("ServiceUnavailable", 503) == error_of(calls[1])
    calls[0]()
    calls[1]()
    assert 3 == outages.send("GET", path="/status")[1]["rules"][0]["hits"]


def test_call_that_recovers(outages: Any, client: Client) -> None:
    """With ``times``, an SDK that retries carries the call out in the end."""
    outages.post([{"service": "sqs", "call": 2, "error": "unavailable", "times": 2}])
    sqs = client("sqs", retries={"mode": "standard", "total_max_attempts": 3})

    assert [0, 2, 0] == [sqs.list_queues()["ResponseMetadata"]["RetryAttempts"] for _ in range(3)]
