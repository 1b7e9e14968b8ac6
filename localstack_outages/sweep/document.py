"""The document of a sweep: what was tried, and what came of it. Reports are made of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .faults import KINDS, ONCE
from .oracle import FINDINGS, OUTCOMES

VERSION = 1


class PointDocument(TypedDict):
    """One run with a fault."""

    test: str
    service: str
    operation: str
    call: int
    fault: str
    faults: list[str]
    """All that failed, as ``service:Operation#call=fault``; more than one at depth 2."""
    spec: str
    """The same, as ``--outages-replay`` takes it."""
    does: str
    """What the fault does, in words."""
    outcome: str
    why: str
    flags: list[str]
    site: str | None
    client: str
    """What made the call: the SDK, its retry mode and, where that is known, how long it waits for an
    answer."""
    expected: bool
    """Whether a marker or the ini file accepts the outcome."""
    known: bool
    """Whether the baseline has it."""
    seconds: float
    replay: str
    """The command that does the same again."""


class TestDocument(TypedDict):
    """A test."""

    name: str
    state: str
    """``swept``, ``no calls``, ``left out`` or ``red``."""
    why: str
    calls: int
    elsewhere: int
    """How many of the calls another process made, or a client of another language."""


class SweepDocument(TypedDict):
    """A sweep."""

    version: int
    time: str
    seconds: float
    subject: str
    """What was swept: a ``test`` or a ``command``."""
    refused: str
    """Why nothing was tried; empty where something was."""
    planned: int
    """How many points there are."""
    left: int
    """How many of them were not tried, since the time was up."""
    outcomes: dict[str, int]
    tests: list[TestDocument]
    points: list[PointDocument]
    findings: list[PointDocument]


def read_document(path: Path) -> SweepDocument:
    """Read a report that was kept as JSON.

    :raises ValueError: where the file is none, or one of another version
    :raises OSError: where it cannot be read
    """
    data = path.read_bytes()
    try:
        document = TypeAdapter(SweepDocument).validate_json(data)
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise ValueError(f"{path} is no report of a sweep: {where}: {first['msg']}") from None
    if document["version"] != VERSION:
        raise ValueError(f"{path} is a report of version {document['version']}, not {VERSION}")
    return document


def is_finding(point: Mapping[str, Any]) -> bool:
    """Whether somebody should look at a point."""
    return point["outcome"] in FINDINGS and not point["expected"]


def make_document(
    tests: Iterable[TestDocument],
    points: Iterable[PointDocument],
    *,
    seconds: float,
    left: int = 0,
    refused: str = "",
    subject: str = "test",
) -> SweepDocument:
    """Put a document together, in an order that does not depend on who ran what when.

    :param subject: what was swept: a ``test`` or a ``command``
    """
    sorted_points = list(_once_for_each_client(sorted(points, key=_place_in_order)))
    counts = Counter(point["outcome"] for point in sorted_points)
    findings = [point for point in sorted_points if is_finding(point)]
    findings.sort(key=lambda point: FINDINGS.index(point["outcome"]))
    return {
        "version": VERSION,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "subject": subject,
        "refused": refused,
        "planned": len(sorted_points) + left,
        "left": left,
        "outcomes": {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]},
        "tests": sorted(tests, key=lambda test: test["name"]),
        "points": sorted_points,
        "findings": findings,
    }


def _once_for_each_client(points: Iterable[PointDocument]) -> Iterator[PointDocument]:
    """Leave out what is tried once for each client, where another point has it: workers of xdist do
    not know what others try.
    """
    seen: set[tuple[str, str, str]] = set()
    for point in points:
        key = point["service"], point["client"], point["fault"]
        if point["fault"] in ONCE:
            if key in seen:
                continue
            seen.add(key)
        yield point


def _place_in_order(point: PointDocument) -> tuple[Any, ...]:
    fault = point["fault"]
    number = list(KINDS).index(fault) if fault in KINDS else len(KINDS)
    place = point["test"], point["service"], point["operation"], point["call"]
    return *place, len(point["faults"]), number, point["spec"]


def summary(document: SweepDocument) -> str:
    """Tell in one line what came of a sweep."""
    if document["refused"]:
        return document["refused"]
    tried = len(document["points"])
    new = sum(not point["known"] for point in document["findings"])
    known = len(document["findings"]) - new
    states = Counter(test["state"] for test in document["tests"])
    return (
        f"{counted(new, 'finding')}{f' and {known} known' if known else ''}: "
        f"{tried} of {counted(document['planned'], 'point')} tried in "
        f"{counted(states['swept'], document['subject'])}, {document['seconds']:.0f} s"
    )


def counted(number: int, noun: str) -> str:
    """Write a number of things: ``1 test``, ``2 tests``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
