"""Rules that are written down: in a JSON or YAML file, or as a JSON list in a setting."""

from pathlib import Path

from .errors import RulesFileError
from .reading import ParsedRule, parse_rules
from .written import is_yaml_file, parse_text, read_file


def rules_of_setting(value: str) -> list[ParsedRule]:
    """Read the rules that a setting names, such as ``OUTAGES_RULES``.

    :param value: a JSON list, or the path of a JSON or YAML file with one
    :raises RulesFileError: where they cannot be read or are not valid; one line that says why
    """
    value = value.strip()
    if value.startswith(("[", "{")):
        return rules_of_text(value.encode(), "its JSON", is_yaml=False)
    return rules_of_file(Path(value).expanduser())


def rules_of_file(path: Path) -> list[ParsedRule]:
    """Read the rules in a file: JSON where it is called so, else YAML.

    :raises RulesFileError: where they cannot be read or are not valid; one line that says why
    """
    data = read_file(path, RulesFileError)
    return rules_of_text(data, f"'{path}'", is_yaml=is_yaml_file(path))


def rules_of_text(data: bytes, source: str, *, is_yaml: bool) -> list[ParsedRule]:
    """Read rules.

    :param data: what is written
    :param source: what the message of an error calls it
    :param is_yaml: whether it may be YAML, which all JSON is too
    :raises RulesFileError: where they are not valid; one line that says why
    """
    return parse_text(data, source, parse_rules, RulesFileError, is_yaml=is_yaml)
