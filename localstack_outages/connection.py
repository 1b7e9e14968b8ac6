"""The TCP connection behind a request, to break it as a failing network or server would.

LocalStack's gateway runs on Twisted and hands requests to threads as WSGI, which knows no
connection. It is found among the reactor's by the address of the peer. Most of the calls that
LocalStack's services make to each other stay in memory and have none.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from rolo import Request, Response
from twisted.internet import reactor as _reactor
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.tcp import Server
from twisted.internet.threads import blockingCallFromThread
from twisted.python.failure import Failure

reactor: Any = _reactor
"""To the type checker it is a module; Twisted puts an object in its place."""

FLUSH_SECONDS = 5
"""How long a client may take to read the part of an answer that it gets."""

_POLL_SECONDS = 0.01


class Connection:
    """The connection of one client, used from the thread of its request."""

    def __init__(self, transport: Server) -> None:
        self._transport = transport

    @property
    def is_open(self) -> bool:
        """Whether the client is still there."""
        return bool(self._transport.connected)

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


def connection_of(request: Request) -> Connection | None:
    """Find the connection that a request came by.

    :return: None where it has none: it was made inside LocalStack, or the client is gone
    """
    host, port = request.environ.get("REMOTE_ADDR"), request.environ.get("REMOTE_PORT")
    if not host or not port or not reactor.running:
        return None
    transport = _in_reactor(_find, host, int(port))
    return None if transport is None else Connection(transport)


def _find(host: str, port: int) -> Server | None:
    for reader in reactor.getReaders():
        if isinstance(reader, Server):
            peer = reader.getPeer()
            if peer.port == port and peer.host == host:
                return reader
    return None


def _in_reactor(function: Callable[..., Any], *args: Any) -> Any:
    return blockingCallFromThread(reactor, function, *args)


def truncate(request: Request, response: Response, connection: Connection) -> None:
    """Let an answer stop in the middle of its body, the length that was promised unchanged.

    An answer without a body is not given at all.
    """
    if request.method == "HEAD":
        connection.close()
        return
    length: int | None = response.content_length
    if length is None and response.is_sequence:
        length = sum(map(len, response.iter_encoded()))
        response.headers["Content-Length"] = str(length)
    if length == 0:
        connection.close()
        return
    response.response = _half(response.iter_encoded(), length, connection)


def _half(body: Iterator[bytes], length: int | None, connection: Connection) -> Iterator[bytes]:
    """Give the first half of a body, or the half of its first part where its length is unknown."""
    left = None if length is None else length // 2
    for part in body:
        allowed = len(part) // 2 if left is None else left
        yield part[:allowed]
        if left is None or len(part) >= allowed:
            break
        left -= len(part)
    connection.close_after_flush()
