"""Which parameters of an operation a condition asks for."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from localstack_outages.schema.expressions import compile_condition

_FIRST_ONLY = frozenset((
    "filter_projection", "flatten", "index_expression", "pipe", "projection", "slice",
    "subexpression", "value_projection",
))  # fmt: skip
"""Only the first part of these asks the parameters; the others ask what comes of it."""

_NONE = frozenset(("current", "expref", "identity", "literal"))


@lru_cache(maxsize=4096)
def parameters_of(condition: str) -> tuple[str, ...]:
    """Give the names that a JMESPath expression looks up in the parameters themselves, each once."""
    return tuple(dict.fromkeys(_names(compile_condition(condition).parsed)))


def _names(node: dict[str, Any]) -> Iterator[str]:
    kind, children = node["type"], node["children"]
    if kind == "field":
        yield node["value"]
    elif kind in _FIRST_ONLY:
        yield from _names(children[0])
    elif kind not in _NONE:
        for child in children:
            yield from _names(child)
