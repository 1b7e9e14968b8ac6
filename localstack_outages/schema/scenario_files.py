"""Scenarios that are written down: those that come with the package, and those in a user's file."""

from functools import cache

from .dependencies import DEPENDENCIES
from .errors import ScenarioFileError, UnknownScenario
from .package_data import read_yaml, yaml_names
from .scenario import ParsedScenario, parse_scenario
from .spelling import closest
from .written import parse_text


@cache
def packaged_names() -> tuple[str, ...]:
    """Give the names of the scenarios that come with the package, sorted."""
    return tuple(name for name in yaml_names() if name != DEPENDENCIES)


@cache
def packaged_scenario(name: str) -> ParsedScenario:
    """Give a scenario that comes with the package.

    :raises UnknownScenario: where none has the name
    """
    if name not in packaged_names():
        close = closest(name, packaged_names())
        hint = f"did you mean '{close}'?" if close else f"there is {', '.join(packaged_names())}"
        raise UnknownScenario(f"there is no scenario '{name}': {hint}")
    return parse_scenario(read_yaml(name))


def scenario_of_text(data: bytes, source: str, *, is_yaml: bool) -> ParsedScenario:
    """Read a scenario.

    :param data: what is written
    :param source: what the message of an error calls it
    :param is_yaml: whether it may be YAML, which all JSON is too
    :raises ScenarioFileError: where it is not valid; one line that says why
    """
    return parse_text(data, source, parse_scenario, ScenarioFileError, is_yaml=is_yaml)
