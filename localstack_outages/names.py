"""The names that AWS has, read from botocore's data: services, regions, operations, error codes.

All of it is read when first asked for, and kept. Of a service's model only names are kept: EC2's
alone takes 13 MB of memory.
"""

from functools import cache, lru_cache
from typing import Any, NamedTuple

_ADDED_OPERATIONS = {"s3": ("PostObject",)}
"""Operations that botocore's models lack and LocalStack serves: a browser's upload to S3."""


@cache
def services() -> tuple[str, ...]:
    """Give the names of all services, sorted."""
    return tuple(sorted(loader().list_available_services("service-2")))


@cache
def regions() -> tuple[str, ...]:
    """Give the names of all regions of all partitions, sorted, without pseudo regions as
    ``aws-global``.
    """
    partitions = loader().load_data("partitions")["partitions"]
    names = (name for partition in partitions for name in partition["regions"])
    return tuple(sorted(name for name in names if not name.endswith("-global")))


def operations(service: str) -> tuple[str, ...]:
    """Give the names of a service's operations, sorted; none where the service is unknown."""
    return _names(service).operations


def error_codes(service: str) -> frozenset[str]:
    """Give the codes of the errors that a service's model has; none where the service is unknown.

    An error whose code differs from its name in the model counts by both, since a service may
    answer with either: SNS's ``ThrottledException`` has the code ``Throttled``.
    """
    return _names(service).error_codes


class _Names(NamedTuple):
    """What is kept of a service's model."""

    operations: tuple[str, ...] = ()
    error_codes: frozenset[str] = frozenset()


@lru_cache(maxsize=1024)
def _names(service: str) -> _Names:
    if service not in services():
        return _Names()
    model = loader().load_service_model(service, "service-2")
    codes: set[str] = set()
    for name, shape in model["shapes"].items():
        if shape.get("exception"):
            codes.update((name, shape.get("error", {}).get("code", name)))
    operations = (*model["operations"], *_ADDED_OPERATIONS.get(service, ()))
    return _Names(tuple(sorted(operations)), frozenset(codes))


def loader() -> Any:
    """Make a loader of botocore's data.

    A new one each time: a loader is not thread-safe and never forgets a model.
    """
    from botocore.loaders import Loader

    return Loader()
