"""Tells LocalStack's CloudFormation where ``AWS::FIS::TargetAccountConfiguration`` is made."""

from typing import Any

from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    ResourceProvider,
)


class TargetAccountPlugin(CloudFormationResourceProviderPlugin):
    """Loads the provider when a stack first has such a resource."""

    name = "AWS::FIS::TargetAccountConfiguration"

    def __init__(self) -> None:
        self.factory: type[ResourceProvider[Any]] | None = None

    def load(self) -> None:
        """Load the provider."""
        from .account_resource import TargetAccountProvider

        self.factory = TargetAccountProvider
