"""Failure coverage of a test run: registered as a plugin of its own where ``--outages-coverage`` asks for
it.

The calls are those that botocore made in this process; whether an outage met them is read from the
journal of the host. Both know a call by its invocation id.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from localstack_outages.explain.failure_coverage.figures import make_coverage, percent_told
from localstack_outages.explain.failure_coverage.forms import FORMS, file_of
from localstack_outages.explain.failure_coverage.table import table

from .coverage_join import CoverageJoin

if TYPE_CHECKING:
    from localstack_outages.schema.failure_coverage import FailureCoverage, SiteCoverage

    from .call_sites import CallSites

_OUTPUT = "outages_coverage"
"""What a worker of xdist hands to the controller when it ends."""


class Settings(NamedTuple):
    """What is asked for."""

    files: list[str]
    """Where to write reports; the end of a name says in which form."""
    fail_under: float
    """The run fails below so many per cent."""
    omit: list[str]
    """Globs of files whose calls are left out."""
    tests: list[str]
    """Globs of files whose calls count only where no other file makes any."""


def read_settings(config: pytest.Config) -> Settings:
    """Read options and ini file.

    :raises pytest.UsageError: where one is not valid
    """
    reports: list[str] = config.getoption("outages_coverage_report")
    asked: str | None = config.getoption("outages_coverage_fail_under")
    try:
        files = [file_of(name) for name in reports or config.getini("outages_coverage_report")]
    except ValueError as e:
        raise pytest.UsageError(f"--outages-coverage-report: {e}") from None
    below = asked if asked is not None else config.getini("outages_coverage_fail_under")
    omit: list[str] = config.getini("outages_coverage_omit")
    tests = [] if omit else [*config.getini("python_files"), "conftest.py"]
    return Settings(files, _percent(below), omit, tests)


def _percent(text: str) -> float:
    try:
        percent = float(text or 0)
    except ValueError:
        percent = -1
    if not 0 <= percent <= 100:
        raise pytest.UsageError(
            f"--outages-coverage-fail-under: {text!r} is no percentage; write a number from 0 to 100"
        )
    return percent


class FailureCoverageReporter:
    """Works out which calls met a failure, and tells it at the end of the run.

    :param settings: what is asked for
    :param sites: what notes the calls of this process
    :param endpoint_of: gives the host that the tests use; None where they use none
    :param is_worker: whether the process is a worker of xdist, which leaves the telling to another
    """

    def __init__(
        self,
        settings: Settings,
        sites: "CallSites",
        endpoint_of: Callable[[], str | None],
        *,
        is_worker: bool,
    ) -> None:
        self._settings = settings
        self._is_worker = is_worker
        self._join = CoverageJoin(sites, endpoint_of)
        self._found: list[SiteCoverage] = []
        self._missing: list[str] = []
        self._report: FailureCoverage | None = None
        self._is_below = False

    def pytest_runtest_logfinish(self) -> None:
        """Read the journal now and then."""
        self._join.read_where_due()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of xdist has found."""
        told = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if told is None:
            self._missing.append(
                f"The calls of worker {node.gateway.id}, which crashed, are missing."
            )
        else:
            self._found.extend(told[0])
            self._missing.extend(told[1])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Work out the figures and write the reports; fail the run where too little is covered."""
        self._join.read()
        self._found.extend(self._join.sites())
        self._missing.extend(self._join.missing())
        if self._is_worker:
            output = session.config.workeroutput  # type: ignore[attr-defined] # set by xdist
            output[_OUTPUT] = [self._found, self._missing]
            return
        omit, tests = self._settings.omit, self._settings.tests
        self._report = make_coverage(self._found, self._missing, omit=omit, tests=tests)
        self._write(self._report, session.config.rootpath)
        percent = self._report["totals"]["percent"] or 0
        self._is_below = percent < self._settings.fail_under
        if self._is_below and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the table, as coverage.py does."""
        if self._report is None:
            return
        terminalreporter.section("failure coverage")
        if not self._report["sites"]:
            terminalreporter.write_line("No call by botocore was seen in the process of the tests.")
        for line in table(self._report) if self._report["sites"] else self._report["missing"]:
            terminalreporter.write_line(line)
        for file in self._settings.files:
            terminalreporter.write_line(f"Failure coverage is written to {file}")
        if self._settings.fail_under:
            self._tell_limit(terminalreporter, self._report["totals"]["percent"])

    def _tell_limit(self, terminalreporter: Any, percent: float | None) -> None:
        told = percent_told(percent) if percent is None else f"{percent:g}%"
        below = f"{self._settings.fail_under:g}%"
        if self._is_below:
            line = f"FAIL Required failure coverage of {below} not reached. Total: {told}"
            terminalreporter.write_line(line, red=True, bold=True)
        else:
            line = f"Required failure coverage of {below} reached. Total: {told}"
            terminalreporter.write_line(line, green=True)

    def _write(self, report: "FailureCoverage", root: Path) -> None:
        names = {site["file"] for site in report["sites"] if site["file"]}
        sources = {name: lines for name in names if (lines := _lines_of(root / name)) is not None}
        for name in self._settings.files:
            file = Path(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(FORMS.of(name)(report, sources), encoding="utf-8")


def _lines_of(file: Path) -> list[str] | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
