"""The errors that services model, as much of them as writing one needs."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from .models import model

_PREFIXED = (
    "BatchEntryIdsNotDistinct",
    "BatchRequestTooLong",
    "EmptyBatchRequest",
    "InvalidBatchEntryId",
    "MessageNotInflight",
    "PurgeQueueInProgress",
    "QueueDeletedRecently",
    "TooManyEntriesInBatchRequest",
    "UnsupportedOperation",
)
_FORMER_CODES: Mapping[str, Mapping[str, str]] = {
    "sqs": {
        **{name: f"AWS.SimpleQueueService.{name}" for name in _PREFIXED},
        "KmsAccessDenied": "KMS.AccessDeniedException",
        "KmsDisabled": "KMS.DisabledException",
        "KmsInvalidKeyUsage": "KMS.InvalidKeyUsageException",
        "KmsInvalidState": "KMS.InvalidStateException",
        "KmsNotFound": "KMS.NotFoundException",
        "KmsOptInRequired": "KMS.OptInRequired",
        "KmsThrottled": "KMS.ThrottlingException",
        "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
        "QueueNameExists": "QueueAlreadyExists",
    }
}
"""Codes of former Query APIs that botocore's data lacks: the trait ``awsQueryError`` in AWS's Smithy
model of SQS.
"""


class ErrorShape(NamedTuple):
    """An error of a service's model."""

    name: str
    code: str
    """Differs from the name where the service has or had a Query API: ``QueueDoesNotExist`` is
    ``AWS.SimpleQueueService.NonExistentQueue``."""
    message_member: str
    """``message`` or ``Message``."""


@lru_cache(maxsize=512)
def error_shapes(service: str) -> Mapping[str, ErrorShape]:
    """Give the errors of a service, each by its name and by its code."""
    by_name: dict[str, ErrorShape] = {}
    by_code: dict[str, ErrorShape] = {}
    former = _FORMER_CODES.get(service, {})
    for name, shape in model(service)["shapes"].items():
        if shape.get("exception"):
            code = former.get(name) or shape.get("error", {}).get("code", name)
            found = ErrorShape(name, code, _message_member(shape))
            by_name[name] = found
            by_code.setdefault(code, found)
    return {**by_code, **by_name}


def _message_member(shape: Mapping[str, Any]) -> str:
    for name in shape.get("members", ()):
        if name.lower() == "message":
            return str(name)
    return "message"
