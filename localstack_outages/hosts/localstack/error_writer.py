"""Answers a call with an AWS error, which LocalStack writes in the protocol of the call."""

from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from localstack.aws.api import CommonServiceException

from localstack_outages.schema.effect import AwsError

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from localstack.aws.api import RequestContext


class ErrorWriter:
    """Has LocalStack answer calls with errors."""

    def write(self, error: AwsError, http: "RequestContext") -> NoReturn:
        """End the handling of a request with an error.

        :raises CommonServiceException: always; LocalStack answers with it
        """
        exception = exception_of(error, http.service.service_name if http.service else "")
        # LocalStack 4.8.1 would read it out of its own answer, and cannot where a client of a query
        # protocol asks for JSON.
        http.service_exception = exception
        raise exception


def exception_of(error: AwsError, service: str) -> CommonServiceException:
    """Make the exception that LocalStack answers as an error of a service."""
    code = error.code
    if service == "sqs":
        from localstack_outages.aws.wire.error_shapes import error_shapes  # for SQS alone

        # LocalStack's serializers know the errors of SQS by name, and write the codes of its Query API.
        shape = error_shapes(service).get(code)
        code = code if shape is None else shape.name
    return _exception_class(code)(
        code=code,
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
