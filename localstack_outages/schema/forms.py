"""How a rule is asked for in a form: its fields in groups, each with shapes, each shape with parts.

Plain data, from which ``make generate`` writes the form of the console. A fault brings its own form.
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, get_args, get_origin

from .model import Model

Group = Literal["Which calls", "How they fail", "When and how often", "More"]


class Part(NamedTuple):
    """One input."""

    path: str
    """What it is in the rule: ``throttle.rate``."""
    label: str
    type: Literal["number", "steps", "headers", "area"] | None = None
    """What is written there; a line of text where left out."""
    options: tuple[str, ...] = ()
    """What it can be; an empty one is nothing."""
    list: Literal["services", "regions", "operations"] | None = None
    """The names that are suggested."""


class Shape(NamedTuple):
    """One of the ways in which a field can be written."""

    name: str
    parts: tuple[Part, ...] = ()
    keys: tuple[str, ...] = ()
    """Those of an object; none where it is a plain value."""


NONE = Shape("–")  # noqa: RUF001 - a dash for nothing
"""The field is left out."""


class Form(NamedTuple):
    """How one field is asked for."""

    label: str
    shapes: tuple[Shape, ...]
    group: Group
    hint: str = ""


def plain(path: str, name: str, **part: Any) -> Shape:
    """Make a shape of one plain value.

    :param part: more about its part
    """
    return Shape(name, (Part(path, name, **part),))


def an_object(path: str, name: str, model: type[Model]) -> Shape:
    """Make a shape of an object, with a part for each field of its model."""
    fields = model.model_fields.values()
    parts = tuple(
        _part(f"{path}.{key}", key, field.annotation)
        for key, field in zip(model.names(), fields, strict=True)
    )
    return Shape(name, parts, tuple(model.names()))


def one(label: str, path: str, group: Group, hint: str = "", **part: Any) -> Form:
    """Make the form of a field that has one shape of one part."""
    return Form(label, (Shape("", (Part(path, label, **part),)),), group, hint)


def _part(path: str, label: str, annotation: Any) -> Part:
    kinds = set(_plain_types(annotation))
    words = tuple(kind for kind in _literals(annotation) if isinstance(kind, str))
    if words:
        return Part(path, label, options=("", *words))
    return Part(path, label, "number" if kinds & {int, float} else None)


def _plain_types(annotation: Any) -> Iterable[Any]:
    if isinstance(annotation, type):
        yield annotation
    for argument in get_args(annotation):
        yield from _plain_types(argument)


def _literals(annotation: Any) -> Iterable[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
        return
    for argument in get_args(annotation):
        yield from _literals(argument)
