"""Which operation of a REST service a method, a path and a query mean.

A table is made of a service's model when the service is first asked for. Of the model it keeps
the names of operations and what tells them apart.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from .messages import MAX_QUERY_LENGTH
from .models import model

MAX_PATH_LENGTH = 16_384
"""A key of S3 has 1,024 bytes at most, each of them three characters when encoded."""

_GREEDY = "+}"
_IGNORED_LITERALS = frozenset(("x-id",))
"""Some SDKs name the operation in the query of S3's requests; others do not."""

Rank = tuple[int, ...]
Fit = tuple[int, ...]


class Path(NamedTuple):
    """A path, taken apart."""

    segments: list[str]
    """Decoded. One slash at the end counts for nothing."""
    ends_in_slash: bool


class Query:
    """A query, taken apart when it is first asked for."""

    __slots__ = ("_given", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._given: Mapping[str, str] | None = None

    def given(self) -> Mapping[str, str]:
        """Give its parameters by name, the values still percent-encoded."""
        if self._given is None:
            found: dict[str, str] = {}
            for part in self._text[:MAX_QUERY_LENGTH].split("&") if self._text else ():
                key, _, value = part.partition("=")
                found[unquote(key) if "%" in key else key] = value
            self._given = found
        return self._given


class Match(NamedTuple):
    """An operation that a request may mean."""

    operation: str
    rank: Rank
    """How much of the request speaks for it: parts of the query, fixed segments of the path, and
    whether a slash at its end is as it should be; the greatest is meant."""


class _Route(NamedTuple):
    operation: str
    literals: tuple[tuple[str, str | None], ...]
    """What the query must have: names, some with their values."""
    queries: tuple[str, ...]
    """Parameters of the query that the operation requires."""
    headers: tuple[str, ...]
    """Headers that it requires."""
    ends_in_slash: bool
    """Whether its path does. Some services have one operation with and another without."""
    is_current: bool
    """Whether it is not deprecated."""


class _Leaf:
    """The routes of one method and path, which the query and headers tell apart."""

    __slots__ = ("by_literal", "only", "plain")

    def __init__(self) -> None:
        self.only: _Route | None = None
        """The one route, where nothing but the path decides."""
        self.plain: list[_Route] = []
        """Those that the query need not name."""
        self.by_literal: dict[str, list[_Route]] = {}
        """Those that it must name, by what it must have."""

    def add(self, route: _Route) -> None:
        if route.literals:
            self.by_literal.setdefault(route.literals[0][0], []).append(route)
        else:
            self.plain.append(route)
        self.only = route if self.plain == [route] and not self.by_literal else None

    def best(
        self, given: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[_Route, Fit] | None:
        """Give the route that a request means, with how well it fits."""
        routes = self.plain
        if self.by_literal:
            named = [self.by_literal[key] for key in given if key in self.by_literal]
            routes = [*routes, *(route for group in named for route in group)]
        best: _Route | None = None
        best_fit = _NONE
        for route in routes:
            fit = _fit(route, given, headers)
            if fit > best_fit:
                best, best_fit = route, fit
        return (best, best_fit) if best is not None else None


class _Node:
    """A place in the tree of paths."""

    __slots__ = ("greedy", "label", "leaf", "literals")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.label: _Node | None = None
        self.greedy: list[tuple[tuple[str | None, ...], _Leaf]] = []
        """What may follow a label of many segments, to the end; None stands for a label."""
        self.leaf: _Leaf | None = None


class Routes:
    """The routes of one service."""

    def __init__(self, operations: Mapping[str, Any], shapes: Mapping[str, Any]) -> None:
        self._by_method: dict[str, _Node] = {}
        for name, operation in operations.items():
            uri = operation["http"]["requestUri"]
            root = self._by_method.setdefault(operation["http"]["method"], _Node())
            _leaf_at(root, uri.partition("?")[0]).add(_route(name, operation, shapes))

    def match(
        self, method: str, path: Path, query: Query, headers: Mapping[str, str]
    ) -> Match | None:
        """Find the operation that a request means."""
        root = self._by_method.get(method)
        if root is None:
            return None
        segments, ends_in_slash = path
        best: Match | None = None
        for leaf, fixed in _leaves(root, segments):
            route, fit = leaf.only, _NO_FIT
            if route is None:
                found = leaf.best(query.given(), headers)
                if found is None:
                    continue
                route, fit = found
            rank = (fit[0], fixed, route.ends_in_slash == ends_in_slash)
            if best is None or rank > best.rank:
                best = Match(route.operation, rank)
        return best


def read_path(path: str) -> Path:
    """Take a path apart.

    :param path: still percent-encoded; one that is longer than any of AWS's is not decoded
    """
    found = path.split("/")
    del found[0]
    if found and not found[-1]:
        found.pop()
    if "%" in path and len(path) <= MAX_PATH_LENGTH:
        found = [unquote(segment) if "%" in segment else segment for segment in found]
    return Path(found, path[-1:] == "/")


@lru_cache(maxsize=1024)
def routes_of(service: str) -> Routes:
    """Give the routes of a service, by botocore's name."""
    data = model(service)
    return Routes(data["operations"], data["shapes"])


_NO_FIT: Fit = (0,)
_NONE: Fit = (-1,)


def _fit(route: _Route, given: Mapping[str, str], headers: Mapping[str, str]) -> Fit:
    """Say how well a route fits; ``_NONE`` where it cannot be meant."""
    for key, value in route.literals:
        if key not in given or (value is not None and value != given[key]):
            return _NONE
    missing = met = 0
    for key in route.queries:
        if key in given:
            met += 1
        else:
            missing += 1
    for name in route.headers:
        if name in headers:
            met += 1
        else:
            missing += 1
    return (len(route.literals), -missing, met, route.is_current)


def _leaves(root: _Node, path: list[str]) -> list[tuple[_Leaf, int]]:
    """Give all leaves that a path may lead to, each with the number of its fixed segments.

    Each place in the tree is visited once at most, whatever the path.
    """
    found: list[tuple[_Leaf, int]] = []
    waiting: list[tuple[_Node, int, int]] = []
    node, place, fixed = root, 0, 0
    length = len(path)
    while True:
        if place < length:
            part = path[place]
            if node.greedy:
                found += _greedy_leaves(node, path, place, fixed)
            place += 1
            following = node.literals.get(part)
            label = node.label if part else None
            if following is not None:
                if label is not None:
                    waiting.append((label, place, fixed))
                node, fixed = following, fixed + 1
                continue
            if label is not None:
                node = label
                continue
        elif node.leaf is not None:
            found.append((node.leaf, fixed))
        if not waiting:
            return found
        node, place, fixed = waiting.pop()


def _greedy_leaves(
    node: _Node, path: list[str], place: int, fixed: int
) -> Iterator[tuple[_Leaf, int]]:
    for rest, leaf in node.greedy:
        taken = len(path) - len(rest)
        if taken > place and _ends_in(path, rest, taken):
            yield leaf, fixed + len(rest) - rest.count(None)


def _ends_in(path: list[str], rest: tuple[str | None, ...], start: int) -> bool:
    return all(wanted is None or wanted == path[place] for place, wanted in enumerate(rest, start))


def _leaf_at(root: _Node, path: str) -> _Leaf:
    node = root
    parts = read_path(path).segments
    for place, part in enumerate(parts):
        if part.endswith(_GREEDY):
            rest = tuple(None if p.startswith("{") else p for p in parts[place + 1 :])
            for known, leaf in node.greedy:
                if known == rest:
                    return leaf
            node.greedy.append((rest, leaf := _Leaf()))
            return leaf
        if part.startswith("{"):
            node.label = node.label or _Node()
            node = node.label
        else:
            node = node.literals.setdefault(part, _Node())
    node.leaf = node.leaf or _Leaf()
    return node.leaf


def _route(name: str, operation: Mapping[str, Any], shapes: Mapping[str, Any]) -> _Route:
    path, _, query = operation["http"]["requestUri"].partition("?")
    literals = []
    for part in filter(None, query.split("&")):
        key, has_value, value = part.partition("=")
        if key not in _IGNORED_LITERALS:
            literals.append((key, value if has_value else None))
    shape = shapes[operation["input"]["shape"]] if "input" in operation else {}
    members = [shape["members"][member] for member in shape.get("required", ())]
    return _Route(
        name,
        tuple(literals),
        tuple(m["locationName"] for m in members if m.get("location") == "querystring"),
        tuple(m["locationName"].lower() for m in members if m.get("location") == "header"),
        path.endswith("/"),
        not operation.get("deprecated", False),
    )
