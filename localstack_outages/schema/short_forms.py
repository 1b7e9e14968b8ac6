"""What the short forms of a rule's fields are made of, as people write them on a command line:
``100-300``, ``5/10``. What is not short is JSON, as in the rule itself.
"""

import json
import re
from typing import Any

from .durations import parse_duration

AMOUNT = r"[0-9]+(?:\.[0-9]+)?"
TIME = rf"{AMOUNT}(?:ms|s|m)?"

_SHOWN = 80


def shown(text: str) -> str:
    """Quote a text for a message, cut to a length that fits in one."""
    return f"'{text}'" if len(text) <= _SHOWN else f"'{text[:_SHOWN]}...'"


def read_json(text: str) -> Any:
    """Read JSON.

    :raises ValueError: where it is not valid
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as e:
        raise ValueError(f"{shown(text)} is not valid JSON: {e}") from None


def read_milliseconds(text: str) -> float:
    """Read ``200``, ``200ms``, ``1.5s``: milliseconds where no unit is given.

    :param text: matches ``TIME``
    """
    if text[-1].isdigit():
        return read_number(text)
    return read_number(f"{parse_duration(text) * 1000:.6f}")


def read_number(text: str) -> float:
    """Read a number; a whole one stays whole, so that it is written as it was given."""
    value = float(text)
    return int(value) if value.is_integer() else value


def write_number(value: float) -> str:
    """Write a number without an exponent and without zeros at its end."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def is_time(text: str) -> bool:
    """Whether a text is an amount of time: ``200``, ``1.5s``."""
    return re.fullmatch(TIME, text) is not None
