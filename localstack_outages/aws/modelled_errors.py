"""Which error of a service's model is meant by a word, such as ``conflict``: for DynamoDB's PutItem
``ConditionalCheckFailedException``, for its CreateTable ``ResourceInUseException``.

Read from botocore's models: an operation lists its errors, an error may have a code and a status.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from localstack_outages.schema.effect import ErrorKind

from .wire.error_shapes import error_shapes
from .wire.models import model

_MEANT: Mapping[ErrorKind, tuple[str, ...]] = {
    "conflict": (
        "ConditionalCheckFailed",
        "^(Resource|Operation)?Conflict",
        "Conflict(?!ing)",
        "Concurrent(Modification|Access|Update)",
        "AlreadyExist|(Name|Resource|Username)Exists",
        "InUse",
    ),
    "notFound": (
        "^(NoSuchKey|NoSuchUpload|QueueDoesNotExist|ParameterNotFound)$",
        "^(Resource|Entity)?NotFound|^NoSuchEntity",
        "(NotFound|DoesNotExist)|^NoSuch|^UnknownResource",
    ),
    "expiredCursor": (
        "^ExpiredIterator",
        "^Expired(NextToken|PaginationToken)|PaginationTokenExpired",
        "^Invalid(NextToken|Pagination|PaginationToken|Marker|ContinuationToken)",
        "^InvalidTokenException$|^InvalidToken$",
    ),
}
"""For each word patterns of the names of errors, the one that is meant first before the others."""

_NOT_THESE = re.compile("^KMS|^Kms|LimitExceeded|ServiceLinkedRole|^OrganizationNotFound")
"""Errors of another service that the operation depends on, and limits."""

_CLIENT_STATUS = 400
"""AWS JSON models have no status: the client's fault is 400 (Smithy, "AWS JSON 1.0 protocol")."""


class ModelledError(NamedTuple):
    """An error of a model."""

    code: str
    status: int


@lru_cache(maxsize=1024)
def _errors(service: str) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, ModelledError]]:
    """Give the names of the errors of each operation, and the errors by name."""
    data, shapes = model(service), error_shapes(service)
    errors: dict[str, ModelledError] = {}
    for name, shape in data["shapes"].items():
        if shape.get("exception") and not shape.get("fault"):
            status = shape.get("error", {}).get("httpStatusCode", _CLIENT_STATUS)
            errors[name] = ModelledError(shapes[name].code, status)
    operations = {
        name: tuple(e["shape"] for e in operation.get("errors", ()) if e["shape"] in errors)
        for name, operation in data["operations"].items()
    }
    return operations, errors


@lru_cache(maxsize=10_000)
def modelled_error(service: str, kind: ErrorKind, operation: str | None) -> ModelledError | None:
    """Give the error that a word means.

    :param service: one that botocore has
    :param operation: the operation; None for the error that most operations of the service have
    :return: None where the model has none
    """
    operations, errors = _errors(service)
    if operation is None:
        counts = Counter(name for names in operations.values() for name in names)
        names = [name for name, _ in counts.most_common()]
    else:
        names = list(operations.get(operation, ()))
    for pattern in _MEANT.get(kind, ()):
        for name in names:
            if re.search(pattern, name) and not _NOT_THESE.search(name):
                return errors[name]
    return None
