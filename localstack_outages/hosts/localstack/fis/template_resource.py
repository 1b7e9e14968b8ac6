"""CloudFormation's ``AWS::FIS::ExperimentTemplate`` in LocalStack: it calls FIS as any client does."""

import contextlib

from localstack.services.cloudformation.resource_provider import (
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from .resource_properties import Properties, done, parameters_of


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
        return done(request, {**given, "Id": made["experimentTemplate"]["id"]})

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
        return done(request, {**given, "Id": template_id})

    def delete(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Delete a template. One that is gone is deleted."""
        fis = request.aws_client_factory.fis
        template_id = (request.previous_state or request.desired_state)["Id"]
        with contextlib.suppress(fis.exceptions.ResourceNotFoundException):
            fis.delete_experiment_template(id=template_id)
        return done(request, {})

    def read(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Look whether a template is there."""
        given = request.desired_state
        request.aws_client_factory.fis.get_experiment_template(id=given["Id"])
        return done(request, given)
