"""Failure coverage: which calls of an application have met a failure, and what came of it."""

from typing import Literal, get_args

from typing_extensions import TypedDict

VERSION = 1
"""Of the form of a report that is kept as JSON."""

FailureKind = Literal["throttled", "failed", "timedOut", "cut", "partial", "doneButFailed"]
"""How an outage failed a call. ``throttled``: the caller is told to slow down. ``failed``: any other
error. ``timedOut``: no answer in time, or an error that says so. ``cut``: the connection or the body of
the answer broke. ``partial``: some entries of a batch. ``doneButFailed``: one of these although the
operation was carried out."""

FAILURE_KINDS: tuple[FailureKind, ...] = get_args(FailureKind)


class SiteCoverage(TypedDict):
    """What is known of one operation that one line of the application calls. All figures are calls,
    each with all its attempts.
    """

    file: str
    """Relative to the root of the run; empty where no line of the application is known."""
    line: int
    service: str
    operation: str
    calls: int
    met: int
    """How many met a failure."""
    failures: dict[FailureKind, int]
    """How many met one of that kind; one that met two counts in both."""
    retried: int
    """How many of those that met one were tried again, by the SDK or by the application."""
    recovered: int
    """How many of those that met one got through in the end."""
    surfaced: int
    """For how many of those that met one the application got an error, or an answer that names
    entries that failed."""
    flags: dict[str, int]
    """What verdicts say is wrong with them."""
    tests: list[str]
    """Tests in which it met one, some of them."""


class CoverageTotals(TypedDict):
    """All sites together. A site is one operation that one line calls."""

    sites: int
    metSites: int
    """How many met a failure at least once."""
    percent: float | None
    """How many of a hundred; None where there are no sites."""
    calls: int
    met: int
    failures: dict[FailureKind, int]
    retried: int
    recovered: int
    surfaced: int


class FailureCoverage(TypedDict):
    """The report of a run."""

    version: int
    time: str
    """When it was made, RFC 3339."""
    totals: CoverageTotals
    sites: list[SiteCoverage]
    """By file and line."""
    leftOut: int
    """How many calls were left out because tests made them, and not the application."""
    missing: list[str]
    """What the figures lack, in sentences; nothing where they are whole."""
