"""Where a scenario that a command is given comes from, and what is wrong with it."""

from localstack_outages.schema.errors import ScenarioFileError
from localstack_outages.schema.scenario import ParsedScenario
from localstack_outages.schema.scenario_files import packaged_scenario, scenario_of_text

from .checks import Checked, invalid, valid
from .inputs import STDIN, is_yaml, name_of, read_input


def is_file(source: str) -> bool:
    """Whether a text means a file, and not a scenario by its name."""
    return source == STDIN or "." in source or "/" in source or "\\" in source


def read_scenario(source: str) -> ParsedScenario:
    """Give the scenario that a user names.

    :param source: a name, a path, or ``-``
    :raises UnknownScenario: where none has the name
    :raises ScenarioFileError: where the file cannot be read or is not valid
    """
    if not is_file(source):
        return packaged_scenario(source)
    return _parse(source, read_input(source, ScenarioFileError))


def check_file(file: str) -> Checked:
    """Say what is wrong with the scenario in a file.

    :raises ScenarioFileError: where it cannot be read
    """
    data = read_input(file, ScenarioFileError)
    try:
        parsed = _parse(file, data)
    except ScenarioFileError as e:
        return invalid(data, file, e)
    phases = parsed.scenario.phases
    document = valid(
        data, file, [(f"phases[{i}].rules", phase.rules) for i, phase in enumerate(phases)]
    )
    # With those that a phase has by naming a group of services.
    return {**document, "rules": sum(map(len, parsed.rules))}


def _parse(file: str, data: bytes) -> ParsedScenario:
    return scenario_of_text(data, name_of(file), is_yaml=is_yaml(file, data))
