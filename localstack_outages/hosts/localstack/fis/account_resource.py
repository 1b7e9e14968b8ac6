"""CloudFormation's ``AWS::FIS::TargetAccountConfiguration`` in LocalStack: it calls FIS as any client
does.
"""

import contextlib
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from .resource_properties import Properties, done, parameters_of

_IDENTITY = ("ExperimentTemplateId", "AccountId")


class TargetAccountProvider(ResourceProvider[Properties]):
    """Adds, changes and takes away target accounts of experiment templates."""

    TYPE = "AWS::FIS::TargetAccountConfiguration"
    SCHEMA: Properties = {  # noqa: RUF012 - LocalStack declares it so
        "typeName": TYPE,
        "properties": {name: {"type": "string"} for name in (*_IDENTITY, "RoleArn", "Description")},
        "required": [*_IDENTITY, "RoleArn"],
        # No createOnlyProperties: LocalStack takes a Ref to a template that changes for another
        # template, and would add the account a second time.
        "primaryIdentifier": [f"/properties/{name}" for name in _IDENTITY],
    }

    def create(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Add an account."""
        given = request.desired_state
        request.aws_client_factory.fis.create_target_account_configuration(
            **parameters_of("CreateTargetAccountConfiguration", given)
        )
        return done(request, given)

    def update(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Change the role and the description of an account. Another account is added instead."""
        given, before = request.desired_state, request.previous_state or {}
        if any(given[name] != before.get(name) for name in _IDENTITY):
            self._delete(request, before)
            return self.create(request)
        # What is left out of the stack's template is taken away.
        wanted = {"Description": "", **given}
        request.aws_client_factory.fis.update_target_account_configuration(
            **parameters_of("UpdateTargetAccountConfiguration", wanted)
        )
        return done(request, given)

    def delete(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Take an account away. One that is gone, or whose template is gone, is deleted."""
        self._delete(request, request.previous_state or request.desired_state)
        return done(request, {})

    def read(self, request: ResourceRequest[Properties]) -> ProgressEvent[Properties]:
        """Look whether an account is there."""
        given = request.desired_state
        request.aws_client_factory.fis.get_target_account_configuration(
            **parameters_of("GetTargetAccountConfiguration", given)
        )
        return done(request, given)

    @staticmethod
    def _delete(request: ResourceRequest[Properties], state: dict[str, Any]) -> None:
        fis = request.aws_client_factory.fis
        with contextlib.suppress(fis.exceptions.ResourceNotFoundException):
            fis.delete_target_account_configuration(
                **parameters_of("DeleteTargetAccountConfiguration", state)
            )
