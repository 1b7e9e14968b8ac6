"""Puts failure coverage together from what several processes have seen."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import TypeVar

from localstack_outages.schema.failure_coverage import (
    FAILURE_KINDS,
    VERSION,
    CoverageTotals,
    FailureCoverage,
    SiteCoverage,
)

MAX_TESTS = 5
"""How many tests of a site are named."""

_Key = TypeVar("_Key", bound=str)


def make_coverage(
    sites: Iterable[SiteCoverage],
    missing: Iterable[str] = (),
    *,
    omit: Iterable[str] = (),
    tests: Iterable[str] = (),
) -> FailureCoverage:
    """Put a report together.

    :param sites: of all processes; those of the same line and operation are added up
    :param missing: what the figures lack, in sentences
    :param omit: globs of files that are not the application's
    :param tests: globs of files whose calls count only where no other file makes any
    """
    merged = merge(sites)
    patterns = tuple(omit)
    kept = [site for site in merged if not is_of(site["file"], patterns)]
    patterns = tuple(tests)
    of_application = [site for site in kept if not is_of(site["file"], patterns)]
    kept = of_application or kept
    return {
        "version": VERSION,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "totals": totals_of(kept),
        "sites": kept,
        "leftOut": sum(site["calls"] for site in merged) - sum(site["calls"] for site in kept),
        "missing": list(dict.fromkeys(missing)),
    }


def merge(sites: Iterable[SiteCoverage]) -> list[SiteCoverage]:
    """Add up what is of the same line and operation; sorted by file and line."""
    found: dict[tuple[str, int, str, str], SiteCoverage] = {}
    for site in sites:
        key = (site["file"], site["line"], site["service"], site["operation"])
        found[key] = _sum(found[key], site) if key in found else site
    return [found[key] for key in sorted(found)]


def totals_of(sites: list[SiteCoverage]) -> CoverageTotals:
    """Add up all sites."""
    met = sum(site["met"] > 0 for site in sites)
    return {
        "sites": len(sites),
        "metSites": met,
        "percent": round(100 * met / len(sites), 2) if sites else None,
        "calls": sum(site["calls"] for site in sites),
        "met": sum(site["met"] for site in sites),
        "failures": {
            kind: count
            for kind in FAILURE_KINDS
            if (count := sum(site["failures"].get(kind, 0) for site in sites))
        },
        "retried": sum(site["retried"] for site in sites),
        "recovered": sum(site["recovered"] for site in sites),
        "surfaced": sum(site["surfaced"] for site in sites),
    }


def percent_told(percent: float | None) -> str:
    """Write a share as coverage.py does: 0 % and 100 % only where it is exactly that."""
    if percent is None:
        return "-"
    return f"{round(percent) if percent in (0, 100) else min(99, max(1, round(percent)))}%"


def is_of(file: str, patterns: Iterable[str]) -> bool:
    """Say whether a file matches one of some globs, by its name or by its path."""
    return any(
        fnmatch(file, pattern) or fnmatch(PurePosixPath(file).name, pattern) for pattern in patterns
    )


def _sum(one: SiteCoverage, other: SiteCoverage) -> SiteCoverage:
    return {
        **one,
        "calls": one["calls"] + other["calls"],
        "met": one["met"] + other["met"],
        "failures": _added(one["failures"], other["failures"]),
        "retried": one["retried"] + other["retried"],
        "recovered": one["recovered"] + other["recovered"],
        "surfaced": one["surfaced"] + other["surfaced"],
        "flags": _added(one["flags"], other["flags"]),
        "tests": list(dict.fromkeys([*one["tests"], *other["tests"]]))[:MAX_TESTS],
    }


def _added(one: Mapping[_Key, int], other: Mapping[_Key, int]) -> dict[_Key, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}
