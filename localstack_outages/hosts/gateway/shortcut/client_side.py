"""Serves the connection of one client: calls that go the short way by itself, others by the long way."""

import asyncio
import time
from itertools import chain
from typing import Any, cast

from localstack_outages.aws.wire.messages import AwsCall, HttpRequest
from localstack_outages.engine.injection import Injection
from localstack_outages.engine.steps import Refuse
from localstack_outages.hosts.gateway.addresses import gives_addresses
from localstack_outages.hosts.gateway.call_reader import (
    AIM_UNKNOWN,
    aim_of_whole,
    parameters_of,
    peer_of,
)
from localstack_outages.hosts.gateway.judged import Judge, Judged

from .heads import END, MAX_BODY_BYTES, Request, may_become_request, read_request
from .parts import Parts
from .passing import Passing, finish, refusal

_FIS = "fis"


class Client(Judge, asyncio.Protocol):
    """One connection.

    :param parts: what all have in common
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._request: Request | None = None
        """That which is read, where its body is not whole yet."""
        self._call: Passing | None = None
        """That which is under way on the short way."""
        self._handler: Any = None
        """Serves the connection while it goes the long way."""
        self._left: int | None = None
        """So many bytes of its request the handler has not got yet; None where that is not known."""
        self._is_paused = False
        self._is_reading = True
        self._is_closing = False
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a call is under way on the short way."""
        return self._call is not None

    def close(self) -> None:
        """Close it after the call that is under way."""
        self._is_closing = True
        if self._transport is not None and self._call is None and self._handler is None:
            self._transport.close()

    def abort(self) -> None:
        """Close it at once, unless it is served on the long way."""
        if self._transport is not None and self._handler is None:
            self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._parts.clients.add(self)
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + self._parts.idle_seconds
        self._timer = loop.call_at(self._deadline, self._look_at_clock)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._parts.clients.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._handler is not None:
            self._handler.connection_lost(exc)
            judged, self.judged = self.judged, None
            if judged is not None:
                finish(self._parts, judged.injection, None, None, None)
        call, self._call = self._call, None
        if call is not None:
            call.abort()

    def data_received(self, data: bytes) -> None:
        if self._handler is not None:
            if not self._is_free():
                self._feed(data)
                return
            self._take_back()
        self._buffer = self._buffer + data if self._buffer else data
        if self._call is None:
            self._serve()
        elif len(self._buffer) > MAX_BODY_BYTES and self._is_reading:
            self._is_reading = False
            self._open().pause_reading()

    def eof_received(self) -> bool | None:
        return None if self._handler is None else self._handler.eof_received()

    def pause_writing(self) -> None:
        self._is_paused = True
        if self._handler is not None:
            self._handler.pause_writing()
        elif self._call is not None:
            self._call.pause()

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._handler is not None:
            self._handler.resume_writing()
        elif self._call is not None:
            self._call.resume()
        else:
            self._serve()

    # Requests

    def _serve(self) -> None:
        """Serve what came, as far as it is whole."""
        while (
            self._buffer
            and self._call is None
            and self._handler is None
            and not self._is_paused
            and self._transport is not None
            and not self._transport.is_closing()
        ):
            if not self._serve_next():
                return

    def _serve_next(self) -> bool:
        """Serve the next request.

        :return: whether there may be another one
        """
        request = self._request
        if request is None:
            end = self._buffer.find(END)
            if end < 0:
                if not may_become_request(self._buffer):
                    self._hand_over(None)
                return False
            request = read_request(self._buffer[: end + len(END)])
            if request is None or not request.is_short:
                self._hand_over(request)
                return False
            self._request = request
            self._deadline = asyncio.get_running_loop().time() + self._parts.idle_seconds
        if len(self._buffer) < request.length:
            return False
        self._request = None
        self._judge(request, self._buffer[request.head_length : request.length])
        return True

    def _judge(self, request: Request, body: bytes) -> None:
        """Decide on a request, and pass it, refuse it, or let it go the long way."""
        head, parts = request.head, self._parts
        if parts.find_control(head) is not None:
            self._hand_over(request)
            return
        came = time.time()
        injection: Injection | None = None
        try:
            found = parts.reader.read_whole(head, body)
            if found is None:
                self._pass(request, None, None)
                return
            if found.service == _FIS or gives_addresses(found):
                self._hand_over(request)
                return
            injection = self._inject(found, head, body, came)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            parts.warnings.warn("judge a call on the short way; it goes the long way", e)
            self._hand_over(request)
            return
        if injection.passes:
            self._pass(request, found, injection)
            return
        steps = injection.before()
        if injection.refuses_at_once and not injection.is_late:
            step = next(steps, None)
            if isinstance(step, Refuse):
                self._drop(request)
                self._open().write(refusal(parts, step.error, head, found, injection))
                return
            steps = chain(() if step is None else (step,), steps)
        self._hand_over(request, Judged(found, injection, steps))

    def _inject(self, found: AwsCall, head: HttpRequest, body: bytes, came: float) -> Injection:
        injector, reader = self._parts.injector, self._parts.reader
        at = injector.clock()
        call = reader.call(found, head)
        if injector.asks_parameters(call):
            call = call._replace(parameters=parameters_of(found, head, body))
        envelope = reader.envelope(found, head, came)
        injection = injector.inject(call, envelope, at, head.headers.get)
        if injection.wants_aim:
            injection.peer = peer_of(self._transport, head)
            try:
                injection.aim = aim_of_whole(found, head, body)
            except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
                self._parts.warnings.warn(AIM_UNKNOWN, e)
        return injection

    def _drop(self, request: Request) -> bytes:
        """Take a request out of what came."""
        raw, self._buffer = self._buffer[: request.length], self._buffer[request.length :]
        return raw

    # The long way

    def _hand_over(self, request: Request | None, judged: Judged | None = None) -> None:
        """Have a request go the long way.

        :param request: the next one; None where it could not be read
        """
        data, self._buffer, self._request = self._buffer, b"", None
        self._left = None if request is None else request.length
        self.judged = judged
        self._handler = self._parts.make_handler()
        self._handler.connection_made(self._open())
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        if self._left is not None:
            self._left = self._left - len(data) if len(data) <= self._left else None
        self._handler.data_received(data)

    def _is_free(self) -> bool:
        """Whether the handler has answered its request and got nothing of another one."""
        waiter = getattr(self._handler, "_waiter", None)
        return self._left == 0 and waiter is not None and not waiter.done()

    def _take_back(self) -> None:
        """Let the next request go the short way again."""
        handler, self._handler = self._handler, None
        handler.transport = None  # it would close it
        handler.connection_lost(None)

    # Answers

    def _pass(self, request: Request, found: AwsCall | None, injection: Injection | None) -> None:
        """Pass a call on."""
        raw = self._drop(request)
        self._call = Passing(self._parts, self._open(), request.head, found, injection, self._done)
        self._call.begin(raw)

    def _done(self) -> None:
        """Go on with the next request."""
        self._call = None
        self._deadline = asyncio.get_running_loop().time() + self._parts.idle_seconds
        transport = self._open()
        if self._is_closing:
            transport.close()
            return
        if not self._is_reading:
            self._is_reading = True
            transport.resume_reading()
        if self._buffer:
            self._serve()

    def _open(self) -> asyncio.Transport:
        """Give the connection, which is open while anything is done here."""
        return cast("asyncio.Transport", self._transport)

    def _look_at_clock(self) -> None:
        """Close a connection that sends nothing, or sends it too slowly."""
        loop = asyncio.get_running_loop()
        if self._call is not None or self._handler is not None:
            self._deadline = loop.time() + self._parts.idle_seconds
        if loop.time() >= self._deadline and self._transport is not None:
            self._transport.abort()
            return
        self._timer = loop.call_at(self._deadline, self._look_at_clock)
