"""What users write down in files: JSON or YAML, whatever it describes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from .errors import ControlError, InvalidRules, RulesFileError
from .reading import decode_json
from .yaml_decoding import decode_yaml

T = TypeVar("T")


def is_yaml_file(path: Path) -> bool:
    """Whether a file is read as YAML: all are but those that are called JSON."""
    return path.suffix.lower() != ".json"


def read_file(path: Path | str, error: type[RulesFileError]) -> bytes:
    """Read a file.

    :param path: is named in a message as it is given
    :raises RulesFileError: as ``error``, where it cannot be read; one line that says why
    """
    try:
        return Path(path).read_bytes()
    except OSError as e:
        raise error(f"cannot read '{path}': {e.strerror}") from None


def parse_text(
    data: bytes,
    source: str,
    parse: Callable[[Any], T],
    error: type[RulesFileError],
    *,
    is_yaml: bool,
) -> T:
    """Decode and check what is written.

    :param source: what the message of an error calls it
    :param parse: checks it
    :param is_yaml: whether it may be YAML, which all JSON is too
    :raises RulesFileError: as ``error``, where it is not valid; one line that says why
    """
    try:
        return parse(decode_yaml(data) if is_yaml else decode_json(data))
    except InvalidRules as e:  # a scenario that is not valid is one too
        problems = ({"message": e.message, "path": e.path}, *e.others)
        raise error(f"{source}: {e}", problems) from None
    except ControlError as e:
        raise error(f"{source}: {e}") from None
    # A date that the calendar lacks is a ValueError.
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as e:
        raise error(f"{source} is not valid YAML: {' '.join(str(e).split())}") from None
