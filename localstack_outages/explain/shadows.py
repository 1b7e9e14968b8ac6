"""Finds the rules that leave nothing for later ones."""

from collections.abc import Callable, Iterator

from localstack_outages.schema.globs import compile_glob

MAX_COMPARISONS = 500_000
"""So many pairs of patterns are compared for a list, to find the rules that others shadow."""

Key = tuple[str, str, str, str]
"""The patterns of a rule for service, region, operation and account."""


class _Node:
    """One level of the tree of the rules that always fire."""

    __slots__ = ("below", "globs", "positions")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.globs: list[tuple[str, Callable[[str], object]]] = []
        self.positions: dict[str, int] = {}

    def add(self, pattern: str) -> "_Node":
        """Give the node below for a pattern, made where it is not there yet."""
        if pattern not in self.below:
            self.below[pattern] = _Node()
            if pattern != "*" and "*" in pattern and "?" not in pattern and "[" not in pattern:
                self.globs.append((pattern, compile_glob(pattern)))
        return self.below[pattern]

    def covering(self, pattern: str) -> Iterator["_Node"]:
        """Give the nodes below whose pattern is certain to match whatever another one matches.

        It does where it is equal, and where it is made of plain text and ``*`` and matches the
        other's text as if that were a name: what stands for the other's wildcards is taken by a
        ``*``, as they are. ``[`` is left alone, since it is more than one character of the text.
        """
        if "*" in self.below:
            yield self.below["*"]
        if pattern != "*" and pattern in self.below:
            yield self.below[pattern]
        if "[" not in pattern:
            for glob, matches in self.globs:
                if matches(pattern) and glob != pattern:
                    yield self.below[glob]


class Shadows:
    """Finds among the rules that always fire one that leaves nothing for a later rule.

    A tree with a level for each of service, region, operation and account. It is not
    ``engine.index.Index``, which finds what matches a name: ``[ab]*`` does not match itself.
    """

    def __init__(self) -> None:
        self._root = _Node()
        self._comparisons = 0
        self._found: dict[tuple[Key, str], int] = {}

    def add(self, position: int, key: Key, origin: str) -> None:
        """Add a rule that always fires and that no earlier one shadows: of one that is shadowed,
        the earlier one shadows all that it would.
        """
        node = self._root
        for pattern in key:
            node = node.add(pattern)
        node.positions.setdefault(origin, position)

    def find(self, key: Key, origin: str) -> int | None:
        """Give the position of the first rule that takes all that a key and an origin match."""
        if (key, origin) not in self._found:
            position = self._search(key, origin)
            if position is None:
                return None
            # Rules are only added, and later ones stand behind: it stays the first.
            self._found[key, origin] = position
        return self._found[key, origin]

    def _search(self, key: Key, origin: str) -> int | None:
        nodes = [self._root]
        for pattern in key:
            self._comparisons += sum(len(node.globs) for node in nodes)
            if self._comparisons > MAX_COMPARISONS:
                return None
            nodes = [below for node in nodes for below in node.covering(pattern)]
        positions = [p for node in nodes for o, p in node.positions.items() if o in ("any", origin)]
        return min(positions, default=None)
