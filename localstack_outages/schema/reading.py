"""From decoded JSON or YAML to rules, or to a refusal that says what is wrong, where, and what would
be right.
"""

import json
import re
import reprlib
from collections import Counter
from functools import cache
from typing import Any, NamedTuple, NoReturn, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from .errors import InvalidBody, InvalidRules
from .model import model_at
from .rules import Rule
from .spelling import closest, did_you_mean
from .vocabulary import MAX_RULES

MAX_PROBLEMS = 20


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
        raise InvalidBody(f"not valid JSON: {e.msg} at line {e.lineno}, column {e.colno}") from None
    except RecursionError:
        raise InvalidBody("not valid JSON: it is nested too deep") from None
    except ValueError as e:  # an integer of more digits than Python converts
        raise InvalidBody(f"not valid JSON: {e}") from None


def _no_constant(name: str) -> NoReturn:
    raise InvalidBody(f"not valid JSON: {name} is not a JSON number")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise InvalidBody(f"the name {_shown(twice)} appears twice in one object")
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
        be right, ``path`` where it stands, ``others`` the further problems
    """
    if not isinstance(data, list):
        hint = ", put it in a list: [{...}]" if isinstance(data, dict) else ""
        raise InvalidRules(f"expected a list of rules, got {_kind_name(data)}{hint}")
    if len(data) > MAX_RULES:
        raise InvalidRules(f"{len(data)} rules are too many; at most {MAX_RULES} are taken")
    rules = validate(_list_of_rules(), data, Rule)
    return [ParsedRule(rule, document) for rule, document in zip(rules, data, strict=True)]


@cache
def _rule() -> TypeAdapter[Rule]:
    return TypeAdapter(Rule)


def parse_rule(data: object) -> ParsedRule:
    """Check one rule.

    :param data: what was given, decoded from JSON or YAML
    :raises InvalidRules: where it is not valid; see ``parse_rules``
    """
    if not isinstance(data, dict):
        hint = ", send the rule itself: {...}" if isinstance(data, list) else ""
        raise InvalidRules(f"expected one rule, got {_kind_name(data)}{hint}")
    return ParsedRule(validate(_rule(), data, Rule), data)


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
        first, *others = problems_of(e, model, data=data)
        raise InvalidRules(**first, others=tuple(others)) from None


def problems_of(
    error: ValidationError, model: type[BaseModel], noun: str = "field", data: object = None
) -> list[dict[str, str]]:
    """Say for each problem what is wrong, and what would be right, in ``message``, and where, in
    ``path``; at most 20.

    :param model: what was to be read
    :param noun: what its members are called
    :param data: what was given, where the model has parts that are told apart by it
    """
    return [
        {
            "message": _message(problem, _model_at(problem["loc"], model, data), noun),
            "path": _path(problem),
        }
        for problem in error.errors(include_url=False)[:MAX_PROBLEMS]
    ]


def _model_at(
    location: tuple[int | str, ...], model: type[BaseModel], data: Any
) -> type[BaseModel]:
    """Give the model of the object in which the last part of a location is."""
    annotation: Any = model
    for part in location[:-1]:
        data = data[part]
        if isinstance(part, str):
            field = next(f for name, f in model.model_fields.items() if part in (name, f.alias))
            annotation = field.rebuild_annotation()
        if isinstance(data, dict):
            model = model_at(annotation, data) or model
    return model


def _path(problem: ErrorDetails) -> str:
    """Write pydantic's location as a path: ``[2].error.statusCode``."""
    field = problem.get("ctx", {}).get("field")
    parts = (*problem["loc"], field) if field else problem["loc"]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
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
    "principal": "visible ASCII characters, as ARNs are",
    "rules": "ids of rules joined by commas: r1,r2",
}
_GLOB_CHARACTERS = "letters, digits, '_', '.', '-' and the wildcards '*', '?', '[...]', '[!...]'"


def _message(problem: ErrorDetails, model: type[BaseModel], noun: str) -> str:
    """Say what is wrong with a value, and what would be right."""
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    name = problem["loc"][-1] if problem["loc"] else ""
    if kind == "extra_forbidden":
        return _unknown(noun, str(name), model)
    if kind == "missing":
        return f"'{name}' is missing"
    if kind == "literal_error":
        return f"{_shown(value)} is not one of {context['expected']}{_hint(value, context['expected'])}"
    if kind == "string_pattern_mismatch":
        return f"{_shown(value)} is not made of {_PATTERNS.get(str(name), _GLOB_CHARACTERS)}"
    if kind in _BOUNDS:
        return f"{_shown(value)} is out of range: {_BOUNDS[kind].format(**context)}"
    if kind in _WANTED:
        return f"{_shown(value)} is {_kind_name(value)}; expected {_WANTED[kind]}"
    return problem["msg"].replace("{value!r}", _shown(value))


_QUOTED = re.compile(r"'([^']*)'")


def _hint(value: object, expected: str) -> str:
    """Say which of the words that are expected was meant, if one comes near."""
    return did_you_mean(value, _QUOTED.findall(expected)) if isinstance(value, str) else ""


def _unknown(noun: str, name: str, model: type[BaseModel]) -> str:
    names = [field.alias or name for name, field in model.model_fields.items()]
    if not names:
        return f"unknown {noun} {_shown(name)}: none is taken here"
    close = closest(name, names)
    hint = f"did you mean '{close}'?" if close else f"the {noun}s are {', '.join(names)}"
    return f"unknown {noun} {_shown(name)}: {hint}"
