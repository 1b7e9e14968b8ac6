"""Carries out what is to be done to a call, in LocalStack's chain of handlers. Whatever fails here lets
the call pass.

The module has over 300 lines because the way of a call stands in it from its request to its answer.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from localstack_outages.aws.answer_headers import DATE
from localstack_outages.engine.body import BodyShaper
from localstack_outages.engine.edits import Answer, EditAnswer, EditRequest
from localstack_outages.engine.injection import Injection, Injector
from localstack_outages.engine.steps import Refuse, Shape, Step, Wait
from localstack_outages.hosts.emulator_client import OWN_HEADER
from localstack_outages.hosts.ports import Connection
from localstack_outages.hosts.warnings import Warnings
from localstack_outages.schema.effect import AwsError

from .aim_reader import read_aim, read_peer
from .call_reader import CallReader, header_of
from .error_writer import ErrorWriter
from .shaped_body import ShapedBody
from .waiting import WaitingRoom, wait_for_client, wait_in_thread

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from localstack.aws.api import RequestContext
    from rolo import Request, Response
    from rolo.gateway import HandlerChain

    from .editing import ReadBody

LOG = logging.getLogger(__name__)


class DatedConnection(Connection["Response"], Protocol):
    """A connection whose server writes the time into each answer."""

    def close_after_flush(self) -> None:
        """Close it once what was written is sent."""

    def set_date(self, date: str) -> None:
        """Have the answer carry another ``Date`` than the server's."""


FindConnection = Callable[["Request"], "DatedConnection | None"]
"""Finds the connection that a request came by; None where it has none that can be broken."""

Overwrite = Callable[[AwsError, "RequestContext", Any], None]
"""Puts an error in the place of the answer to a request."""

_OWN = f"HTTP_{OWN_HEADER.upper().replace('-', '_')}"

# The attributes of a request's context in which we keep
_INJECTION = "outages_injection"  # what is done to the call, and is to be recorded
_DECIDED = "outages_decided"  # the same, where it was done before LocalStack parsed the request
_CONNECTION = "outages_connection"  # the connection, once it was looked for
_LAST_STEPS = "outages_last_steps"  # what is done to the answer once nothing else changes of it
_OVERWRITE = (
    "outages_overwrite"  # what puts an error in the place of the answer, where it is no usual one
)


