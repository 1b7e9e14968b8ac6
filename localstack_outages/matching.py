"""Which rules a call can meet: an index over service, region, operation and account.

Everything here is pure. A rule's globs are compiled once, into a tree with a level for each field:
what is plain text is looked up, only real globs are tried.
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import translate
from functools import lru_cache, partial
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from .rules import Rule

Key = tuple[str, str, str, str]
"""Service, region, operation and account of a call, or such patterns of a rule."""


class Call(NamedTuple):
    """One request to an AWS API, as far as a rule can ask about it."""

    service: str
    """The service as botocore and LocalStack name it, such as ``stepfunctions``."""
    region: str
    """The region that the client signed for."""
    operation: str
    """The operation, such as ``PutItem``."""
    account: str
    """The 12-digit account."""
    parameters: Mapping[str, Any]
    """The operation's parameters, as the AWS API names them. May hold streams; never read them."""
    internal: bool = False
    """Whether one of LocalStack's own services makes the call."""


class HasRule(Protocol):
    """What can be put into an index."""

    @property
    def rule(self) -> Rule:
        """The rule to index it by."""


T = TypeVar("T", bound=HasRule)


_WILDCARDS = frozenset("*?[")


def is_plain(pattern: str) -> bool:
    """Whether a glob has no wildcard and so matches itself alone."""
    return _WILDCARDS.isdisjoint(pattern)


Matcher = Callable[[str], bool]
"""Says whether a text matches a glob."""


@lru_cache(maxsize=4096)
def compile_glob(pattern: str) -> Matcher:
    """Give a function that says whether a text matches a glob, case-sensitive, as fnmatch does.

    No pattern takes it time without end, however many stars it has.
    """
    if "?" not in pattern and "[" not in pattern:
        return _match_stars(pattern.split("*"))
    matches = re.compile(translate(pattern)).match
    return lambda text: matches(text) is not None


def _match_stars(parts: list[str]) -> Matcher:
    """Match what has no wildcard but stars: a hundred times quicker to make than an expression.

    :param parts: what stands between the stars, before the first and after the last
    """
    if len(parts) == 1:
        return partial(operator.eq, parts[0])
    first, *middle, last = parts

    def matches(text: str) -> bool:
        position, end = len(first), len(text) - len(last)
        if end < position or not (text.startswith(first) and text.endswith(last)):
            return False
        for part in middle:  # the leftmost place leaves most room for the others
            position = text.find(part, position, end)
            if position < 0:
                return False
            position += len(part)
        return True

    return matches


class _Level:
    """One level of the tree: the children by plain text, by glob, and the one for ``*``."""

    __slots__ = ("everything", "globs", "plain")

    def __init__(self) -> None:
        self.plain: dict[str, Any] = {}
        self.globs: dict[str, tuple[Matcher, Any]] = {}
        self.everything: Any = None

    def child(self, pattern: str, make: Callable[[], Any]) -> Any:
        """Give the child for a pattern, made where it is not there yet."""
        if pattern == "*":
            if self.everything is None:
                self.everything = make()
            return self.everything
        if pattern in self.plain:
            return self.plain[pattern]
        if is_plain(pattern):
            child = self.plain[pattern] = make()
            return child
        if pattern not in self.globs:
            self.globs[pattern] = (compile_glob(pattern), make())
        return self.globs[pattern][1]

    def matching(self, text: str) -> Iterator[Any]:
        """Give the children whose pattern matches a text."""
        if self.everything is not None:
            yield self.everything
        if text in self.plain:
            yield self.plain[text]
        for matches, child in self.globs.values():
            if matches(text):
                yield child


class Index(Generic[T]):
    """Finds the rules whose service, region, operation and account match a call's, in their order.

    It never changes.

    :param items: what is indexed, in the order of the list
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._root = _Level()
        for position, item in enumerate(items):
            node = self._root
            rule = item.rule
            node = node.child(rule.service, _Level)
            node = node.child(rule.region, _Level)
            node = node.child(rule.operation, _Level)
            node.child(rule.account, list).append((position, item))

    def find(self, key: Key) -> list[tuple[int, T]]:
        """Give the items whose rules match a (service, region, operation, account), in order.

        :return: each with its place in the list, counted from 0
        """
        leaves = self._reached(key)
        found = [pair for leaf in leaves for pair in leaf]
        if len(leaves) > 1:
            found.sort(key=operator.itemgetter(0))
        return found

    def reaches(self, service: str, region: str) -> bool:
        """Whether some rule matches a service and a region, with some operation and account."""
        return bool(self._reached((service, region)))

    def _reached(self, texts: Iterable[str]) -> list[Any]:
        nodes: list[Any] = [self._root]
        for text in texts:
            nodes = [child for node in nodes for child in node.matching(text)]
        return nodes
