"""Puts an AWS error in the place of an answer that a service has given already."""

from typing import TYPE_CHECKING

from localstack.aws.handlers import handle_service_exception
from localstack.http import Response
from rolo.gateway import HandlerChain

from localstack_outages.schema.effect import AwsError

from .error_writer import exception_of

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from localstack.aws.api import RequestContext


def overwrite(error: AwsError, http: "RequestContext", answer: Response) -> None:
    """Put an error in the place of an answer, in the protocol of the call.

    The body that nobody will read is closed: a service may hold a lock until it is, as S3 does on
    an object that is read.
    """
    exception = exception_of(error, http.service.service_name if http.service else "")
    close = getattr(answer.response, "close", None)
    if close is not None:
        close()
    http.service_exception = exception
    answer.headers.clear()
    handle_service_exception(HandlerChain(), exception, http, answer)
