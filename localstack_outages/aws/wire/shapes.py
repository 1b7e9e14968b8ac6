"""The shapes of operations' parameters and results, as much of botocore's models as reading and editing
needs.

Errors and documentation are left out, which are most of a model.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from .models import model

_NOTHING: Mapping[str, Any] = {}


_FORMER_QUERY_NAMES: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "sqs": {
        **{
            f"{name}List": (name, "", "")
            for name in (
                "ChangeMessageVisibilityBatchRequestEntry",
                "DeleteMessageBatchRequestEntry",
                "SendMessageBatchRequestEntry",
                "AWSAccountId",
                "ActionName",
                "AttributeName",
                "MessageAttributeName",
                "TagKey",
            )
        },
        "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
        "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
        "QueueAttributeMap": ("Attribute", "Name", "Value"),
        "TagMap": ("Tag", "Key", "Value"),
    }
}
"""Lists and maps as the Query API of SQS calls them, with their keys and values. Its model, of JSON
now, has forgotten them ("Making Query API requests", SQS developer guide).
"""


class Shape:
    """What a parameter may be."""

    __slots__ = (
        "is_document",
        "is_streaming",
        "item",
        "key",
        "kind",
        "least",
        "members",
        "payload",
    )

    def __init__(self, kind: str) -> None:
        self.kind = kind
        """The type of the model: ``structure``, ``list``, ``map``, ``string``, ``blob`` ..."""
        self.least: int | None = None
        """The least number that it may be."""
        self.members: dict[str, Member] = {}
        """Of a structure."""
        self.item: Member | None = None
        """What a list has, and the values of a map."""
        self.key: Member | None = None
        """The keys of a map."""
        self.payload: str | None = None
        """The member of a structure that is the whole body."""
        self.is_document = False
        """Whether anything that JSON can say may stand there."""
        self.is_streaming = False
        """Whether it is a stream, of bytes or events."""


class Member(NamedTuple):
    """A member of a structure, an item of a list, a key or a value of a map."""

    name: str
    """As the API calls it."""
    wire_name: str | None
    """As requests call it, where they call it by another name."""
    query_name: str | None
    """As forms call it, where they call it by another name still."""
    shape: Shape
    location: str | None
    """``uri``, ``querystring``, ``header`` or ``headers``; None for the body."""
    is_flat: bool
    """Whether the items of a list stand where the list would."""
    is_attribute: bool
    """Whether it is an attribute in XML."""
    is_json_text: bool
    """Whether a header has it as JSON in base64."""

    @property
    def sent_as(self) -> str:
        """Its name in requests."""
        return self.wire_name or self.name


class Parameters(NamedTuple):
    """The parameters of an operation."""

    shape: Shape
    uri: str
    """The path of the model, with the labels that are parameters."""


@lru_cache(maxsize=256)
def parameters_of(service: str) -> Mapping[str, Parameters]:
    """Give the parameters of each operation of a service, by botocore's name of it."""
    data = model(service)
    builder = _Builder(data["shapes"], _FORMER_QUERY_NAMES.get(service, {}))
    return {
        name: Parameters(
            builder.shape(operation["input"]["shape"]), operation["http"]["requestUri"]
        )
        for name, operation in data["operations"].items()
        if "input" in operation
    }


def least_of(service: str, operation: str, parameter: str) -> int:
    """Give the least number that a parameter may be; 1 where its model says nothing or less."""
    given = parameters_of(service).get(operation)
    member = None if given is None else given.shape.members.get(parameter)
    return 1 if member is None else max(1, int(member.shape.least or 1))


class Results(NamedTuple):
    """The result of an operation."""

    shape: Shape


@lru_cache(maxsize=16)
def results_of(service: str) -> Mapping[str, Results]:
    """Give the results of each operation of a service, by botocore's name of it."""
    data = model(service)
    builder = _Builder(data["shapes"], {})
    return {
        name: Results(builder.shape(operation["output"]["shape"]))
        for name, operation in data["operations"].items()
        if "output" in operation
    }


class _Builder:
    def __init__(
        self, models: Mapping[str, Any], former_names: Mapping[str, tuple[str, str, str]]
    ) -> None:
        self._models = models
        self._former_names = former_names
        self._shapes: dict[str, Shape] = {}

    def shape(self, name: str) -> Shape:
        """Give a shape. Shapes may contain themselves: each is made once."""
        known = self._shapes.get(name)
        if known is not None:
            return known
        given = self._models[name]
        shape = self._shapes[name] = Shape(given["type"])
        shape.payload = given.get("payload")
        shape.least = given.get("min") if given["type"] in ("integer", "long") else None
        shape.is_document = bool(given.get("document"))
        shape.is_streaming = bool(given.get("streaming") or given.get("eventstream"))
        if given["type"] == "structure":
            for member, reference in given["members"].items():
                shape.members[member] = self._member(member, reference)
        elif given["type"] == "list":
            shape.item = self._member("member", given["member"])
        elif given["type"] == "map":
            _, key, value = self._former_names.get(name, ("", "", ""))
            shape.key = self._member("key", given["key"], key)
            shape.item = self._member("value", given["value"], value)
        return shape

    def _member(self, name: str, reference: Mapping[str, Any], former: str = "") -> Member:
        former = former or self._former_names.get(reference["shape"], ("",))[0]
        traits = {**self._models[reference["shape"]], **reference}
        return Member(
            name,
            traits.get("locationName"),
            former or traits.get("queryName"),
            self.shape(reference["shape"]),
            traits.get("location"),
            bool(traits.get("flattened")),
            bool(traits.get("xmlAttribute")),
            bool(traits.get("jsonvalue")),
        )
