"""Performs what the engine decides, in LocalStack's chain of request handlers."""

import logging
from collections.abc import Mapping

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from .connection import Connection, connection_of, truncate
from .effects import AwsError
from .engine import AwsErrors, Decision, Engine
from .lifecycle import Clock
from .matching import Call
from .signature import signed_region

LOG = logging.getLogger(__name__)

CLIENT_CHECK_SECONDS = 0.5
"""How often a call that hangs looks whether its client has given up."""

_TRUNCATE = "outages_truncate"
"""The attribute of a request's context that holds the connection to be cut in the answer."""


class Interceptor:
    """Delays, fails or breaks the calls that the rules say.

    :param engine: decides
    :param aws_errors: gives the error that AWS itself answers for a service and a kind
    :param clock: the clock of the rules, monotonic seconds
    """

    def __init__(self, engine: Engine, aws_errors: AwsErrors, clock: Clock) -> None:
        self._engine = engine
        self._aws_errors = aws_errors
        self._clock = clock
        self._has_warned = False

    def on_request(self, chain: HandlerChain, context: RequestContext, _: Response) -> None:
        """Handle a request before its service is loaded; a request handler of LocalStack.

        :raises CommonServiceException: the error that the call gets; LocalStack writes it in the
            protocol of the request
        """
        if self._engine.is_idle or context.service is None or context.operation is None:
            return
        decision = self._decide(context)
        if decision is None:
            return
        if decision.delay_ms and decision.released.wait(decision.delay_ms / 1000):
            return  # the rule is gone: the call goes on as if it had never been
        if decision.connection is not None:
            self._break(decision, chain, context)
        elif decision.error is not None:
            raise _exception(decision.error)

    def on_finish(self, _: HandlerChain, context: RequestContext, response: Response) -> None:
        """Cut the answers that are to be truncated; a finalizer of LocalStack."""
        connection: Connection | None = context.get(_TRUNCATE)
        if connection is not None:
            truncate(response, connection)

    def _decide(self, context: RequestContext) -> Decision | None:
        """Ask the engine. A fault of ours must not become the application's: the call then passes."""
        try:
            return self._engine.decide(_call(context))
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            if not self._has_warned:
                self._has_warned = True
                LOG.warning("Outages cannot judge a call, which passes: %s", e, exc_info=True)
            return None

    def _break(self, decision: Decision, chain: HandlerChain, context: RequestContext) -> None:
        connection = connection_of(context.request)
        if connection is None:
            # A call inside LocalStack has no socket. What its client would make of a broken one,
            # a failure that is worth another try, it makes of this error too.
            raise _exception(self._aws_errors(context.service.service_name, "unavailable"))
        fault = decision.connection
        if fault == "truncate":
            setattr(context, _TRUNCATE, connection)
            return
        if fault == "hang" and not self._hang(decision, connection):
            return
        if fault == "reset":
            connection.reset()
        elif fault == "close":
            connection.close()
        # Nobody is there to read an answer, so that LocalStack's own log line is left out.
        LOG.info(
            "AWS %s.%s => connection %s", context.service.service_name, context.operation.name, fault
        )
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
                return False
        return True


def _exception(error: AwsError) -> CommonServiceException:
    return CommonServiceException(
        code=error.code,
        message=error.message,
        status_code=error.status,
        sender_fault=error.status < 500,
    )


def _call(context: RequestContext) -> Call:
    service = context.service.service_name
    operation = context.operation.name
    return Call(
        service=service,
        region=_signed_region(context, operation) or context.region,
        operation=operation,
        account=context.account_id,
        parameters=context.service_request or {},
        internal=context.is_internal_call,
    )


def _signed_region(context: RequestContext, operation: str) -> str | None:
    # LocalStack rewrites the request's headers; the WSGI environment keeps them as they came.
    environ = context.request.environ
    headers = {
        "Authorization": environ.get("HTTP_AUTHORIZATION", ""),
        "X-Amz-Region-Set": environ.get("HTTP_X_AMZ_REGION_SET", ""),
    }
    form: Mapping[str, str] = {}
    if operation == "PostObject":  # a browser's upload to S3 is signed in its form
        form = {name.lower(): value for name, value in context.request.form.items()}
    return signed_region(headers, environ.get("QUERY_STRING", ""), form)
