"""AWS itself as the upstream: each call goes to its own endpoint, signed again with the gateway's
credentials. What nobody signed is not signed here either.
"""

import asyncio
import hashlib
import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError
from botocore.session import Session

from localstack_outages.aws.wire.endpoints import Endpoint, endpoint_of, host_prefixes
from localstack_outages.aws.wire.messages import MAX_QUERY_LENGTH, AwsCall
from localstack_outages.aws.wire.parameters import needs_body, read_parameters
from localstack_outages.aws.wire.scope import read_scope
from localstack_outages.aws.wire.signing import (
    EMPTY_HASH,
    UNSIGNED,
    Keys,
    Target,
    expiry_of,
    is_presigned,
    signed_headers,
    without_signature,
)
from localstack_outages.control.guard import Guard
from localstack_outages.schema.effect import AwsError
from localstack_outages.schema.errors import ControlError

from .control import as_control_request
from .incoming import Incoming
from .upstream import CannotForward, Outgoing, Upstream, end_to_end

LOG = logging.getLogger(__name__)

MAX_HASHED_BYTES = 64 << 20
"""So much of a body is held to hash it. Bodies of S3 come with their hash, or need none."""

_CHAINED = "STREAMING-AWS4-"
_S3 = ("s3", "s3express", "s3-object-lambda", "s3-outposts")


class NoCredentials(Exception):
    """There is nothing to sign with."""


class AwsUpstream(Upstream):
    """AWS.

    :param guard: keeps web pages from having their requests signed
    :raises NoCredentials: where the environment has none
    """

    is_emulator = False

    def __init__(self, guard: Guard) -> None:
        super().__init__("https://amazonaws.com")
        self._addresses = None
        self._guard = guard
        try:
            self._credentials: Any = Session().get_credentials()
        except BotoCoreError as e:
            raise NoCredentials(str(e)) from None
        if self._credentials is None:
            raise NoCredentials("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")

    @property
    def name(self) -> str:
        """What messages call it."""
        return "AWS"

    async def missing(self) -> str | None:
        """Say nothing: it is there, and is not asked without need."""
        return None

    async def outgoing(self, incoming: Incoming, found: AwsCall | None) -> Outgoing:
        """Give the request to be sent to AWS."""
        self._refuse_pages(incoming)
        if found is None:
            raise CannotForward(
                AwsError("UnknownOperation", 400, "the request does not say which AWS API it is to")
            )
        endpoint = await asyncio.to_thread(endpoint_of, found.service, found.region)
        prefix = "" if endpoint.is_own else await self._host_prefix(incoming, found)
        base = urlsplit(endpoint.url)
        host = prefix + base.netloc
        path = incoming.head.path
        if found.bucket:
            path = f"/{found.bucket}{path}"
        headers = end_to_end(incoming.head.headers.items())
        headers["Host"] = host
        query = incoming.head.query
        if found.access_key is not None:
            query, signed = await self._signed(incoming, found, endpoint, host, base.path + path)
            for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
                headers.popall(name, None)
            headers.update(signed)
        target = f"{path}?{query}" if query else path
        body = incoming.body() if incoming.has_body else None
        return Outgoing(f"{base.scheme}://{host}{base.path}{target}", headers, body)

    def _refuse_pages(self, incoming: Incoming) -> None:
        """A web page that the user has open must not act with these credentials."""
        try:
            asked = as_control_request(incoming)
            self._guard.check_host(asked)
            self._guard.check_origin(asked)
        except ControlError as e:
            raise CannotForward(AwsError("AccessDenied", 403, str(e))) from None

    async def _host_prefix(self, incoming: Incoming, found: AwsCall) -> str:
        prefixes = await asyncio.to_thread(host_prefixes, found.service)
        prefix = prefixes.get(found.operation or "", "")
        if "{" in prefix:
            body = await incoming.peek() if needs_body(found) else b""
            parameters = read_parameters(found, incoming.head, body)
            try:
                prefix = prefix.format_map(parameters)
            except (LookupError, ValueError):
                prefix = ""
        return prefix if all(c.isalnum() or c in "-." for c in prefix) else ""

    async def _signed(
        self, incoming: Incoming, found: AwsCall, endpoint: Endpoint, host: str, path: str
    ) -> tuple[str, dict[str, str]]:
        """Sign a request.

        :return: its query, and the headers that are its signature
        """
        method, _, query, given = incoming.head
        if is_presigned(query):
            _refuse_expired(query)
            query = without_signature(query)
            payload = UNSIGNED if found.service == "s3" else EMPTY_HASH
        else:
            payload = await _payload(incoming)
        name = endpoint.signing_name or read_scope(incoming.head, b"").name or found.service
        target = Target(endpoint.signing_region, name, name in _S3)
        try:
            frozen = await asyncio.to_thread(self._credentials.get_frozen_credentials)
        except BotoCoreError as e:
            text = f"the gateway's credentials cannot be used: {e}"
            raise CannotForward(AwsError("UnrecognizedClientException", 403, text)) from None
        keys = Keys(frozen.access_key, frozen.secret_key, frozen.token)
        headers = {name.lower(): value for name, value in end_to_end(given.items()).items()}
        headers["host"] = host
        signed = signed_headers(
            method, path, query, headers, payload, target, keys, datetime.now(UTC)
        )
        names = ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256")
        return query, {name: signed[name] for name in names if name in signed}


async def _payload(incoming: Incoming) -> str:
    """Give the hash of a body, or what stands for it."""
    headers = incoming.head.headers
    given = headers.get("x-amz-content-sha256", "")
    if given.startswith(_CHAINED) or "x-amz-region-set" in headers:
        what = given or "signatures for several regions"
        raise CannotForward(
            AwsError(
                "NotImplemented",
                501,
                f"the gateway cannot sign {what} again; have it serve TLS (--tls-cert), over which "
                "SDKs do not sign chunks, or use it as a proxy (--mode proxy)",
            )
        )
    if given:
        return given
    if not incoming.has_body:
        return EMPTY_HASH
    body = await incoming.read(MAX_HASHED_BYTES + 1)
    if len(body) > MAX_HASHED_BYTES:
        text = f"the gateway signs bodies of up to {MAX_HASHED_BYTES} bytes"
        raise CannotForward(AwsError("RequestEntityTooLarge", 413, text))
    return hashlib.sha256(body).hexdigest()


def _refuse_expired(query: str) -> None:
    """Refuse a presigned URL that AWS would refuse: signed again it would live for ever."""
    ends_at = expiry_of(query[:MAX_QUERY_LENGTH])
    if ends_at is None or ends_at < datetime.now(UTC):
        raise CannotForward(AwsError("AccessDenied", 403, "Request has expired"))
