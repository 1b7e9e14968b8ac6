"""Carries out what is to be done to a call, between a client and an upstream. Whatever fails here lets
the call pass.

The module has over 300 lines because the way of a call stands in it from its request to its answer.
"""

import asyncio
import logging
import ssl
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import aiohttp
from aiohttp import web

from localstack_outages.aws.wire.messages import AwsCall
from localstack_outages.engine.body import BodyShaper
from localstack_outages.engine.edits import Answer as AnswerStep, EditAnswer, EditRequest
from localstack_outages.engine.injection import Injection
from localstack_outages.engine.steps import Break, Refuse, Shape, Step, Wait
from localstack_outages.hosts.app import App
from localstack_outages.hosts.settings import read_home_region
from localstack_outages.hosts.warnings import Warnings
from localstack_outages.schema.effect import AwsError

from .call_reader import AIM_UNKNOWN, CallReader, peer_of
from .connection import Connection
from .control import Control
from .editing import Editor, read_whole
from .error_answer import refusal
from .fis_front import FisFront
from .incoming import Incoming
from .judged import Judged, take_judged
from .passing import pass_on
from .proxying import Proxy
from .refusals import Refusals
from .upstream import MAX_LINE_BYTES, Answer, CannotForward, Upstream
from .waiting import wait

if TYPE_CHECKING:
    from .authority import Authority
    from .shortcut import Shortcut

LOG = logging.getLogger(__name__)

IDLE_SECONDS = 75
"""So long a connection may take to send the head of its next request."""

MAX_SERVERS = 1000
"""A proxy has one for each host; those without connections go when there are more."""

_BROKEN = web.Response(status=503)
"""Nobody gets it: the connection is broken."""

Outcome: TypeAlias = AwsError | web.StreamResponse | Break | Shape | EditAnswer | AnswerStep | None
"""What comes of the steps of a call: the error that it gets, an answer that nobody gets where its
connection is broken, or the last step, which is done to the answer as it is passed on; None where the
call passes."""


