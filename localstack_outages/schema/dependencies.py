"""What depends on what, so that a scenario can fail all that depends on something by its name."""

from functools import cache
from typing import Annotated, NamedTuple

from pydantic import Field, TypeAdapter

from .errors import InvalidRules, InvalidScenario
from .faults import all_faults
from .model import Model
from .package_data import read_yaml
from .reading import parse_rules, validate
from .scenario_fields import Document, Name, PhaseRules, Sentence, Source

DEPENDENCIES = "dependencies"
"""The name of the package's file of them."""


class Dependent(Model):
    """Something that depends on a service, and what its callers get while that fails."""

    text: Sentence = Field(description="how it depends on it")
    source: Source = Field(description="who says so")
    inferred: bool = Field(False, description="whether what callers get is not in the source")
    rules: PhaseRules = Field(description="what its callers get")


class Dependency(Model):
    """A service, or a part of AWS, with all that depends on it."""

    name: Name
    title: Sentence
    dependents: Annotated[tuple[Dependent, ...], Field(strict=False)]


class ParsedDependency(NamedTuple):
    """A valid dependency, and the document that it was given as."""

    dependency: Dependency
    document: Document


@cache
def _adapter() -> TypeAdapter[list[Dependency]]:
    return TypeAdapter(list[Dependency])


def parse_dependencies(data: object) -> dict[str, ParsedDependency]:
    """Check a list of dependencies.

    :param data: decoded from YAML or JSON
    :return: by name
    :raises InvalidRules: where any of it is not valid
    """
    found = validate(_adapter(), data, Dependency)
    documents: list[Document] = list(data)  # type: ignore[call-overload] # it is valid
    return {
        dependency.name: ParsedDependency(dependency, document)
        for dependency, document in zip(found, documents, strict=True)
    }


@cache
def packaged_dependencies() -> dict[str, ParsedDependency]:
    """Give those that come with the package, by name."""
    return parse_dependencies(read_yaml(DEPENDENCIES))


def adapt(rule: Document, changes: Document, path: str) -> Document:
    """Give the rule of a dependent as a scenario wants it: its fields win, and its fault, if it
    names one, takes the place of the dependent's.

    :raises InvalidScenario: where the two do not go together
    """
    faults = {fault.name for fault in all_faults()}
    if not faults.isdisjoint(changes):
        rule = {name: value for name, value in rule.items() if name not in faults}
    adapted = {**rule, **changes}
    try:
        parse_rules([{**adapted, "duration": 1}])
    except InvalidRules as e:
        raise InvalidScenario(
            f"together with the dependent's rule {rule}: {e.message}", path
        ) from None
    return adapted
