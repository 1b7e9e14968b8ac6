"""Performs what the engine decides, in LocalStack's chain of request handlers, and has each call
observed when it is finished.
"""

import logging
from typing import Any

from localstack.aws.api import RequestContext
from rolo import Response
from rolo.gateway import HandlerChain

from .connection import Connection, connection_of, truncate
from .context import Seen
from .early import UNREAD, Early, EarlyReader, Handlers, Unread, credential_of
from .effects import AwsError
from .engine import UNDECIDED, AwsErrors, Decision, Engine
from .lifecycle import Clock
from .observation import Fault, Observer
from .refusal import Refusals, fail

LOG = logging.getLogger(__name__)

CLIENT_CHECK_SECONDS = 0.5
"""How often a call that hangs looks whether its client has given up."""

DECIDED = "outages.decided"
"""Where in a request's WSGI environment it stands what was decided before: an ``EarlySeen``, or None
where that could not be."""

# The attributes of a request's context in which we keep
_SEEN = "outages_seen"  # what is to be observed of the call
_EARLY = "outages_early"  # the same, of a call that was decided on before it was parsed
_TRUNCATE = "outages_truncate"  # the connection that is to be cut in the answer


class EarlySeen(Seen):
    """The same of a call that was decided on before LocalStack parsed it."""

    __slots__ = ("early",)

    early: Early


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
        self._refusals = Refusals()

    def may_refuse(self, authorization: str) -> bool:
        """Whether some rule may refuse calls that are signed so, for all that is known.

        :param authorization: the header
        """
        if self._engine.is_idle:
            return False
        place = self._early.place_of(credential_of(authorization))
        return place is None or self._engine.reaches(*place)

    def decide_early(
        self, chain: Handlers, environ: dict[str, Any], *, may_ask: bool = True
    ) -> EarlySeen | Unread | None:
        """Decide on a call before LocalStack parses its request, where that is sure to come to the
        same. To be asked where ``may_refuse`` says so: it takes longer.

        :param environ: of WSGI
        :param may_ask: whether LocalStack may be asked, which takes seconds the first time
        :return: the call, with what is to happen to it; None where that is not decided yet;
            ``UNREAD`` where LocalStack would have to be asked for it
        """
        try:
            seen = EarlySeen(self._clock)
            early = self._early.read(chain, environ, may_ask=may_ask)
            if early is None or early is UNREAD:
                return early
            decision = self._engine.decide_early(early.call)
            if decision is UNDECIDED:
                return None
            seen.early, seen.call, seen.signature = early, early.call, early.signature
            seen.decide(decision)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warn_once(e)
            return None
        return seen

    def on_early_request(
        self,
        chain: HandlerChain[RequestContext],
        context: RequestContext,
        response: Response,
    ) -> None:
        """Refuse a call before LocalStack parses its request; a request handler of LocalStack.

        :raises CommonServiceException: as ``on_request``
        """
        environ = context.request.environ
        seen: EarlySeen | Unread | None = None
        if DECIDED in environ:
            seen = environ[DECIDED]
        elif context.service is None and self.may_refuse(environ.get("HTTP_AUTHORIZATION", "")):
            seen = self.decide_early(chain, environ)
        if seen is None or seen is UNREAD:
            return
        error = self._perform(seen, chain, context)
        if error is None:
            setattr(context, _EARLY, seen)
        else:
            setattr(context, _SEEN, seen)
            seen.early.fill(context)
            self._refusals.refuse(error, chain, context, response)

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
        if seen is not None:  # it is not asked again: its chances are drawn, its delay is over
            setattr(context, _SEEN, seen)
            return
        try:
            seen = Seen(self._clock)
            seen.read(context, context.service.service_name, context.operation.name)
            seen.decide(self._engine.decide(seen.call))
            setattr(context, _SEEN, seen)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warn_once(e)
            return
        error = self._perform(seen, chain, context)
        if error is not None:
            fail(error, context)

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
        self, seen: Seen, chain: HandlerChain[RequestContext], context: RequestContext
    ) -> AwsError | None:
        """Do what was decided, but for the error.

        :return: the error that the call gets; None where it gets none
        """
        decision = seen.decision
        if decision is None:
            return None
        delay_ms, released = 0.0, False
        if decision.delay_ms:
            started = self._clock()
            released = decision.released.wait(decision.delay_ms / 1000)
            delay_ms = (self._clock() - started) * 1000
        fault = Fault(decision.rule_id, decision.position, delay_ms=delay_ms)
        if released:  # the rule is gone: the call goes on as if it had never been
            seen.fault = fault
        elif decision.connection is not None:
            return self._break(decision, fault, seen, chain, context)
        elif decision.error is not None:
            return self._fail(decision.error, fault, seen)
        elif decision.delay_ms:
            seen.fault = fault
        return None

    @staticmethod
    def _fail(error: AwsError, fault: Fault, seen: Seen) -> AwsError:
        seen.fault = fault._replace(code=error.code, status=error.status)
        return error

    def _break(
        self,
        decision: Decision,
        fault: Fault,
        seen: Seen,
        chain: HandlerChain[RequestContext],
        context: RequestContext,
    ) -> AwsError | None:
        """Break the connection.

        :return: the error that a call gets which has none
        """
        connection = connection_of(context.request)
        if connection is None:
            # A call inside LocalStack has no socket. What its client would make of a broken one,
            # a failure that is worth another try, it makes of this error too.
            return self._fail(self._aws_errors(seen.call.service, "unavailable"), fault, seen)
        kind = decision.connection
        if kind == "hang":
            started = self._clock()
            if not self._hang(decision, connection):
                waited_ms = (self._clock() - started) * 1000
                seen.fault = fault._replace(delay_ms=fault.delay_ms + waited_ms)
                return None
        seen.fault = fault._replace(connection=kind)
        if decision.acts == "after":
            setattr(context, _TRUNCATE, connection)
            return None
        if kind == "reset":
            connection.reset()
        elif kind == "close":
            connection.close()
        # Nobody is there to read an answer, so that LocalStack's own log line is left out.
        chain.terminate()
        return None

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
