"""The gateway as a proxy (``HTTPS_PROXY``): clients need no other endpoint, and their signatures stay
valid.

Connections to AWS's hosts are answered with a certificate of the gateway's own authority; the bytes
of all others pass unread.
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from localstack_outages.aws.wire.hostnames import is_endpoint

from .connection import why
from .refusals import Refusals
from .upstream import CONNECT_SECONDS

if TYPE_CHECKING:  # its library takes its time, and only a proxy needs it
    from .authority import Authority

MAX_HEAD_BYTES = 16_384
HEAD_SECONDS = 30
HANDSHAKE_SECONDS = 30

_CONNECT = b"CONNECT "
_HEAD = re.compile(
    rb"CONNECT (?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):(?P<port>[0-9]{1,5}) HTTP/1\.[01]\r\n"
    rb"(?:[!-~]+:[^\r\n\0]*\r\n)*\r\n"
)

MakeHandler = Callable[[str | None], asyncio.Protocol]
"""Makes what serves HTTP on a connection: of the host and port that the client asked the proxy for, or
of None where it asked for none."""


class Proxy:
    """Serves the connections of a proxy.

    :param authority: issues the certificates
    :param make_handler: serves what is not tunnelled
    :param refusals: is told of what cannot be served
    """

    def __init__(
        self, authority: "Authority", make_handler: MakeHandler, refusals: Refusals
    ) -> None:
        self.authority = authority
        self.make_handler = make_handler
        self.refusals = refusals
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self) -> asyncio.Protocol:
        """Give what serves one connection."""
        return _Front(self)

    def run(self, task: asyncio.Task[None]) -> None:
        """Keep a task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """End what has not come to a connection yet."""
        for task in self._tasks:
            task.cancel()


class _Front(asyncio.Protocol):
    """Reads the first lines of a connection, and hands it to who serves it."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._head = b""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(HEAD_SECONDS, self._transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._stop_timer()

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._head += data
        if not self._head.startswith(_CONNECT[: len(self._head)]):
            self._stop_timer()
            handler = self._proxy.make_handler(None)
            transport.set_protocol(handler)
            handler.connection_made(transport)
            handler.data_received(self._head)
        elif b"\r\n\r\n" in self._head or len(self._head) > MAX_HEAD_BYTES:
            self._stop_timer()
            self._connect(transport)

    def _connect(self, transport: asyncio.Transport) -> None:
        found = _HEAD.fullmatch(self._head)
        if found is None or int(found["port"]) > 65_535:
            self._proxy.refusals.tell("a request to the proxy that is no valid CONNECT")
            _answer(transport, HTTPStatus.BAD_REQUEST)
            return
        host, port = found["host"].decode().strip("[]"), int(found["port"])
        transport.pause_reading()
        way = self._serve if is_endpoint(host) else self._tunnel
        self._proxy.run(asyncio.create_task(way(transport, host, port)))

    async def _serve(self, transport: asyncio.Transport, host: str, port: int) -> None:
        """Answer as the host that the client asked for."""
        proxy = self._proxy
        transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        handler = proxy.make_handler(f"{host}:{port}")
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport,
                handler,
                proxy.authority.tls(host.lower()),
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
            proxy.refusals.tell(
                f"a connection: the client broke off; have it trust {proxy.authority.path}, boto3 and "
                "the AWS CLI by AWS_CA_BUNDLE"
            )
            transport.abort()
            return
        if secured is None:
            transport.abort()
            return
        handler.connection_made(secured)

    async def _tunnel(self, transport: asyncio.Transport, host: str, port: int) -> None:
        """Pass all bytes on, unread."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                there, _ = await asyncio.get_running_loop().create_connection(
                    lambda: _Way(transport), host, port
                )
        except OSError as e:
            self._proxy.refusals.tell(f"a connection to another host: {why(e)}")
            _answer(transport, HTTPStatus.BAD_GATEWAY)
            return
        transport.set_protocol(_Way(there))
        transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        transport.resume_reading()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class _Way(asyncio.Protocol):
    """One of two connections between which bytes pass.

    :param other: the other connection
    """

    def __init__(self, other: asyncio.Transport) -> None:
        self._other = other

    def data_received(self, data: bytes) -> None:
        self._other.write(data)

    def eof_received(self) -> bool:
        if self._other.can_write_eof() and not self._other.is_closing():
            self._other.write_eof()
        return True  # the other end may have more to say

    def pause_writing(self) -> None:
        self._other.pause_reading()

    def resume_writing(self) -> None:
        if not self._other.is_closing():
            self._other.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._other.close()


def _answer(transport: asyncio.Transport, status: HTTPStatus) -> None:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    transport.write(head.encode())
    transport.close()