class Interceptor:
    """Delays, fails or breaks the calls that the rules say.

    :param injector: says what is to be done to each call
    :param reader: reads the call of a request
    :param find_connection: finds the connection of a request
    :param room: where calls wait
    :param overwrite: puts an error in the place of an answer
    :param read_body: gives the body of a request as it came
    """

    def __init__(
        self,
        injector: Injector,
        reader: CallReader,
        find_connection: FindConnection,
        room: WaitingRoom,
        overwrite: Overwrite,
        read_body: "ReadBody",
    ) -> None:
        self.injector = injector
        self.reader = reader
        self.warnings = Warnings(LOG)
        self._find_connection = find_connection
        self._room = room
        self._overwrite = overwrite
        self._read_body = read_body
        self._writer = ErrorWriter()
        self.own_mark: str | None = None
        """What calls of FIS carry in ``OWN_HEADER``: they pass, and are not recorded."""

    def on_request(
        self,
        chain: "HandlerChain[RequestContext]",
        context: "RequestContext",
        response: "Response",
    ) -> None:
        """Handle a request before its service is loaded; a request handler of LocalStack.

        :raises CommonServiceException: the error that the call gets; LocalStack writes it in the
            protocol of the request
        """
        if context.service is None or context.operation is None:
            return
        if context.get(_INJECTION) is not None:  # it was taken for a call of the data plane
            return
        mark = context.request.environ.get(_OWN)
        if mark is not None and mark == self.own_mark:
            return
        decided: Injection | None = context.get(_DECIDED)
        if decided is not None:  # it is not asked again: its chances are drawn, its delay is over
            self.record(decided, context)
            return
        try:
            injection = self._inject(context)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self.warnings.warn("judge a call, which passes", e)
            return
        if injection is None:
            return
        self.record(injection, context)
        error = self.carry_out(injection, chain, context, response)
        if error is not None:
            self._writer.write(error, context)

    def on_response(
        self,
        chain: "HandlerChain[RequestContext]",
        context: "RequestContext",
        response: "Response",
    ) -> None:
        """Answer a call that was carried out as its rule says; a response handler of LocalStack."""
        injection: Injection | None = context.get(_INJECTION)
        if injection is None or not injection.is_late:
            return
        was_refused = response.status_code >= 400
        steps = injection.after(
            lambda: self._connection(context) is not None, was_refused=was_refused
        )
        error = self._carry_out(steps, injection, chain, context, response)
        if error is None:
            return
        try:
            (context.get(_OVERWRITE) or self._overwrite)(error, context, response)
        except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
            self.warnings.warn("put an error in the place of an answer", e)
            injection.let_pass()

    def on_finish(
        self,
        chain: "HandlerChain[RequestContext]",  # noqa: ARG002 - LocalStack calls handlers so
        context: "RequestContext",
        response: "Response",
    ) -> None:
        """Change the answers that are to be changed, and have the call recorded; a finalizer of
        LocalStack.
        """
        injection: Injection | None = context.get(_INJECTION)
        if injection is None:
            return
        try:
            # Of a late one all else is done already.
            was_refused = response.status_code >= 400
            rest = () if injection.is_late else injection.after(was_refused=was_refused)
            steps = context.get(_LAST_STEPS) or rest
            for step in steps:
                connection = self._connection(context)
                if isinstance(step, Shape):
                    break_off = None if connection is None else connection.close_after_flush
                    shaper = BodyShaper(step)
                    response.response = ShapedBody(response, shaper, self._room, break_off)
                elif connection is not None:
                    connection.cut(response)
        except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
            self.warnings.warn("change an answer, which goes out as it is", e)
            injection.let_pass()
        if injection.headers:
            self._dress(injection, context, response)
        if injection.wants_aim:
            try:
                injection.peer = read_peer(context.request)
                injection.aim = read_aim(context.request)
            except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
                self.warnings.warn("tell what a call is after, to see whether it is tried again", e)
        try:
            error = context.service_exception
            code = None if error is None else getattr(error, "code", None)
            injection.finish(response.status_code, code, context.request_id)
        except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
            self.warnings.warn("record a call", e)

    def _dress(self, injection: Injection, context: "RequestContext", response: "Response") -> None:
        try:
            response.headers.update(injection.headers)
            date = dict(injection.headers).get(DATE)
            connection = None if date is None else self._connection(context)
            if connection is not None and date is not None:
                connection.set_date(date)
        except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
            self.warnings.warn("add headers to an answer, which goes out without", e)

    def record(
        self,
        injection: Injection,
        context: "RequestContext",
        overwrite: Overwrite | None = None,
    ) -> None:
        """Have a call recorded when it is finished; ``overwrite`` is for answers not of the AWS API."""
        setattr(context, _INJECTION, injection)
        setattr(context, _OVERWRITE, overwrite)

    def keep(self, injection: Injection, context: "RequestContext") -> None:
        """Keep what was done to a call that LocalStack has not parsed yet: it is done but once."""
        setattr(context, _DECIDED, injection)

    def carry_out(
        self,
        injection: Injection,
        chain: "HandlerChain[RequestContext]",
        context: "RequestContext",
        response: "Response",
    ) -> AwsError | None:
        """Do to a call what is to be done before it is carried out, but for the error.

        :return: the error that the call gets; None where it gets none
        """
        steps = injection.before(lambda: self._connection(context) is not None)
        return self._carry_out(steps, injection, chain, context, response)

    def _carry_out(
        self,
        steps: Iterator[Step],
        injection: Injection,
        chain: "HandlerChain[RequestContext]",
        context: "RequestContext",
        response: "Response",
    ) -> AwsError | None:
        try:
            for step in steps:
                if isinstance(step, Refuse):
                    return step.error
                if isinstance(step, Wait):
                    self._wait(step, context)
                elif isinstance(step, EditRequest | EditAnswer | Answer):
                    self._edit(step, injection, chain, context, response)
                elif isinstance(step, Shape) or step.kind == "truncate":
                    setattr(context, _LAST_STEPS, (step,))
                else:
                    self._break(step.kind, context)
                    # Nobody is there to read an answer: LocalStack's own log line is left out.
                    chain.terminate()
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self.warnings.warn("do to a call what its rule says; the call passes", e)
            injection.let_pass()
        return None

    def _inject(self, context: "RequestContext") -> Injection | None:
        at = self.injector.clock()
        found = self.reader.read(context)
        return (
            None
            if found is None
            else self.injector.inject(*found, at, partial(header_of, context.request.environ))
        )

    def _wait(self, step: Wait, context: "RequestContext") -> None:
        with self._room.enter() as refusal:
            step.refusal = refusal
            if refusal is not None:
                return
            connection = self._connection(context) if step.for_client else None
            if connection is None:
                wait_in_thread(step.hold, step.seconds)
            else:
                clock = self.injector.clock
                step.client_left = wait_for_client(
                    step.hold, step.seconds, lambda: connection.is_open, clock
                )

    def _edit(
        self,
        step: EditRequest | EditAnswer | Answer,
        injection: Injection,
        chain: "HandlerChain[RequestContext]",
        context: "RequestContext",
        response: "Response",
    ) -> None:
        from . import editing  # LocalStack's start does not wait for it

        if isinstance(step, EditRequest):
            editing.edit_request(step, context, self._read_body)
        elif isinstance(step, Answer):
            editing.answer(step, context, response, self._read_body)
            chain.stop()
        elif response.status_code < 300:
            editing.edit_answer(step, context, response, self._read_body)
        else:  # the service refused the whole call
            injection.let_pass()

    def _break(self, kind: str, context: "RequestContext") -> None:
        connection = self._connection(context)
        if connection is None:
            return
        if kind == "reset":
            connection.reset()
        elif kind == "close":
            connection.close()

    def _connection(self, context: "RequestContext") -> "DatedConnection | None":
        if _CONNECTION not in context.__dict__:
            setattr(context, _CONNECTION, self._find_connection(context.request))
        found: DatedConnection | None = context.get(_CONNECTION)
        return found
