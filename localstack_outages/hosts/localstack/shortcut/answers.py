"""Answers calls with the AWS errors that LocalStack's serializer wrote before for calls like them."""

from typing import Any, NamedTuple

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.http import Request, Response as LocalStackResponse
from rolo import Response
from rolo.gateway import HandlerChain

from localstack_outages.hosts.localstack.error_writer import ErrorWriter, exception_of
from localstack_outages.schema.effect import AwsError

MAX_REMEMBERED = 2_000
"""What an answer depends on comes from rules and from clients, so their number is bounded."""

MAX_ASKED_LENGTH = 512
"""Longer headers are not remembered, and so is what a client can fill the memory with."""

_IDS = ("00000000-0000-0000-0000-00000000000a", "11111111-1111-1111-1111-11111111111b")
"""Two ids of requests, of the length that LocalStack's have."""

_ASKED = ("Accept", "Content-Type", "X-Amzn-Query-Mode")
"""The headers of a request that LocalStack's serializers look at."""


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


class Answers:
    """Answers calls with errors."""

    def __init__(self) -> None:
        self._remembered: dict[tuple[Any, ...], _Answer | None] = {}
        self._writer = ErrorWriter()

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
        request_id = context.request_id
        answer = self._answer(error, context) if _is_plain_id(request_id) else None
        if answer is None or request_id is None:
            self._writer.write(error, context)
        answer = answer.with_id(request_id)
        context.service_exception = answer.exception
        response.status_code = answer.status
        response.headers.update(answer.headers)
        response.response = [answer.body]
        chain.stop()

    def _answer(self, error: AwsError, context: RequestContext) -> _Answer | None:
        headers = context.request.headers
        asked = tuple(map(headers.get, _ASKED))
        if sum(len(value) for value in asked if value) > MAX_ASKED_LENGTH:
            return None
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


def _is_plain_id(request_id: str | None) -> bool:
    """Whether an id is the same in XML, in JSON and in a header. A client may send any other."""
    return (
        request_id is not None
        and len(request_id) == len(_IDS[0])
        and request_id.isascii()
        and request_id.replace("-", "").isalnum()
    )


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
    service = context.service.service_name if context.service else ""
    exception, response = exception_of(error, service), LocalStackResponse()
    handlers.handle_service_exception(HandlerChain(), exception, alike, response)
    return _Answer(exception, response.status_code, tuple(response.headers), response.get_data())
