"""What AWS answers when it fails, read from ``aws_errors.json`` when first asked for."""

import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from localstack_outages.schema.effect import MODELLED_KINDS, AwsError, ErrorKind

from .names import services
from .retryable import STANDARD_CODES

if TYPE_CHECKING:
    from .modelled_errors import ModelledError

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
    STANDARD_CODES
    # These two belong to the services that model them.
    - {"ProvisionedThroughputExceededException", "TransactionInProgressException"}
)
"""Codes that a service may answer though its model has no such error: those that AWS documents as
common, and those that SDKs retry for any service.
"""

INCOMPLETE_MODELS = frozenset(("ec2", "s3", "s3control"))
"""Services whose models lack most of the error codes that AWS documents for them."""

_EVERY_SERVICE = ""
"""Stands for the services that have no entry of their own."""

_BY_PROTOCOL = "protocol "
"""Stands before the name of a protocol: ``ec2`` is a service too."""

_COMMON_KINDS = frozenset(("unavailable", "throttling", "internal"))
"""They are the same for the protocols."""

_PROTOCOLS = {"smithy-rpc-v2-cbor": "json"}
"""Where a protocol's errors are those of another."""

MAX_REMEMBERED = 10_000
"""Names of services and operations may come from requests."""


@lru_cache(maxsize=MAX_REMEMBERED)
def aws_error(service: str, kind: ErrorKind, operation: str = "") -> AwsError:
    """Give the error that AWS itself answers for a service, by botocore's name.

    :param operation: the one that is called, for the errors that each operation has of its own: its
        model's, then the service's, then one that services of its protocol have
    """
    table = _aws_errors()
    own = table.get((service, kind))
    if kind not in MODELLED_KINDS:
        return own or _of_protocol(service, kind)
    modelled = _modelled(service, kind, operation)
    if modelled is not None:
        return AwsError(*modelled, _of_protocol(service, kind).message)
    if own is not None:
        return own
    modelled = _modelled(service, kind)
    otherwise = _of_protocol(service, kind)
    return otherwise if modelled is None else AwsError(*modelled, otherwise.message)


def is_modelled(service: str, kind: ErrorKind) -> bool:
    """Say whether a service is known to have an error that a word means."""
    return (
        kind not in MODELLED_KINDS
        or (service, kind) in _aws_errors()
        or _modelled(service, kind) is not None
    )


def _modelled(
    service: str, kind: ErrorKind, operation: str | None = None
) -> "ModelledError | None":
    from .modelled_errors import modelled_error  # reads models: a start does not wait for it

    return modelled_error(service, kind, operation) if service in services() else None


def _of_protocol(service: str, kind: ErrorKind) -> AwsError:
    from .wire.catalog import catalog  # a start does not wait for it

    table = _aws_errors()
    entry = catalog().by_name.get(service) if kind not in _COMMON_KINDS else None
    protocol = _PROTOCOLS.get(entry.protocols[0], entry.protocols[0]) if entry else "json"
    return table.get((_BY_PROTOCOL + protocol, kind)) or table[_EVERY_SERVICE, kind]


@cache
def _aws_errors() -> dict[tuple[str, ErrorKind], AwsError]:
    """Read the table: by the name of a service, of a protocol, or ``_EVERY_SERVICE``."""
    text = files(__package__).joinpath("aws_errors.json").read_text(encoding="utf-8")
    data = json.loads(text)
    table: dict[tuple[str, ErrorKind], AwsError] = {}
    protocols = {_BY_PROTOCOL + name: errors for name, errors in data["protocols"].items()}
    by_name = {_EVERY_SERVICE: data["default"], **protocols, **data["services"]}
    for name, errors in by_name.items():
        for kind, given in errors.items():
            error = {**data["default"].get(kind, {}), **given}
            table[name, kind] = AwsError(error["code"], error["status"], error["message"])
    return table
