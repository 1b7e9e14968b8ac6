"""Errors on the wire, as botocore's own parsers and retry checkers understand them."""

import json
import zlib
from http import HTTPStatus
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from botocore.retries.base import BaseRetryableChecker
from botocore.retries.standard import (
    RetryContext,
    ThrottledRetryableChecker,
    TransientRetryableChecker,
)
from hypothesis import given, strategies as st

from localstack_outages.aws import errors as aws_errors, names, retryable
from localstack_outages.aws.wire.catalog import catalog
from localstack_outages.aws.wire.error_shapes import error_shapes
from localstack_outages.aws.wire.messages import AwsCall, HttpRequest
from localstack_outages.aws.wire.writing import write_error
from localstack_outages.schema.effect import KINDS, AwsError

ID = "01234567-89ab-cdef-0123-456789abcdef"
CHECKERS: tuple[BaseRetryableChecker, ...] = (
    TransientRetryableChecker(),
    ThrottledRetryableChecker(),
)
SENT_WITH = {
    "json": "application/x-amz-json-1.0",
    "query": "application/x-www-form-urlencoded; charset=utf-8",
    "ec2": "application/x-www-form-urlencoded; charset=utf-8",
    "rest-json": "application/json",
    "rest-xml": "application/xml",
    "smithy-rpc-v2-cbor": "application/cbor",
}


def protocols(service):
    """Give every protocol in which a service may be called."""
    entry = catalog().by_name[service]
    more = ("query",) if entry.is_query and "ec2" not in entry.protocols else ()
    return dict.fromkeys((*entry.protocols, *more))


def call_of(service, protocol):
    """Make a call."""
    return AwsCall(
        service, (service,), "SomeOperation", "us-east-1", "000000000000", None, protocol
    )


def write(error, service, protocol, method="POST", **headers):
    """Write an error as the answer to a call."""
    headers.setdefault("content-type", SENT_WITH[protocol])
    request = HttpRequest(method, "/", "", headers)
    return write_error(error, call_of(service, protocol), request, ID)


def parse(answer, protocol):
    """Have botocore parse an answer."""
    response = {
        "status_code": answer.status,
        "headers": HeadersDict(dict(answer.headers)),
        "body": answer.body,
    }
    return create_parser(protocol).parse(response, None)


def is_retried_by_standard(answer, parsed):
    """Ask botocore's retry mode ``standard``."""
    context = RetryContext(
        attempt_number=1,
        http_response=SimpleNamespace(status_code=answer.status),
        parsed_response=parsed,
    )
    return any(checker.is_retryable(context) for checker in CHECKERS)


EVERY = [(service, protocol) for service in names.services() for protocol in protocols(service)]


@pytest.mark.slow
def test_every_word_of_every_service():
    """What a rule's word comes to for a service, botocore parses to the same code, message, status
    and request id, and retries as the package says, in every protocol of the service.
    """
    for service, protocol in EVERY:
        for kind in KINDS:
            error = aws_errors.aws_error(service, kind)
            answer = write(error, service, protocol)
            parsed = parse(answer, protocol)

            found = parsed["Error"], parsed["ResponseMetadata"]
            assert error.code == found[0]["Code"], (service, protocol)
            assert error.message == found[0]["Message"], (service, protocol)
            assert error.status == answer.status == found[1]["HTTPStatusCode"]
            if service != "sdb":  # which botocore does not look for the id
                assert ID == found[1]["RequestId"], (service, protocol)
            if error.status != HTTPStatus.TOO_MANY_REQUESTS:  # which depends on botocore's version
                expected = retryable.is_retried_by_standard(error.code, error.status)
                assert expected == is_retried_by_standard(answer, parsed)


@pytest.mark.slow
def test_every_modelled_error():
    """Every error that a service models is parsed to its own code. Where a service has kept the codes
    of its former Query API, botocore gives that code, and the name of the error beside it.
    """
    count = 0
    for service, protocol in EVERY:
        for name, shape in error_shapes(service).items():
            count += 1
            error = AwsError(name, 400, f"{name} it is")
            parsed = parse(write(error, service, protocol), protocol)["Error"]
            is_compatible = catalog().by_name[service].is_query_compatible
            expected = shape.code if is_compatible else name

            assert (expected, error.message) == (parsed["Code"], parsed["Message"])
            if is_compatible and protocol != "query":
                assert shape.name == parsed["QueryErrorCode"]

    assert count > 5_000


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1)


@pytest.mark.parametrize(
    ("service", "protocol"),
    [
        ("s3", "rest-xml"),
        ("route53", "rest-xml"),
        ("sts", "query"),
        ("sqs", "query"),
        ("sqs", "json"),
        ("sdb", "query"),
        ("ec2", "ec2"),
        ("kms", "json"),
        ("lambda", "rest-json"),
        ("cloudwatch", "smithy-rpc-v2-cbor"),
    ],
)
@given(message=TEXTS | st.sampled_from(["a\rb\n\tc", "<&>\"']]>", "\N{GRINNING FACE}"]))
def test_any_message(service, protocol, message):
    """Whatever the message says, it comes out as it went in."""
    answer = write(AwsError("SomeError", 500, message), service, protocol)

    assert message == parse(answer, protocol)["Error"]["Message"]


