"""The rules given at start, by the environment variable ``OUTAGES_RULES``."""

from pathlib import Path

import yaml

from .errors import ControlError, RulesFileError
from .parsing import ParsedRule, decode_json, parse_rules


def rules_at_start(value: str) -> list[ParsedRule]:
    """Read the rules that a value of ``OUTAGES_RULES`` names.

    :param value: a JSON list, or the path of a JSON or YAML file with one
    :raises RulesFileError: where they cannot be read or are not valid; one line that says why
    """
    value = value.strip()
    if value.startswith(("[", "{")):
        return _parse(value.encode(), "its JSON", is_yaml=False)
    path = Path(value).expanduser()
    try:
        data = path.read_bytes()
    except OSError as e:
        raise RulesFileError(f"cannot read '{path}': {e.strerror}") from None
    return _parse(data, f"'{path}'", is_yaml=path.suffix.lower() != ".json")


def _parse(data: bytes, source: str, *, is_yaml: bool) -> list[ParsedRule]:
    try:
        return parse_rules(yaml.safe_load(data) if is_yaml else decode_json(data))
    except ControlError as e:
        raise RulesFileError(f"{source}: {e}") from None
    except (yaml.YAMLError, RecursionError) as e:
        raise RulesFileError(f"{source} is no YAML: {' '.join(str(e).split())}") from None
