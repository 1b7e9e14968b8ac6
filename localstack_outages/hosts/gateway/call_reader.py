"""Reads the core's ``Call``, and what only its record tells, from a raw request."""

from typing import Any
from urllib.parse import parse_qsl

from localstack_outages.aws.aims import Aim, aim_of
from localstack_outages.aws.batches import batch_of
from localstack_outages.aws.home_regions import HomeRegion
from localstack_outages.aws.sdk_headers import THREAD_HEADER, read_thread
from localstack_outages.aws.wire.messages import AwsCall
from localstack_outages.aws.wire.parameters import needs_body, read_parameters
from localstack_outages.aws.wire.reading import needs_form
from localstack_outages.aws.wire.remembering import RememberedCalls
from localstack_outages.engine.call import Call
from localstack_outages.engine.injection import Envelope, Peer

from .incoming import Incoming


class CallReader:
    """Reads requests by what botocore knows of AWS's APIs.

    :param home_region: gives the region in which a call counts
    """

    def __init__(self, home_region: HomeRegion) -> None:
        self._home_region = home_region
        self._calls = RememberedCalls()

    async def read(self, incoming: Incoming) -> AwsCall | None:
        """Read the call that a request makes.

        :return: None where it is no AWS call, or one of an operation that is not known
        """
        form = await incoming.peek() if needs_form(incoming.head) else b""
        call = self._calls.read(incoming.head, form)
        return call if call is not None and call.operation is not None else None

    def call(self, found: AwsCall, incoming: Incoming) -> Call:
        """Give the call as rules ask about it, without parameters."""
        host = incoming.head.headers.get("host", "")
        region = self._home_region(found.service, found.region, host)
        names = found.names if len(found.names) > 1 else ()
        return Call(found.service, region, found.operation or "", found.account, {}, names=names)

    async def parameters(self, found: AwsCall, incoming: Incoming) -> dict[str, Any]:
        """Read the parameters of a call."""
        body = await incoming.peek() if needs_body(found) else b""
        # Entries of batches are known again by all that is in them.
        has_entries = batch_of(found.service, found.operation or "") is not None
        return read_parameters(found, incoming.head, body, with_blobs=has_entries)

    def envelope(self, found: AwsCall, incoming: Incoming) -> Envelope:
        """Give what came with a call and only its record tells."""
        headers = incoming.head.headers
        return Envelope(
            incoming.time,
            found.access_key,
            headers.get("user-agent"),
            headers.get("amz-sdk-invocation-id"),
            headers.get("amz-sdk-request"),
            headers.get("x-amz-date"),
        )

    async def aim(self, found: AwsCall, incoming: Incoming) -> Aim:
        """Tell what a request is after. A body that is a stream is left alone."""
        method, path, query, headers = incoming.head
        form, body = None, b""
        if needs_body(found):
            body = await incoming.peek()
            if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                form = parse_qsl(body.decode("latin-1"), keep_blank_values=True)
        return aim_of(method, path, query, headers.get("range", ""), body, form)


def peer_of(incoming: Incoming) -> Peer | None:
    """Tell where a request comes from."""
    transport = incoming.request.transport
    name = None if transport is None else transport.get_extra_info("peername")
    if not name:
        return None
    thread = read_thread(incoming.head.headers.get(THREAD_HEADER.lower()))
    return Peer(str(name[0]), int(name[1]), thread)