@given(st.text(st.characters(), max_size=20), st.sampled_from(EVERY))
def test_what_the_wire_cannot_carry(text, place):
    """Control characters and halves of characters never come out, wherever they stand, and no header
    can be made to hold another one.
    """
    service, protocol = place
    request = HttpRequest("POST", "/", "", {"content-type": text})
    error = AwsError(f"Code{text}", 503, text)
    answer = write_error(error, call_of(service, protocol), request, f"id{text}")

    assert all(
        0x20 <= ord(char) < 0x7F for header in answer.headers for part in header for char in part
    )
    if protocol in ("query", "ec2", "rest-xml"):
        ElementTree.fromstring(answer.body)
    elif protocol in ("json", "rest-json") and "cbor" not in text:
        json.loads(answer.body)


def test_s3():
    """An error of S3 stands alone, and names the host beside the request."""
    answer = write(AwsError("SlowDown", 503, "Reduce <it>"), "s3", "rest-xml")
    root = ElementTree.fromstring(answer.body)

    assert "Error" == root.tag
    assert ["Code", "Message", "RequestId", "HostId"] == [child.tag for child in root]
    assert ID == root.findtext("RequestId") == dict(answer.headers)["x-amz-request-id"]
    assert "x-amz-id-2" in dict(answer.headers)
    assert "application/xml" == dict(answer.headers)["Content-Type"]


@pytest.mark.parametrize("service", ["cloudfront", "route53", "s3control", "iam"])
def test_wrapped(service):
    """Other services wrap their errors, and say whose fault it is."""
    protocol = catalog().by_name[service].protocols[0]
    by_server = write(AwsError("SomeError", 503, "no"), service, protocol)
    by_client = write(AwsError("SomeError", 400, "no"), service, protocol)

    assert b"<ErrorResponse" in by_server.body
    assert b"<Type>Receiver</Type>" in by_server.body
    assert b"<Type>Sender</Type>" in by_client.body


def test_ec2():
    """EC2 answers a list of errors, and spells the id of the request its own way."""
    root = ElementTree.fromstring(write(AwsError("SomeError", 503, "no"), "ec2", "ec2").body)

    assert "SomeError" == root.findtext("Errors/Error/Code")
    assert ID == root.findtext("RequestID")


@pytest.mark.parametrize("service", ["s3", "lambda"])
def test_head(service):
    """An answer to HEAD has no body; botocore takes the status for the code."""
    protocol = catalog().by_name[service].protocols[0]
    answer = write(AwsError("ServiceUnavailable", 503, "no"), service, protocol, method="HEAD")

    assert b"" == answer.body
    assert 503 == answer.status
    if service == "s3":
        assert "503" == parse(answer, protocol)["Error"]["Code"]


@pytest.mark.parametrize("code", ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"])
def test_query_compatible(code):
    """SQS names the code that it had and the error that it has, whichever a rule names."""
    answer = write(AwsError(code, 400, "no"), "sqs", "json")
    headers = dict(answer.headers)

    assert "AWS.SimpleQueueService.NonExistentQueue;Sender" == headers["x-amzn-query-error"]
    assert "QueueDoesNotExist" == json.loads(answer.body)["__type"] == headers["X-Amzn-Errortype"]


def test_rest_json():
    """REST-JSON names the error in a header too, where most SDKs look for it."""
    answer = write(AwsError("TooManyRequestsException", 429, "no"), "lambda", "rest-json")

    assert "TooManyRequestsException" == dict(answer.headers)["X-Amzn-Errortype"]
    assert "application/json" == dict(answer.headers)["Content-Type"]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_version_of_json(version):
    """The answer is of the version of JSON that the request has."""
    sent = {"content-type": f"application/x-amz-json-{version}"}
    answer = write(AwsError("SomeError", 400, "no"), "dynamodb", "json", **sent)

    assert sent["content-type"] == dict(answer.headers)["Content-Type"]


def test_rpc_v2():
    """RPC v2 has its own header, without which SDKs refuse an answer, and no type in another."""
    answer = write(AwsError("SomeError", 400, "no"), "cloudwatch", "smithy-rpc-v2-cbor")

    assert "rpc-v2-cbor" == dict(answer.headers)["Smithy-Protocol"]
    assert "application/cbor" == dict(answer.headers)["Content-Type"]
    assert "X-Amzn-Errortype" not in dict(answer.headers)


def test_cbor_of_kinesis():
    """A client that sends Kinesis CBOR in place of JSON, as SDKs for Java do, gets CBOR."""
    sent = {"content-type": "application/x-amz-cbor-1.1"}
    answer = write(AwsError("SomeError", 400, "no"), "kinesis", "json", **sent)

    assert sent["content-type"] == dict(answer.headers)["Content-Type"]
    assert b"\xa2\x66__type\x69SomeError\x67message\x62no" == answer.body


def test_check_sum():
    """DynamoDB's answers have a check sum that is right."""
    answer = write(AwsError("SomeError", 400, "no"), "dynamodb", "json")

    assert str(zlib.crc32(answer.body)) == dict(answer.headers)["x-amz-crc32"]
