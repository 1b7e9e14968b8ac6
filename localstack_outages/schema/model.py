"""What the parts of a rule are made of: immutable models, bounded numbers, and unions told apart by their
keys.
"""

import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Union, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

MAX_LATENCY_MS = 3_600_000
"""One hour: longer than any client waits, short enough to be a typing mistake beyond it."""

MAX_SECONDS = 30 * 24 * 3600
"""Thirty days: the longest time that a rule may wait or last."""

_BUILDING = threading.RLock()  # to build one model may build others

_STRICT = ConfigDict(strict=True, allow_inf_nan=False)


class Model(BaseModel):
    """A part of a rule: immutable, without type coercion, refusing fields it does not know."""

    # A validator is made when it is first needed: LocalStack's start does not wait for it.
    model_config = ConfigDict(**_STRICT, extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def model_rebuild(
        cls,
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Mapping[str, Any] | None = None,
    ) -> bool | None:
        """Make its validator, in one thread: pydantic calls this at the first use, and has no lock."""
        with _BUILDING:
            return super().model_rebuild(
                force=force,
                raise_errors=raise_errors,
                _parent_namespace_depth=_parent_namespace_depth + 1,  # this frame is one more
                _types_namespace=_types_namespace,
            )

    @classmethod
    def names(cls) -> list[str]:
        """Give the names of its fields, as users write them."""
        return [field.alias or name for name, field in cls.model_fields.items()]


Milliseconds = Annotated[float, Field(ge=0, le=MAX_LATENCY_MS)]
Seconds = Annotated[float, Field(ge=0, le=MAX_SECONDS)]
PositiveSeconds = Annotated[float, Field(gt=0, le=MAX_SECONDS)]
Chance = Annotated[float, Field(ge=0, le=1)]


class Shapes:
    """Annotates a union of models and plain values, and tells by a value's keys which is meant.

    What is not an object is checked against the plain members alone, an object against one model
    alone: its errors then name what the user wrote. pydantic's tagged unions do the same, but put
    the tag into the path of each error.

    :param default: the model where no key tells
    """

    def __init__(self, default: type[Model]) -> None:
        self._default = default
        self._members: tuple[Any, ...] = ()

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check by ``_check``; describe and write as the union that it is."""
        self._members = get_args(source)
        return core_schema.no_info_wrap_validator_function(
            lambda value, _: self._check(value), handler(source)
        )

    def model_of(self, value: dict[Any, Any]) -> type[Model]:
        """Say which model an object is meant to be: the one with most of the keys that no other one
        has; of several with as many, the first.
        """
        given = value.keys()
        best, most = self._default, 0
        for model, marks in self._marks.items():
            count = len(marks & given)
            if count > most:
                best, most = model, count
        return best

    def _check(self, value: Any) -> Any:
        if isinstance(value, dict):
            model = self.model_of(value)
        elif isinstance(value, Model):
            model = type(value) if type(value) in self._marks else self._default
        elif len(self._marks) == len(self._members):
            model = self._default
        else:
            return self._plain.validate_python(value)
        return model.model_validate(value)

    @cached_property
    def _plain(self) -> TypeAdapter[Any]:
        plain = tuple(member for member in self._members if member not in self._marks)
        return TypeAdapter(Union[plain], config=_STRICT)  # noqa: UP007 - its members are computed

    @cached_property
    def _marks(self) -> dict[type[Model], set[str]]:
        """The keys that a model has and no other one."""
        models = [member for member in self._members if is_model(member)]
        return {
            model: set(model.names()).difference(*(o.names() for o in models if o is not model))
            for model in models
        }


def is_model(annotation: Any) -> bool:
    """Whether an annotation is a model."""
    return isinstance(annotation, type) and issubclass(annotation, Model)


def model_at(annotation: Any, value: dict[Any, Any]) -> type[Model] | None:
    """Say which of an annotation's models an object is meant to be; None where it has none."""
    if isinstance(annotation, Shapes):
        return annotation.model_of(value)
    if is_model(annotation):
        found: type[Model] = annotation
        return found
    # What tells the members of a union apart comes before them.
    parts = (*getattr(annotation, "__metadata__", ()), *get_args(annotation))
    return next((model for part in parts if (model := model_at(part, value))), None)
