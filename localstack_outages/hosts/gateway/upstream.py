"""What stands behind the gateway, which is asked as its clients ask."""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from localstack_outages.aws.wire.messages import AwsCall
from localstack_outages.schema.effect import AwsError

from .addresses import Addresses
from .connection import why
from .incoming import Incoming
from .tunnel import upgrade_headers

CONNECT_SECONDS = 10
IDLE_SECONDS = 2
"""Idle connections are closed after this time: long before the other end does, and breaks a call."""

MAX_LINE_BYTES = 65_536
"""Of a line of a head: presigned URLs and tokens are longer than web servers like."""

ENV_TRUSTED = "AWS_CA_BUNDLE"
"""The SDKs' own setting: whose certificates are trusted, a file. The system's where left out."""

HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
     "te", "trailer", "transfer-encoding", "upgrade", "expect")
)  # fmt: skip
"""Headers that are about one connection (RFC 9110, 7.6.1). The gateway meets ``Expect`` itself."""

ALWAYS = frozenset(("content-length", "host"))
"""Headers that stay, though ``Connection`` names them: without them others would read the request
differently.
"""

_MOTO_ACCOUNT = "x-moto-account-id"
"""By this header moto keeps accounts apart. It looks up keys, and does not take digits for an account."""

MAX_ERROR_BYTES = 65_536
"""Of an error; its code is not looked for in a longer one."""

_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,128})</Code>")
_TYPE = re.compile(rb'"(?:__type|code)"\s*:\s*"(?:[^"#]{0,256}#)?([A-Za-z0-9.]{1,128})')


class Answer(NamedTuple):
    """The head of an answer of the upstream, with its body yet to come."""

    response: aiohttp.ClientResponse
    beginning: bytes
    """What was read of the body already."""
    error_code: str | None
    request_id: str | None


class Outgoing(NamedTuple):
    """A request as it is sent to the upstream."""

    url: str
    headers: CIMultiDict[str]
    body: AsyncIterator[bytes] | None


class CannotForward(Exception):
    """A request cannot be sent to the upstream.

    :param error: what its client is told
    """

    def __init__(self, error: AwsError) -> None:
        super().__init__(error.message)
        self.error = error


