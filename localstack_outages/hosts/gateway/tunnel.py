"""Websockets: once both ends have agreed to speak something else than HTTP, bytes pass as they come.

The upgrade itself is passed on like any request, so that rules may refuse or delay it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping

import aiohttp
from aiohttp import web
from aiohttp.http import StreamWriter

from .incoming import Incoming

MAX_WAITING_BYTES = 1 << 18
"""So much waits to be written; then nothing more is read."""


def upgrade_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers that ask for a websocket; none where a message does not."""
    if headers.get("upgrade", "").lower() != "websocket":
        return {}
    return {"Connection": "Upgrade", "Upgrade": "websocket"}


async def tunnel(
    response: aiohttp.ClientResponse, incoming: Incoming, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Pass on all that either end sends, until one of them hangs up.

    :param response: the upstream's answer, HTTP 101
    :param headers: those of the answer
    """
    agreed = web.StreamResponse(status=101, reason=response.reason, headers=headers)
    agreed.force_close()
    await agreed.prepare(incoming.request)
    client, upstream = incoming.request.protocol, response.connection
    if upstream is None or upstream.protocol is None or client.transport is None:
        return agreed  # one of them has gone already
    sent, answered = _Bytes(client.transport), _Bytes(upstream.transport)
    upstream.protocol.set_parser(answered, answered)
    client.set_parser(sent)
    loop = asyncio.get_running_loop()
    ways = [
        asyncio.create_task(_write(sent, StreamWriter(upstream.protocol, loop))),
        asyncio.create_task(_write(answered, StreamWriter(client, loop))),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        response.close()
        if client.transport is not None:
            client.transport.close()  # once all is written
    return agreed


async def _write(parts: "_Bytes", writer: StreamWriter) -> None:
    try:
        async for part in parts:
            await writer.write(part)
            await writer.drain()
    except ConnectionError:  # the other end hears of it by its own connection
        return


class _Bytes:
    """What came by a connection. aiohttp hands it over as to a parser of websockets.

    :param transport: the connection; it is not read while too much waits
    """

    def __init__(self, transport: asyncio.Transport | None) -> None:
        self._transport = transport
        self._parts: deque[bytes] = deque()
        self._length = 0
        self._is_paused = False
        self._has_ended = False
        self._changed = asyncio.Event()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take what came."""
        self._parts.append(bytes(data))
        self._length += len(data)
        if self._length > MAX_WAITING_BYTES and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._changed.set()
        return False, b""

    def feed_eof(self) -> None:
        """Take that nothing more comes."""
        self._has_ended = True
        self._changed.set()

    def set_exception(self, *_: object) -> None:
        """Take that the connection broke."""
        self.feed_eof()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give what came, until nothing more comes."""
        while True:
            while self._parts:
                part = self._parts.popleft()
                self._length -= len(part)
                yield part
            if self._is_paused and self._transport is not None:
                self._is_paused = False
                self._transport.resume_reading()
            if self._has_ended:
                return
            self._changed.clear()
            await self._changed.wait()
