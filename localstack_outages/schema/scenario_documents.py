"""The JSON that the control API answers about scenarios, and what it takes to start or read one."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from .model import Model
from .parameters import Query
from .scenario import ParsedScenario
from .scenario_fields import MAX_NAME, Name
from .vocabulary import MAX_SPEED

PhaseState = Literal["waiting", "active", "ended"]
"""How far a phase of a running scenario is."""

Speed = Annotated[float, Field(gt=0, le=MAX_SPEED)]


def _is_account(value: str) -> str:
    if not (len(value) == 12 and value.isascii() and value.isdecimal()):
        raise PydanticCustomError("account", "{value!r} is not an account; it has 12 digits")
    return value


Account = Annotated[
    str, AfterValidator(_is_account), WithJsonSchema({"type": "string", "pattern": "^[0-9]{12}$"})
]


class ScenarioRequest(Model):
    """Which scenario to run, and how."""

    name: Name | None = Field(None, description="name of a scenario that comes with the package")
    scenario: dict[str, Any] | None = Field(None, description="a whole scenario, in its place")
    speed: Speed = Field(1, description="by how much phases start sooner and are shorter")
    phase: Name | None = Field(None, description="a phase that is wanted alone, at once")
    account: Account | None = Field(
        None, description="the 12-digit account that rules are for which name none"
    )


class ScenarioQuery(Query):
    """Of ``GET /outages/scenarios/{name}``."""

    speed: float = Field(1, gt=0, le=MAX_SPEED, description="as of a run, for the rules")
    phase: str | None = Field(
        None, min_length=1, max_length=MAX_NAME, description="as of a run, for the rules"
    )


class PhaseOutline(TypedDict):
    """A phase, as a list shows it. Times are those of the scenario, whatever the speed."""

    name: str
    at: Annotated[float, Field(description="seconds from the scenario's start")]
    length: Annotated[float, Field(description="seconds that it lasts")]
    text: str
    services: Annotated[list[str], Field(description="globs on those that its rules are for")]


class ScenarioOutline(TypedDict):
    """A scenario, as a list shows it."""

    name: str
    title: str
    summary: Annotated[str | None, Field(description="the story in a few sentences")]
    began: Annotated[str | None, Field(description="when the real incident began")]
    length: Annotated[float, Field(description="seconds from its start to its end")]
    phases: list[PhaseOutline]


class PhaseStatus(TypedDict):
    """A phase of a scenario that runs."""

    name: str
    text: str
    at: Annotated[float, Field(description="seconds from the run's start to its own")]
    length: Annotated[float, Field(description="seconds that it lasts in this run")]
    state: PhaseState
    startsIn: Annotated[float, Field(description="seconds until it starts")]
    timeLeft: Annotated[float, Field(description="seconds until it ends")]


class ScenarioStatus(TypedDict):
    """A scenario that runs."""

    name: str
    title: str
    owner: Annotated[str, Field(description="of its rules")]
    speed: float
    phase: Annotated[str | None, Field(description="the phase that runs alone; null for all")]
    startedAgo: Annotated[float, Field(description="seconds since it started")]
    timeLeft: Annotated[float, Field(description="seconds until it is over")]
    rules: Annotated[int, Field(description="how many of its rules are still in the list")]
    phases: Annotated[list[PhaseStatus], Field(description="in the order in which they start")]


class ScenariosDocument(TypedDict):
    """The scenarios that come with the package, and those that run."""

    scenarios: list[ScenarioOutline]
    running: list[ScenarioStatus]


class ScenarioDocument(TypedDict):
    """A scenario, and the rules that play it."""

    scenario: Annotated[dict[str, Any], Field(description="as it was written")]
    rules: Annotated[list[dict[str, Any]], Field(description="in order, the first one decides")]


def outline(parsed: ParsedScenario) -> ScenarioOutline:
    """Sum up a scenario."""
    scenario = parsed.scenario
    return {
        "name": scenario.name,
        "title": scenario.title,
        "summary": scenario.summary,
        "began": scenario.began,
        "length": scenario.length,
        "phases": [
            {
                "name": phase.name,
                "at": phase.at,
                "length": phase.length,
                "text": phase.text,
                "services": sorted({rule.get("service", "*") for rule in rules}),
            }
            for phase, rules in zip(scenario.phases, parsed.rules, strict=True)
        ],
    }
