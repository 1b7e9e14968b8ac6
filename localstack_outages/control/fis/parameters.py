"""Reads the parameters of actions: durations, shares, lists of names, yes or no, rules."""

import json
from collections.abc import Mapping
from typing import Any

from localstack_outages.schema.durations import parse_duration
from localstack_outages.schema.errors import InvalidRules
from localstack_outages.schema.reading import parse_rule

from .errors import ValidationError

MAX_LENGTH = 12 * 3600.0
"""Seconds: no action of AWS may last longer."""

DURATIONS = ("duration", "startInstancesAfterDuration", "durationBeforeInterruption", "maxDuration")
_SHARES = ("percentage", "invocationPercentage", "drainagePercentage")
_FLAGS = ("preventExecution", "forceFailover", "completeIfInstancesTerminated")
_TEXTS = frozenset(
    ("service", "region", "operation", "account", "principal", "condition", "origin", "description")
)
"""Fields of a rule that are texts, so that an account is not taken for a number."""

_COUNTED_OUT = frozenset(("duration",))


def seconds(parameters: Mapping[str, str], name: str, default: float = 0.0) -> float:
    """Read a duration.

    :return: seconds
    :raises ValidationError: where it is none, is not more than 0, or is over 12 hours
    """
    if name not in parameters:
        return default
    text = parameters[name]
    try:
        length = parse_duration(text) if text.upper().startswith("P") else 0.0
    except ValueError:
        length = 0.0
    if not 0 < length <= MAX_LENGTH:
        raise ValidationError(
            f"The {name} parameter value '{text}' is not a duration in ISO 8601, such as PT5M, of "
            "at most 12 hours."
        )
    return length


def share(parameters: Mapping[str, str], name: str, default: str = "100") -> float:
    """Read a percentage.

    :return: from 0.01 to 1
    :raises ValidationError: where it is none from 1 to 100
    """
    text = parameters.get(name, default)
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise ValidationError(
            f"The {name} parameter value '{text}' is not a whole number from 1 to 100."
        )
    return int(text) / 100


def flag(parameters: Mapping[str, str], name: str) -> bool:
    """Read yes or no.

    :raises ValidationError: where it is neither ``true`` nor ``false``
    """
    text = parameters.get(name, "false").lower()
    if text not in ("true", "false"):
        raise ValidationError(f"The {name} parameter value '{text}' is neither true nor false.")
    return text == "true"


def names(parameters: Mapping[str, str], name: str) -> list[str]:
    """Read a list that is separated by commas."""
    return [part.strip() for part in parameters.get(name, "").split(",") if part.strip()]


def milliseconds(parameters: Mapping[str, str], name: str, default: str, most: int) -> int:
    """Read a number of milliseconds.

    :raises ValidationError: where it is none, or over ``most``
    """
    text = parameters.get(name, default)
    if not text.isdecimal() or int(text) > most:
        raise ValidationError(
            f"The {name} parameter value '{text}' is not a number of milliseconds from 0 to {most}."
        )
    return int(text)


def rule(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Read a rule of ours: each field is a parameter, what is no text is written as JSON.

    :raises ValidationError: where it is not valid
    """
    document = {
        name: text if name in _TEXTS else _decoded(text)
        for name, text in parameters.items()
        if name not in _COUNTED_OUT
    }
    try:
        parse_rule({**document, "duration": 1})
    except InvalidRules as e:
        raise ValidationError(f"The rule of the action is not valid: {e}") from None
    return document


def check_values(parameters: Mapping[str, str]) -> None:
    """Check the parameters that mean the same in all actions.

    :raises ValidationError: where one is not valid
    """
    for name in parameters:
        if name in DURATIONS:
            seconds(parameters, name)
        elif name in _SHARES:
            share(parameters, name)
        elif name in _FLAGS:
            flag(parameters, name)
    if "startupDelayMilliseconds" in parameters:
        milliseconds(parameters, "startupDelayMilliseconds", "1000", 900_000)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
