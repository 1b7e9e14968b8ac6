"""What the resources of FIS in LocalStack's CloudFormation have in common: their properties are the
parameters of the API, under other names.
"""

from collections.abc import Mapping
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)

from localstack_outages.control.fis import api_model

Properties = dict[str, Any]

_OTHER_NAMES = {"ExperimentReportS3Configuration": "s3Configuration"}
"""Properties that are not called as the API calls them."""


def parameters_of(operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Give the parameters of a call, from properties: names begin with a small letter there, but for
    those that users choose.
    """
    found: dict[str, Any] = _converted(api_model.input_of(operation), properties)
    return found


def _converted(shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        named = {
            _OTHER_NAMES.get(name, name[:1].lower() + name[1:]): v for name, v in value.items()
        }
        return {
            name: _converted(shape.members[name], v)
            for name, v in named.items()
            if name in shape.members
        }
    if kind == "map" and isinstance(value, Mapping):
        return {name: _converted(shape.value, v) for name, v in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_converted(shape.member, v) for v in value]
    if kind == "integer":
        return int(value)
    if kind == "string" and isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if kind == "string" else value


def done(request: ResourceRequest[Properties], model: Properties) -> ProgressEvent[Properties]:
    """Say that a resource is as it was asked for."""
    return ProgressEvent(
        status=OperationStatus.SUCCESS,
        resource_model=model,
        custom_context=request.custom_context,
    )
