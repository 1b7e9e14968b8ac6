"""What AWS answers when it fails, read from ``aws_errors.json``, and which errors are tried again,
read from botocore's data. All of it is read when first asked for.
"""

import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, get_args

from .effects import AwsError, ErrorKind
from .names import loader

SERVICE_ALIASES = {
    "alb": "elbv2",
    "certificate-manager": "acm",
    "cloudwatch-events": "events",
    "cloudwatch-logs": "logs",
    "cognito": "cognito-idp",
    "dynamo": "dynamodb",
    "elasticloadbalancing": "elbv2",
    "elasticsearch": "es",
    "email": "ses",
    "eventbridge": "events",
    "eventbridge-scheduler": "scheduler",
    "kinesis-firehose": "firehose",
    "monitoring": "cloudwatch",
    "msk": "kafka",
    "nlb": "elbv2",
    "parameter-store": "ssm",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
    "systems-manager": "ssm",
    "tagging": "resourcegroupstaggingapi",
}
"""What AWS's documents, ARNs and endpoints call a service, and botocore's name of it."""

THROTTLING_CODES = frozenset((
    "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException",
    "PriorRequestNotComplete", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
    "RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledException",
    "Throttling", "ThrottlingException", "TooManyRequestsException",
    "TransactionInProgressException",
))  # fmt: skip
"""botocore's retry modes ``standard`` and ``adaptive`` try these again, whatever the status (see
``botocore/retries/standard.py``).
"""

TRANSIENT_CODES = frozenset(
    ("PriorRequestNotComplete", "RequestTimeout", "RequestTimeoutException")
)
"""The same for what is not throttling."""

_DOCUMENTED_CODES = frozenset((
    # "Common error types" of the AWS documents, in the forms of all protocols
    "AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken",
    "ExpiredTokenException", "IncompleteSignature", "InternalError", "InternalFailure",
    "InternalServerError", "InternalServerException", "InternalServiceError", "InvalidAction",
    "InvalidClientTokenId", "InvalidParameterCombination", "InvalidParameterValue",
    "InvalidQueryParameter", "InvalidSignatureException", "MalformedHttpRequestException",
    "MalformedQueryString", "MissingAction", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException", "MissingParameter", "NotAuthorized",
    "OptInRequired", "RequestAbortedException", "RequestEntityTooLargeException",
    "RequestExpired", "RequestTimeTooSkewed", "SerializationException", "ServiceUnavailable",
    "ServiceUnavailableException", "SignatureDoesNotMatch", "Throttling", "ThrottlingException",
    "UnauthorizedOperation", "UnknownError", "UnknownOperationException",
    "UnrecognizedClientException", "ValidationError", "ValidationException",
))  # fmt: skip

COMMON_CODES = _DOCUMENTED_CODES | (
    (THROTTLING_CODES | TRANSIENT_CODES)
    # These two belong to the services that model them.
    - {"ProvisionedThroughputExceededException", "TransactionInProgressException"}
)
"""Codes that a service may answer though its model has no such error: those that AWS documents as
common, and those that SDKs retry for any service.
"""

INCOMPLETE_MODELS = frozenset(("ec2", "s3", "s3control"))
"""Services whose models lack most of the error codes that AWS documents for them."""

STANDARD_STATUSES = frozenset((429, 500, 502, 503, 504))
"""These they try again whatever the code; 429 since botocore 1.44."""

_EVERY_SERVICE = ""
"""Stands for the services that have no entry of their own."""


def aws_error(service: str, kind: ErrorKind) -> AwsError:
    """Give the error that AWS itself answers for a service, by botocore's name."""
    table = _aws_errors()
    return table.get((service, kind)) or table[_EVERY_SERVICE, kind]


def is_retried_by_legacy(service: str, code: str, status: int) -> bool:
    """Say whether botocore's retry mode ``legacy`` tries an error again.

    :param service: the service, for some have rules of their own; ``""`` for any other
    """
    retried = _retried_by_legacy(service)
    return (status, None) in retried or (status, code) in retried


def is_retried_by_standard(code: str, status: int) -> bool:
    """Say whether botocore's retry modes ``standard`` and ``adaptive`` try an error again."""
    return status in STANDARD_STATUSES or code in THROTTLING_CODES or code in TRANSIENT_CODES


@lru_cache(maxsize=1024)
def _retried_by_legacy(service: str) -> frozenset[tuple[int, str | None]]:
    """Give the statuses that are tried again, each with the code that must come with it; None
    where any code will do.
    """
    data = loader().load_data("_retry")
    rules = (data["retry"]["__default__"], data["retry"].get(service, {}).get("__default__", {}))
    policies = [policy for rule in rules for policy in rule.get("policies", {}).values()]
    answers = [_answer(data["definitions"], policy) for policy in policies]
    return frozenset(
        (answer["http_status_code"], answer.get("service_error_code"))
        for answer in answers
        if "http_status_code" in answer
    )


def _answer(definitions: dict[str, Any], policy: dict[str, Any]) -> dict[str, Any]:
    """Give the answer that a rule of retries is about; nothing where it is about a connection."""
    if "$ref" in policy:
        policy = definitions[policy["$ref"]]
    answer: dict[str, Any] = policy["applies_when"].get("response", {})
    return answer


@cache
def _aws_errors() -> dict[tuple[str, ErrorKind], AwsError]:
    text = files(__package__).joinpath("aws_errors.json").read_text(encoding="utf-8")
    data = json.loads(text)
    kinds: tuple[ErrorKind, ...] = get_args(ErrorKind)
    by_service = {_EVERY_SERVICE: data["default"], **data["services"]}
    table: dict[tuple[str, ErrorKind], AwsError] = {}
    for service, errors in by_service.items():
        for kind in kinds:
            error = {**data["default"][kind], **errors[kind]}
            table[service, kind] = AwsError(error["code"], error["status"], error["message"])
    return table
