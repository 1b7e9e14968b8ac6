"""Which rules a call can meet: an index over service, region, operation and account.

Everything here is pure. A rule's globs are compiled once, into a tree with a level for each field:
what is plain text is looked up, only real globs are tried.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from localstack_outages.schema.globs import Matcher, compile_glob, is_plain

from .call import Key

if TYPE_CHECKING:
    from localstack_outages.schema.rules import Rule


class HasRule(Protocol):
    """What can be put into an index."""

    @property
    def rule(self) -> "Rule":
        """The rule to index it by."""


T = TypeVar("T", bound=HasRule)


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
