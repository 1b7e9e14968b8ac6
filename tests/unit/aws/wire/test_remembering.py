"""The memory of readings: the same answers, within bounds."""

import pytest

from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.aws.wire.reading import read_call
from localstack_outages.aws.wire.remembering import MAX_KEY_LENGTH, RememberedCalls

SIGNED = "AWS4-HMAC-SHA256 Credential={}/20261123/eu-west-1/{}/aws4_request, Signature={}"


def request(target="DynamoDB_20120810.PutItem", key="000000000042", signature="00", **changes):
    """Make a request."""
    headers = {
        "host": "localhost:4566",
        "authorization": SIGNED.format(key, "dynamodb", signature),
        "x-amz-target": target,
        "amz-sdk-invocation-id": signature,
    }
    return HttpRequest("POST", "/", "", headers)._replace(**changes)


def test_same_call():
    """Requests that differ in nothing but their signature are remembered as one."""
    calls = RememberedCalls()
    first, second = calls.read(request(signature="00")), calls.read(request(signature="11"))

    assert first is second
    assert 1 == len(calls)


@pytest.mark.parametrize(
    "other",
    [
        request("DynamoDB_20120810.GetItem"),
        request(key="000000000043"),
        request(headers={"authorization": SIGNED.format("a", "dynamodb", "0")}),
        HttpRequest("GET", "/b/k", "tagging", {"authorization": SIGNED.format("a", "s3", "0")}),
    ],
)
def test_other_calls(other):
    """Any other request is read as itself."""
    calls = RememberedCalls()
    calls.read(request())

    assert read_call(other) == calls.read(other) != calls.read(request())


def test_headers_of_paths():
    """A header that tells operations apart is not forgotten."""
    calls = RememberedCalls()
    headers = {"authorization": SIGNED.format("a", "s3", "0")}
    put = HttpRequest("PUT", "/b/k", "", headers)
    copy = put._replace(headers={**headers, "x-amz-copy-source": "/b/k2"})

    assert "PutObject" == calls.read(put).operation
    assert "CopyObject" == calls.read(copy).operation


def test_forms():
    """The same form with other parameters is remembered, one with another action is not."""
    calls = RememberedCalls()
    head = HttpRequest(
        "POST",
        "/",
        "",
        {
            "authorization": SIGNED.format("a", "sts", "0"),
            "content-type": "application/x-www-form-urlencoded",
        },
    )
    form = "Action={}&Version=2011-06-15&A={}"
    for action in ("AssumeRole", "GetCallerIdentity", "AssumeRole"):
        for value in "123":
            assert action == calls.read(head, form.format(action, value).encode()).operation

    assert 2 == len(calls)


def test_bounds():
    """It holds so many calls and so many bytes and no more, and goes on after that."""
    by_number, by_bytes = RememberedCalls(max_calls=10), RememberedCalls(max_bytes=2_000)
    for number in range(100):
        one = request(key=f"{number:012d}")

        assert f"{number:012d}" == by_number.read(one).account == by_bytes.read(one).account
        assert len(by_number) <= 10
        assert len(by_bytes) <= 20


def test_long_requests():
    """A long request is read, and not remembered."""
    calls = RememberedCalls()
    long = request(method="GET", path="/bucket/" + "a" * MAX_KEY_LENGTH)
    headers = {**request().headers, "user-agent": "a" * MAX_KEY_LENGTH}

    calls.read(long)
    calls.read(request(headers=headers))
    assert 0 == len(calls)


def test_presigned_requests():
    """Presigned URLs, new each time, are not remembered."""
    calls = RememberedCalls()
    calls.read(HttpRequest("GET", "/b/k", "X-Amz-Credential=a&X-Amz-Signature=1", {}))

    assert 0 == len(calls)
