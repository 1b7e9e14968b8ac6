"""Checks requests against botocore's model of FIS, with the messages of AWS."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from .errors import ValidationError, one_line


@cache
def _model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("fis", "service-2"), "fis")


def operations() -> tuple[str, ...]:
    """Give the operations that FIS has."""
    return tuple(_model().operation_names)


def input_of(operation: str) -> Shape:
    """Give the shape of an operation's parameters."""
    return _model().operation_model(operation).input_shape


def check(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Check the parameters of a request.

    :return: them, without members that are null or that the model lacks
    :raises ValidationError: where any is missing or out of its bounds
    """
    shape: Any = input_of(operation)
    known = {name: value for name, value in parameters.items() if name in shape.members}
    cleaned = _without_nulls(known)
    problems = list(_problems(shape, cleaned, ""))
    if problems:
        raise ValidationError(one_line(problems))
    return {
        name: int(value) if shape.members[name].type_name == "integer" else value
        for name, value in cleaned.items()
    }


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(v) for name, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(v) for v in value]
    return value


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind not in _CHECKS:
        return
    if not isinstance(value, _TYPES[kind]) or isinstance(value, bool):
        yield _problem(value, path, f"Member must be a {kind}")
    else:
        yield from _CHECKS[kind](shape, value, path)


def _structure(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _problem(None, _join(path, name), "Member must not be null")
    for name, member in value.items():
        if name in shape.members:
            yield from _problems(shape.members[name], member, _join(path, name))


def _map(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    yield from _bounds(shape, len(value), value, path, "length")
    for name, member in value.items():
        yield from _problems(shape.key, name, path)
        yield from _problems(shape.value, member, f"{path}.{name}.member")


def _list(shape: Any, value: list[Any], path: str) -> Iterator[str]:
    yield from _bounds(shape, len(value), value, path, "length")
    for number, member in enumerate(value, 1):
        yield from _problems(shape.member, member, f"{path}.{number}.member")


def _string(shape: Shape, value: str, path: str) -> Iterator[str]:
    yield from _bounds(shape, len(value), value, path, "length")
    enum = getattr(shape, "enum", None)
    if enum and value not in enum:
        yield _problem(value, path, f"Member must satisfy enum value set: [{', '.join(enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _problem(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _integer(shape: Shape, value: int | str, path: str) -> Iterator[str]:
    try:
        number = int(value)
    except ValueError:
        yield _problem(value, path, "Member must be an integer")
        return
    yield from _bounds(shape, number, value, path, "value")


def _bounds(shape: Shape, size: int, value: Any, path: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _problem(value, path, f"Member must have {what} greater than or equal to {least}")
    if most is not None and size > most:
        yield _problem(value, path, f"Member must have {what} less than or equal to {most}")


_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list,),
    "string": (str,),
    "integer": (int, str),  # a number in a query may come as text
}
_CHECKS: dict[str, Callable[[Any, Any, str], Iterator[str]]] = {
    "structure": _structure,
    "map": _map,
    "list": _list,
    "string": _string,
    "integer": _integer,
}


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Python's re has no classes of Unicode; \w and \s are what they come to here.
    return re.compile(
        pattern.replace("\\p{L}", "\\w").replace("\\p{Z}", "\\s").replace("\\p{N}", "\\w")
    )


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _problem(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else str(value)
    shown = shown if len(shown) <= 200 else f"{shown[:197]}..."
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"
