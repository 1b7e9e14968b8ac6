"""Performs what the engine decides, in LocalStack's chain of request handlers, and has each call
observed when it is finished.
"""

import logging
from functools import lru_cache

from localstack.aws.api import CommonServiceException, RequestContext
from rolo import Response
from rolo.gateway import HandlerChain

from .connection import Connection, connection_of, truncate
from .context import Seen
from .early import EarlyReader
from .effects import AwsError
from .engine import UNDECIDED, AwsErrors, Decision, Engine
from .lifecycle import Clock
from .observation import Fault, Observer

LOG = logging.getLogger(__name__)

CLIENT_CHECK_SECONDS = 0.5
"""How often a call that hangs looks whether its client has given up."""

# The attributes of a request's context in which we keep
_SEEN = "outages_seen"  # what is to be observed of the call
_EARLY = "outages_early"  # the same, of a call that was decided on before it was parsed
_TRUNCATE = "outages_truncate"  # the connection that is to be cut in the answer


class Interceptor:
    """Delays, fails or breaks the calls that the rules say.

    :param engine: decides
    :param aws_errors: gives the error that AWS itself answers for a service and a kind
    :param observer: is told of each finished call
    :param clock: the clock of the rules, monotonic seconds
    """

    def __init__(
        self, engine: Engine, aws_errors: AwsErrors, observer: Observer, clock: Clock
    ) -> None:
        self._engine = engine
        self._aws_errors = aws_errors
        self._observer = observer
        self._clock = clock
        self._has_warned = False
        self._early = EarlyReader(self.on_early_request, self.on_request)

    def on_early_request(
        self,
        chain: HandlerChain[RequestContext],
        context: RequestContext,
        response: Response,  # noqa: ARG002 - LocalStack calls handlers so
    ) -> None:
        """Refuse a call before LocalStack parses its request, where that is sure to come to the
        same; a request handler of LocalStack.

        :raises CommonServiceException: as ``on_request``
        """
        if self._engine.is_idle:
            return
        try:
            seen = Seen(self._clock)
            early = self._early.read(chain, context)
            if early is None:
                return
            decision = self._engine.decide_early(early.call)
            if decision is UNDECIDED:
                return
            seen.call, seen.signature = early.call, early.signature
            seen.decide(decision)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warn_once(e)
            return
        if decision is None:  # it is not asked again: the chances are drawn
            setattr(context, _EARLY, seen)
            return
        early.fill(context)
        setattr(context, _SEEN, seen)
        self._perform(decision, seen, chain, context)

    def on_request(
        self,
        chain: HandlerChain[RequestContext],
        context: RequestContext,
        response: Response,  # noqa: ARG002 - LocalStack calls handlers so
    ) -> None:
        """Handle a request before its service is loaded; a request handler of LocalStack.

        :raises CommonServiceException: the error that the call gets; LocalStack writes it in the
            protocol of the request
        """
        if context.service is None or context.operation is None:
            return
        seen: Seen | None = context.get(_EARLY)
        try:
            if seen is None:
                seen = Seen(self._clock)
                seen.read(context, context.service.service_name, context.operation.name)
                seen.decide(self._engine.decide(seen.call))
            setattr(context, _SEEN, seen)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warn_once(e)
            return
        if seen.decision is not None:
            self._perform(seen.decision, seen, chain, context)

    def on_finish(
        self,
        chain: HandlerChain[RequestContext],  # noqa: ARG002 - LocalStack calls handlers so
        context: RequestContext,
        response: Response,
    ) -> None:
        """Cut the answers that are to be truncated, and have the call observed; a finalizer of
        LocalStack.
        """
        connection: Connection | None = context.get(_TRUNCATE)
        if connection is not None:
            truncate(context.request, response, connection)
        seen: Seen | None = context.get(_SEEN)
        if seen is not None:
            try:
                self._observer.record(seen.observed(context, response))
            except Exception as e:  # noqa: BLE001 - whatever it is, the answer must go out
                self._warn_once(e)

    def _warn_once(self, error: Exception) -> None:
        if not self._has_warned:
            self._has_warned = True
            LOG.warning("Outages cannot judge a call, which passes: %s", error, exc_info=error)

    def _perform(
        self,
        decision: Decision,
        seen: Seen,
        chain: HandlerChain[RequestContext],
        context: RequestContext,
    ) -> None:
        started = self._clock()
        released = bool(decision.delay_ms) and decision.released.wait(decision.delay_ms / 1000)
        delay_ms = (self._clock() - started) * 1000 if decision.delay_ms else 0
        fault = Fault(decision.rule_id, decision.position, delay_ms=delay_ms)
        if released:  # the rule is gone: the call goes on as if it had never been
            seen.fault = fault
        elif decision.connection is not None:
            self._break(decision, fault, seen, chain, context)
        elif decision.error is not None:
            self._fail(decision.error, fault, seen)
        elif decision.delay_ms:
            seen.fault = fault

    @staticmethod
    def _fail(error: AwsError, fault: Fault, seen: Seen) -> None:
        seen.fault = fault._replace(code=error.code, status=error.status)
        raise _exception_class(error.code)(
            code=error.code,
            message=error.message,
            status_code=error.status,
            sender_fault=error.status < 500,
        )

    def _break(
        self,
        decision: Decision,
        fault: Fault,
        seen: Seen,
        chain: HandlerChain[RequestContext],
        context: RequestContext,
    ) -> None:
        connection = connection_of(context.request)
        if connection is None:
            # A call inside LocalStack has no socket. What its client would make of a broken one,
            # a failure that is worth another try, it makes of this error too.
            self._fail(self._aws_errors(seen.call.service, "unavailable"), fault, seen)
            return
        kind = decision.connection
        if kind == "hang":
            started = self._clock()
            if not self._hang(decision, connection):
                waited_ms = (self._clock() - started) * 1000
                seen.fault = fault._replace(delay_ms=fault.delay_ms + waited_ms)
                return
        seen.fault = fault._replace(connection=kind)
        if decision.acts == "after":
            setattr(context, _TRUNCATE, connection)
            return
        if kind == "reset":
            connection.reset()
        elif kind == "close":
            connection.close()
        # Nobody is there to read an answer, so that LocalStack's own log line is left out.
        chain.terminate()

    def _hang(self, decision: Decision, connection: Connection) -> bool:
        """Wait until the client gives up or the rule goes.

        :return: whether it was the client
        """
        while connection.is_open:
            left = CLIENT_CHECK_SECONDS
            if decision.ends_at is not None:
                left = min(left, decision.ends_at - self._clock())
            if left <= 0 or decision.released.wait(left):
                break
        return not connection.is_open


@lru_cache(maxsize=1024)
def _exception_class(code: str) -> type[CommonServiceException]:
    """Make an exception class that is called as its code.

    LocalStack's serializer takes the name of the class for the code in the body where a service
    speaks JSON compatible with its former query protocol, such as SQS
    (``_get_error_code`` in ``localstack/aws/protocol/serializer.py``).
    """
    return type(code, (CommonServiceException,), {})
