"""AWS's data plane that is not an AWS API: invoke URLs of API Gateway, Lambda function URLs and S3 website
hosts. Which of them a request is for, and what AWS answers there when it fails.
"""

import json
import re
from functools import cache
from http import HTTPStatus
from typing import NamedTuple
from xml.sax.saxutils import escape

from localstack_outages.schema.effect import KINDS, AwsError, outage_message

from .errors import aws_error

_PATHS = ("/_aws/execute-api/", "/restapis/")


class Resource(NamedTuple):
    """What a request to the data plane is for."""

    service: str
    name: str
    """The id of the API or of the function URL in lower case, the name of the bucket."""
    region: str | None = None
    """The region that the URL names; None where it names none."""


class _Patterns(NamedTuple):
    path: re.Pattern[str]
    invoke_host: re.Pattern[str]
    function_host: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    """Make the patterns at their first use: most applications never call the data plane."""
    path = (
        r"/_aws/execute-api/(?P<id>[^/]+)(?:/.*)?"
        r"|/restapis/(?P<old_id>[^/]+)/[^/]+/_user_request_(?:/.*)?"
    )
    region = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
    return _Patterns(
        re.compile(path, re.DOTALL),
        re.compile(rf"(?P<id>[^.]+?)(?:-vpce-[^.]+)?\.execute-api\.(?:{region}\.)?"),
        re.compile(r"(?P<id>[^.]+)\.lambda-url\.(?P<region>[a-z0-9-]+)\."),
    )


def find_resource(host: str, path: str, api_id: str = "") -> Resource | None:
    """Tell which resource a request to the data plane is for.

    Told by host, and for API Gateway also by the path, as LocalStack serves it.

    :param host: with or without a port
    :param path: without a query, percent-decoded
    :param api_id: the header ``x-apigw-api-id``, which names the API at the host of a VPC endpoint
    :return: None where it is no such request, which is found out in next to no time
    """
    if not (
        ".execute-api." in host
        or ".lambda-url." in host
        or ".s3-website." in host
        or path.startswith(_PATHS)
    ):
        return None
    host = host.lower()
    patterns = _patterns()
    invoke = patterns.invoke_host.match(host)
    if invoke is not None:
        at_endpoint = host.startswith("vpce-")
        return Resource(
            "apigateway", (api_id if at_endpoint else invoke["id"]).lower(), invoke["region"]
        )
    function = patterns.function_host.match(host)
    if function is not None:
        return Resource("lambda", function["id"], function["region"])
    bucket, mark, _ = host.rpartition(".s3-website.")
    if mark:
        return Resource("s3", bucket)
    found = patterns.path.fullmatch(path)
    return Resource("apigateway", (found["id"] or found["old_id"]).lower()) if found else None


class Refusal(NamedTuple):
    """An answer of the data plane in place of its own."""

    status: int
    headers: dict[str, str]
    body: bytes


def refusal(
    error: AwsError, service: str, region: str, request_id: str, *, is_rest: bool = False
) -> Refusal:
    """Write an error as AWS's data plane does.

    An error that a rule does not word itself gets the words of AWS, as its status has it: the texts of
    the default gateway responses for API Gateway
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html),
    the HTML of S3's websites
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/CustomErrorDocSupport.html). AWS documents
    no body of function URLs; theirs is that of their 403, ``{"Message": ...}``.

    :param is_rest: whether it is a REST API, which writes a failure in another case than an HTTP API
    """
    worded = _worded(error, service, region)
    if service == "s3":
        return _page(worded, request_id)
    key, id_header = "message", "apigw-requestid"
    if service == "lambda":
        key, id_header = "Message", "x-amzn-RequestId"
    text = worded.message
    if is_rest:
        id_header = "x-amzn-RequestId"
        text = "Internal server error" if text == "Internal Server Error" else text
    headers = {
        "Content-Type": "application/json",
        id_header: request_id,
        "x-amzn-ErrorType": worded.code,
    }
    return Refusal(worded.status, headers, json.dumps({key: text}).encode())


def _worded(error: AwsError, service: str, region: str) -> AwsError:
    """Give an error in the words of AWS, unless a rule has words of its own."""
    kinds = [aws_error(service, kind) for kind in KINDS]
    is_outage = error.message == outage_message(service, region)
    if not is_outage and error.message not in [kind.message for kind in kinds]:
        return error
    if service == "s3":
        unavailable = aws_error(service, "unavailable")
        return unavailable if is_outage and error.status == unavailable.status else error
    try:
        return error._replace(message=HTTPStatus(error.status).phrase)
    except ValueError:
        return error


def _page(error: AwsError, request_id: str) -> Refusal:
    title = f"{error.status} {_TITLES.get(error.code) or _phrase(error.status)}"
    items = {"Code": error.code, "Message": error.message, "RequestId": request_id}
    listed = "".join(f"<li>{name}: {escape(value)}</li>\n" for name, value in items.items())
    body = (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n"
        f"<ul>\n{listed}</ul>\n<hr/>\n</body>\n</html>\n"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "x-amz-request-id": request_id,
        "x-amz-error-code": error.code,
    }
    return Refusal(error.status, headers, body.encode())


_TITLES = {"SlowDown": "Slow Down"}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
