"""Scenarios: outages that develop over time, phase by phase, as data. One schema for the server and its
clients; ``schema/scenarios/`` holds those that come with the package.

A scenario has no engine of its own: ``schema/scenario_rules.py`` makes rules of it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from .dependencies import ParsedDependency, adapt, packaged_dependencies
from .errors import InvalidRules, InvalidScenario
from .model import Model
from .reading import validate
from .rules import Rule
from .scenario_fields import (
    Document,
    Length,
    Moment,
    Name,
    PhaseRules,
    Sentence,
    Source,
    Time,
    number_of,
    refuse_fields,
    rule_of_phase,
)
from .spelling import closest

MAX_PHASES = 100


def _rule_of_dependents(value: object) -> object:
    refuse_fields(value, ("service", "operation", "condition"), "comes from the dependency")
    return rule_of_phase(value)


class Dependents(Model):
    """What depends on something that fails, by the name of that."""

    of: Name = Field(description="name of the dependency, such as kms")
    rule: Annotated[Rule, BeforeValidator(_rule_of_dependents)] = Field(
        default_factory=Rule,
        description="fields for each dependent's rule: its region, its share, another fault",
    )


class ScenarioPhase(Model):
    """A part of a scenario: from when, for how long, and what fails meanwhile. Phases may overlap."""

    name: Name = Field(description="name of the phase in its scenario")
    at: Moment = Field(description="from the scenario's start: seconds, or text such as 1h30m")
    length: Length = Field(description="seconds, or text such as 1h30m")
    text: Sentence = Field(description="what happens, in a sentence")
    source: Source | None = Field(None, description="who says so: a URL or the name of a source")
    inferred: bool = Field(
        False, description="whether its times, or what calls get, are not all in the source"
    )
    note: Sentence | None = Field(
        None, description="what is not in the source, and why it is so here"
    )
    rules: PhaseRules = Field((), description="what fails")
    dependents: Annotated[
        tuple[Dependents, ...], Field(strict=False), number_of("dependents", 0, MAX_PHASES)
    ] = Field((), description="what fails since it depends on something, by reference")


class Scenario(Model):
    """An outage that develops over time."""

    name: Name = Field(description="name of the scenario")
    title: Sentence = Field(description="what it is, in a line")
    summary: Sentence | None = Field(None, description="the story in a few sentences")
    began: Time | None = Field(
        None, description="when the real incident began, in UTC: 2025-10-20T06:48Z"
    )
    sources: Annotated[tuple[Source, ...], Field(strict=False), number_of("sources", 0, 50)] = (
        Field((), description="URLs of what it is taken from")
    )
    phases: Annotated[
        tuple[ScenarioPhase, ...], Field(strict=False), number_of("phases", 1, MAX_PHASES)
    ] = Field(description="what happens when")

    @model_validator(mode="after")
    def _names_differ(self) -> "Scenario":
        names = [phase.name for phase in self.phases]
        for name in names:
            if names.count(name) > 1:
                raise PydanticCustomError(
                    "name_twice",
                    "two phases are called '{name}'; give each a name of its own",
                    {"name": name, "field": "phases"},
                )
        return self

    @property
    def length(self) -> float:
        """Seconds from its start to the end of its last phase."""
        return max(phase.at + phase.length for phase in self.phases)


class ParsedScenario(NamedTuple):
    """A valid scenario, and the document that it was given as."""

    scenario: Scenario
    document: Document
    rules: tuple[tuple[Document, ...], ...]
    """For each phase its rules without times, those of dependents after its own."""


@cache
def _adapter() -> TypeAdapter[Scenario]:
    return TypeAdapter(Scenario)


def parse_scenario(
    data: object, dependencies: Mapping[str, ParsedDependency] | None = None
) -> ParsedScenario:
    """Check a scenario, and put the rules of what depends on what into its phases.

    :param data: what was given, decoded from JSON or YAML
    :param dependencies: what phases may refer to, by name; those of the package where left out
    :raises InvalidScenario: where any of it is not valid; the message names the value and what
        would be right, ``path`` where it stands, ``others`` the further problems
    """
    if dependencies is None:
        dependencies = packaged_dependencies()
    try:
        scenario = validate(_adapter(), data, Scenario)
    except InvalidRules as e:
        raise InvalidScenario(e.message, e.path, e.others) from None
    document: Document = dict(data)  # type: ignore[call-overload] # it is valid
    _check_references(scenario, dependencies)
    rules = tuple(
        _rules_of(phase, f"phases[{i}]", dependencies) for i, phase in enumerate(document["phases"])
    )
    return ParsedScenario(scenario, document, rules)


def _check_references(scenario: Scenario, known: Mapping[str, ParsedDependency]) -> None:
    for i, phase in enumerate(scenario.phases):
        for j, reference in enumerate(phase.dependents):
            if reference.of not in known:
                close = closest(reference.of, known)
                hint = f"did you mean '{close}'?" if close else f"there is {', '.join(known)}"
                raise InvalidScenario(
                    f"there is no dependency '{reference.of}': {hint}",
                    f"phases[{i}].dependents[{j}].of",
                )


def _rules_of(
    phase: Document, path: str, known: Mapping[str, ParsedDependency]
) -> tuple[Document, ...]:
    rules: list[Document] = list(phase.get("rules", ()))
    for j, reference in enumerate(phase.get("dependents", ())):
        changes = reference.get("rule", {})
        rules += [
            adapt(rule, changes, f"{path}.dependents[{j}].rule")
            for dependent in known[reference["of"]].document["dependents"]
            for rule in dependent["rules"]
        ]
    return tuple(rules)
