"""What AWS answers when it fails, as botocore and the package's own table say."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from types import SimpleNamespace

import pytest
from botocore.loaders import Loader
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from botocore.retryhandler import create_checker_from_retry_config

from localstack_outages.aws import errors as catalogue, names, retryable
from localstack_outages.schema.effect import KINDS as KINDS_OF_ALL, AwsError

DATA = json.loads(files("localstack_outages.aws").joinpath("aws_errors.json").read_text())
KINDS = ("unavailable", "throttling", "internal")
"""What fails in each service in its own way."""
ENTRIES = [
    (service, kind, error)
    for service, kinds in DATA["services"].items()
    for kind, error in kinds.items()
]


@pytest.mark.parametrize(
    ("service", "kind", "expected"),
    [
        ("s3", "unavailable", AwsError("ServiceUnavailable", 503, "Service is unable to handle request.")),
        ("s3", "throttling", AwsError("SlowDown", 503, "Please reduce your request rate.")),
        ("ec2", "throttling", AwsError("RequestLimitExceeded", 503, "Request limit exceeded.")),
        ("sqs", "throttling", AwsError("RequestThrottled", 403, "Rate exceeded")),
        ("lambda", "throttling", AwsError("TooManyRequestsException", 429, "Rate Exceeded.")),
        ("ecs", "throttling", AwsError("ThrottlingException", 400, "Rate exceeded")),
        ("logs", "unavailable", AwsError(
            "ServiceUnavailableException",
            500,
            "The request has failed due to a temporary failure of the server.",
        )),
        ("iam", "internal", AwsError(
            "ServiceFailure",
            500,
            "The request processing has failed because of an unknown error, exception or failure.",
        )),
        ("no-such-service", "unavailable", AwsError(
            "ServiceUnavailable",
            503,
            "The request has failed due to a temporary failure of the server.",
        )),
        ("no-such-service", "throttling", AwsError("ThrottlingException", 400, "Rate exceeded")),
        ("", "internal", AwsError(
            "InternalFailure",
            500,
            "The request processing has failed because of an unknown error, exception or failure.",
        )),
    ],
)  # fmt: skip
def test_aws_error(service, kind, expected):
    """Each service has errors of its own; others have those that AWS documents for all."""
    assert expected == catalogue.aws_error(service, kind)


@pytest.mark.parametrize(
    ("service", "operation", "kind", "code", "status"),
    [
        ("s3", "GetObject", "notFound", "NoSuchKey", 404),
        ("s3", "ListObjectsV2", "notFound", "NoSuchBucket", 404),
        ("s3", "PutObject", "conflict", "OperationAborted", 409),
        ("dynamodb", "PutItem", "conflict", "ConditionalCheckFailedException", 400),
        ("dynamodb", "CreateTable", "conflict", "ResourceInUseException", 400),
        ("sqs", "SendMessage", "notFound", "AWS.SimpleQueueService.NonExistentQueue", 400),
        ("lambda", "UpdateFunctionCode", "conflict", "ResourceConflictException", 409),
        ("kinesis", "GetRecords", "expiredCursor", "ExpiredIteratorException", 400),
        ("kinesis", "ListShards", "expiredCursor", "ExpiredNextTokenException", 400),
        ("dynamodbstreams", "GetRecords", "expiredCursor", "ExpiredIteratorException", 400),
        ("secretsmanager", "ListSecrets", "expiredCursor", "InvalidNextTokenException", 400),
        ("s3", "ListObjectsV2", "expiredCursor", "InvalidArgument", 400),
        ("s3", "GetObject", "expired", "ExpiredToken", 400),
        ("dynamodb", "PutItem", "expired", "ExpiredTokenException", 400),
        ("lambda", "Invoke", "expired", "ExpiredTokenException", 403),
        ("sts", "GetCallerIdentity", "expired", "ExpiredToken", 403),
        ("ec2", "RunInstances", "expired", "RequestExpired", 400),
        ("ec2", "RunInstances", "denied", "UnauthorizedOperation", 403),
        ("iam", "CreateUser", "invalidCredentials", "InvalidClientTokenId", 403),
        ("s3", "GetObject", "skewed", "RequestTimeTooSkewed", 403),
        ("sqs", "SendMessage", "skewed", "InvalidSignatureException", 400),
        ("logs", "DescribeLogGroups", "denied", "AccessDeniedException", 400),
        ("s3", "PutObject", "timeout", "RequestTimeout", 400),
        ("sts", "AssumeRole", "notFound", "NotFound", 404),
    ],
)
def test_words_of_an_operation(service, operation, kind, code, status):
    """A word means the error that the operation models, else the service's own, else that of its
    protocol.
    """
    assert (code, status) == catalogue.aws_error(service, kind, operation)[:2]


def test_every_word_has_an_error():
    """Every word means something for every protocol, from the table alone."""
    for protocol, errors in DATA["protocols"].items():
        assert set(KINDS_OF_ALL) - set(KINDS) == set(errors), protocol
        assert all(error["source"] for error in errors.values())


def test_the_table_is_complete():
    """Every service of the table is one of botocore's and has the three kinds of errors."""
    assert set() == DATA["services"].keys() - set(names.services())
    assert {KINDS} == {tuple(kinds)[:3] for kinds in DATA["services"].values()}
    assert 40 == len(DATA["services"])


