"""Which resource a request to the data plane is for, and what is answered there."""

import json

import pytest

from localstack_outages.aws.data_plane import (
    Resource,
    find_resource,
    refusal,
)
from localstack_outages.aws.errors import aws_error
from localstack_outages.aws.names import DATA_PLANE, is_data_plane, operations
from localstack_outages.schema.effect import AwsError, outage_message

LOCAL = "localhost.localstack.cloud:4566"
FUNCTION = "abcdefghijklmnopqrstuvwxyz012345"


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        (f"aBc1.execute-api.{LOCAL}", "/dev/pets", Resource("apigateway", "abc1")),
        (f"a-b.execute-api.{LOCAL}", "/", Resource("apigateway", "a-b")),
        (f"abc-vpce-0f1.execute-api.{LOCAL}", "/", Resource("apigateway", "abc")),
        (
            "abc.execute-api.us-gov-west-1.amazonaws.com",
            "/",
            Resource("apigateway", "abc", "us-gov-west-1"),
        ),
        ("localhost:4566", "/_aws/execute-api/abc/dev/a/b", Resource("apigateway", "abc")),
        ("localhost:4566", "/_aws/execute-api/abc/", Resource("apigateway", "abc")),
        ("", "/restapis/abc/dev/_user_request_/a", Resource("apigateway", "abc")),
        ("", "/restapis/abc/dev/_user_request_", Resource("apigateway", "abc")),
        (
            f"{FUNCTION}.lambda-url.eu-west-1.{LOCAL}",
            "/a",
            Resource("lambda", FUNCTION, "eu-west-1"),
        ),
        (f"a.b.s3-website.{LOCAL}", "/index.html", Resource("s3", "a.b")),
        # What is none of them
        ("localhost:4566", "/", None),
        ("localhost:4566", "/restapis/abc/stages/dev", None),
        ("localhost:4566", "/restapis", None),
        ("localhost:4566", "/_aws/execute-api/", None),
        ("localhost:4566", "/_aws/sqs/messages", None),
        (f"bucket.s3.{LOCAL}", "/_aws/key", None),
        (f"lambda-url.{LOCAL}", "/", None),
        (f"x.lambda-url.{LOCAL}", "/", Resource("lambda", "x", "localhost")),
    ],
)
def test_find_resource(host, path, expected):
    """A resource is found by the host, or by LocalStack's paths for API Gateway."""
    assert expected == find_resource(host, path)


def test_the_host_of_a_vpc_endpoint():
    """At the host of a VPC endpoint a header names the API."""
    host = f"vpce-0f1-ab.execute-api.us-east-1.vpce.{LOCAL}"

    assert Resource("apigateway", "abc", "us-east-1") == find_resource(host, "/dev", "ABC")


def answer(service, error, **options):
    """Give status and JSON of a refusal."""
    written = refusal(error, service, "us-east-1", "id-1", **options)
    return written.status, json.loads(written.body)


OUTAGE = AwsError("ServiceUnavailableException", 503, outage_message("apigateway", "us-east-1"))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OUTAGE, (503, "Service Unavailable")),
        (OUTAGE._replace(status=500), (500, "Internal Server Error")),
        (OUTAGE._replace(status=599), (599, OUTAGE.message)),
        (aws_error("apigateway", "unavailable"), (503, "Service Unavailable")),
        (aws_error("apigateway", "internal"), (500, "Internal Server Error")),
        (aws_error("apigateway", "throttling"), (429, "Too Many Requests")),
        (AwsError("Forbidden", 403, "Forbidden"), (403, "Forbidden")),
    ],
)
def test_refusals_of_an_http_api(error, expected):
    """API Gateway answers with the words of the status, unless the rule has its own."""
    status, message = expected

    assert (status, {"message": message}) == answer("apigateway", error)


def test_a_failure_of_a_rest_api():
    """REST APIs write a failure in another case than HTTP APIs."""
    error = aws_error("apigateway", "internal")

    assert (500, {"message": "Internal server error"}) == answer("apigateway", error, is_rest=True)


def test_refusals_of_a_function_url():
    """Function URLs have a message with a capital, and the kind of the error in a header."""
    error = aws_error("lambda", "throttling")

    assert (429, {"Message": "Too Many Requests"}) == answer("lambda", error)
    headers = refusal(error, "lambda", "us-east-1", "id-1").headers
    assert ("TooManyRequestsException", "id-1") == (
        headers["x-amzn-ErrorType"],
        headers["x-amzn-RequestId"],
    )


def test_refusals_of_a_website():
    """Websites have pages, in which a rule's own words are text and no HTML."""
    written = refusal(AwsError("NoWay", 403, "<b>no</b>"), "s3", "us-east-1", "id-1")

    assert "text/html; charset=utf-8" == written.headers["Content-Type"]
    assert (
        b"<html>\n<head><title>403 Forbidden</title></head>\n<body>\n<h1>403 Forbidden</h1>\n<ul>\n"
        b"<li>Code: NoWay</li>\n<li>Message: &lt;b&gt;no&lt;/b&gt;</li>\n<li>RequestId: id-1</li>\n"
        b"</ul>\n<hr/>\n</body>\n</html>\n"
    ) == written.body


def test_an_outage_of_a_website():
    """In a plain outage a website answers as S3 does when it is unavailable."""
    error = OUTAGE._replace(message=outage_message("s3", "us-east-1"))
    written = refusal(error, "s3", "us-east-1", "id-1")

    assert b"<li>Code: ServiceUnavailable</li>" in written.body
    assert b"<li>Message: Service is unable to handle request.</li>" in written.body


def test_operations():
    """The operations are known as those of their services, and are of no AWS API."""
    assert all(operation in operations(service) for service, operation in DATA_PLANE.items())
    assert is_data_plane("lambda", "InvokeFunctionUrl")
    assert not is_data_plane("lambda", "Invoke")
    assert not is_data_plane("sqs", "Invoke")
