"""From LocalStack's context of a request to the core's ``Call`` before it is carried out, and to
``Observed`` when it is finished.
"""

import time
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext
from rolo import Response

from .engine import Decision
from .lifecycle import Clock
from .matching import Call
from .observation import Fault, Observed, outcome_of
from .sdk import read_attempt, read_client, read_invocation_id
from .signature import Signature, read_signature


class Seen:
    """What is remembered of a call from its beginning to its end.

    :param clock: the clock of the rules, monotonic seconds
    """

    __slots__ = ("_clock", "at", "call", "decision", "decision_ms", "fault", "signature", "time")

    call: Call
    signature: Signature

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.time = time.time()
        self.at = clock()
        self.fault: Fault | None = None
        self.decision: Decision | None = None
        self.decision_ms: float | None = None

    def read(self, context: RequestContext, service: str, operation: str) -> None:
        """Read the call from a request that LocalStack has parsed.

        :param service: the service, as LocalStack names it
        :param operation: the operation
        """
        self.signature = _signature(context, operation)
        parameters: Mapping[str, Any] | None = context.service_request
        self.call = Call(
            service=service,
            region=self.signature.region or context.region,
            operation=operation,
            account=context.account_id,
            parameters=parameters or {},
            internal=context.is_internal_call,
        )

    def decide(self, decision: Decision | None) -> None:
        """Take note of what is to happen to the call."""
        self.decision = decision
        self.decision_ms = (self._clock() - self.at) * 1000

    def observed(self, context: RequestContext, response: Response) -> Observed:
        """Give the finished call, now that its answer is ready or its connection broken."""
        call, fault = self.call, self.fault
        was_answered = fault is None or fault.connection in (None, "truncate")
        status = response.status_code if was_answered else None
        error = context.service_exception
        environ = context.request.environ
        attempt = read_attempt(environ.get("HTTP_AMZ_SDK_REQUEST"))
        return Observed(
            time=self.time,
            at=self.at,
            duration_ms=(self._clock() - self.at) * 1000,
            service=call.service,
            operation=call.operation,
            region=call.region,
            account=call.account,
            status=status,
            outcome=outcome_of(status, fault),
            error_code=None if error is None else getattr(error, "code", None),
            fault=fault,
            origin="internal" if call.internal else "external",
            access_key=self.signature.access_key,
            request_id=context.request_id,
            client=read_client(environ.get("HTTP_USER_AGENT")),
            invocation_id=read_invocation_id(environ.get("HTTP_AMZ_SDK_INVOCATION_ID")),
            attempt=attempt.number,
            max_attempts=attempt.maximum,
            fingerprint=(
                environ.get("REQUEST_METHOD"),
                environ.get("PATH_INFO"),
                environ.get("CONTENT_LENGTH"),
            ),
            decision_ms=self.decision_ms,
        )


def _signature(context: RequestContext, operation: str) -> Signature:
    # LocalStack rewrites the request's headers; the WSGI environment keeps them as they came.
    environ = context.request.environ
    headers = {
        "Authorization": environ.get("HTTP_AUTHORIZATION", ""),
        "X-Amz-Region-Set": environ.get("HTTP_X_AMZ_REGION_SET", ""),
    }
    form: Mapping[str, str] = {}
    if operation == "PostObject":  # a browser's upload to S3 is signed in its form
        form = {name.lower(): value for name, value in context.request.form.items()}
    return read_signature(headers, environ.get("QUERY_STRING", ""), form)
