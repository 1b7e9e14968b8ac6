"""Whether AWS has what a rule names: services, regions, operations, parameters, error codes; and what was
meant by a name that it does not have.
"""

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from functools import lru_cache

from localstack_outages.aws.errors import (
    COMMON_CODES,
    INCOMPLETE_MODELS,
    SERVICE_ALIASES,
    aws_error,
)
from localstack_outages.aws.names import error_codes, operations, parameters, regions, services
from localstack_outages.schema.effect import KINDS
from localstack_outages.schema.globs import compile_glob, is_plain
from localstack_outages.schema.spelling import closest

MAX_SERVICES = 3
"""A service pattern that matches more is too wide to judge operations and error codes by."""

MAX_HINTS = 200
"""So many names of a list are looked up for "did you mean": each takes about a millisecond."""

_START = re.compile(r"[^*?\[]*")
"""What stands before a glob's first wildcard."""


def matches_any(pattern: str, names: Collection[str]) -> bool:
    """Say whether a pattern matches one of some names."""
    if is_plain(pattern):
        return pattern in names
    matches = compile_glob(pattern)
    if isinstance(names, frozenset):
        names = _starting_as(pattern, names)
    return any(matches(name) for name in names)


def text_before_wildcard(pattern: str) -> str:
    """Give what stands before a glob's first wildcard."""
    return _START.match(pattern)[0]  # type: ignore[index] # it matches anything


def _starting_as(pattern: str, names: frozenset[str]) -> Sequence[str]:
    """Give the names that start as a glob does, up to its first wildcard."""
    start = text_before_wildcard(pattern)
    ordered = _ordered(names)
    first = bisect_left(ordered, start)
    return ordered[first : bisect_right(ordered, start + chr(sys.maxunicode), first)]


@lru_cache(maxsize=64)
def _ordered(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


@lru_cache(maxsize=4096)
def is_service(pattern: str) -> bool:
    """Say whether a pattern matches a service."""
    return matches_any(pattern, services())


@lru_cache(maxsize=4096)
def is_region(pattern: str) -> bool:
    """Say whether a pattern matches a region."""
    return matches_any(pattern, regions())


@lru_cache(maxsize=4096)
def services_meant(pattern: str) -> tuple[str, ...]:
    """Give the services that a pattern matches; none where they are too many to judge by."""
    if is_plain(pattern):
        return (pattern,) if pattern in services() else ()
    matches = compile_glob(pattern)
    found = tuple(name for name in services() if matches(name))
    return found if len(found) <= MAX_SERVICES else ()


@lru_cache(maxsize=4096)
def is_operation(pattern: str, meant: tuple[str, ...]) -> bool:
    """Say whether a pattern matches an operation of one of the services."""
    return any(matches_any(pattern, operations(service)) for service in meant)


@lru_cache(maxsize=4096)
def is_code(code: str, meant: tuple[str, ...]) -> bool:
    """Say whether one of the services can answer a code; of unknown services nothing is known."""
    if not meant or "." in code:
        # AWS.SimpleQueueService.NonExistentQueue, InvalidInstanceID.NotFound: no model has these.
        return True
    return code in _known("code", meant, "")


@lru_cache(maxsize=4096)
def parameters_meant(operation: str, meant: tuple[str, ...]) -> frozenset[str] | None:
    """Give the parameters of the operations that a pattern matches.

    :return: None where it matches one of which they are not known, or none at all
    """
    matches = compile_glob(operation)
    found = [
        parameters(service, name)
        for service in meant
        for name in operations(service)
        if matches(name)
    ]
    known = [names for names in found if names is not None]
    return frozenset().union(*known) if known and len(known) == len(found) else None


def _known(what: str, meant: tuple[str, ...], operation: str) -> Collection[str]:
    """Give the names of a kind, for "did you mean"."""
    if what == "parameter":
        return parameters_meant(operation, meant) or frozenset()
    if what == "service":
        return services()
    if what == "region":
        return regions()
    if what == "operation":
        return frozenset().union(*map(operations, meant))
    own = (aws_error(service, kind).code for service in meant for kind in KINDS)
    return COMMON_CODES.union(own, *map(error_codes, meant))


class Hints:
    """Finds what was meant by a name that is unknown, for one list of rules."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, tuple[str, ...], str], str] = {}

    def find(
        self, pattern: str, what: str, meant: tuple[str, ...] = (), operation: str = ""
    ) -> str:
        """Give ``: did you mean ...?``; nothing where no name comes near.

        :param what: the kind of name
        :param meant: the services that it is about
        :param operation: the operation whose parameter it is
        """
        question = (pattern, what, meant, operation)
        if question not in self._found:
            if len(self._found) >= MAX_HINTS:
                return ""
            name = _nearest(*question)
            self._found[question] = "" if name is None else f": did you mean '{name}'?"
        return self._found[question]


@lru_cache(maxsize=1024)
def _nearest(pattern: str, what: str, meant: tuple[str, ...], operation: str) -> str | None:
    names = {_squeeze(name): name for name in sorted(_known(what, meant, operation))}
    plain = pattern.split("*")[0].split("?")[0].split("[")[0]
    if plain != pattern:
        corrected = _with_case_of(names, plain, pattern[len(plain) :])
        if corrected is not None:
            return corrected
    if what == "service" and plain.lower() in SERVICE_ALIASES:
        return SERVICE_ALIASES[plain.lower()]
    nearness = 0.6 if INCOMPLETE_MODELS.isdisjoint(meant) or what != "code" else 0.9
    near = closest(_squeeze(plain), names, nearness)
    return None if near is None else names[near]


def _with_case_of(names: dict[str, str], plain: str, rest: str) -> str | None:
    """Give a glob in the case of the names that it then matches: ``Put*`` for ``put*``."""
    starts = {n[: len(plain)] for n in names.values() if n.lower().startswith(plain.lower())}
    corrected = (start + rest for start in sorted(starts - {plain}))
    return next((glob for glob in corrected if matches_any(glob, names.values())), None)


def _squeeze(name: str) -> str:
    """Give a name without what people add and change: ``put_object``, ``step-functions``."""
    return name.lower().replace("_", "").replace("-", "")
