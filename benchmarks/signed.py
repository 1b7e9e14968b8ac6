"""Real requests of the AWS SDK, signed, as bytes: what a load driver sends."""

from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from localstack_outages.schema.effect import OUTAGE_STATUS


class _Kept(Exception):
    """Carries a request out of the SDK before it is sent."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        super().__init__()
        self.request = request


def client(endpoint: str, service: str, region: str = "us-east-1") -> Any:
    """Make a client of the SDK that makes one attempt."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            connect_timeout=10,
            read_timeout=60,
        ),
    )


def signed(endpoint: str, service: str, operation: str, **parameters: Any) -> bytes:
    """Have the SDK make a request and sign it; give the bytes that it would send.

    :param operation: the method of the client
    """
    sdk = client(endpoint, service)

    def keep(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        raise _Kept(request)

    sdk.meta.events.register("before-send", keep)
    try:
        getattr(sdk, operation)(**parameters)
    except _Kept as kept:
        return _bytes(kept.request)
    raise RuntimeError(f"{service}.{operation} sent nothing")


def plain(endpoint: str, path: str) -> bytes:
    """Give the bytes of a plain GET."""
    return f"GET {path} HTTP/1.1\r\nHost: {urlsplit(endpoint).netloc}\r\n\r\n".encode()


def _bytes(request: AWSPreparedRequest) -> bytes:
    url = urlsplit(request.url)
    body = request.body
    if body is None:
        content = b""
    elif isinstance(body, bytes | bytearray):
        content = bytes(body)
    else:
        content = body.encode() if isinstance(body, str) else body.read()
    # The body is sent at once, whatever the SDK would wait for.
    left_out = ("host", "content-length", "expect")
    headers = {"Host": url.netloc, "Content-Length": str(len(content))} | {
        name: _text(value)
        for name, value in request.headers.items()
        if name.lower() not in left_out
    }
    path = f"{url.path}?{url.query}" if url.query else url.path
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{request.method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


REFUSED = (OUTAGE_STATUS,)
"""What a plain outage answers."""
