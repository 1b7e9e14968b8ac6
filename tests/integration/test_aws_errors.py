"""Every service of the table of AWS's errors answers them as AWS does, and boto3 makes of them what
it makes of AWS's.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, NamedTuple

import botocore
import botocore.endpoint
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.retries import standard

from localstack_outages.aws.errors import aws_error
from localstack_outages.schema.effect import ErrorKind

TABLE = json.loads(files("localstack_outages.aws").joinpath("aws_errors.json").read_text())
DEFAULT, SERVICES = TABLE["default"], TABLE["services"]
OTHER_SERVICES = ("athena", "codebuild", "elbv2", "glue", "kafka", "wafv2")
"""Some that have no entry of their own, and that the open-source LocalStack does not emulate.

Not ``organizations``: once a session has made a client for it, botocore's legacy mode does not
retry 429 for any client that the session makes later.
"""

MODES = ("legacy", "standard")
BOTOCORE = tuple(int(part) for part in botocore.__version__.split(".")[:2])

NEEDS_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "cognito-idp": ("ListUserPools", {"MaxResults": 1}),
    "s3control": ("ListAccessPoints", {"AccountId": "000000000000"}),
    "swf": ("ListDomains", {"registrationStatus": "REGISTERED"}),
}
"""The operations of the services that have no suitable one without required parameters."""


class Outcome(NamedTuple):
    """What boto3 makes of an error."""

    code: str
    status: int
    message: str
    exception: str
    attempts: int


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow at once: the pauses are botocore's own, and would take half a minute."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))


def operation_of(client: BaseClient) -> tuple[OperationModel, dict[str, Any]]:
    """Choose an operation of a service that only reads, and its parameters."""
    model = client.meta.service_model
    if model.service_name in NEEDS_PARAMETERS:
        name, parameters = NEEDS_PARAMETERS[model.service_name]
        return model.operation_model(name), parameters
    for verb in ("Describe", "Get", "List"):
        # The oldest operations have the shortest names: any release of LocalStack knows them.
        for name in sorted((n for n in model.operation_names if n.startswith(verb)), key=len):
            operation = model.operation_model(name)
            required = operation.input_shape.required_members if operation.input_shape else ()
            if not required and not operation.has_streaming_output:
                return operation, {}
    raise AssertionError(f"no operation of {model.service_name} goes without parameters")


def stay_at_endpoint(client: BaseClient) -> None:
    """Leave out the host name that S3 Control makes of the account, which no DNS knows."""

    def redirect(params: dict[str, Any], **_: Any) -> None:
        params["url"] = client.meta.endpoint_url + params["url_path"]

    client.meta.events.register("before-call", redirect)


def attempts_of(service: str, mode: str, operation: OperationModel, error: dict[str, Any]) -> int:
    """Give how many attempts boto3 makes of a call that gets nothing but an error of AWS.

    All errors of the table are such as are tried again: see ``botocore/data/_retry.json`` for the
    mode ``legacy``, and ``botocore/retries/standard.py`` for ``standard``.
    """
    if mode == "legacy":
        return 10 if service == "dynamodb" else 5
    throttled = standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES
    if error["status"] == 429 and error["code"] not in throttled:
        # SNS's Throttled. Since 1.44 a status of 429 counts, if the operation does not model the
        # code: then its model says what is tried again, and SNS's says nothing of it.
        codes = [shape.error_code for shape in operation.error_shapes]
        if not hasattr(standard, "ThrottlingStatusCodeChecker") or error["code"] in codes:
            return 1
    return 4 if service in ("dynamodb", "dynamodbstreams") and BOTOCORE >= (1, 44) else 3


def exception_of(client: BaseClient, code: str) -> str:
    """Give the name of the exception that boto3 raises for a code: the model's, where it has one."""
    model = client.meta.service_model
    names = [shape.name for shape in model.error_shapes if shape.error_code == code]
    return names[0] if names else "ClientError"


def call(client: BaseClient) -> Outcome:
    """Make a call that fails."""
    attempts = []
    client.meta.events.register_first("before-send", lambda **_: attempts.append(1))
    operation, parameters = operation_of(client)
    method = next(
        m for m, name in client.meta.method_to_api_mapping.items() if name == operation.name
    )
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**parameters)
    response = caught.value.response
    assert len(attempts) == response["ResponseMetadata"]["RetryAttempts"] + 1
    return Outcome(
        response["Error"]["Code"],
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Message"],
        type(caught.value).__name__,
        len(attempts),
    )


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("kind", ["unavailable", "throttling", "internal"])
def test_errors(outages: Any, client: Callable[..., BaseClient], kind: str) -> None:
    """Each service's error has AWS's code, status and message, is raised as the class that boto3
    has for it, and is tried again as often as AWS's.
    """
    errors = {service: kinds[kind] for service, kinds in SERVICES.items()}
    errors.update(dict.fromkeys(OTHER_SERVICES, DEFAULT[kind]))
    outages.post([{"service": service, "error": kind} for service in errors])
    clients = {
        (service, mode): client(service, retries={"mode": mode})
        for service in errors
        for mode in MODES
    }
    for mode in MODES:
        stay_at_endpoint(clients["s3control", mode])

    with ThreadPoolExecutor(16) as pool:
        outcomes = dict(zip(clients, pool.map(call, clients.values()), strict=True))

    expected = {}
    for (service, mode), made in clients.items():
        error = {**DEFAULT[kind], **errors[service]}
        operation, _ = operation_of(made)
        expected[service, mode] = Outcome(
            error["code"],
            error["status"],
            error["message"],
            exception_of(made, error["code"]),
            attempts_of(service, mode, operation, error),
        )
    different = {
        key: (expected[key], outcomes[key]) for key in clients if expected[key] != outcomes[key]
    }
    assert {} == different


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize(
    "word", ["timeout", "denied", "invalidCredentials", "conflict", "notFound"]
)
def test_words(outages: Any, client: Callable[..., BaseClient], word: ErrorKind) -> None:
    """What a word means for a service and an operation, boto3 gets to the code, the status and the
    message.
    """
    outages.post([{"error": word}])
    once = {"total_max_attempts": 1}
    clients = {service: client(service, retries=once) for service in (*SERVICES, *OTHER_SERVICES)}
    stay_at_endpoint(clients["s3control"])

    with ThreadPoolExecutor(16) as pool:
        outcomes = dict(zip(clients, pool.map(call, clients.values()), strict=True))

    expected = {
        service: aws_error(service, word, operation_of(made)[0].name)
        for service, made in clients.items()
    }
    different = {
        service: (error, outcomes[service])
        for service, error in expected.items()
        if error != (outcomes[service].code, outcomes[service].status, outcomes[service].message)
    }
    assert {} == different


@pytest.mark.usefixtures("no_pauses")
def test_modelled_exceptions(outages: Any, client: Callable[..., BaseClient]) -> None:
    """An application can catch a service's throttling by the class that boto3 has for it."""
    outages.post([{"error": "throttling"}])
    dynamodb, sqs, sns = client("dynamodb"), client("sqs"), client("sns")

    with pytest.raises(dynamodb.exceptions.ProvisionedThroughputExceededException):
        dynamodb.list_tables()
    with pytest.raises(sqs.exceptions.RequestThrottled):
        sqs.list_queues()
    with pytest.raises(sns.exceptions.ThrottledException):
        sns.list_topics()
