"""Answers calls that are refused at once in the thread that reads the network.

LocalStack's gateway hands each request to a thread of a pool, for it may take long. That road costs
more than to refuse a call. Here it is decided before it, and LocalStack's same chain of handlers
is run where the request is: see "The short way" in ``docs/how-it-works.md``.
"""

from collections.abc import Iterator
from io import SEEK_END
from typing import Any

from rolo.gateway import Gateway
from rolo.gateway.wsgi import WsgiGateway
from rolo.serving.twisted import HeaderPreservingWSGIResponse, TwistedGateway
from twisted.internet import reactor as _reactor
from twisted.internet.tcp import Port
from twisted.web.http import HTTPChannel

from localstack_outages.engine.decide import Undecided

from .handler import DECIDED, EarlyDecision, EarlyHandler
from .raw_request import RawRequest, read_headers

reactor: Any = _reactor
"""To the type checker it is a module; Twisted puts an object in its place."""


def answer_inline(early: EarlyHandler) -> None:
    """Have the calls of all connections that are made from now on decided on where they are read."""
    reactor.callFromThread(_hook_in, early)


def _hook_in(early: EarlyHandler) -> None:
    try:
        for port in reactor.getReaders():
            if isinstance(port, Port):
                site = getattr(port.factory, "wrappedFactory", port.factory)  # behind TLS
                if isinstance(site, TwistedGateway):
                    gateway: Gateway = site.resource.gateway
                    fields = {
                        "early": early,
                        "gateway": gateway,
                        "application": WsgiGateway(gateway),
                    }
                    bases: tuple[Any, ...] = (_Inline, site.requestFactory)
                    inline: Any = type("InlineRequest", bases, fields)
                    site.requestFactory = inline
    except Exception as e:  # noqa: BLE001 - whatever it is, requests are served as ever
        early.switch_off(e)


class _Answer(HeaderPreservingWSGIResponse):
    """Runs the application in the reactor's thread."""

    environ: dict[str, Any]

    def __init__(self, application: WsgiGateway, request: Any, early: EarlyHandler) -> None:
        super().__init__(reactor, reactor.getThreadPool(), application, request)  # type: ignore[no-untyped-call]
        self._early = early

    def run_inline(self) -> None:
        """Run it and send what it answers, as a thread would have."""
        try:
            parts = self.application(self.environ, self.startResponse)
            body = b"".join(parts)
            parts.close()
            if self.request.channel is None:  # the client has gone meanwhile
                return
            self._sendResponseHeaders()  # type: ignore[no-untyped-call]
            self.request.write(body)
            self.request.finish()
        except Exception as e:  # noqa: BLE001 - whatever it is, the client must get an answer
            self._early.switch_off(e)
            self._go_the_long_way()

    def _go_the_long_way(self) -> None:
        """Begin anew in a thread, unless the client has a part of the answer already."""
        request = self.request
        if request.startedWriting:
            request.loseConnection()
            return
        del self.environ[DECIDED]
        request.content.seek(0)
        self.start()  # type: ignore[no-untyped-call]


class _Inline:
    """What is done to a request to the gateway before it is handed to a thread; goes before the class
    of requests that the server had.
    """

    early: EarlyHandler
    gateway: Gateway
    application: WsgiGateway
    content: Any
    channel: Any
    process: Any
    requestHeaders: Any  # noqa: N815 - of Twisted's

    _decided: EarlyDecision | None = None
    _was_asked_about = False

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        """Decide on it, where that can be done; called when it has arrived as a whole."""
        if command == b"POST" and path == b"/" and self.early.is_on:
            try:
                self._decide()
            except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
                self.early.switch_off(e)
        if not self._was_asked_about:
            self.content.seek(0, SEEK_END)  # where the base expects it
            super().requestReceived(command, path, version)  # type: ignore[misc] # a mixin
            return
        # As the base does, but neither the content type nor a form is parsed: WSGI has no use
        # for what comes of that, and it takes longer than all that is done here.
        self.content.seek(0)
        self.args: dict[bytes, list[bytes]] = {}
        self.method, self.uri, self.path, self.clientproto = command, path, path, version
        self.process()

    def render(self, resource: Any) -> None:
        """Answer it; called when all that Twisted wants to know of it is set."""
        answer = self._answer() if self._was_asked_about else None
        if answer is None:
            super().render(resource)  # type: ignore[misc] # a mixin
        elif self._decided is None or not self._decided.injection.refuses_at_once:
            answer.start()  # type: ignore[no-untyped-call] # it takes its time
        else:
            # Not at once: Twisted loses what came with it, of the requests that are to follow,
            # when a request is finished before it was handed over.
            reactor.callLater(0, answer.run_inline)

    def _answer(self) -> _Answer | None:
        try:
            answer = _Answer(self.application, self, self.early)
            answer.environ[DECIDED] = self._decided
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self.early.switch_off(e)
            return None
        return answer

    def _decide(self) -> None:
        if not self._is_plain():
            return
        decided = None
        # This thread serves all connections: whatever takes long is left to another.
        if self.early.may_refuse(self._authorization(), may_search=False):
            headers = read_headers(self._fields())
            if headers is not None:
                request = RawRequest(headers, self._read)
                found = self.early.decide(self.gateway, request, may_search=False)
                if isinstance(found, Undecided):
                    return
                decided = found
        self._was_asked_about, self._decided = True, decided

    def _fields(self) -> Iterator[tuple[bytes, bytes]]:
        for name, values in self.requestHeaders.getAllRawHeaders():
            for value in values:
                yield name, value

    def _authorization(self) -> str:
        values: list[bytes] = self.requestHeaders.getRawHeaders(b"authorization") or [b""]
        return values[0].decode("latin-1")

    def _read(self, most: int) -> bytes:
        if self.content.seek(0, SEEK_END) > most:
            return b""
        self.content.seek(0)
        body: bytes = self.content.read()
        return body

    def _is_plain(self) -> bool:
        """Whether it is neither one of HTTP/2, nor the beginning of a websocket, nor a form in
        parts: of that Twisted refuses what is malformed.
        """
        headers = self.requestHeaders
        content_type = headers.getRawHeaders(b"content-type") or [b""]
        return (
            isinstance(self.channel, HTTPChannel)
            and not headers.hasHeader(b"upgrade")
            and b"multipart" not in content_type[0].lower()
        )
