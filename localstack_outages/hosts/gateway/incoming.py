"""A request on its way through the gateway."""

import time
from collections.abc import AsyncIterator

from aiohttp import web
from multidict import CIMultiDict

from localstack_outages.aws.wire.editing import Edited
from localstack_outages.aws.wire.messages import HttpRequest

MAX_BODY_BYTES = 4 << 20
"""Of a longer body no parameters are read; it passes as any other."""


class Incoming:
    """A request, with as much of its body as somebody wanted to see.

    :param request: as aiohttp has it
    :param authority: the host and port that the client asked a proxy for; None where it asked for none
    """

    def __init__(self, request: web.BaseRequest, authority: str | None = None) -> None:
        self.request = request
        self.authority = authority
        self.time = time.time()
        path, _, query = _origin_form(request.raw_path).partition("?")
        self.head = HttpRequest(request.method, path, query, request.headers)
        self._seen = b""
        self._is_awaited = request.headers.get("Expect", "").lower() == "100-continue"

    @property
    def target(self) -> str:
        """Path and query, to the byte as they came."""
        query = self.head.query
        return f"{self.head.path}?{query}" if query else self.head.path

    def header_of(self, name: str) -> str | None:
        """Give a header as rules ask for it; None where there is none."""
        values = self.request.headers.getall(name, ())
        return ",".join(values) if values else None

    async def peek(self) -> bytes:
        """Give the whole body, and keep it for ``body``.

        :return: nothing where it is longer than ``MAX_BODY_BYTES``
        """
        announced = self.request.content_length
        if announced is not None and announced > MAX_BODY_BYTES:
            return b""
        seen = await self.read(MAX_BODY_BYTES + 1)
        return seen if len(seen) <= MAX_BODY_BYTES else b""

    async def read(self, most: int) -> bytes:
        """Give the beginning of the body, and keep it for ``body``.

        :param most: read on until so many bytes are there, or more
        """
        await self._ask()
        parts = [self._seen]
        length = len(self._seen)
        while length < most and (part := await self.request.content.readany()):
            parts.append(part)
            length += len(part)
        self._seen = b"".join(parts)
        return self._seen

    def replace(self, edited: Edited) -> None:
        """Have another request passed on. The whole body was read before."""
        self._seen = edited.body
        given = CIMultiDict(self.head.headers.items())
        for name, value in edited.headers.items():
            given.popall(name, None)
            if value is not None:
                given[name] = value
        query = self.head.query if edited.query is None else edited.query
        self.head = self.head._replace(headers=given, query=query)

    @property
    def has_body(self) -> bool:
        """Whether it announces a body."""
        return self.request.body_exists or bool(self._seen)

    async def body(self) -> AsyncIterator[bytes]:
        """Give the body part by part, as it comes."""
        await self._ask()
        if self._seen:
            yield self._seen
        async for part in self.request.content.iter_any():
            yield part

    async def _ask(self) -> None:
        """Tell a client that waits for it that its body is wanted. A call that is refused is not
        asked for its body, as AWS does not.
        """
        if self._is_awaited:
            self._is_awaited = False
            transport = self.request.transport
            if transport is not None:
                transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _origin_form(target: str) -> str:
    """Give path and query of a target that has scheme and host before them, as for a proxy."""
    if target.startswith("/"):
        return target
    _, found, rest = target.partition("://")
    return "/" + rest.partition("/")[2] if found else f"/{target}"
