"""What scenarios and dependencies are made of: names, moments, lengths, sentences, and the rules of a
phase.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from .durations import HOW_TO_WRITE, parse_duration
from .model import MAX_SECONDS
from .rules import Rule

MAX_RULES_OF_PHASE = 1000
MAX_NAME = 100

Document = dict[str, Any]


def _seconds(value: object) -> object:
    """Read a duration where it is text; numbers are seconds as they are."""
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except ValueError:
        raise PydanticCustomError(
            "duration",
            "{value!r} is not a duration; write {how}",
            {"how": HOW_TO_WRITE},
        ) from None


def _is_name(value: str) -> str:
    parts = value.split("-")
    if not all(part.isascii() and part.isalnum() and part == part.lower() for part in parts):
        raise PydanticCustomError(
            "name", "{value!r} is not a name: lower-case letters and digits, in parts joined by '-'"
        )
    return value


def _is_time(value: str) -> str:
    try:
        is_utc = datetime.fromisoformat(value).utcoffset() is not None and value.endswith("Z")
    except ValueError:
        is_utc = False
    if not is_utc:
        raise PydanticCustomError(
            "time", "{value!r} is not a time in UTC; write it as 2025-10-20T06:48Z"
        )
    return value


def number_of(what: str, least: int, most: int) -> AfterValidator:
    """Bound how many members a list has. pydantic's own bounds do not count members that are not
    valid, and so complain of a list that is too short beside the problem that made it so.
    """

    def check(members: tuple[Any, ...]) -> tuple[Any, ...]:
        if not least <= len(members) <= most:
            raise PydanticCustomError(
                "number",
                "{count} {what}; there may be {least} to {most}",
                {"count": len(members), "what": what, "least": least, "most": most},
            )
        return members

    return AfterValidator(check)


_JSON_DURATION = WithJsonSchema(
    {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": MAX_SECONDS},
            {"type": "string", "pattern": "^[0-9]{1,3}(d|h|m|s)$"},
        ]
    }
)
Moment = Annotated[float, Field(ge=0, le=MAX_SECONDS), BeforeValidator(_seconds), _JSON_DURATION]
Length = Annotated[float, Field(ge=1, le=MAX_SECONDS), BeforeValidator(_seconds), _JSON_DURATION]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_is_name)]
Time = Annotated[str, AfterValidator(_is_time)]
"""A time in UTC, as text."""

Sentence = Annotated[str, Field(min_length=1, max_length=2000)]
Source = Annotated[str, Field(min_length=1, max_length=2048)]


def refuse_fields(value: object, fields: tuple[str, ...], why: str) -> None:
    """Refuse fields of a rule for which something else stands.

    :param value: the rule, as it was given
    :param why: what stands for them
    :raises PydanticCustomError: where one of them is given
    """
    for field in fields:
        if isinstance(value, dict) and field in value:
            raise PydanticCustomError(
                "not_in_scenario", "'{field}' {why}; leave it out", {"field": field, "why": why}
            )


def rule_of_phase(value: object) -> object:
    """Check that a rule leaves its times to the phase, and give it an end: a ramp goes from the
    phase's start to its end.
    """
    refuse_fields(value, ("after", "duration"), "is what the phase says with 'at' and 'length'")
    return {**value, "duration": 1.0} if isinstance(value, dict) else value


PhaseRule = Annotated[Rule, BeforeValidator(rule_of_phase)]
"""A rule without ``after`` and ``duration``."""

PhaseRules = Annotated[
    tuple[PhaseRule, ...],
    Field(strict=False),  # JSON has lists, the frozen model a tuple
    number_of("rules", 0, MAX_RULES_OF_PHASE),
]
