"""Tries the faults: run after run, until all are tried or the time is up. It knows no hook of pytest."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .document import PointDocument, TestDocument
from .expectations import Expected, identity, is_expected
from .faults import in_words
from .journal import Journal
from .limits import limit_of
from .oracle import FINDINGS, Judgement, judge, mark_narrow
from .points import Faults, kinds_of, read_faults, written
from .run import Run
from .search import Point, Search, in_rounds


class Observation:
    """What is known of a run when it is over."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.problem = ""
        """Why nothing is known of it; empty where something is."""
        self.explanation = ""
        """The rules of the faults, the calls that came, and which rule did what, in text."""


MAX_NAMED = 5
"""So many operations a message names."""

Rerun = Callable[[str, Faults, float], tuple[str, Observation | None]]
"""Runs a test once more, with faults and a limit in seconds; gives how it went and what was seen."""


def replay_command(test: str, spec: str) -> str:
    """Give the command that makes a test fail in the same way."""
    return f"pytest '{test}' --outages-replay '{spec}'"


class Wanted(NamedTuple):
    """What the options say about the extent of a sweep."""

    depth: int
    everything: bool
    seconds: float | None
    known: frozenset[tuple[str, str, str]] = frozenset()
    """The findings of the baseline."""
    hang: float | None = None
    """How many seconds a run may take longer where a call gets no answer. None: all calls get one."""

    @property
    def extent(self) -> tuple[object, ...]:
        """What decides which points there are."""
        return self.depth, self.everything, self.hang


class Tried(NamedTuple):
    """A point and what came of it."""

    point: Point
    judgement: Judgement
    seconds: float
    below: tuple[Point, ...] = ()


