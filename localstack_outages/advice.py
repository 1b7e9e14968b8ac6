"""Likely mistakes in rules that are legal: names that AWS does not have, errors that no SDK would
retry though it would retry AWS's own, rules that can never fire.

None of it is refused: AWS grows faster than botocore's data, and a test may want the odd error.
"""

import difflib
import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from .catalogue import (
    COMMON_CODES,
    INCOMPLETE_MODELS,
    SERVICE_ALIASES,
    THROTTLING_CODES,
    TRANSIENT_CODES,
    aws_error,
    is_retried_by_legacy,
    is_retried_by_standard,
)
from .effects import AwsError, ErrorKind, ErrorSpec, Step
from .matching import Key, compile_glob, is_plain
from .names import error_codes, operations, regions, services
from .rules import Rule

MAX_SERVICES = 3
"""A service pattern that matches more is too wide to judge operations and error codes by."""

MAX_HINTS = 200
"""So many names of a list are looked up for "did you mean": each takes about a millisecond."""

MAX_COMPARISONS = 500_000
"""So many pairs of patterns are compared for a list, to find the rules that others shadow."""

_START = re.compile(r"[^*?\[]*")
"""What stands before a glob's first wildcard."""

_FAILURES = frozenset((
    "InternalError", "InternalErrorException", "InternalException", "InternalFailure",
    "InternalServerError", "InternalServerErrorException", "InternalServerException",
    "InternalServiceError", "InternalServiceException", "ServiceFailure", "ServiceUnavailable",
    "ServiceUnavailableException", "Unavailable",
))  # fmt: skip

# To most services LimitExceededException is a quota that is used up: waiting does not help.
_MEANT_TO_BE_RETRIED = _FAILURES | TRANSIENT_CODES | THROTTLING_CODES - {"LimitExceededException"}

_KINDS: tuple[ErrorKind, ...] = ("unavailable", "throttling", "internal")


class Advice(NamedTuple):
    """A likely mistake in a rule."""

    code: str
    """What kind of mistake it is, for programs."""
    message: str
    """What is wrong, and where it can be told what would be right."""
    field: str
    """Where in the rule, such as ``error.code``; empty where the rule as a whole is meant."""


def advise(rules: Sequence[Rule]) -> list[list[Advice]]:
    """Give the likely mistakes in each rule of a list, in the order of the list."""
    hints = _Hints()
    shadows = _Shadows()
    return [
        [
            *_on_service_and_region(rule, hints),
            *_on_operation(rule, hints),
            *_on_errors(rule, hints),
            *_on_shadow(position, rule, shadows),
        ]
        for position, rule in enumerate(rules)
    ]


def _on_service_and_region(rule: Rule, hints: "_Hints") -> Iterator[Advice]:
    if not _is_service(rule.service):
        hint = hints.find(rule.service, "service")
        yield Advice("UnknownService", f"no service matches '{rule.service}'{hint}", "service")
    if not _is_region(rule.region):
        hint = hints.find(rule.region, "region")
        yield Advice("UnknownRegion", f"no region matches '{rule.region}'{hint}", "region")


def _on_operation(rule: Rule, hints: "_Hints") -> Iterator[Advice]:
    meant = () if rule.operation == "*" else _services_meant(rule.service)
    if meant and not _is_operation(rule.operation, meant):
        hint = hints.find(rule.operation, "operation", meant)
        message = f"no operation of '{rule.service}' matches '{rule.operation}'{hint}"
        yield Advice("UnknownOperation", message, "operation")


def _on_errors(rule: Rule, hints: "_Hints") -> Iterator[Advice]:
    found: dict[str, Advice] = {}  # by message: a sequence may repeat an error a thousand times
    for field, error in _errors(rule):
        meant = _services_meant(rule.service)
        if "code" in error.model_fields_set and not _is_code(error.code, meant):
            hint = hints.find(error.code, "code", meant)
            message = f"the model of '{rule.service}' has no error '{error.code}'{hint}"
            # Of a model that is incomplete, only a slip of the pen can be told.
            if hint or INCOMPLETE_MODELS.isdisjoint(meant):
                found.setdefault(message, Advice("UnknownErrorCode", message, f"{field}.code"))
        not_retried = _why_not_retried(error.code, error.status_code, meant)
        if not_retried is not None:
            found.setdefault(not_retried, Advice("NotRetried", not_retried, f"{field}.statusCode"))
    yield from found.values()


