"""Answers a call with an AWS error: LocalStack's serializer writes it, and what it wrote is
remembered for the calls that get the same.
"""

from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.http import Request, Response as LocalStackResponse
from rolo import Response
from rolo.gateway import HandlerChain

from .effects import AwsError

MAX_REMEMBERED = 2_000
"""What it depends on comes from rules and from clients, so the number of answers is bounded."""

_IDS = ("00000000-0000-0000-0000-00000000000a", "11111111-1111-1111-1111-11111111111b")
"""Two ids of requests, of the length that LocalStack's have."""

_ASKED = ("Accept", "Content-Type", "X-Amzn-Query-Mode")
"""The headers of a request that LocalStack's serializers look at."""


def fail(error: AwsError, context: RequestContext) -> NoReturn:
    """End the handling of a request with an error; LocalStack writes it in the request's protocol.

    :raises CommonServiceException: always
    """
    # LocalStack 4.8.1 would read it out of its own answer, and cannot where a client of a query
    # protocol asks for JSON.
    context.service_exception = _exception_of(error)
    raise context.service_exception


def _exception_of(error: AwsError) -> CommonServiceException:
    """Make the exception that LocalStack answers as an error."""
    return _exception_class(error.code)(
        code=error.code,
        message=error.message,
        status_code=error.status,
        sender_fault=error.status < 500,
    )


@lru_cache(maxsize=1024)
def _exception_class(code: str) -> type[CommonServiceException]:
    """Make an exception class that is called as its code.

    LocalStack's serializer takes the name of the class for the code in the body where a service
    speaks JSON compatible with its former query protocol, such as SQS
    (``_get_error_code`` in ``localstack/aws/protocol/serializer.py``).
    """
    return type(code, (CommonServiceException,), {})


class _Answer(NamedTuple):
    """An answer, as LocalStack wrote it for a request with the first of ``_IDS``."""

    exception: CommonServiceException
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_id(self, request_id: str) -> "_Answer":
        """Give the same for another request."""
        headers = tuple((n, v.replace(_IDS[0], request_id)) for n, v in self.headers)
        return self._replace(
            headers=headers, body=self.body.replace(_IDS[0].encode(), request_id.encode())
        )


class Refusals:
    """Answers calls with errors."""

    def __init__(self) -> None:
        self._remembered: dict[tuple[Any, ...], _Answer | None] = {}

    def refuse(
        self,
        error: AwsError,
        chain: HandlerChain[RequestContext],
        context: RequestContext,
        response: Response,
    ) -> None:
        """Answer a request, and have the chain go on to the handlers of answers.

        :raises CommonServiceException: where no answer like it can be remembered
        """
        answer = self._answer(error, context)
        request_id = context.request_id
        if answer is None or request_id is None or len(request_id) != len(_IDS[0]):
            fail(error, context)
        answer = answer.with_id(request_id)
        context.service_exception = answer.exception
        response.status_code = answer.status
        response.headers.update(answer.headers)
        response.response = [answer.body]
        chain.stop()

    def _answer(self, error: AwsError, context: RequestContext) -> _Answer | None:
        headers = context.request.headers
        asked = tuple(map(headers.get, _ASKED))
        # A model of LocalStack's lives as long as LocalStack does.
        key = (id(context.operation), getattr(context, "protocol", None), error, asked)
        if key in self._remembered:
            return self._remembered[key]
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        one, other = (_write(error, context, asked, request_id) for request_id in _IDS)
        is_alike = one.with_id(_IDS[1])[1:] == other[1:]  # but for the id nothing in it is new
        answer = self._remembered[key] = one if is_alike else None
        return answer


def _write(
    error: AwsError, context: RequestContext, asked: tuple[str | None, ...], request_id: str
) -> _Answer:
    """Let LocalStack write an answer, as it does for an exception in its chain."""
    given = {name: value for name, value in zip(_ASKED, asked, strict=True) if value is not None}
    alike = RequestContext(Request("POST", "/", headers=given))
    alike.service, alike.operation = context.service, context.operation
    if hasattr(context, "protocol"):  # not in LocalStack 4.8.1
        alike.protocol = context.protocol
    alike.request_id = request_id
    exception, response = _exception_of(error), LocalStackResponse()
    handlers.handle_service_exception(HandlerChain(), exception, alike, response)
    return _Answer(exception, response.status_code, tuple(response.headers), response.get_data())
