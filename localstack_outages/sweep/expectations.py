"""What a project accepts: outcomes that a marker or the ini file expects, and findings that are known."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .document import read_document
from .oracle import OUTCOMES
from .points import Faults

MARKER = "outages_sweep"
INI = "outages_sweep_expect"
BASELINE = ".outages-sweep.json"
"""The report of an earlier sweep, in the folder of the ini file: what it found is known."""

Expected = tuple[tuple[str, tuple[str, ...]], ...]
"""Globs on ``service:Operation#call=fault``, each with the outcomes that are accepted."""


def read_expected(given: object) -> Expected:
    """Read what is expected.

    :param given: outcomes by glob: ``{"sqs:*": "surfaced"}``
    :raises ValueError: where it is not of that form
    """
    if not isinstance(given, Mapping):
        raise ValueError(  # noqa: TRY004 - the caller asks for one kind of error
            f"expect: {given!r} is no mapping such as {{'sqs:*': 'surfaced'}}"
        )
    found = []
    for glob, value in given.items():
        outcomes = (value,) if isinstance(value, str) else tuple(value)
        for outcome in outcomes:
            if outcome not in OUTCOMES:
                raise ValueError(
                    f"expect: {outcome!r} is no outcome; it is one of {', '.join(OUTCOMES)}"
                )
        found.append((str(glob), outcomes))
    return tuple(found)


def problem_of(args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
    """Say what is wrong with a marker; nothing where it is valid."""
    if args or set(kwargs) != {"expect"}:
        return f"@pytest.mark.{MARKER}: it takes 'expect' by name"
    try:
        read_expected(kwargs["expect"])
    except ValueError as e:
        return f"@pytest.mark.{MARKER}: {e}"
    return ""


def read_lines(lines: Iterable[str]) -> Expected:
    """Read the lines of the ini file: ``sqs:* = surfaced``.

    :raises ValueError: where one is not of that form
    """
    given: dict[str, tuple[str, ...]] = {}
    for line in lines:
        glob, is_there, outcomes = line.rpartition(" = ")
        if not is_there:
            raise ValueError(f"{line!r} is not of the form 'sqs:* = surfaced'")
        given[glob.strip()] = tuple(outcomes.replace(",", " ").split())
    return read_expected(given)


def read_outcomes(text: str) -> frozenset[str]:
    """Read the outcomes that a sweep fails on: ``masked,silent``, or ``none``.

    :raises ValueError: where one is no outcome
    """
    outcomes = frozenset(text.replace(",", " ").split())
    for outcome in sorted(outcomes - {"none"}):
        if outcome not in OUTCOMES:
            raise ValueError(
                f"{outcome!r} is no outcome; it is one of {', '.join(OUTCOMES)}, or none"
            )
    return outcomes


def is_expected(expected: Expected, faults: Faults, outcome: str) -> bool:
    """Whether an outcome is accepted. A glob may leave out the call and the fault."""
    fault = faults[-1]
    names = (
        f"{fault.place.service}:{fault.place.operation}",
        f"{fault.place.service}:{fault.place.operation}={fault.name}",
        str(fault.place),
        str(fault),
    )
    return any(
        outcome in outcomes and any(fnmatchcase(name, glob) for name in names)
        for glob, outcomes in expected
    )


def known_findings(
    folder: Path, option: str = "--outages-sweep-report"
) -> frozenset[tuple[str, str, str]]:
    """Give what an earlier sweep found, see ``identity``.

    :param option: what writes such a file
    :raises ValueError: where the file is there, and is no report of a sweep
    """
    path = folder / BASELINE
    if not path.exists():
        return frozenset()
    try:
        findings = read_document(path)["findings"]
    except ValueError as e:
        raise ValueError(f"{e}; write one with {option} {BASELINE}") from None
    return frozenset(map(identity, findings))


def identity(found: Mapping[str, Any]) -> tuple[str, str, str]:
    """Give what makes a finding the same in another run: the test, what fails, and the outcome."""
    return found["test"], found["spec"], found["outcome"]
