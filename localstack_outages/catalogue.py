"""What AWS has: services, regions, operations and errors, from botocore's data and from
``aws_errors.json``.
"""

import json
from functools import cache
from importlib import resources
from typing import Any

from botocore.loaders import Loader

from .effects import AwsError, ErrorKind


@cache
def _aws_errors() -> tuple[dict[str, AwsError], dict[tuple[str, str], AwsError]]:
    """Read the table: the defaults by kind, and the services' own by service and kind."""
    text = resources.files(__package__).joinpath("aws_errors.json").read_text("utf-8")
    table = json.loads(text)
    defaults = {kind: _aws_error(entry) for kind, entry in table["default"].items()}
    own = {
        (service, kind): _aws_error(entry)
        for service, kinds in table["services"].items()
        for kind, entry in kinds.items()
    }
    return defaults, own


def _aws_error(entry: dict[str, Any]) -> AwsError:
    return AwsError(entry["code"], entry["status"], entry["message"])


def aws_error(service: str, kind: ErrorKind) -> AwsError:
    """Give the error that AWS itself answers.

    :param service: the service as botocore names it; any other gets what AWS documents for all
    :param kind: the kind of failure
    """
    defaults, own = _aws_errors()
    return own.get((service, kind)) or defaults[kind]


def _loader() -> Loader:
    # A new one each time, for a loader keeps all that it has loaded. Without the user's own models
    # in ~/.aws/models: the catalogue is that of AWS.
    return Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


@cache
def services() -> frozenset[str]:
    """Name all services of AWS, as botocore does."""
    return frozenset(_loader().list_available_services("service-2"))


@cache
def regions() -> frozenset[str]:
    """Name all regions of all partitions; without pseudo regions such as ``aws-global``."""
    partitions = _loader().load_data("partitions")["partitions"]
    return frozenset(
        region
        for partition in partitions
        for region in partition["regions"]
        if not region.endswith("-global")
    )


@cache
def _names(service: str) -> tuple[frozenset[str], frozenset[str]]:
    """Give the operations and the error codes of a service; only they stay in memory."""
    if service not in services():
        return frozenset(), frozenset()
    model = _loader().load_service_model(service, "service-2")
    errors = frozenset(
        shape.get("error", {}).get("code", name)
        for name, shape in model["shapes"].items()
        if shape.get("exception") or "error" in shape
    )
    return frozenset(model["operations"]), errors


def operations(service: str) -> frozenset[str]:
    """Name the operations of a service; none where AWS has no such service."""
    return _names(service)[0]


def error_codes(service: str) -> frozenset[str]:
    """Give the error codes that the model of a service knows; none where there is no such service."""
    return _names(service)[1]
