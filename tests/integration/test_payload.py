"""The bodies of answers that break off, are corrupt or come slowly, with boto3 against a real
LocalStack.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import botocore.exceptions
import botocore.parsers
import pytest
from botocore.client import BaseClient

BODY = b"0123456789" * 20_000
ONCE = {"total_max_attempts": 1}


@pytest.fixture
def s3(client: Callable[..., BaseClient], outages: Any) -> Iterator[BaseClient]:
    """Give a client of a bucket with an object."""
    made = client("s3", retries=ONCE)
    made.create_bucket(Bucket="payload")
    made.put_object(Bucket="payload", Key="key", Body=BODY, ChecksumAlgorithm="CRC32")
    yield made
    outages.post([])
    made.delete_object(Bucket="payload", Key="key")
    made.delete_bucket(Bucket="payload")


def get(s3: BaseClient) -> bytes:
    """Read the object, with its check sum."""
    body: bytes = s3.get_object(Bucket="payload", Key="key", ChecksumMode="ENABLED")["Body"].read()
    return body


def test_corrupt(outages: Any, s3: BaseClient) -> None:
    """The SDK finds that the check sum is wrong."""
    outages.post([{"service": "s3", "operation": "GetObject", "payload": {"corrupt": 1}}])

    with pytest.raises(botocore.exceptions.FlexibleChecksumError):
        get(s3)


def test_truncate(outages: Any, s3: BaseClient) -> None:
    """An object breaks off after so many bytes. It can be deleted afterwards: nothing is held."""
    outages.post([{"service": "s3", "operation": "GetObject", "payload": {"truncate": 100_000}}])
    answer = s3.get_object(Bucket="payload", Key="key")

    assert len(BODY) == answer["ContentLength"]
    with pytest.raises(botocore.exceptions.ResponseStreamingError):
        answer["Body"].read()


def test_bandwidth(outages: Any, s3: BaseClient) -> None:
    """An object comes slowly, whole and right; its first bytes do not wait for the last."""
    outages.post([{"service": "s3", "operation": "GetObject", "payload": {"bandwidth": 100_000}}])
    started = time.monotonic()
    answer = s3.get_object(Bucket="payload", Key="key")
    assert BODY[:10] == answer["Body"].read(10)
    assert time.monotonic() - started < 1.9

    assert BODY[10:] == answer["Body"].read()
    assert time.monotonic() - started >= 1.9


def test_answer_that_is_no_stream(outages: Any, client: Callable[..., BaseClient]) -> None:
    """A small answer can be broken too, and botocore cannot read it."""
    outages.post([{"service": "sts", "payload": {"corrupt": 20}}])

    with pytest.raises(botocore.parsers.ResponseParserError):
        client("sts", retries=ONCE).get_caller_identity()


def test_evidence(outages: Any, s3: BaseClient) -> None:
    """The journal tells what happened to the body."""
    outages.post([{"service": "s3", "operation": "ListBuckets", "payload": {"bandwidth": 10**6}}])
    s3.list_buckets()
    event = outages.send("GET", path="/events?limit=1")[1]["events"][-1]

    assert ("ok", "bandwidth") == (event["outcome"], event["injected"]["payload"])
