"""Passes one call on, and its answer back as it comes."""

import asyncio
import uuid
from collections.abc import Callable

from localstack_outages.aws.answer_headers import Headers
from localstack_outages.aws.wire.messages import AwsCall, HttpRequest
from localstack_outages.aws.wire.writing import write_error
from localstack_outages.engine.injection import Injection
from localstack_outages.hosts.gateway.connection import reset
from localstack_outages.hosts.gateway.upstream import MAX_ERROR_BYTES, error_code, request_id
from localstack_outages.schema.effect import AwsError

from .heads import AnswerHead, head_bytes, with_headers, write_answer
from .parts import Parts
from .upstream_side import UpstreamConnection


class Passing:
    """A call on its way.

    :param parts: what all connections have in common
    :param transport: the connection of its client
    :param request: its head
    :param found: what call it is; None where it is none of AWS
    :param injection: gets its end recorded; None as well
    :param on_done: is told once the client has its answer
    """

    __slots__ = (
        "_beginning",
        "_connecting",
        "_found",
        "_has_begun",
        "_head",
        "_injection",
        "_is_paused",
        "_on_done",
        "_parts",
        "_request",
        "_transport",
        "_unsent",
        "_upstream",
    )

    def __init__(
        self,
        parts: Parts,
        transport: asyncio.Transport,
        request: HttpRequest,
        found: AwsCall | None,
        injection: Injection | None,
        on_done: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._transport = transport
        self._request = request
        self._found = found
        self._injection = injection
        self._on_done = on_done
        self._upstream: UpstreamConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._is_paused = False
        self._head: AnswerHead | None = None
        self._beginning = b""
        """Of the body of an error, which is held to find its code."""
        self._has_begun = False
        """Whether the client gets the answer of the upstream."""
        self._unsent = b""
        """Of the answer: its head goes out with the body that came with it."""

    def begin(self, raw: bytes) -> None:
        """Pass the request on.

        :param raw: head and body, as they came
        """
        own = self._parts.upstream.own_headers(self._found)
        if own:
            raw = with_headers(raw, own)
        upstream = self._parts.pool.take()
        if upstream is None:
            self._connecting = asyncio.create_task(self._connect(raw))
        else:
            self._ask(upstream, raw)

    def abort(self) -> None:
        """Give it up: the client has gone."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._upstream is not None:
            self._upstream.abort()
        if self._injection is not None and not self._has_begun:
            finish(self._parts, self._injection, None, None, None)

    def pause(self) -> None:
        """Read nothing more of the answer: the client does not keep up."""
        self._is_paused = True
        if self._upstream is not None:
            self._upstream.pause()

    def resume(self) -> None:
        """Read on."""
        self._is_paused = False
        if self._upstream is not None:
            self._upstream.resume()

    async def _connect(self, raw: bytes) -> None:
        try:
            upstream = await self._parts.pool.connect()
        except OSError as e:  # a timeout is one too
            self.on_broken(e)
            return
        self._connecting = None
        self._ask(upstream, raw)

    def _ask(self, upstream: UpstreamConnection, raw: bytes) -> None:
        self._upstream = upstream
        upstream.ask(raw, self._request.method, self)

    # What the connection to the upstream calls

    def on_head(self, head: AnswerHead) -> None:
        """Take the head of the answer."""
        self._head = head
        if head.status < 400 or (head.length or 0) > MAX_ERROR_BYTES:
            self._answer(head)

    def on_body(self, part: bytes) -> None:
        """Take a part of its body."""
        head = self._head
        if self._has_begun:
            self._transport.write(self._unsent + part if self._unsent else part)
            self._unsent = b""
        elif head is not None:
            self._beginning += part
            if head.length is None or len(self._beginning) > MAX_ERROR_BYTES:
                self._answer(head)

    def on_pause(self) -> None:
        """Take that nothing more came for now."""
        if self._unsent:
            self._transport.write(self._unsent)
            self._unsent = b""

    def on_end(self) -> None:
        """Take that it is whole."""
        if not self._has_begun and self._head is not None:
            self._answer(self._head)
        self.on_pause()
        if self._is_paused:
            self.resume()  # the next call by this connection may be of another client
        self._upstream = None
        self._on_done()

    def on_broken(self, error: Exception) -> None:
        """Take that there is no more of it."""
        self._upstream = self._connecting = None
        if self._has_begun:
            reset(self._transport)  # what came of it is never taken for whole
            return
        parts = self._parts
        parts.warnings.warn(f"reach {parts.upstream.name}", error)
        error_of_its_own = parts.upstream.not_there(error)
        answer = refusal(parts, error_of_its_own, self._request, self._found, self._injection)
        self._transport.write(answer)
        self._on_done()

    def _answer(self, head: AnswerHead) -> None:
        """Begin to answer the client."""
        self._has_begun = True
        if self._injection is not None:
            code = error_code(head.status, head.headers, self._beginning)
            finish(self._parts, self._injection, head.status, code, request_id(head.headers))
        lines = head.lines
        location = head.headers.get("location")
        if location is not None:
            lines = self._led_back(lines, location)
        self._unsent = head_bytes(lines) + self._beginning

    def _led_back(self, lines: list[str], location: str) -> list[str]:
        """Have ``Location`` lead back through the gateway."""
        scheme = "http" if self._transport.get_extra_info("sslcontext") is None else "https"
        host = self._request.headers["host"]
        moved = self._parts.upstream.location(location, scheme, host)
        return [
            f"Location: {moved}" if line.partition(":")[0].lower() == "location" else line
            for line in lines
        ]


def refusal(
    parts: Parts,
    error: AwsError,
    request: HttpRequest,
    found: AwsCall | None,
    injection: Injection | None,
) -> bytes:
    """Write an error in place of what the upstream would answer, and have it recorded."""
    if found is None:
        text = f"{error.message}\n".encode()
        return write_answer(error.status, (("Content-Type", "text/plain; charset=utf-8"),), text)
    its_id = str(uuid.uuid4())
    headers: Headers = ()
    if injection is not None:
        finish(parts, injection, error.status, error.code, its_id)
        headers = injection.headers
    answer = write_error(error, found, request, its_id)
    return write_answer(answer.status, (*answer.headers, *headers), answer.body)


def finish(
    parts: Parts, injection: Injection, status: int | None, code: str | None, its_id: str | None
) -> None:
    """Have the end of a call recorded."""
    try:
        injection.finish(status, code, its_id)
    except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
        parts.warnings.warn("record a call", e)
