"""What ``check`` finds in a file of rules, and at which lines."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NotRequired

import yaml
from typing_extensions import TypedDict

from localstack_outages.explain.mistakes import advise

if TYPE_CHECKING:
    from localstack_outages.schema.errors import RulesFileError
    from localstack_outages.schema.rules import Rule

MAX_BYTES = 1_000_000
"""A longer file gets no line numbers: finding them takes longer than reading the rules."""

_KEY = re.compile(r"\[(?P<index>\d+)\]|\.?(?P<name>[^.\[\]]+)")


class Found(TypedDict):
    """A fault, or a likely mistake, and where it is."""

    message: str
    path: str
    code: NotRequired[str]
    """What kind of mistake it is; faults have none."""
    line: int | None
    """From 1; None if it is not known."""


class Checked(TypedDict):
    """What ``check`` found; part of the command line with ``--json``."""

    file: str
    valid: bool
    rules: int
    """How many; 0 where they are not valid."""
    faults: list[Found]
    warnings: list[Found]


def valid(data: bytes, file: str, parts: "Iterable[tuple[str, Sequence[Rule]]]") -> Checked:
    """Report a valid file, with the likely mistakes in its rules.

    :param data: what is in it
    :param parts: the lists of rules in it, each with the path at which it stands
    """
    line_of = lines(data)
    count = 0
    warnings: list[Found] = []
    for at, rules in parts:
        count += len(rules)
        for i, of_rule in enumerate(advise(rules)):
            for advice in of_rule:
                path = f"{at}[{i}].{advice.field}".rstrip(".")
                warnings.append(
                    {
                        "code": advice.code,
                        "message": advice.message,
                        "path": path,
                        "line": line_of(path),
                    }
                )
    return {"file": file, "valid": True, "rules": count, "faults": [], "warnings": warnings}


def invalid(data: bytes, file: str, error: "RulesFileError") -> Checked:
    """Report a file that is not valid.

    :param data: what is in it
    :raises RulesFileError: where it says nothing of what is in the file
    """
    if not error.problems:
        raise error
    line_of = lines(data)
    faults: list[Found] = [
        {"message": problem["message"], "path": problem["path"], "line": line_of(problem["path"])}
        for problem in error.problems
    ]
    return {"file": file, "valid": False, "rules": 0, "faults": faults, "warnings": []}


def lines(data: bytes) -> Callable[[str], int | None]:
    """Make a function that gives the line of a path such as ``[2].error.code``.

    :param data: JSON or YAML
    """
    root: Any = None
    is_read = len(data) > MAX_BYTES

    def line_of(path: str) -> int | None:
        nonlocal root, is_read
        if not is_read:
            root, is_read = _compose(data), True
        return _line(root, path)

    return line_of


def _compose(data: bytes) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.compose(data.replace(b"\t", b" "), Loader=loader)  # JSON may have tabs
    except (yaml.YAMLError, RecursionError):
        return None


def _line(node: Any, path: str) -> int | None:
    """Follow a path as far as the document goes. What is missing is missing from the last part."""
    line = None
    for key in _KEY.finditer(path):
        if node is None:
            break
        line = node.start_mark.line + 1
        at, node = _child(node, key)
        line = line if at is None else at.start_mark.line + 1
    return line


def _child(node: Any, key: re.Match[str]) -> tuple[Any, Any]:
    """Find a part of a node: give where it begins, and the part itself, or None for both."""
    if isinstance(node, yaml.SequenceNode) and key["index"] is not None:
        found = node.value[int(key["index"]) : int(key["index"]) + 1]
        return (found[0], found[0]) if found else (None, None)
    if isinstance(node, yaml.MappingNode) and key["name"] is not None:
        return next(((k, v) for k, v in node.value if k.value == key["name"]), (None, None))
    return None, None
