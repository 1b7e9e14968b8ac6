"""The page on scenarios says what is in the files."""

from pathlib import Path

import pytest

from localstack_outages.schema import scenario_documents as answers
from localstack_outages.schema.dependencies import packaged_dependencies
from localstack_outages.schema.durations import format_duration
from localstack_outages.schema.model import Model
from localstack_outages.schema.scenario import Scenario, ScenarioPhase
from localstack_outages.schema.scenario_files import packaged_names, packaged_scenario

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/scenarios.md").read_text()


def rows() -> list[str]:
    """Give the table of all scenarios, as it should be."""
    scenarios = [packaged_scenario(name).scenario for name in packaged_names()]
    return [
        f"| `{one.name}` | {one.title} | {format_duration(one.length)} | "
        f"{', '.join(f'`{phase.name}`' for phase in one.phases)} |"
        for one in scenarios
    ]


def test_all_scenarios_are_in_the_table() -> None:
    """The table has each scenario with its title, length and phases, and no other."""
    _, _, after = PAGE.partition("| name | what happens | length | phases |\n|---|---|---|---|\n")
    found = after.partition("\n\n")[0].splitlines()

    assert rows() == found, "\n".join(rows())


def test_all_dependencies_are_in_the_table() -> None:
    """The page names what scenarios can refer to, as the file calls it."""
    for name, parsed in packaged_dependencies().items():
        assert f"| `{name}` | {parsed.dependency.title} |\n" in PAGE


@pytest.mark.parametrize("model", [Scenario, ScenarioPhase])
def test_every_field_is_documented(model: type[Model]) -> None:
    """The page names each field of a scenario and of a phase."""
    assert [] == [name for name in model.model_fields if f"`{name}`" not in PAGE]


@pytest.mark.parametrize("document", [answers.ScenarioStatus, answers.PhaseStatus])
def test_every_field_of_a_run_is_documented(document: type) -> None:
    """The page names each field of a scenario that runs."""
    names = {"phases": "phases[]"}

    assert [] == [
        name for name in document.__annotations__ if f"`{names.get(name, name)}`" not in PAGE
    ]