class Upstream:
    """An AWS endpoint.

    :param url: where it listens
    :param is_moto: whether it is moto, which is told the account that an access key names
    """

    may_change_requests = True
    """Whether a request may be changed: it is signed anew, or its signature is not checked."""
    is_emulator = True
    """Whether it is one AWS of the user's own; AWS itself has FIS, and is not ours to change."""

    def __init__(self, url: str, *, is_moto: bool = False) -> None:
        self.url = url.rstrip("/")
        self._is_moto = is_moto
        self._addresses: Addresses | None = Addresses(url)
        """None where the addresses in answers stay as they are."""
        self._session: aiohttp.ClientSession | None = None

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port to which requests may be sent in plain HTTP as they came; None where they
        may not.
        """
        parts = urlsplit(self.url)
        if self._addresses is None or parts.scheme != "http" or parts.path or not parts.hostname:
            return None
        return parts.hostname, parts.port or 80

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.url

    def open(self) -> None:
        """Make the pool of connections; in the event loop that will use it."""
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS, ssl=_trusted()),
            cookie_jar=aiohttp.DummyCookieJar(),
            max_field_size=MAX_LINE_BYTES,
            max_line_size=MAX_LINE_BYTES,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        )
        # It would send some calls twice where an idle connection breaks. To try again is for the SDK,
        # and to be seen. aiohttp has no parameter for it.
        self._session._retry_connection = False  # noqa: SLF001 - see above

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def missing(self) -> str | None:
        """Say why it cannot be reached; None where it can."""
        url = URL(self.url)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(url.host, url.port)
        except OSError as e:  # a timeout is one too
            return why(e)
        writer.close()
        return None

    async def ask(self, incoming: Incoming, found: AwsCall | None = None) -> Answer:
        """Pass a request on and wait for the head of its answer.

        :param found: the call that it makes
        :raises aiohttp.ClientError: where there is none
        :raises OSError: where the upstream cannot be reached
        :raises CannotForward: where the request cannot be sent there
        """
        if self._session is None:
            raise RuntimeError("the upstream is not open")
        sent = await self.outgoing(incoming, found)
        sent.headers.update(upgrade_headers(incoming.head.headers))
        response = await self._session.request(
            incoming.head.method,
            URL(sent.url, encoded=True),
            headers=sent.headers,
            data=sent.body,
            allow_redirects=False,
        )
        beginning = b""
        if response.status >= 400 and (response.content_length or 0) <= MAX_ERROR_BYTES:
            beginning = await response.content.read(MAX_ERROR_BYTES)
        if self._addresses is not None and response.status != 101:
            response, beginning = await self._addresses.led_back(
                response, beginning, incoming, found
            )
        code = error_code(response.status, response.headers, beginning)
        return Answer(response, beginning, code, request_id(response.headers))

    async def outgoing(self, incoming: Incoming, found: AwsCall | None) -> Outgoing:
        """Give the request to be sent.

        :param found: the call that it makes
        :raises CannotForward: where it cannot be sent
        """
        headers = end_to_end(incoming.head.headers.items())
        headers.update(self.own_headers(found))
        body = incoming.body() if incoming.has_body else None
        return Outgoing(self.url + incoming.target, headers, body)

    def own_headers(self, found: AwsCall | None) -> dict[str, str]:
        """Give the headers by which the upstream is told more than the client tells.

        :param found: the call
        """
        if self._is_moto and found is not None and found.account == found.access_key:
            return {_MOTO_ACCOUNT: found.account}
        return {}

    def location(self, location: str, scheme: str, host: str) -> str:
        """Give the ``Location`` of an answer as the client gets it: back through the gateway.

        :param scheme: how the client asked the gateway
        :param host: the host that it asked for
        """
        if self._addresses is None:
            return location
        return self._addresses.location(location, scheme, host)

    def not_there(self, error: Exception) -> AwsError:
        """Give the error of a call to which there is no answer."""
        text = f"{self.name} gives no answer: {type(error).__name__}: {error}"
        return AwsError("UpstreamNotAvailable", 502, text)


class AskedUpstream(Upstream):
    """The host that the client asked the proxy for, AWS as a rule. Requests pass as they were signed."""

    is_emulator = False
    may_change_requests = False

    def __init__(self) -> None:
        super().__init__("https://amazonaws.com")
        self._addresses = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return "the hosts that clients ask for"

    async def missing(self) -> str | None:
        """Say nothing: it is there, and is not asked without need."""
        return None

    async def outgoing(self, incoming: Incoming, found: AwsCall | None) -> Outgoing:
        """Give the request to be sent, as it came."""
        if incoming.authority is None:
            text = "this is a proxy: set HTTPS_PROXY to its address, and no endpoint"
            raise CannotForward(AwsError("InvalidRequest", 400, text))
        sent = await super().outgoing(incoming, found)
        return sent._replace(url=f"https://{incoming.authority}{incoming.target}")


def _trusted() -> ssl.SSLContext:
    """Trust whom the SDKs trust."""
    return ssl.create_default_context(cafile=os.environ.get(ENV_TRUSTED) or None)


def end_to_end(headers: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    """Give the headers that are for the other end, and not for the gateway."""
    given = list(headers)
    named = {
        word.strip().lower()
        for name, value in given
        if name.lower() == "connection"
        for word in value.split(",")
    } - ALWAYS
    return CIMultiDict(
        (name, value)
        for name, value in given
        if name.lower() not in HOP_BY_HOP and name.lower() not in named
    )


def error_code(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Give the AWS error code of an answer.

    :param headers: by name in lower case, or whatever the case
    :param body: its beginning
    """
    if status < 400:
        return None
    given = headers.get("x-amzn-errortype", "")
    if given:
        return given.partition(":")[0].rpartition("#")[2][:128] or None
    found = _CODE.search(body) or _TYPE.search(body)
    return found[1].decode() if found else None


def request_id(headers: Mapping[str, str]) -> str | None:
    """Give the id that AWS or an emulator gave a call.

    :param headers: by name in lower case, or whatever the case
    """
    return headers.get("x-amzn-requestid") or headers.get("x-amz-request-id")