def _on_shadow(position: int, rule: Rule, shadows: "_Shadows") -> Iterator[Advice]:
    key = (rule.service, rule.region, rule.operation, rule.account)
    earlier = shadows.find(key, rule.origin)
    if earlier is not None:
        message = f"rule [{earlier}] already takes every call that this one matches"
        yield Advice("Shadowed", message, "")
    elif always_fires(rule):
        shadows.add(position, key, rule.origin)


def _errors(rule: Rule) -> Iterator[tuple[str, ErrorSpec]]:
    """Give the errors that a rule spells out, each with the place where it stands."""
    if isinstance(rule.error, ErrorSpec):
        yield "error", rule.error
    for number, outcome in enumerate(rule.sequence or ()):
        if isinstance(outcome, ErrorSpec):
            yield f"sequence[{number}]", outcome
        elif isinstance(outcome, Step) and isinstance(outcome.error, ErrorSpec):
            yield f"sequence[{number}].error", outcome.error


def _matches(pattern: str, names: Collection[str]) -> bool:
    if is_plain(pattern):
        return pattern in names
    matches = compile_glob(pattern)
    if isinstance(names, frozenset):
        names = _starting_as(pattern, names)
    return any(matches(name) for name in names)


def _starting_as(pattern: str, names: frozenset[str]) -> Sequence[str]:
    """Give the names that start as a glob does, up to its first wildcard."""
    start = _START.match(pattern)[0]  # type: ignore[index] # it matches anything
    ordered = _ordered(names)
    first = bisect_left(ordered, start)
    return ordered[first : bisect_right(ordered, start + chr(sys.maxunicode), first)]


