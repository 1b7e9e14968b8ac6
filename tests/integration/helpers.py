"""What several of the tests here need."""

import inspect
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import botocore.httpsession
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

ONCE = {"total_max_attempts": 1}
"""Retries of a client that makes one attempt."""

OUT = "ServiceUnavailableException"

# botocore 1.44 takes a short body for a whole one: it tells urllib3 not to check the length.
checks_length = pytest.mark.skipif(
    "enforce_content_length=False" in inspect.getsource(botocore.httpsession),
    reason="this botocore does not see that a body is short",
)


class Failure(NamedTuple):
    """An error as boto3 reads it from an answer."""

    status: int
    code: str
    message: str


def failure(call: Callable[[], Any]) -> Failure:
    """Make a call that fails; give its error."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return Failure(status, response["Error"]["Code"], response["Error"]["Message"])


def outage(service: str, region: str = "us-east-1") -> Failure:
    """Give the error that a call gets in a plain outage."""
    return Failure(
        503, OUT, f"Service '{service}' not accessible in '{region}' region due to an outage"
    )


def outcome(call: Callable[[], Any]) -> str:
    """Make a call; give the error code it ends with, or the exception's name, or ``ok``."""
    try:
        call()
    except ClientError as e:
        return str(e.response["Error"]["Code"])
    except (BotoCoreError, HTTPClientError, OSError) as e:
        return type(e).__name__
    return "ok"


def outcomes(call: Callable[[], Any], count: int) -> list[str]:
    """Make a call several times."""
    return [outcome(call) for _ in range(count)]


def seconds(call: Callable[[], Any]) -> float:
    """Make a call; give how long it took."""
    started = time.monotonic()
    call()
    return time.monotonic() - started


def wait_until(condition: Callable[[], Any], within: float = 30) -> Any:
    """Ask again and again until the answer is truthy; give it."""
    deadline = time.monotonic() + within
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not so within {within:g} s"
        time.sleep(0.02)
    return answer


def signed(
    endpoint: str,
    service: str,
    region: str = "us-east-1",
    path: str = "/",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    method: str = "POST",
) -> requests.Response:
    """Send a request with a Signature Version 4 in its header."""
    url = endpoint + path
    request = AWSRequest(method, url, headers=headers or {}, data=body)
    SigV4Auth(Credentials("test", "test"), service, region).add_auth(request)
    return requests.request(method, url, headers=dict(request.headers), data=body, timeout=30)


def connect(endpoint: str) -> socket.socket:
    """Open a connection to LocalStack."""
    url = urlsplit(endpoint)
    return socket.create_connection((url.hostname, url.port), timeout=20)


def sts_request(endpoint: str) -> bytes:
    """Give the bytes of a request of ``sts.GetCallerIdentity``."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    scope = "test/20260101/us-east-1/sts/aws4_request"
    lines = (
        "POST / HTTP/1.1",
        f"Host: {urlsplit(endpoint).netloc}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body


def unique(prefix: str) -> str:
    """Give a name that no other test uses."""
    return f"{prefix}-{os.urandom(4).hex()}"


def heed_ctrl_c() -> None:
    """Let a process that is about to start be ended by Ctrl-C.

    One that a shell put into the background ignores it, and so does all that it starts.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
