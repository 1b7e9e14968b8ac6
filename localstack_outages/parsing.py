"""From decoded JSON or YAML to rules, or to a refusal that says what is wrong, where, and what would
be right.
"""

import difflib
import json
import reprlib
from functools import cache
from typing import Any, NamedTuple, NoReturn, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from .effects import (
    ErrorSpec,
    LatencyPercentiles,
    LatencyRamp,
    LatencyRange,
    Model,
    Step,
    Throttle,
)
from .errors import InvalidBody, InvalidRules
from .rules import Flap, Rule

MAX_RULES = 20_000
"""More than any test needs; the list stays quick to check and to send."""

MAX_REPORTED_FAULTS = 20

_OBJECTS: dict[int | str, type[Model]] = {
    "flap": Flap,
    "throttle": Throttle,
    "<range>": LatencyRange,
    "<percentiles>": LatencyPercentiles,
    "<ramp>": LatencyRamp,
    "<object>": ErrorSpec,
    "<error>": ErrorSpec,
    "<step>": Step,
}
"""Which model stands at a field or at a union's tag, to name its fields in a message."""

_TAGS = frozenset(("<plain>", *(tag for tag in _OBJECTS if str(tag).startswith("<"))))


def decode_json(data: bytes) -> Any:
    """Decode JSON, strictly: no NaN, no name twice in an object, no other encoding than UTF-8.

    :raises InvalidBody: where it is none; the message says why and at which place
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise InvalidBody(f"byte {e.start} is not UTF-8") from None
    if not text.strip():
        raise InvalidBody("it is empty; expected JSON")
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_name_twice)
    except json.JSONDecodeError as e:
        raise InvalidBody(f"no valid JSON: {e.msg} at line {e.lineno}, column {e.colno}") from None
    except RecursionError:
        raise InvalidBody("no valid JSON: it is nested too deep") from None
    except ValueError as e:  # an integer of more digits than Python converts
        raise InvalidBody(f"no valid JSON: {e}") from None


def _no_constant(name: str) -> NoReturn:
    raise InvalidBody(f"no valid JSON: {name} is no JSON number")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidBody(f"the name {_shown(twice)} stands twice in one object")
    return document


class ParsedRule(NamedTuple):
    """A valid rule, and the document that it was given as."""

    rule: Rule
    document: dict[str, Any]


T = TypeVar("T")


@cache
def _list_of_rules() -> TypeAdapter[list[Rule]]:
    return TypeAdapter(list[Rule])


def parse_rules(data: object) -> list[ParsedRule]:
    """Check a list of rules.

    :param data: what was given, decoded from JSON or YAML
    :raises InvalidRules: where any of it is not valid; the message names the value and what would
        be right, ``path`` where it stands, ``others`` the further faults
    """
    if not isinstance(data, list):
        hint = ", put it in a list: [{...}]" if isinstance(data, dict) else ""
        raise InvalidRules(f"expected a list of rules, got {_kind_name(data)}{hint}")
    if len(data) > MAX_RULES:
        raise InvalidRules(f"{len(data)} rules are too many; at most {MAX_RULES} are taken")
    rules = validate(_list_of_rules(), data, Rule)
    return [ParsedRule(rule, document) for rule, document in zip(rules, data, strict=True)]


def validate(adapter: TypeAdapter[T], data: object, model: type[BaseModel]) -> T:
    """Check data against a type.

    :param adapter: the type
    :param data: the data
    :param model: the model whose fields are named where an unknown one is met
    :raises InvalidRules: where it is not valid; see ``parse_rules``
    """
    try:
        return adapter.validate_python(data)
    except ValidationError as e:
        first, *others = explain(e, model)
        raise InvalidRules(**first, others=tuple(others)) from None


def explain(
    error: ValidationError, model: type[BaseModel], noun: str = "field"
) -> list[dict[str, str]]:
    """Say for each fault what is wrong, and what would be right, in ``message``, and where, in
    ``path``; at most 20.

    :param model: what was to be read
    :param noun: what its members are called
    """
    faults = error.errors(include_url=False)[:MAX_REPORTED_FAULTS]
    return [{"message": _message(fault, model, noun), "path": _path(fault)} for fault in faults]


def _path(fault: ErrorDetails) -> str:
    """Write pydantic's location as a path: ``[2].error.statusCode``."""
    location = fault["loc"]
    parts = [part for part in location if part not in _TAGS]
    if fault["type"] == "extra_forbidden" and location[-1] in _TAGS:
        parts.append(location[-1])  # a field that happens to be called so
    field = fault.get("ctx", {}).get("field")
    if field:
        parts.append(field)
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _kind_name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    if value is None:
        return "null"
    return names.get(type(value), "a number")


_SHORT = reprlib.Repr()
_SHORT.maxlevel = 3  # deeper data would run into Python's recursion limit
_SHORT.maxstring = 200


def _shown(value: object) -> str:
    try:
        text = _SHORT.repr(value) if isinstance(value, dict | list | tuple) else repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:77]}..."


_WANTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "float_type": "a number",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
    "finite_number": "a finite number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "string_unicode": "text without lone surrogates",
}
_BOUNDS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
}
_PATTERNS = {
    "code": "letters and digits, in parts joined by dots",
    "message": "text that XML can carry: no control characters",
    "rules": "ids of rules joined by commas: r1,r2",
}
_GLOB_CHARACTERS = "letters, digits, '_', '.', '-' and the wildcards '*', '?', '[...]', '[!...]'"


def _message(fault: ErrorDetails, model: type[BaseModel], noun: str) -> str:
    """Say what is wrong with a value, and what would be right."""
    kind, value, context = fault["type"], fault["input"], fault.get("ctx", {})
    name = fault["loc"][-1] if fault["loc"] else ""
    if kind == "extra_forbidden":
        return _unknown(noun, str(name), _fields_at(fault["loc"], model))
    if kind == "missing":
        return f"'{name}' is missing"
    if kind == "literal_error":
        return f"{_shown(value)} is none of {context['expected']}"
    if kind == "string_pattern_mismatch":
        return f"{_shown(value)} is not made of {_PATTERNS.get(str(name), _GLOB_CHARACTERS)}"
    if kind in _BOUNDS:
        return f"{_shown(value)} is out of range: {_BOUNDS[kind].format(**context)}"
    if kind in _WANTED:
        return f"{_shown(value)} is {_kind_name(value)}; expected {_WANTED[kind]}"
    return fault["msg"].replace("{value!r}", _shown(value))


def _unknown(noun: str, name: str, fields: list[str]) -> str:
    close = difflib.get_close_matches(name, fields, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"the {noun}s are {', '.join(fields)}"
    return f"unknown {noun} {_shown(name)}: {hint}"


def _fields_at(location: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    """Name the fields of the object in which the last part of a location stands."""
    for part in location[:-1]:
        model = _OBJECTS.get(part, model)
    return [field.alias or name for name, field in model.model_fields.items()]
