"""Errors that the package writes, beside those that LocalStack's serializer writes for the same
calls: equal to the byte, but for what is listed here with its reason.
"""

from typing import Any

import pytest
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.protocol.serializer import create_serializer
from localstack.aws.spec import load_service
from localstack.http import Request

from localstack_outages.aws.errors import aws_error
from localstack_outages.aws.wire.messages import AwsCall, HttpAnswer, HttpRequest, Protocol
from localstack_outages.aws.wire.writing import write_error
from localstack_outages.schema.effect import AwsError

ID = "01234567-89ab-cdef-0123-456789abcdef"
FORM = "application/x-www-form-urlencoded; charset=utf-8"

CALLS: list[tuple[str, str, Protocol, str]] = [
    *((s, o, "query", FORM) for s, o in (
        ("iam", "ListUsers"), ("sts", "GetCallerIdentity"), ("sns", "Publish"),
        ("cloudformation", "CreateStack"), ("rds", "DescribeDBInstances"),
        ("autoscaling", "DescribeTags"), ("elbv2", "DescribeTags"), ("ses", "SendEmail"),
        ("redshift", "DescribeTags"), ("elasticache", "CreateCacheCluster"),
    )),
    ("ec2", "DescribeVpcs", "ec2", FORM),
    *((s, o, "json", f"application/x-amz-json-{v}") for s, o, v in (
        ("dynamodb", "PutItem", "1.0"), ("kms", "Encrypt", "1.1"), ("logs", "PutLogEvents", "1.1"),
        ("stepfunctions", "StartExecution", "1.0"), ("secretsmanager", "GetSecretValue", "1.1"),
        ("events", "PutEvents", "1.1"), ("ssm", "GetParameter", "1.1"), ("ecs", "RunTask", "1.1"),
        ("kinesis", "PutRecord", "1.1"), ("firehose", "PutRecord", "1.1"),
        ("sqs", "SendMessage", "1.0"),
    )),
    *((s, o, "rest-json", "application/json") for s, o in (
        ("lambda", "Invoke"), ("apigateway", "GetRestApis"), ("eks", "ListClusters"),
        ("batch", "SubmitJob"), ("sesv2", "SendEmail"), ("opensearch", "ListTags"),
        ("kafka", "ListClusters"), ("scheduler", "ListSchedules"), ("iot", "ListThings"),
    )),
    ("s3", "GetObject", "rest-xml", ""), ("s3control", "ListAccessPoints", "rest-xml", ""),
    ("route53", "ListHostedZones", "rest-xml", ""), ("cloudfront", "ListDistributions", "rest-xml", ""),
]  # fmt: skip

ERRORS = [
    AwsError("SomeError", 503, "Not now: <&> 'quoted' \N{SNOWMAN}"),
    AwsError("AccessDeniedException", 403, "no"),
    AwsError("ResourceNotFoundException", 400, "gone"),
]


DIFFERENT = {
    # LocalStack answers in application/json, AWS in the type of the request.
    ("json", "content-type"),
    # LocalStack gives the id twice, AWS in one header: this one for S3, the other for the rest.
    ("rest-json", "x-amz-request-id"),
    ("rest-xml", "x-amz-request-id"),
    ("s3", "x-amzn-requestid"),
    # LocalStack says of every error of SQS that the caller is at fault.
    ("sqs", "x-amzn-query-error"),
}
"""Headers, by protocol or service, that differ for a reason."""


def of_localstack(error: AwsError, service: str, operation: str, content_type: str) -> Any:
    """Have LocalStack write an error."""
    model = load_service(service)
    exception = type(error.code, (CommonServiceException,), {})(
        code=error.code,
        message=error.message,
        status_code=error.status,
        sender_fault=error.status < 500,
    )
    headers = {"Content-Type": content_type} if content_type else {}
    # As botocore sends it: without it LocalStack makes 400 of every status of a client's error.
    headers["x-amzn-query-mode"] = "true"
    context = RequestContext(Request("POST", "/", headers=headers))
    context.operation = model.operation_model(operation)
    return create_serializer(model).serialize_error_to_response(
        exception, context.operation, context.request.headers, ID
    )


def of_package(
    error: AwsError, service: str, operation: str, protocol: Protocol, content_type: str
) -> HttpAnswer:
    """Have the package write it."""
    call = AwsCall(service, (service,), operation, "us-east-1", "000000000000", None, protocol)
    return write_error(
        error, call, HttpRequest("POST", "/", "", {"content-type": content_type}), ID
    )


def as_the_package(body: bytes, service: str, error: AwsError) -> bytes:
    """Change what LocalStack wrote where AWS answers something else."""
    code = error.code.encode()
    sender = b"<Type>Sender</Type>"
    if service == "ec2":
        # AWS's errors of EC2 have neither a namespace nor a type ("Error codes for the Amazon EC2
        # API").
        body = body.replace(b' xmlns="http://ec2.amazonaws.com/doc/2016-11-15"', b"")
        return body.replace(sender, b"")
    if service == "s3":
        # AWS's errors of S3 have no type, and name the host ("REST Error Responses").
        body = body.replace(sender, b"")
        host_id = (
            b"<HostId>s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234="
        )
        return body.replace(b"</Error>", host_id + b"</HostId></Error>")
    if b"<ErrorResponse" in body and error.status >= 500:
        # AWS says as well that it is not the caller's fault: the type is Sender or Receiver.
        return body.replace(b"</Error>", b"<Type>Receiver</Type></Error>")
    assert code in body
    return body


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
@pytest.mark.parametrize(
    ("service", "operation", "protocol", "content_type"),
    CALLS,
    ids=[f"{service}-{protocol}" for service, _, protocol, _ in CALLS],
)
def test_bodies(
    service: str, operation: str, protocol: Protocol, content_type: str, error: AwsError
) -> None:
    """The body is LocalStack's, the status is, and so are the headers that it has."""
    theirs = of_localstack(error, service, operation, content_type)
    ours = of_package(error, service, operation, protocol, content_type)

    assert as_the_package(theirs.get_data(), service, error) == ours.body
    assert theirs.status_code == ours.status
    headers = {name.lower(): value for name, value in ours.headers}
    headers["content-length"] = str(len(theirs.get_data()))  # whoever sends it counts
    for name, value in theirs.headers.items():
        if (protocol, name.lower()) not in DIFFERENT and (service, name.lower()) not in DIFFERENT:
            assert value == headers[name.lower()], name


@pytest.mark.parametrize("kind", ["unavailable", "throttling", "internal"])
@pytest.mark.parametrize(
    ("service", "operation", "protocol", "content_type"),
    CALLS,
    ids=[f"{service}-{protocol}" for service, _, protocol, _ in CALLS],
)
def test_words(
    service: str, operation: str, protocol: Protocol, content_type: str, kind: Any
) -> None:
    """What a rule's word comes to for the service is written as LocalStack writes it."""
    error = aws_error(service, kind)
    theirs = of_localstack(error, service, operation, content_type)
    ours = of_package(error, service, operation, protocol, content_type)

    assert as_the_package(theirs.get_data(), service, error) == ours.body
