"""Asks a rule's condition about a call, with a bound on the work that takes.

A JMESPath expression of a hundred characters can double a value at every step, and so run for
seconds and take all memory. What an expression does is counted here, and one that does too much is
given up.
"""

from collections.abc import Mapping
from typing import Any

from jmespath.functions import Functions
from jmespath.visitor import Options, TreeInterpreter

from localstack_outages.schema.expressions import compile_condition

MAX_WORK = 100_000
"""Steps for one call: nodes of the expression that are visited, and values that are compared or
handed to a function. Ten for each of 1,000 keys of one ``DeleteObjects`` are 10,000; all of them take
a tenth of a second or two."""

_TEXT = 64
"""So many characters count as one value."""

_HARMLESS_NODES = frozenset((
    "and_expression", "comparator", "current", "field", "filter_projection", "flatten", "identity",
    "index", "index_expression", "literal", "not_expression", "or_expression", "pipe", "projection",
    "slice", "subexpression", "value_projection",
))  # fmt: skip
"""What gives no more than it was given, so that nothing has to be counted."""

_HARMLESS_FUNCTIONS = frozenset(("contains", "ends_with", "length", "starts_with", "type"))
"""Functions of which the same is true."""


class TooMuchWork(ValueError):
    """A condition does more than is allowed for one call."""

    def __init__(self) -> None:
        super().__init__(f"its 'condition' takes more than {MAX_WORK:,} steps")


class BoundedCondition:
    """A JMESPath expression.

    :param expression: a valid one
    """

    def __init__(self, expression: str) -> None:
        compiled = compile_condition(expression)
        self._parsed = compiled.parsed
        self._search = compiled.search if _is_harmless(compiled.parsed) else self._search_bounded

    def holds(self, parameters: Mapping[str, Any]) -> bool:
        """Say whether the expression is true of the parameters of a call.

        :raises TooMuchWork: where that would take too long
        :raises jmespath.exceptions.JMESPathError: where a function is given what it does not take
        """
        return bool(self._search(parameters))

    def _search_bounded(self, parameters: Mapping[str, Any]) -> Any:
        return _Interpreter().visit(self._parsed, parameters)


def _is_harmless(node: dict[str, Any]) -> bool:
    kind = node["type"]
    if kind == "function_expression":
        is_harmless = node["value"] in _HARMLESS_FUNCTIONS
    else:
        is_harmless = kind in _HARMLESS_NODES
    # The children of a slice are numbers.
    return is_harmless and all(_is_harmless(c) for c in node["children"] if isinstance(c, dict))


class _Interpreter(TreeInterpreter):  # type: ignore[misc] # jmespath is not typed
    """JMESPath's own interpreter, which counts what it does."""

    def __init__(self) -> None:
        self._left = MAX_WORK
        super().__init__(Options(custom_functions=_Functions(self)))

    def visit(self, node: Any, *values: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise TooMuchWork
        return super().visit(node, *values)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        return super().visit_comparator(self._with_weighed_children(node, value), value)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        return super().visit_flatten(self._with_weighed_children(node, value), value)

    def weigh(self, value: Any) -> None:
        """Count all that is in a value, before something goes through it."""
        pending = [value]
        while pending:
            value = pending.pop()
            if isinstance(value, (str, bytes)):
                self.spend(len(value) // _TEXT)
            elif isinstance(value, list):
                self.spend(len(value))
                pending.extend(value)
            elif isinstance(value, dict):
                self.spend(len(value))
                pending.extend(value.values())

    def spend(self, steps: int) -> None:
        """Count steps."""
        self._left -= steps
        if self._left < 0:
            raise TooMuchWork

    def _with_weighed_children(self, node: Any, value: Any) -> Any:
        """Put what the children of a node come to in place of the children."""
        found = [self.visit(child, value) for child in node["children"]]
        for each in found:
            self.weigh(each)
        literals = [{"type": "literal", "value": each, "children": []} for each in found]
        return {**node, "children": literals}


class _Functions(Functions):  # type: ignore[misc] # jmespath is not typed
    """JMESPath's functions."""

    def __init__(self, interpreter: _Interpreter) -> None:
        self._interpreter = interpreter

    def call_function(self, function_name: str, resolved_args: list[Any]) -> Any:
        for argument in resolved_args:
            self._interpreter.weigh(argument)
        if function_name == "join" and len(resolved_args) == 2:
            self._weigh_glue(*resolved_args)
        return super().call_function(function_name, resolved_args)

    def _weigh_glue(self, glue: Any, parts: Any) -> None:
        if isinstance(glue, str) and isinstance(parts, list):
            self._interpreter.spend(len(glue) * len(parts) // _TEXT)
