"""Connections to the upstream, which are kept for the next call."""

import asyncio
from collections import deque
from typing import Protocol, cast

from localstack_outages.hosts.gateway.upstream import CONNECT_SECONDS, IDLE_SECONDS, Upstream

from .bodies import Body, Chunked, Counted, UntilClosed
from .heads import END, MAX_ANSWER_HEAD_BYTES, AnswerHead, BadAnswer, read_answer


class NoAnswer(Exception):
    """The upstream has closed the connection before its answer was there."""


class Receiver(Protocol):
    """Who gets an answer."""

    def on_head(self, head: AnswerHead) -> None:
        """Take the head of the answer."""

    def on_body(self, part: bytes) -> None:
        """Take a part of its body, as it is written to the client."""

    def on_pause(self) -> None:
        """Take that nothing more came for now."""

    def on_end(self) -> None:
        """Take that it is whole. The connection is free again."""

    def on_broken(self, error: Exception) -> None:
        """Take that there is no more of it."""


class UpstreamConnection(asyncio.Protocol):
    """One connection.

    :param pool: gets it back
    """

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._receiver: Receiver | None = None
        self._method = ""
        self._buffer = b""
        self._head: AnswerHead | None = None
        self._body: Body | None = None
        self.transport: asyncio.Transport | None = None
        self.idle_since = 0.0

    def ask(self, request: bytes, method: str, receiver: Receiver) -> None:
        """Send a request.

        :param request: head and body
        """
        self._receiver = receiver
        self._method = method
        cast("asyncio.Transport", self.transport).write(request)

    def abort(self) -> None:
        """Give up the answer, and the connection with it."""
        self._receiver = None
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._pool.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._pool.connections.discard(self)
        receiver = self._receiver
        if receiver is None:
            return
        self._receiver = None
        last = None if self._body is None or exc is not None else self._body.end()
        if last is None:
            receiver.on_broken(exc or NoAnswer("the connection was closed"))
            return
        receiver.on_body(last)
        receiver.on_end()

    def data_received(self, data: bytes) -> None:
        receiver = self._receiver
        if receiver is None:  # nobody asked for it
            self.abort()
            return
        try:
            if self._body is None:
                data = self._read_head(data, receiver)
            if self._body is not None:
                self._read_body(data, receiver)
        except BadAnswer as e:
            self.abort()
            receiver.on_broken(e)

    def _read_head(self, data: bytes, receiver: Receiver) -> bytes:
        """Read the head of the answer.

        :return: what came behind it
        """
        data = self._buffer + data
        while (end := data.find(END)) >= 0:
            head = read_answer(data[:end], self._method)
            data = data[end + len(END) :]
            if head.status == 101:
                raise BadAnswer("an upgrade that nobody asked for")
            if head.status >= 200:  # others come before the answer
                self._buffer = b""
                self._head = head
                if head.is_chunked:
                    self._body = Chunked()
                else:
                    self._body = UntilClosed() if head.length is None else Counted(head.length)
                receiver.on_head(head)
                return data
        if len(data) > MAX_ANSWER_HEAD_BYTES:
            raise BadAnswer("the head of the answer is too long")
        self._buffer = data
        return b""

    def _read_body(self, data: bytes, receiver: Receiver) -> None:
        body, head = self._body, self._head
        if body is None or head is None:
            return
        part, rest = body.feed(data)
        if not body.is_whole:
            if part:
                receiver.on_body(part)
            receiver.on_pause()
            return
        self._receiver = self._body = self._head = None
        if head.stays_open and not rest:
            self._pool.give_back(self)
        elif self.transport is not None:
            self.transport.close()
        if part:
            receiver.on_body(part)
        receiver.on_end()

    def pause(self) -> None:
        """Read nothing more: the client does not keep up."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()


class Pool:
    """The connections to an upstream.

    :param upstream: in plain HTTP
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._idle: deque[UpstreamConnection] = deque()
        """Those used last at the end."""
        self._timer: asyncio.TimerHandle | None = None
        self.connections: set[UpstreamConnection] = set()
        """All that are open."""

    def take(self) -> UpstreamConnection | None:
        """Give a connection that is open; None where there is none."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            transport = connection.transport
            if transport is None or transport.is_closing():
                continue
            if now - connection.idle_since < IDLE_SECONDS:
                return connection
            transport.close()
        return None

    async def connect(self) -> UpstreamConnection:
        """Open a connection.

        :raises OSError: where that is not possible
        """
        address = self._upstream.address
        if address is None:
            raise ConnectionError("the endpoint is not one in plain HTTP")
        host, port = address
        connection = UpstreamConnection(self)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: connection, host, port)
        except BaseException:  # the client may go just when it is there
            connection.abort()
            raise
        return connection

    def give_back(self, connection: UpstreamConnection) -> None:
        """Keep a connection for the next call."""
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.append(connection)
        if self._timer is None:
            self._timer = loop.call_later(IDLE_SECONDS, self._sweep)

    def close(self) -> None:
        """Close all connections."""
        if self._timer is not None:
            self._timer.cancel()
        for connection in tuple(self.connections):
            connection.abort()

    def _sweep(self) -> None:
        """Close what is idle for too long."""
        loop = asyncio.get_running_loop()
        oldest_allowed = loop.time() - IDLE_SECONDS
        while self._idle and self._idle[0].idle_since <= oldest_allowed:
            transport = self._idle.popleft().transport
            if transport is not None:
                transport.close()
        self._timer = loop.call_later(IDLE_SECONDS, self._sweep) if self._idle else None