def test_sources_are_explained():
    """Every letter that says how an entry is known is explained in the file."""
    letters = {letter for _, _, error in ENTRIES for letter in error["source"]}

    assert set() == letters - DATA["about"].keys()
    assert all(error["source"] for _, _, error in ENTRIES)


NEWER = {("opensearch", "throttling")}
"""What the model of botocore 1.40 does not have yet, which comes with LocalStack 4.8.1."""


@pytest.mark.parametrize(("service", "kind", "error"), ENTRIES)
def test_entries_agree_with_the_model(service, kind, error):
    """What is said to come from a model is in it, with the status where the model has one."""
    model = Loader().load_service_model(service, "service-2")
    shapes = {
        shape.get("error", {}).get("code", name): shape.get("error", {})
        for name, shape in model["shapes"].items()
        if shape.get("exception")
    }

    is_expected = "M" in error["source"] and (service, kind) not in NEWER
    assert error["code"] in shapes or not is_expected
    status = shapes.get(error["code"], {}).get("httpStatusCode", error["status"])
    # SQS's model gives the status of its JSON protocol; the answer is that of its query protocol.
    assert error["status"] == status or "S" in error["source"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("service", [*DATA["services"], "no-such-service"])
def test_messages_are_ready_to_send(service, kind):
    """No message has a placeholder or white space at its ends."""
    message = catalogue.aws_error(service, kind).message

    assert message == message.strip("{} ")
    assert "{" not in message


CODES = sorted(
    retryable.STANDARD_CODES
    | {"BadDigest", "IDPCommunicationError", "ReplicatedWriteConflictException"}
    | {"AccessDenied", "InternalError", "Throttled"}
)
NEWER_CODES = {"ReplicatedWriteConflictException"}
"""Codes that botocore's data has got since 1.40."""

STATUSES = (400, 403, 404, 408, 409, 429, 500, 501, 502, 503, 504, 505, 508, 509, 529)


def response(status, code=None):
    """Give an answer as the retry handlers of botocore take it."""
    parsed = {"ResponseMetadata": {"HTTPStatusCode": status}, "Error": {"Code": code}}
    return SimpleNamespace(status_code=status, headers={}, content=b""), parsed


@pytest.mark.parametrize(
    "service",
    ["", "lambda", *sorted(Loader().load_data("_retry")["retry"].keys() - {"__default__"})],
)
def test_legacy_retries(service):
    """What is tried again in legacy mode is what botocore's own handler of that mode says."""
    data = Loader().load_data("_retry")
    own = data["retry"].get(service, {}).get("__default__", {})
    policies = {**data["retry"]["__default__"]["policies"], **own.get("policies", {})}
    for name, policy in policies.items():
        policies[name] = data["definitions"][policy["$ref"]] if "$ref" in policy else policy
    config = {"__default__": {"max_attempts": 5, "policies": policies}}
    checker = create_checker_from_retry_config(config)
    written = json.dumps(data)

    for code in CODES:
        if code in NEWER_CODES and code not in written:  # this botocore does not know of it yet
            continue
        for status in STATUSES:
            answer = response(status, code)
            expected = checker(1, answer, None, {})

            assert expected == retryable.is_retried_by_legacy(service, code, status), (code, status)


def test_standard_retries():
    """What is tried again in standard mode is what botocore's own checkers say; 429 alone depends
    on its version.
    """
    checkers = (TransientRetryableChecker(), ThrottledRetryableChecker())
    for code in CODES:
        for status in STATUSES:
            context = SimpleNamespace(
                http_response=SimpleNamespace(status_code=status),
                caught_exception=None,
                get_error_code=lambda code=code: code,
            )
            expected = status == 429 or any(c.is_retryable(context) for c in checkers)

            assert expected == retryable.is_retried_by_standard(code, status), (code, status)


@pytest.mark.timeout(60)
def test_many_threads():
    """Threads that ask for the first time at once all get the whole answer."""
    services = ["s3", "sqs", "dynamodb", "sns"]
    for cached in (
        names.services, names.regions, names._names, catalogue._aws_errors,
    ):  # fmt: skip
        cached.cache_clear()

    def ask(number):
        service = services[number % 4]
        error = catalogue.aws_error(service, "throttling")
        return service, len(names.operations(service)), len(names.regions()), error

    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(ask, range(64)))

    assert 4 == len(found)
    assert all(operations > 15 and regions > 40 for _, operations, regions, _ in found)


def test_import_is_cheap():
    """Importing the catalogue and the advice reads no data and imports neither botocore's loaders
    nor boto3.
    """
    code = (
        "import sys, localstack_outages.explain.mistakes\n"
        "from localstack_outages.aws import errors as c, names\n"
        "print([m for m in ('boto3', 'botocore.loaders', 'botocore.session') if m in sys.modules],"
        " c._aws_errors.cache_info().currsize, names.services.cache_info().currsize)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[] 0 0\n" == found.stdout
