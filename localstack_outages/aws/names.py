"""The names that AWS has, read from botocore's data: services, regions, operations, their
parameters, error codes.

All of it is read when first asked for, and kept. Of a service's model only names are kept: EC2's
alone takes 13 MB of memory.
"""

import sys
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

DATA_PLANE: Mapping[str, str] = MappingProxyType(
    {"apigateway": "Invoke", "lambda": "InvokeFunctionUrl", "s3": "Website"}
)
"""What requests to the data plane of a service are called. No API of AWS has these operations."""

_ADDED_OPERATIONS = {service: (operation,) for service, operation in DATA_PLANE.items()} | {
    "s3": ("PostObject", DATA_PLANE["s3"])
}
"""Operations that botocore's models lack and LocalStack serves: those of the data plane, and a browser's
upload to S3."""


def is_data_plane(service: str, operation: str) -> bool:
    """Whether an operation is that of the data plane of a service."""
    return DATA_PLANE.get(service) == operation


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


def parameters(service: str, operation: str) -> tuple[str, ...] | None:
    """Give the names of an operation's parameters.

    :return: None where that is not known
    """
    return _names(service).parameters.get(operation)


class _Names(NamedTuple):
    """What is kept of a service's model."""

    operations: tuple[str, ...] = ()
    error_codes: frozenset[str] = frozenset()
    parameters: Mapping[str, tuple[str, ...]] = MappingProxyType({})


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
    parameters = {
        name: _members(model["shapes"], operation.get("input", {}).get("shape"))
        for name, operation in model["operations"].items()
    }
    return _Names(tuple(sorted(operations)), frozenset(codes), parameters)


def _members(shapes: Mapping[str, Any], name: str | None) -> tuple[str, ...]:
    """Give the names of a structure's members; they share the memory of equal names."""
    return tuple(map(sys.intern, shapes[name].get("members", ()))) if name else ()


def loader() -> Any:
    """Make a loader of botocore's data.

    A new one each time: a loader is not thread-safe and never forgets a model.
    """
    from botocore.loaders import Loader

    return Loader()
