"""The TCP connection behind a request, to break it as a failing network or server would.

LocalStack's gateway runs on Twisted and hands requests to threads as WSGI, which knows no
connection. It is found among the reactor's by the address of the peer. Most of the calls that
LocalStack's services make to each other stay in memory and have none.
"""

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from twisted.internet import reactor as _reactor
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.tcp import Server
from twisted.internet.threads import blockingCallFromThread
from twisted.python.failure import Failure

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from rolo import Request, Response

reactor: Any = _reactor
"""To the type checker it is a module; Twisted puts an object in its place."""

FLUSH_SECONDS = 5
"""How long a client may take to read the part of an answer that it gets."""

_POLL_SECONDS = 0.01


class Connection:
    """The connection of one client, used from the thread of its request."""

    def __init__(self, transport: Server, method: str) -> None:
        self._transport = transport
        self._method = method

    @property
    def is_open(self) -> bool:
        """Whether the client is still there."""
        return bool(self._transport.connected)

    @property
    def is_behind(self) -> bool:
        """Whether more was written than Twisted likes to keep (64 KiB) for a client to read."""
        return bool(self._transport.producerPaused)

    def reset(self) -> None:
        """Break it with a TCP reset."""
        self._lose(ConnectionAborted())

    def close(self) -> None:
        """Close it in good order, without an answer."""
        self._lose(ConnectionDone())

    def close_after_flush(self) -> None:
        """Close it once what was written is sent; wait until it is, for whatever the request's
        thread writes before that would still be sent.
        """
        _in_reactor(self._close_when_sent)
        tries = round(FLUSH_SECONDS / _POLL_SECONDS)
        never = threading.Event()
        while self.is_open and tries:
            never.wait(_POLL_SECONDS)
            tries -= 1
        self.reset()

    def cut(self, answer: "Response") -> None:
        """Have an answer stop in the middle of its body, the length that was promised unchanged.

        An answer without a body is not given at all. The body is closed in any case: a service may
        hold a lock until it is, as S3 does on an object that is read.
        """
        close_body = _closer(answer)
        length: int | None = answer.content_length
        if length is None and answer.is_sequence:
            length = sum(map(len, answer.iter_encoded()))
            answer.headers["Content-Length"] = str(length)
        if self._method == "HEAD" or length == 0:
            self.close()
            close_body()
            answer.response = []
        else:
            body = answer.iter_encoded()
            answer.response = _Half(body, length, self.close_after_flush, close_body)

    def set_date(self, date: str) -> None:
        """Have the answer carry another ``Date`` than the server's. Twisted passes none on that an
        application gives, so it is written where Twisted keeps its own. With HTTP/2 it is left alone:
        there it cannot be told which of several requests is meant.
        """
        _in_reactor(self._write_date, date)

    def _write_date(self, date: str) -> None:
        protocol: Any = getattr(self._transport, "protocol", None)
        while protocol is not None and not hasattr(protocol, "requests"):
            protocol = getattr(protocol, "wrappedProtocol", None) or getattr(
                protocol, "_channel", None
            )
        for request in getattr(protocol, "requests", ())[:1]:
            request.responseHeaders.setRawHeaders(b"Date", [date.encode()])

    def _close_when_sent(self) -> None:
        # A producer that was paused while much was written would be asked for more, and the
        # connection never be closed.
        self._transport.unregisterProducer()
        # TLS hands on what was written in the reactor's next turn.
        reactor.callLater(_POLL_SECONDS, self._transport.loseConnection)

    def _lose(self, reason: Exception) -> None:
        # What the reactor does with a socket that failed, and at once: an answer that is written
        # afterwards goes nowhere. ConnectionAborted makes it a reset (SO_LINGER 0).
        _in_reactor(self._transport.connectionLost, Failure(reason))


def connection_of(request: "Request") -> Connection | None:
    """Find the connection that a request came by.

    :return: None where it has none: it was made inside LocalStack, or the client is gone
    """
    host, port = request.environ.get("REMOTE_ADDR"), request.environ.get("REMOTE_PORT")
    if not host or not port or not reactor.running:
        return None
    transport = _in_reactor(_find, host, int(port))
    return None if transport is None else Connection(transport, request.method)


def _find(host: str, port: int) -> Server | None:
    for reader in reactor.getReaders():
        if isinstance(reader, Server):
            peer = reader.getPeer()
            if peer.port == port and peer.host == host:
                return reader
    return None


def _in_reactor(function: Callable[..., Any], *args: Any) -> Any:
    return blockingCallFromThread(reactor, function, *args)


def _closer(answer: "Response") -> Callable[[], None]:
    """Give a function that closes the body of an answer, once."""
    close: Callable[[], None] | None = getattr(answer.response, "close", None)

    def close_once() -> None:
        nonlocal close
        todo, close = close, None
        if todo is not None:
            todo()

    return close_once


class _Half:
    """Gives the first half of a body, or the half of its first part where its length is unknown, and
    then has the connection closed.

    :param body: the body, in parts
    :param length: its length in bytes; None where that is not known
    :param after: called when the half was given
    :param close: called at the end, also of a body that nobody reads
    """

    def __init__(
        self,
        body: Iterator[bytes],
        length: int | None,
        after: Callable[[], None],
        close: Callable[[], None],
    ) -> None:
        self._parts = self._cut(body, None if length is None else length // 2, after)
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        """Let go of the body. A generator would not, where it was never begun."""
        self._close()

    def _cut(
        self, body: Iterator[bytes], left: int | None, after: Callable[[], None]
    ) -> Iterator[bytes]:
        try:
            for part in body:
                allowed = len(part) // 2 if left is None else left
                yield part[:allowed]
                if left is None or len(part) >= allowed:
                    break
                left -= len(part)
            after()
        finally:
            self._close()