class Sweep:
    """Tries faults at the calls of tests.

    :param search: which
    :param journal: what an earlier, interrupted run has found
    :param expected: gives what a test accepts
    :param tell: told how far it is, and of each finding
    :param replay: gives the command that runs a test again with the faults that ``written`` wrote
    """

    def __init__(
        self,
        wanted: Wanted,
        search: Search,
        journal: Journal,
        rerun: Rerun,
        expected: Callable[[str], Expected],
        tell: "Callable[[Sweep, str], None]",
        replay: Callable[[str, str], str] = replay_command,
    ) -> None:
        self._wanted, self._search, self._journal = wanted, search, journal
        self._rerun, self._expected, self._tell = rerun, expected, tell
        self._replay = replay
        self._known, self._found_before = journal.read(), journal.found()
        self._plain: dict[str, Run] = {}
        self._tried: list[Tried] = []
        self._waiting: list[Point] = []
        self._deadline: float | None = None
        self.tests: dict[str, TestDocument] = {}

    @property
    def left(self) -> int:
        """How many points are yet to be tried."""
        return len(self._waiting)

    @property
    def tried(self) -> int:
        """How many points were tried."""
        return len(self._tried)

    @property
    def found(self) -> int:
        """How many findings there are."""
        return sum(tried.judgement.outcome in FINDINGS for tried in self._tried)

    def run(self, recorded: Mapping[str, Run]) -> None:
        """Try all there is to try.

        :param recorded: the tests, each with its run in the test run before
        """
        if self._wanted.seconds is not None:
            self._deadline = time.monotonic() + self._wanted.seconds
        for test, run in recorded.items():
            self._run_plain(test, run)
        points = [
            point
            for test, run in sorted(self._plain.items())
            for point in self._search.points_of(test, run.calls)
        ]
        while points:
            self._waiting = self._ordered(points)
            points = []
            while self._waiting and not self._is_late():
                tried = self._try(self._waiting[0])
                del self._waiting[0]
                self._tried.append(tried)
                is_finding = tried.judgement.outcome in FINDINGS
                self._tell(self, told(tried) if is_finding else "")
                if len(tried.point.faults) < self._wanted.depth:
                    points.extend(tried.below)
            if self._waiting:
                self._waiting.extend(points)
                return

    def _ordered(self, points: Iterable[Point]) -> list[Point]:
        """Put points in the order of rounds, but first what was found the last time."""
        rounds = [point for each in in_rounds(points) for point in each]
        return sorted(rounds, key=lambda point: _key_of(point) not in self._found_before)

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline

    def _run_plain(self, test: str, recorded: Run) -> None:
        """Run a test without a fault, as all others are run: it has to do the same again."""
        went, seen = self._rerun(test, (), float(10**6))
        run = None if seen is None else seen.run
        why = ""
        if run is None or went != "passed":
            why = f"it passes once and then not again: {went}"
        elif kinds_of(run.calls) != kinds_of(recorded.calls):
            why = f"it does not make the same calls each time: {_differing(recorded, run)}"
        else:
            self._plain[test] = run
        elsewhere = sum(call.site is None for call in recorded.calls)
        state = "left out" if why else "swept"
        self.tests[test] = {
            "name": test,
            "state": state,
            "why": why,
            "calls": len(recorded.calls),
            "elsewhere": elsewhere,
        }

    def _try(self, point: Point) -> Tried:
        key = _key_of(point)
        if key in self._known:
            return _read_tried(point, self._known[key])
        plain = self._plain[point.test]
        judgement, run = self._judged(point, plain)
        if judgement.outcome in FINDINGS and judgement.outcome != "hung":
            again, _ = self._judged(point, plain)
            if again.outcome != judgement.outcome:
                why = f"once {judgement.outcome} ({judgement.why}), and then {again.outcome}"
                judgement = Judgement("unstable", why)
        below: tuple[Point, ...] = ()
        if run is not None and len(point.faults) < self._wanted.depth:
            below = tuple(self._search.points_below(point, plain.calls, run.calls))
        tried = Tried(point, judgement, 0.0 if run is None else run.seconds, below)
        self._journal.note(key, _written_tried(tried))
        return tried

    def _judged(self, point: Point, plain: Run) -> tuple[Judgement, Run | None]:
        hang = self._wanted.hang
        limit = limit_of(plain.seconds, point.faults, hang)
        went, seen = self._rerun(point.test, point.faults, limit)
        if seen is None or seen.run is None:
            return Judgement("unstable", seen.problem if seen else went), None
        return judge(plain, seen.run, point.faults, hang), seen.run

    def documents(self) -> list[PointDocument]:
        """Give what was tried. What never happened is left out: a last page cannot be empty."""
        groups: dict[object, list[Tried]] = {}
        for tried in self._tried:
            groups.setdefault((tried.point.test, tried.point.faults[-1].place), []).append(tried)
        documents: list[PointDocument] = []
        for group in groups.values():
            marked = mark_narrow([(tried.point.faults, tried.judgement) for tried in group])
            documents.extend(
                self._document(tried._replace(judgement=judgement))
                for tried, judgement in zip(group, marked, strict=True)
                if not _is_void(tried)
            )
        return documents

    def _document(self, tried: Tried) -> PointDocument:
        point, judgement = tried.point, tried.judgement
        fault = point.faults[-1]
        spec = written(point.faults)
        document: PointDocument = {
            "test": point.test,
            "service": fault.place.service,
            "operation": fault.place.operation,
            "call": fault.place.call,
            "fault": fault.name,
            "faults": [str(each) for each in point.faults],
            "spec": spec,
            "does": in_words(fault),
            "outcome": judgement.outcome,
            "why": judgement.why,
            "flags": list(judgement.flags),
            "site": point.site,
            "client": point.client,
            "expected": is_expected(self._expected(point.test), point.faults, judgement.outcome),
            "known": False,
            "seconds": round(tried.seconds, 3),
            "replay": self._replay(point.test, spec),
        }
        document["known"] = identity(document) in self._wanted.known
        return document


def _differing(one: Run, other: Run) -> str:
    """Name the operations that two runs call differently often."""
    first, second = Counter(kinds_of(one.calls)), Counter(kinds_of(other.calls))
    differing = [kind for kind in sorted(first | second) if first[kind] != second[kind]]
    return ", ".join(
        f"{service}:{operation} {first[service, operation]} and then {second[service, operation]}"
        for service, operation in differing[:MAX_NAMED]
    )


def _is_void(tried: Tried) -> bool:
    return tried.judgement.outcome == "unreached" and tried.point.faults[-1].name in (
        "empty",
        "partial",
        "short",
    )


def told(tried: Tried) -> str:
    """Tell of a finding in one line."""
    point, judgement = tried.point, tried.judgement
    return f"{judgement.outcome}: {point.test} {written(point.faults)}: {judgement.why}"


def _key_of(point: Point) -> str:
    return f"{point.test} {written(point.faults)}"


def _written_tried(tried: Tried) -> dict[str, object]:
    return {
        "judgement": list(tried.judgement),
        "found": tried.judgement.outcome in FINDINGS,
        "seconds": tried.seconds,
        "below": [[written(point.faults), point.site, point.client] for point in tried.below],
    }


def _read_tried(point: Point, value: Mapping[str, Any]) -> Tried:
    outcome, why, flags = value["judgement"]
    below = tuple(Point(point.test, read_faults(spec), *made) for spec, *made in value["below"])
    return Tried(point, Judgement(outcome, why, tuple(flags)), value["seconds"], below)
