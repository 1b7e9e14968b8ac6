"""What commands read: a file, or the standard input."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localstack_outages.schema.errors import RulesFileError

STDIN = "-"


def read_input(file: str, error: "type[RulesFileError]") -> bytes:
    """Read a file, or the standard input.

    :raises RulesFileError: as ``error``, where it cannot be read
    """
    from localstack_outages.schema.written import read_file

    if file == STDIN:
        return b"" if sys.stdin is None else sys.stdin.buffer.read()
    return read_file(file, error)


def name_of(file: str) -> str:
    """Give what a message calls an input."""
    return "the standard input" if file == STDIN else f"'{Path(file)}'"


def is_yaml(file: str, data: bytes) -> bool:
    """Whether an input is read as YAML. The standard input has no name that would tell."""
    from localstack_outages.schema.written import is_yaml_file

    return not _is_json(data) if file == STDIN else is_yaml_file(Path(file))


def _is_json(data: bytes) -> bool:
    """Whether it is JSON, which is read strictly, and much faster than as YAML."""
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