@lru_cache(maxsize=64)
def _ordered(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


@lru_cache(maxsize=4096)
def _is_service(pattern: str) -> bool:
    return _matches(pattern, services())


@lru_cache(maxsize=4096)
def _is_region(pattern: str) -> bool:
    return _matches(pattern, regions())


@lru_cache(maxsize=4096)
def _services_meant(pattern: str) -> tuple[str, ...]:
    """Give the services that a pattern matches; none where they are too many to judge by."""
    if is_plain(pattern):
        return (pattern,) if pattern in services() else ()
    matches = compile_glob(pattern)
    found = tuple(name for name in services() if matches(name))
    return found if len(found) <= MAX_SERVICES else ()


@lru_cache(maxsize=4096)
def _is_operation(pattern: str, meant: tuple[str, ...]) -> bool:
    return any(_matches(pattern, operations(service)) for service in meant)


@lru_cache(maxsize=4096)
def _is_code(code: str, meant: tuple[str, ...]) -> bool:
    """Say whether one of the services can answer a code; of unknown services nothing is known."""
    if not meant or "." in code:
        # AWS.SimpleQueueService.NonExistentQueue, InvalidInstanceID.NotFound: no model has these.
        return True
    return code in _known("code", meant)


def _known(what: str, meant: tuple[str, ...] = ()) -> Collection[str]:
    """Give the names of a kind, for "did you mean"."""
    if what == "service":
        return services()
    if what == "region":
        return regions()
    if what == "operation":
        return frozenset().union(*map(operations, meant))
    own = (aws_error(service, kind).code for service in meant for kind in _KINDS)
    return COMMON_CODES.union(own, *map(error_codes, meant))


class _Hints:
    """Finds what was meant by a name that is unknown, for one list of rules."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, tuple[str, ...]], str] = {}

    def find(self, pattern: str, what: str, meant: tuple[str, ...] = ()) -> str:
        """Give ``: did you mean ...?``; nothing where no name comes near."""
        question = (pattern, what, meant)
        if question not in self._found:
            if len(self._found) >= MAX_HINTS:
                return ""
            name = _nearest(*question)
            self._found[question] = "" if name is None else f": did you mean '{name}'?"
        return self._found[question]


@lru_cache(maxsize=1024)
def _nearest(pattern: str, what: str, meant: tuple[str, ...]) -> str | None:
    names = {_squeeze(name): name for name in sorted(_known(what, meant))}
    plain = pattern.split("*")[0].split("?")[0].split("[")[0]
    if plain != pattern:
        corrected = _with_case_of(names, plain, pattern[len(plain) :])
        if corrected is not None:
            return corrected
    if what == "service" and plain.lower() in SERVICE_ALIASES:
        return SERVICE_ALIASES[plain.lower()]
    nearness = 0.6 if INCOMPLETE_MODELS.isdisjoint(meant) or what != "code" else 0.9
    near = difflib.get_close_matches(_squeeze(plain), names, n=1, cutoff=nearness)
    return names[near[0]] if near else None


def _with_case_of(names: dict[str, str], plain: str, rest: str) -> str | None:
    """Give a glob in the case of the names that it then matches: ``Put*`` for ``put*``."""
    starts = {n[: len(plain)] for n in names.values() if n.lower().startswith(plain.lower())}
    corrected = (start + rest for start in sorted(starts - {plain}))
    return next((glob for glob in corrected if _matches(glob, names.values())), None)


def _squeeze(name: str) -> str:
    """Give a name without what people add and change: ``put_object``, ``step-functions``."""
    return name.lower().replace("_", "").replace("-", "")


@lru_cache(maxsize=4096)
def _why_not_retried(code: str, status: int, meant: tuple[str, ...]) -> str | None:
    """Say which retry modes would not retry an error that AWS's clients expect to be retried.

    :param code: the error's code
    :param status: its HTTP status
    :param meant: the services that answer it; none where that is not known
    :return: None where all modes retry it, or where nobody expects them to
    """
    own = [aws_error(service, kind) for service in meant for kind in _KINDS]
    if any((code, status) == (error.code, error.status) for error in own):
        return None  # that is what AWS does, retried or not
    is_meant = code in _MEANT_TO_BE_RETRIED or any(code == error.code for error in own)
    if status < 500 and not is_meant:
        return None
    not_by = _modes_that_give_up(code, status, meant)
    if not not_by:
        return None
    better = _retried_status(code, own, meant)
    return (
        f"botocore's retry {not_by} would not retry '{code}' with status {status}; "
        f"with status {better} every mode would"
    )


def _modes_that_give_up(code: str, status: int, meant: tuple[str, ...]) -> str | None:
    legacy = all(is_retried_by_legacy(service, code, status) for service in meant or ("",))
    standard = is_retried_by_standard(code, status)
    if legacy and standard:
        return None
    if legacy:
        return "modes 'standard' and 'adaptive'"
    return "mode 'legacy'" if standard else "modes 'legacy', 'standard' and 'adaptive'"


def _retried_status(code: str, own: Sequence[AwsError], meant: tuple[str, ...]) -> int:
    """Give a status with which every mode retries a code: AWS's own, if it can be."""
    usual = 400 if code in THROTTLING_CODES else 500 if code.startswith("Internal") else 503
    wanted = [error.status for error in own if error.code == code]
    return next(s for s in (*wanted, usual, 503) if not _modes_that_give_up(code, s, meant))


def always_fires(rule: Rule) -> bool:
    """Whether a rule fires on every call that its patterns and its origin match, for ever."""
    limits = (
        rule.condition,
        rule.times,
        rule.duration,
        rule.flap,
        rule.sequence,
        rule.throttle,
    )
    return rule.probability == 1 and not rule.after and all(limit is None for limit in limits)


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

    def covering(self, pattern: str) -> "Iterator[_Node]":
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


class _Shadows:
    """Finds among the rules that always fire one that leaves nothing for a later rule.

    A tree with a level for each of service, region, operation and account. It is not
    ``matching.Index``, which finds what matches a name: ``[ab]*`` does not match itself.
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
