"""Rules that are written down: in a JSON or YAML file, or as a JSON list in a setting."""

from pathlib import Path

import yaml

from .errors import ControlError, InvalidRules, RulesFileError
from .parsing import ParsedRule, decode_json, parse_rules


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
    try:
        data = path.read_bytes()
    except OSError as e:
        raise RulesFileError(f"cannot read '{path}': {e.strerror}") from None
    return rules_of_text(data, f"'{path}'", is_yaml=path.suffix.lower() != ".json")


def rules_of_text(data: bytes, source: str, *, is_yaml: bool) -> list[ParsedRule]:
    """Read rules.

    :param data: what is written
    :param source: what the message of an error calls it
    :param is_yaml: whether it may be YAML, which all JSON is too
    :raises RulesFileError: where they are not valid; one line that says why
    """
    try:
        return parse_rules(yaml.safe_load(data) if is_yaml else decode_json(data))
    except InvalidRules as e:
        faults = ({"message": e.message, "path": e.path}, *e.others)
        raise RulesFileError(f"{source}: {e}", faults) from None
    except ControlError as e:
        raise RulesFileError(f"{source}: {e}") from None
    # A date that the calendar lacks is a ValueError.
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as e:
        raise RulesFileError(f"{source} is no YAML: {' '.join(str(e).split())}") from None
