"""Failure coverage in the terminal, in the manner of coverage.py."""

from collections.abc import Iterable, Iterator

from localstack_outages.schema.failure_coverage import (
    FAILURE_KINDS,
    CoverageTotals,
    FailureCoverage,
    SiteCoverage,
)

from .figures import percent_told

KIND_WORDS = {
    "throttled": "throttled",
    "failed": "failed",
    "timedOut": "timed out",
    "cut": "cut",
    "partial": "partial",
    "doneButFailed": "done but failed",
}
_HEAD = (
    "Call site",
    "Operation",
    "Calls",
    "Failures met",
    "Retried",
    "Recovered",
    "Surfaced",
    "Cover",
)
_LEFT = (0, 1, 3)
"""The columns of text."""


def table(report: FailureCoverage) -> Iterator[str]:
    """Write a report, line by line."""
    totals = report["totals"]
    rows = [_HEAD, *map(_row, report["sites"]), _last(totals)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    yield _line(rows[0], widths)
    yield rule
    for row in rows[1:-1]:
        yield _line(row, widths)
    yield rule
    yield _line(rows[-1], widths)
    yield from notes(report)


def notes(report: FailureCoverage) -> Iterator[str]:
    """Say what the figures leave out."""
    if report["leftOut"]:
        calls = "call that tests made" if report["leftOut"] == 1 else "calls that tests made"
        yield f"Left out: {report['leftOut']} {calls} themselves."
    yield from report["missing"]


def site_told(site: SiteCoverage) -> str:
    """Write where a call is made: ``app.py:12``."""
    return f"{site['file']}:{site['line']}" if site["file"] else "(no line known)"


def failures_told(figures: SiteCoverage | CoverageTotals) -> str:
    """Write which failures were met: ``2 throttled, 1 cut``."""
    found = figures["failures"]
    return ", ".join(f"{found[kind]} {KIND_WORDS[kind]}" for kind in FAILURE_KINDS if kind in found)


def _row(site: SiteCoverage) -> tuple[str, ...]:
    met = site["met"] > 0
    came = (site["retried"], site["recovered"], site["surfaced"])
    return (
        site_told(site),
        f"{site['service']}.{site['operation']}",
        str(site["calls"]),
        failures_told(site) or "none",
        *(str(count) if met else "" for count in came),
        "met" if met else "not met",
    )


def _last(totals: CoverageTotals) -> tuple[str, ...]:
    return (
        "TOTAL",
        f"{totals['metSites']} of {totals['sites']} met",
        str(totals["calls"]),
        f"{totals['met']} call{'' if totals['met'] == 1 else 's'}" if totals["met"] else "none",
        str(totals["retried"]),
        str(totals["recovered"]),
        str(totals["surfaced"]),
        percent_told(totals["percent"]),
    )


def _line(row: Iterable[str], widths: list[int]) -> str:
    cells = (
        cell.ljust(width) if number in _LEFT else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()