class Gateway:
    """Serves AWS calls, with the faults that the rules say.

    :param app: the parts of all hosts
    :param upstream: carries out the calls that pass
    :param authority: issues certificates, to serve as a proxy; None where it is none
    """

    def __init__(self, app: App, upstream: Upstream, authority: "Authority | None" = None) -> None:
        self.app = app
        self.upstream = upstream
        self._reader = CallReader(read_home_region())
        self._refusals = Refusals()
        self._control = Control(app, self._refusals)
        self._fis = FisFront(app, self._reader, upstream.url) if upstream.is_emulator else None
        self._warnings = Warnings(LOG)
        self._authority = authority
        self._proxy: Proxy | None = None
        self._servers: dict[str | None, web.Server] = {}
        self._listener: asyncio.Server | None = None
        self._shortcut: Shortcut | None = None

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Begin to serve.

        :param tls: what to serve TLS with; None for plain HTTP
        :return: the port, which the system chooses where 0 is given
        :raises OSError: where the address cannot be used
        """
        loop = asyncio.get_running_loop()
        serve: Callable[[], asyncio.Protocol] = partial(self._make_handler, None)
        self._shortcut = self._load_shortcut()
        if self._shortcut is not None:
            serve = self._shortcut
        if self._authority is not None:
            serve = self._proxy = Proxy(self._authority, self._make_handler, self._refusals)
        self._listener = await loop.create_server(serve, host, port, ssl=tls, start_serving=False)
        self.upstream.open()
        await self._listener.start_serving()
        bound: int = self._listener.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """End, and let all waiting calls and readers go on."""
        self.app.close()
        if self._listener is not None:
            self._listener.close()
        if self._proxy is not None:
            self._proxy.close()
        if self._shortcut is not None:
            await self._shortcut.close(timeout=1)
        await asyncio.gather(*(server.shutdown(timeout=1) for server in self._servers.values()))
        await self.upstream.close()
        self._control.close()

    def _load_shortcut(self) -> "Shortcut | None":
        """Give the short way of calls to an endpoint in plain HTTP; None where there is none."""
        if self._authority is not None or self.upstream.address is None:
            return None
        try:
            from .shortcut import Shortcut

            return Shortcut(
                self.app.injector,
                self._reader,
                self._control.find,
                self.upstream,
                self._warnings,
                partial(self._make_handler, None),
                IDLE_SECONDS,
            )
        except Exception as e:  # noqa: BLE001 - all calls go the long way
            self._warnings.warn("prepare the short way; calls go the long way", e)
            return None

    def _make_handler(self, authority: str | None) -> asyncio.Protocol:
        """Make what serves a connection.

        :param authority: the host and port that its client asked the proxy for
        """
        server = self._servers.get(authority)
        if server is None:
            if len(self._servers) >= MAX_SERVERS:
                idle = [name for name, one in self._servers.items() if not one.connections]
                for name in idle:
                    del self._servers[name]
            server = self._servers[authority] = web.Server(
                partial(self._handle, authority=authority),
                handler_cancellation=True,  # by it a coroutine learns that its client has gone
                access_log=None,
                auto_decompress=False,  # what is stored packed stays so
                logger=self._refusals.logger(),
                keepalive_timeout=IDLE_SECONDS,
                max_line_size=MAX_LINE_BYTES,
                max_field_size=MAX_LINE_BYTES,
            )
        handler: asyncio.Protocol = server()
        return handler

    async def _handle(
        self, request: web.BaseRequest, authority: str | None = None
    ) -> web.StreamResponse:
        incoming = Incoming(request, authority)
        control = self._control.find(incoming.head)
        if control is not None:
            return await self._control.answer(incoming, *control)
        judged = take_judged(request.transport)
        if judged is not None:
            await incoming.peek()  # who edits its answer wants to see it
            return await self._carry_out_to_its_end(judged, incoming)
        found, injection = None, None
        try:
            found = await self._reader.read(incoming)
            if found is not None:
                injection = await self._inject(found, incoming)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warnings.warn("judge a call, which passes", e)
        if found is None or injection is None:
            return await self._pass(incoming, found, None)
        if injection.wants_aim:
            await self._read_aim(found, injection, incoming)
        judged = Judged(found, injection, injection.before())
        return await self._carry_out_to_its_end(judged, incoming)

    async def _carry_out_to_its_end(self, judged: Judged, incoming: Incoming) -> web.StreamResponse:
        try:
            return await self._carry_out(judged, incoming)
        except asyncio.CancelledError:  # the client has gone
            self._finish(judged.injection, None, None, None)
            raise

    async def _inject(self, found: AwsCall, incoming: Incoming) -> Injection:
        injector = self.app.injector
        at = injector.clock()
        call = self._reader.call(found, incoming.head)
        if injector.asks_parameters(call):
            parameters = await self._reader.parameters(found, incoming)
            call = call._replace(parameters=parameters)
        envelope = self._reader.envelope(found, incoming.head, incoming.time)
        return injector.inject(call, envelope, at, incoming.header_of)

    async def _carry_out(self, judged: Judged, incoming: Incoming) -> web.StreamResponse:
        found, injection, steps = judged
        done: Outcome = None
        editor = Editor(found, incoming)
        try:
            done = await self._follow(steps, incoming, editor)
            if isinstance(done, AnswerStep):
                answered = await editor.answer(done)
                answered.headers.update(injection.headers)
                self._finish(injection, answered.status, None, None)
                return answered
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warnings.warn("do to a call what its rule says; the call passes", e)
            injection.let_pass()
        if isinstance(done, AwsError):
            request_id = str(uuid.uuid4())
            self._finish(injection, done.status, done.code, request_id)
            return refusal(done, found, incoming, request_id, injection.headers)
        if isinstance(done, web.StreamResponse):
            self._finish(injection, None, None, None)
            return done
        return await self._pass(incoming, found, injection, editor)

    async def _read_aim(self, found: AwsCall, injection: Injection, incoming: Incoming) -> None:
        injection.peer = peer_of(incoming.request.transport, incoming.head)
        try:
            injection.aim = await self._reader.aim(found, incoming)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warnings.warn(AIM_UNKNOWN, e)

    async def _follow(
        self, steps: Iterator[Step], incoming: Incoming, editor: Editor | None
    ) -> Outcome:
        """Carry out steps up to the one that is left to who passes the answer on."""
        connection = Connection(incoming.request)
        try:
            for step in steps:
                if isinstance(step, Refuse):
                    return step.error
                if isinstance(step, Wait):
                    await wait(step)
                elif isinstance(step, EditRequest):
                    await self._edit_request(step, editor)
                elif isinstance(step, Shape | EditAnswer | AnswerStep) or step.kind == "truncate":
                    return step
                elif step.kind == "reset":
                    connection.reset()
                    return _BROKEN
                else:
                    connection.close()
                    return _BROKEN
        except asyncio.CancelledError:
            for _ in steps:  # what comes of it is recorded
                pass
            raise
        return None

    async def _edit_request(self, step: EditRequest, editor: Editor | None) -> None:
        if editor is None or not self.upstream.may_change_requests:
            raise ValueError("requests pass as they were signed")
        await editor.edit_request(step)

    async def _pass(
        self,
        incoming: Incoming,
        found: AwsCall | None,
        injection: Injection | None,
        editor: Editor | None = None,
    ) -> web.StreamResponse:
        """Pass a call on, and its answer back."""
        if self._fis is not None and found is not None and found.service == FisFront.SERVICE:
            answered = await self._fis.answer(found, incoming)
            if injection is not None:
                answered.response.headers.update(injection.headers)
                self._finish(injection, answered.status, answered.code, answered.request_id)
            return answered.response
        try:
            answer = await self.upstream.ask(incoming, found)
        except CannotForward as e:
            self._refusals.tell(f"a call that cannot be passed on: {e}")
            return self._refused(e.error, incoming, found, injection)
        except (aiohttp.ClientError, OSError, TimeoutError) as e:
            return self._not_there(e, incoming, found, injection)
        if injection is None or found is None:
            return await pass_on(answer, incoming)
        done = await self._after(answer, injection, incoming)
        if isinstance(done, EditAnswer):
            answer = await self._edit_answer(done, answer, injection, editor)
        if isinstance(done, AwsError):
            request_id = answer.request_id or str(uuid.uuid4())
            self._finish(injection, done.status, done.code, request_id)
            return refusal(done, found, incoming, request_id, injection.headers)
        self._finish(injection, answer.response.status, answer.error_code, answer.request_id)
        if isinstance(done, web.StreamResponse):
            return done
        shaper = BodyShaper(done) if isinstance(done, Shape) else None
        is_cut = isinstance(done, Break)
        return await pass_on(answer, incoming, injection.headers, cut=is_cut, shaper=shaper)

    async def _after(self, answer: Answer, injection: Injection, incoming: Incoming) -> Outcome:
        """Do to a call what is to be done once its answer is there."""
        done: Outcome = None
        try:
            steps = injection.after(was_refused=answer.response.status >= 400)
            done = await self._follow(steps, incoming, None)
        except asyncio.CancelledError:  # the client has gone
            answer.response.close()
            raise
        except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
            self._warnings.warn("do to an answer what its rule says; it goes out whole", e)
            injection.let_pass()
        if isinstance(done, AwsError | web.StreamResponse):
            answer.response.close()
        return done

    async def _edit_answer(
        self, step: EditAnswer, answer: Answer, injection: Injection, editor: Editor | None
    ) -> Answer:
        if answer.response.status >= 300 or editor is None:  # the upstream refused the whole call
            injection.let_pass()
            return answer
        answer = await read_whole(answer)
        try:
            return await editor.edit_answer(step, answer)
        except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
            self._warnings.warn("edit an answer, which goes out as it is", e)
            injection.let_pass()
            return answer

    def _not_there(
        self,
        error: Exception,
        incoming: Incoming,
        found: AwsCall | None,
        injection: Injection | None,
    ) -> web.StreamResponse:
        """Answer that the upstream gives no answer."""
        self._warnings.warn(f"reach {self.upstream.name}", error)
        return self._refused(self.upstream.not_there(error), incoming, found, injection)

    def _refused(
        self,
        refused: AwsError,
        incoming: Incoming,
        found: AwsCall | None,
        injection: Injection | None,
    ) -> web.StreamResponse:
        """Answer an error of the gateway's own."""
        if found is None:
            return web.Response(status=refused.status, text=f"{refused.message}\n")
        request_id = str(uuid.uuid4())
        if injection is None:
            return refusal(refused, found, incoming, request_id)
        self._finish(injection, refused.status, refused.code, request_id)
        return refusal(refused, found, incoming, request_id, injection.headers)

    def _finish(
        self, injection: Injection, status: int | None, code: str | None, request_id: str | None
    ) -> None:
        try:
            injection.finish(status, code, request_id)
        except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
            self._warnings.warn("record a call", e)
