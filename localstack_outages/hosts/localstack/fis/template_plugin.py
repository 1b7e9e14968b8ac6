"""Tells LocalStack's CloudFormation where ``AWS::FIS::ExperimentTemplate`` is made."""

from typing import Any

from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    ResourceProvider,
)


class ExperimentTemplatePlugin(CloudFormationResourceProviderPlugin):
    """Loads the provider when a stack first has such a resource."""

    name = "AWS::FIS::ExperimentTemplate"

    def __init__(self) -> None:
        self.factory: type[ResourceProvider[Any]] | None = None

    def load(self) -> None:
        """Load the provider."""
        from .template_resource import ExperimentTemplateProvider

        self.factory = ExperimentTemplateProvider
