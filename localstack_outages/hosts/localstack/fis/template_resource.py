"""CloudFormation's ``AWS::FIS::ExperimentTemplate`` in LocalStack: it calls FIS as any client does."""

import contextlib
from collections.abc import Mapping
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from localstack_outages.control.fis import api_model

Properties = dict[str, Any]

_OTHER_NAMES = {"ExperimentReportS3Configuration": "s3Configuration"}
"""Properties that are not called as the API calls them."""


class ExperimentTemplateProvider(ResourceProvider[Properties]):
    """Makes, changes and deletes experiment templates."""

    TYPE = "AWS::FIS::ExperimentTemplate"
    SCHEMA: Properties = {  # noqa: RUF012 - LocalStack declares it so
        "typeName": TYPE,
        "properties": {
            name: {"type": "object"}
            for name in (
                "Description",
                "Targets",
                "Actions",
                "StopConditions",
                "RoleArn",
                "Tags",
                "LogConfiguration",
                "ExperimentOptions",
                "ExperimentReportConfiguration",
                "Id",
            )
        },
        "required": ["Description", "StopConditions", "Targets", "RoleArn"],
        "primaryIdentifier": ["/properties/Id"],
        "readOnlyProperties": ["/properties/Id"],
    }

    def create(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Make a template. Its id is what ``Ref`` gives."""
        given = request.desired_state
        made = request.aws_client_factory.fis.create_experiment_template(
            **parameters_of("CreateExperimentTemplate", given)
        )
        return _done(request, {**given, "Id": made["experimentTemplate"]["id"]})

    def update(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Change a template, and its tags."""
        fis = request.aws_client_factory.fis
        given, before = request.desired_state, request.previous_state or {}
        template_id = before["Id"]
        # What is left out of the stack's template is taken away.
        wanted = {"LogConfiguration": {}, "ExperimentReportConfiguration": {}, **given}
        changed = fis.update_experiment_template(
            **{**parameters_of("UpdateExperimentTemplate", wanted), "id": template_id}
        )["experimentTemplate"]
        tags = parameters_of("CreateExperimentTemplate", given).get("tags", {})
        gone = [key for key in changed["tags"] if key not in tags]
        if gone:
            fis.untag_resource(resourceArn=changed["arn"], tagKeys=gone)
        if tags:
            fis.tag_resource(resourceArn=changed["arn"], tags=tags)
        return _done(request, {**given, "Id": template_id})

    def delete(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Delete a template. One that is gone is deleted."""
        fis = request.aws_client_factory.fis
        template_id = (request.previous_state or request.desired_state)["Id"]
        with contextlib.suppress(fis.exceptions.ResourceNotFoundException):
            fis.delete_experiment_template(id=template_id)
        return _done(request, {})

    def read(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Look whether a template is there."""
        given = request.desired_state
        request.aws_client_factory.fis.get_experiment_template(id=given["Id"])
        return _done(request, given)


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


def _done(request: ResourceRequest[Properties], model: Properties) -> ProgressEvent[Properties]:
    return ProgressEvent(
        status=OperationStatus.SUCCESS,
        resource_model=model,
        custom_context=request.custom_context,
    )
