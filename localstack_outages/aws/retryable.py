"""What AWS SDKs try again: the one table that warnings and verdicts read, and how long SDKs may take
for it.

Sources: botocore 1.44 (``data/_retry.json`` for its mode ``legacy``, ``retries/standard.py`` for
``standard`` and ``adaptive``), held against botocore itself by the tests; the retry behaviour of the
AWS SDKs and Tools Reference Guide, which ``standard`` follows in every SDK.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

OPEN_SECONDS = 30
"""So long after a failed attempt another may come. No AWS SDK waits longer by default: back-off ends
at 20 s, to which a server's ``x-amz-retry-after`` can add 5 s."""

STANDARD_STATUSES = frozenset((429, 500, 502, 503, 504))
"""Tried again whatever the code by ``standard`` and ``adaptive``; 429 since botocore 1.44."""

LEGACY_STATUSES = STANDARD_STATUSES | {509}
"""Tried again whatever the code by ``legacy``."""

_OWN_LEGACY_STATUSES = {"organizations": LEGACY_STATUSES - {429}}
"""Where a service's rule replaces the one for 429, as they have the same name."""

_EVERY = ""
"""Stands for every service."""


class _Retried(NamedTuple):
    """Which modes try an error code again though its status alone would not make them."""

    legacy: Mapping[str, int]
    """By service, the status with which ``legacy`` does."""
    standard: bool = True
    """Whether ``standard`` and ``adaptive`` do, whatever the status and the service."""
    is_throttling: bool = True
    """Whether it says that the caller is too fast."""


_TABLE = {
    "BadDigest": _Retried({"s3": 400}, standard=False, is_throttling=False),
    "BandwidthLimitExceeded": _Retried({"cloudsearch": 509}),
    "EC2ThrottledException": _Retried({"ec2": 503}),
    "IDPCommunicationError": _Retried({"sts": 400}, standard=False, is_throttling=False),
    "LimitExceededException": _Retried({"kinesis": 400}),
    "PriorRequestNotComplete": _Retried({"route53": 400}),
    "ProvisionedThroughputExceededException": _Retried({_EVERY: 400}),
    # botocore's model has a trait for it: ``standard`` retries it where the operation lists it.
    "ReplicatedWriteConflictException": _Retried(
        {"dynamodb": 409}, standard=False, is_throttling=False
    ),
    "RequestLimitExceeded": _Retried({"ec2": 503}),
    "RequestThrottled": _Retried({"sqs": 403}),
    "RequestThrottledException": _Retried({_EVERY: 400}),
    "RequestTimeout": _Retried({"s3": 400}, is_throttling=False),
    "RequestTimeoutException": _Retried({"glacier": 408}, is_throttling=False),
    "SlowDown": _Retried({}),
    "ThrottledException": _Retried({_EVERY: 400}),
    "Throttling": _Retried({_EVERY: 400}),
    "ThrottlingException": _Retried({_EVERY: 400}),
    "TooManyRequestsException": _Retried({"organizations": 400}),
    "TransactionInProgressException": _Retried({"dynamodb": 400}),
}

THROTTLING_CODES = frozenset(code for code, retried in _TABLE.items() if retried.is_throttling)
"""Codes that say that the caller is too fast."""

STANDARD_CODES = frozenset(code for code, retried in _TABLE.items() if retried.standard)
"""Codes that ``standard`` and ``adaptive`` try again, whatever the status."""

QUOTA_CODES = frozenset(("LimitExceededException",))
"""Codes that mean two things. To most services (ecs, logs, cognito-idp) LimitExceededException is a
quota that is used up: waiting does not help. ``legacy`` tries it again for Kinesis alone, where it is
also a rate; ``standard`` for every service. So a verdict blames nobody for a retry of it, nor for none,
except where both modes agree.
"""

CHANGED_CODES = frozenset((
    "AuthFailure", "AuthorizationHeaderMalformed", "ExpiredToken", "ExpiredTokenException",
    "IllegalLocationConstraintException", "InvalidAccessKeyId", "InvalidClientTokenId",
    "InvalidSignatureException", "PermanentRedirect", "RequestExpired", "RequestInTheFuture",
    "RequestTimeTooSkewed", "SignatureDoesNotMatch", "UnrecognizedClientException",
))  # fmt: skip
"""What some SDKs send again after they changed the request: clock, credentials or region."""

_CHANGED = ("conflict", "concurrent", "conditionalcheck", "operationaborted", "expired")
"""What stands in the names of further codes after which applications try again with something changed:
what they have read, or where they go on reading."""

FAILURE_CODES = frozenset((
    "InternalError", "InternalErrorException", "InternalException", "InternalFailure",
    "InternalServerError", "InternalServerErrorException", "InternalServerException",
    "InternalServiceError", "InternalServiceException", "ServiceFailure", "ServiceUnavailable",
    "ServiceUnavailableException", "Unavailable",
))  # fmt: skip
"""What services call a failure of their own. Its status, 500 or 503, makes SDKs try it again."""

EXPECTED_CODES = (FAILURE_CODES | STANDARD_CODES) - QUOTA_CODES
"""Codes that everybody expects to be tried again, whatever the status."""

_LIMITS = ("throttl", "toomany", "limitexceeded", "slowdown")
"""What stands in the names of further codes for callers that are too fast, or over a quota."""


def is_retried_by_legacy(service: str, code: str, status: int) -> bool:
    """Say whether botocore's retry mode ``legacy`` tries an error again.

    :param service: the service, for some have rules of their own; ``""`` for any other
    """
    if status in _OWN_LEGACY_STATUSES.get(service, LEGACY_STATUSES):
        return True
    retried = _TABLE.get(code)
    return retried is not None and status in (
        retried.legacy.get(_EVERY),
        retried.legacy.get(service),
    )


def is_retried_by_standard(code: str, status: int) -> bool:
    """Say whether botocore's retry modes ``standard`` and ``adaptive`` try an error again."""
    return status in STANDARD_STATUSES or code in STANDARD_CODES


def modes_that_give_up(code: str, status: int, services: Collection[str]) -> str | None:
    """Name the retry modes of botocore that do not try an error again; None where all do.

    :param services: those that may answer it; none where that is not known
    """
    legacy = all(is_retried_by_legacy(service, code, status) for service in services or (_EVERY,))
    standard = is_retried_by_standard(code, status)
    if legacy and standard:
        return None
    if legacy:
        return "modes 'standard' and 'adaptive'"
    return "mode 'legacy'" if standard else "modes 'legacy', 'standard' and 'adaptive'"


def is_worth_retrying(service: str, code: str, status: int) -> bool | None:
    """Say whether what a call got is worth another attempt.

    :return: None where SDKs differ, or it is not known
    """
    if status in STANDARD_STATUSES:
        return True
    retried = _TABLE.get(code)
    if retried is not None:
        return True if code not in QUOTA_CODES or service in retried.legacy else None
    if not 400 <= status < 500 or code in CHANGED_CODES:
        return None
    plain = code.lower()
    if any(word in plain for word in _CHANGED):
        return None
    return None if any(word in plain for word in _LIMITS) else False
