"""Reads the core's ``Call``, and what only its record tells, from a raw request."""

from asyncio import Transport
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from localstack_outages.aws.aims import Aim, aim_of
from localstack_outages.aws.batches import batch_of
from localstack_outages.aws.home_regions import HomeRegion
from localstack_outages.aws.sdk_headers import THREAD_HEADER, read_thread
from localstack_outages.aws.wire.forms import URL_ENCODED
from localstack_outages.aws.wire.messages import AwsCall, HttpRequest
from localstack_outages.aws.wire.parameters import needs_body, read_parameters
from localstack_outages.aws.wire.reading import needs_form
from localstack_outages.aws.wire.remembering import RememberedCalls
from localstack_outages.engine.call import Call
from localstack_outages.engine.finished import Envelope, Peer

from .incoming import Incoming

AIM_UNKNOWN = "tell what a call is after, to see whether it is tried again"
"""What a warning says cannot be done."""

MAX_REMEMBERED_LENGTH = 1024
"""So long a request may be, bytes, for what it is after to be remembered."""


class CallReader:
    """Reads requests by what botocore knows of AWS's APIs.

    :param home_region: gives the region in which a call counts
    """

    def __init__(self, home_region: HomeRegion) -> None:
        self._home_region = home_region
        self._calls = RememberedCalls()

    async def read(self, incoming: Incoming) -> AwsCall | None:
        """Read the call that a request makes; see ``read_whole``."""
        return self.read_whole(
            incoming.head, await incoming.peek() if needs_form(incoming.head) else b""
        )

    def read_whole(self, head: HttpRequest, body: bytes) -> AwsCall | None:
        """Read the call that a request makes whose body is there.

        :return: None where it is no AWS call, or one of an operation that is not known
        """
        call = self._calls.read(head, body if needs_form(head) else b"")
        return call if call is not None and call.operation is not None else None

    def call(self, found: AwsCall, head: HttpRequest) -> Call:
        """Give the call as rules ask about it, without parameters."""
        host = head.headers.get("host", "")
        region = self._home_region(found.service, found.region, host)
        names = found.names if len(found.names) > 1 else ()
        return Call(found.service, region, found.operation or "", found.account, {}, names=names)

    async def parameters(self, found: AwsCall, incoming: Incoming) -> dict[str, Any]:
        """Read the parameters of a call."""
        body = await incoming.peek() if needs_body(found) else b""
        return parameters_of(found, incoming.head, body)

    def envelope(self, found: AwsCall, head: HttpRequest, time: float) -> Envelope:
        """Give what came with a call and only its record tells.

        :param time: when it came, seconds since 1970
        """
        headers = head.headers
        return Envelope(
            time,
            found.access_key,
            headers.get("user-agent"),
            headers.get("amz-sdk-invocation-id"),
            headers.get("amz-sdk-request"),
            headers.get("x-amz-date"),
            headers.get("traceparent") or headers.get("x-amzn-trace-id"),
        )

    async def aim(self, found: AwsCall, incoming: Incoming) -> Aim:
        """Tell what a request is after. A body that is a stream is left alone."""
        body = await incoming.peek() if needs_body(found) else b""
        return aim_of_whole(found, incoming.head, body)


def parameters_of(found: AwsCall, head: HttpRequest, body: bytes) -> dict[str, Any]:
    """Read the parameters of a call."""
    # Entries of batches are known again by all that is in them.
    has_entries = batch_of(found.service, found.operation or "") is not None
    return read_parameters(found, head, body if needs_body(found) else b"", with_blobs=has_entries)


def aim_of_whole(found: AwsCall, head: HttpRequest, body: bytes) -> Aim:
    """Tell what a request is after whose body is there. A body that is a stream is left alone."""
    method, path, query, headers = head
    is_seen = needs_body(found)
    seen = body if is_seen else b""
    is_form = is_seen and headers.get("content-type", "").startswith(URL_ENCODED)
    content_range = headers.get("range", "")
    is_short = len(path) + len(query) + len(content_range) + len(seen) <= MAX_REMEMBERED_LENGTH
    tell = _aim if is_short else _aim.__wrapped__
    return tell(method, path, query, content_range, seen, is_form)


@lru_cache(maxsize=1024)
def _aim(method: str, path: str, query: str, content_range: str, seen: bytes, is_form: bool) -> Aim:
    """Tell it of what it depends on. Tries and polls repeat what they send."""
    form = parse_qsl(seen.decode("latin-1"), keep_blank_values=True) if is_form else None
    return aim_of(method, path, query, content_range, seen, form)


def peer_of(transport: Transport | None, head: HttpRequest) -> Peer | None:
    """Tell where a request comes from."""
    name = None if transport is None else transport.get_extra_info("peername")
    if not name:
        return None
    thread = read_thread(head.headers.get(THREAD_HEADER.lower()))
    return Peer(str(name[0]), int(name[1]), thread)
