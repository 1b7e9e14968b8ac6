"""Which actions there are and what they take, read from ``catalog.yaml`` when first asked for. One
action is ours: ``outages:rule``, which takes any rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from localstack_outages.schema.rules import Rule
from localstack_outages.schema.yaml_decoding import decode_yaml

from .names import Place

RULE_ACTION = "outages:rule"

_NOT_TAKEN = ("after", "duration")
"""Fields of a rule that come from the action."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of an action or of a type of resource."""

    description: str
    required: bool


@dataclass(frozen=True)
class Action:
    """An action of FIS."""

    id: str
    description: str
    targets: Mapping[str, str]
    """The types of its targets by key."""
    parameters: Mapping[str, Parameter]

    def summary(self, place: Place) -> dict[str, Any]:
        """Describe it as ListActions does."""
        return {
            "id": self.id,
            "arn": place.arn(f"action/{self.id}"),
            "description": self.description,
            "targets": {key: {"resourceType": kind} for key, kind in self.targets.items()},
            "tags": {},
        }

    def document(self, place: Place) -> dict[str, Any]:
        """Describe it as GetAction does."""
        return {**self.summary(place), "parameters": _documents(self.parameters)}


@dataclass(frozen=True)
class ResourceType:
    """A type of resources that can be targets."""

    id: str
    description: str
    parameters: Mapping[str, Parameter]

    def summary(self) -> dict[str, Any]:
        """Describe it as ListTargetResourceTypes does."""
        return {"resourceType": self.id, "description": self.description}

    def document(self) -> dict[str, Any]:
        """Describe it as GetTargetResourceType does."""
        return {**self.summary(), "parameters": _documents(self.parameters)}


@cache
def actions() -> Mapping[str, Action]:
    """Give all actions by id, in alphabetical order."""
    found = {
        name: Action(
            name, data["description"], data.get("targets", {}), _parameters(data.get("parameters"))
        )
        for name, data in _data()["actions"].items()
    }
    return dict(sorted({**found, RULE_ACTION: _rule_action()}.items()))


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """Give all types of resources by id, in alphabetical order."""
    return {
        name: ResourceType(name, data["description"], _parameters(data.get("parameters")))
        for name, data in sorted(_data()["resourceTypes"].items())
    }


def _rule_action() -> Action:
    fields = {
        field.alias or name: Parameter(field.description or "", required=False)
        for name, field in Rule.model_fields.items()
        if name not in _NOT_TAKEN
    }
    duration = Parameter("How long it lasts, ISO 8601", required=True)
    return Action(
        RULE_ACTION,
        "A rule of LocalStack Outages; values that are no texts are written as JSON",
        {},
        {"duration": duration, **fields},
    )


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = decode_yaml(files(__package__).joinpath("catalog.yaml").read_bytes())
    return data


def _parameters(data: Mapping[str, str] | None) -> dict[str, Parameter]:
    return {
        name.removesuffix("!"): Parameter(text, required=name.endswith("!"))
        for name, text in (data or {}).items()
    }


def _documents(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    return {
        name: {"description": parameter.description[:512], "required": parameter.required}
        for name, parameter in parameters.items()
    }
