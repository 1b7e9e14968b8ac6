"""Lets calls that are refused at once be answered in the thread that reads the network.

LocalStack's gateway hands each request to a thread of a pool, for it may take long. That road costs
more than to refuse a call. Here it is decided before it, and LocalStack's same chain of handlers
is run where the request is: see "The short way" in ``docs/how-it-works.md``.
"""

import logging
from io import SEEK_END
from typing import Any

from rolo.gateway import Gateway
from rolo.gateway.wsgi import WsgiGateway
from rolo.serving.twisted import HeaderPreservingWSGIResponse, TwistedGateway
from twisted.internet import reactor as _reactor
from twisted.internet.tcp import Port
from twisted.web.http import HTTPChannel

from .early import UNREAD, Unread
from .interceptor import DECIDED, EarlySeen, Interceptor

LOG = logging.getLogger(__name__)

reactor: Any = _reactor
"""To the type checker it is a module; Twisted puts an object in its place."""


def answer_inline(interceptor: Interceptor) -> None:
    """Have the calls of all connections that are made from now on decided on where they are read."""
    reactor.callFromThread(_hook_in, interceptor)


def _hook_in(interceptor: Interceptor) -> None:
    for port in reactor.getReaders():
        if isinstance(port, Port):
            site = getattr(port.factory, "wrappedFactory", port.factory)  # behind TLS
            if isinstance(site, TwistedGateway):
                site.requestFactory = _request_class(
                    site.requestFactory, site.resource.gateway, interceptor
                )


class _Answer(HeaderPreservingWSGIResponse):
    """Runs the application in the reactor's thread."""

    environ: dict[str, Any]

    def __init__(self, application: WsgiGateway, request: Any) -> None:
        super().__init__(reactor, reactor.getThreadPool(), application, request)  # type: ignore[no-untyped-call]

    def run_inline(self) -> None:
        """Run it and send what it answers, as a thread would have."""
        parts = self.application(self.environ, self.startResponse)
        body = b"".join(parts)
        parts.close()
        if self.request.channel is None:  # the client has gone meanwhile
            return
        self._sendResponseHeaders()  # type: ignore[no-untyped-call]
        self.request.write(body)
        self.request.finish()


def _request_class(base: Any, gateway: Gateway, interceptor: Interceptor) -> Any:
    """Make the class of a server's requests: as before, but for those that are refused at once."""
    application = WsgiGateway(gateway)

    class InlineRequest(base):  # type: ignore[misc] # Twisted is not typed
        """A request to the gateway."""

        _seen: EarlySeen | None = None
        _was_asked_about = False

        def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
            """Decide on it, where that can be done; called when it has arrived as a whole."""
            if command == b"POST" and path == b"/" and self._is_plain():
                seen: EarlySeen | Unread | None = None
                if interceptor.may_refuse(_authorization(self)):
                    # To ask LocalStack would hold up all connections.
                    seen = interceptor.decide_early(gateway, _environ(self), may_ask=False)
                if seen is not UNREAD:
                    self._was_asked_about, self._seen = True, seen
            if not self._was_asked_about:
                self.content.seek(0, SEEK_END)  # where the base expects it
                super().requestReceived(command, path, version)
                return
            # As the base does, but neither the content type nor a form is parsed: WSGI has no use
            # for what comes of that, and it takes longer than all that is done here.
            self.content.seek(0)
            self.args: dict[bytes, list[bytes]] = {}
            self.method, self.uri, self.path, self.clientproto = command, path, path, version
            self.process()

        def render(self, resource: Any) -> None:
            """Answer it; called when all that Twisted wants to know of it is set."""
            if not self._was_asked_about:
                super().render(resource)
                return
            answer = _Answer(application, self)
            seen = answer.environ[DECIDED] = self._seen
            if seen is None or seen.decision is None or seen.decision.delay_ms:
                answer.start()  # type: ignore[no-untyped-call] # it takes its time
            else:
                # Not at once: Twisted loses what came with it, of the requests that are to follow,
                # when a request is finished before it was handed over.
                reactor.callLater(0, answer.run_inline)

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

    return InlineRequest


def _authorization(request: Any) -> str:
    values: list[bytes] = request.requestHeaders.getRawHeaders(b"authorization") or []
    return b",".join(values).decode("latin-1")


def _environ(request: Any) -> dict[str, Any]:
    """Give of a request's WSGI environment what says which call it makes."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "CONTENT_LENGTH": str(request.content.tell()),
        "wsgi.input": request.content,
    }
    for name, values in request.requestHeaders.getAllRawHeaders():
        text = b",".join(values).decode("latin-1")
        environ["HTTP_" + name.decode("latin-1").upper().replace("-", "_")] = text
    environ["CONTENT_TYPE"] = environ.get("HTTP_CONTENT_TYPE", "")
    request.content.seek(0)
    return environ
