"""What is read and what is written: HTTP requests, AWS calls, HTTP answers."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Protocol = Literal["query", "ec2", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"]
"""A protocol, as botocore's models call it."""


class HttpRequest(NamedTuple):
    """The head of an HTTP request, as it came."""

    method: str
    path: str
    """Still percent-encoded, without the query."""
    query: str
    """Still percent-encoded, without the question mark."""
    headers: Mapping[str, str]
    """By name in lower case; a mapping that ignores case does as well."""


class AwsCall(NamedTuple):
    """A request to an AWS API, as far as it can be told from the outside."""

    service: str
    """The service, as botocore names it."""
    names: tuple[str, ...]
    """All services that it may be, ``service`` first. More than one only where the request does not
    tell them apart: ``rds``, ``docdb`` and ``neptune``."""
    operation: str | None
    """The operation; None where the service has none that fits."""
    region: str
    """The region that the client signed for, or that the host names; else ``DEFAULT_REGION``."""
    account: str
    """The 12-digit account."""
    access_key: str | None
    """Who signed the request; None where nobody did."""
    protocol: Protocol
    """The protocol of this request. A service may speak several."""
    bucket: str | None = None
    """The bucket that the host names: S3's virtual-host style."""


class HttpAnswer(NamedTuple):
    """An HTTP answer. The length of the body is left to whoever sends it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


DEFAULT_REGION = "us-east-1"
"""Emulators take an unsigned request to be for this region."""

DEFAULT_ACCOUNT = "000000000000"
"""Emulators take a request to be of this account where its access key does not tell."""

MAX_QUERY_LENGTH = 65_536
"""Longer queries are cut here, characters."""
