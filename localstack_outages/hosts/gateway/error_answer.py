"""Answers a call with an AWS error, in the protocol of the call."""

from aiohttp import web

from localstack_outages.aws.answer_headers import Headers
from localstack_outages.aws.wire.messages import AwsCall
from localstack_outages.aws.wire.writing import write_error
from localstack_outages.schema.effect import AwsError

from .incoming import Incoming


def refusal(
    error: AwsError,
    found: AwsCall,
    incoming: Incoming,
    request_id: str,
    headers: Headers = (),
) -> web.Response:
    """Write an error.

    :param headers: what the answer says beside its own headers
    """
    answer = write_error(error, found, incoming.head, request_id)
    response = web.Response(
        status=answer.status, headers=(*answer.headers, *headers), body=answer.body
    )
    if not incoming.request.content.is_eof():
        # What is left of the body is not wanted, and would be taken for the next request.
        response.force_close()
    return response
