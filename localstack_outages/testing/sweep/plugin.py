"""The hooks of a sweep: tests run once and are recorded; when all have run, their calls fail one by one."""

import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from localstack_outages.sweep.document import (
    PointDocument,
    SweepDocument,
    TestDocument,
    counted,
    is_finding,
    make_document,
)
from localstack_outages.sweep.expectations import MARKER, Expected, problem_of, read_expected
from localstack_outages.sweep.journal import Journal, state_of
from localstack_outages.sweep.named_codes import names_in, source_files
from localstack_outages.sweep.points import Faults, written
from localstack_outages.sweep.report import FORMS, terminal_lines
from localstack_outages.sweep.run import Run
from localstack_outages.sweep.search import Search
from localstack_outages.sweep.sweeping import Observation, Sweep, Wanted
from localstack_outages.testing.call_sites import CallSites

from .observing import Observer
from .rerunning import Reruns, how_it_went

if TYPE_CHECKING:
    from localstack_outages.testing.client import TestOutages

_OUTPUT = "outages_sweep"
"""What a worker of xdist hands to the controller when it ends."""

_TELL_SECONDS = 5.0
_RED = "the suite is red without faults, and a sweep would tell nothing: mend "
_NO_CALLS = (
    "no test made an AWS call that the sweep sees: have clients use the fixture outages_endpoint, or name "
    "the endpoint that they use by --outages-endpoint"
)

OutagesOf = Callable[[pytest.Item], "TestOutages | None"]


class Options(NamedTuple):
    """What the options of a sweep come to."""

    wanted: Wanted
    reports: tuple[str, ...]
    fail_on: frozenset[str]
    expected: Expected


class Sweeper:
    """Records the tests of a run, sweeps them, and reports.

    :param outages_of: gives the client of a test
    :param worker: the name of the worker of xdist that this process is; empty where it is none
    """

    def __init__(
        self,
        config: pytest.Config,
        options: Options,
        outages_of: OutagesOf,
        sites: CallSites,
        worker: str,
    ) -> None:
        self._config, self._options, self._outages_of = config, options, outages_of
        self._worker = worker
        self._observer = Observer(sites)
        self._reruns = Reruns()
        self._faults: Faults = ()
        self._limit = 10.0**6
        self._seen: dict[str, Observation] = {}
        self._left_out: dict[str, str] = {}
        self._ran: set[str] = set()
        self._red: set[str] = set()
        self._tests: list[TestDocument] = []
        self._points: list[PointDocument] = []
        self._left = 0
        self._last_told = 0.0
        self._begin = time.monotonic()
        self._document: SweepDocument | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse markers that are not valid."""
        for item in items:
            for mark in item.iter_markers(MARKER):
                if problem := problem_of(mark.args, mark.kwargs):
                    raise pytest.UsageError(f"{item.nodeid}: {problem}")

    # What runs of tests go through.

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        """Run a test that is run again out of sight."""
        return self._reruns.protocol(item, nextitem) if self._reruns.is_running else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give a run an account of its own."""
        self._reruns.make_fresh(item)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch a test."""
        outages = self._outages_of(item)
        why = self._why_not(item, outages)
        if outages is None or why:
            self._left_out[item.nodeid] = why
            return (yield)
        outages.injected = written(self._faults) or None
        with self._observer.watching(outages, self._faults, self._limit) as seen:
            self._seen[item.nodeid] = seen
            result = yield
        if not self._reruns.is_running and outages.made_outages:
            self._left_out[item.nodeid] = "it makes outages of its own"
        return result

    def _why_not(self, item: pytest.Item, outages: "TestOutages | None") -> str:
        """Say why a test cannot be swept; empty where it can, or makes no call."""
        if outages is not None and outages.marked:
            return "it makes outages of its own"
        if item.get_closest_marker("xfail") is not None:
            return "it is expected to fail"
        if outages is not None and self._worker and outages.is_for_all_accounts:
            return "it does not use outages_credentials, so that workers would hit each other"
        return ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of the tests that were run, and of those that fail without a fault."""
        self._ran.add(report.nodeid)
        if report.failed:
            self._red.add(report.nodeid)

    # The sweep.

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Sweep what was recorded, when all tests have run."""
        result = yield
        has_workers = not self._worker and self._config.getoption("dist", "no") != "no"
        if not has_workers and not self._config.option.collectonly:
            self._sweep(session)
        return result

    def _sweep(self, session: pytest.Session) -> None:
        items = {item.nodeid: item for item in session.items}
        recorded = {
            name: run for name in items if name in self._ran and (run := self._recorded(name))
        }
        if self._red or not recorded:
            return
        files = source_files(self._config.rootpath)
        state = state_of(self._options.wanted.extent, files)
        search = Search(
            names_in(files),
            everything=self._options.wanted.everything,
            hangs=self._options.wanted.hang is not None,
            is_one_of_several=bool(self._worker),
        )
        sweep = Sweep(
            self._options.wanted,
            search,
            Journal(self._folder, self._worker or "main", state),
            lambda test, faults, limit: self._rerun(items[test], faults, limit),
            lambda test: self._expected_of(items[test]),
            self._tell,
        )
        try:
            sweep.run(recorded)
        finally:
            self._tests.extend(sweep.tests.values())
            self._points, self._left = sweep.documents(), sweep.left

    def _recorded(self, name: str) -> Run | None:
        """Give the run of a test that can be swept; otherwise note why it cannot."""
        seen = self._seen.pop(name, None)
        run = None if seen is None else seen.run
        why = self._left_out.get(name) or (seen.problem if seen else "")
        if name in self._red:
            self._note(name, "red", "it fails without a fault")
        elif why:
            self._note(name, "left out", why)
        elif run is None or not run.calls:
            self._note(name, "no calls", "")
        elif run.error is not None:
            self._note(name, "left out", "it is skipped")
        else:
            return run
        return None

    def _note(self, name: str, state: str, why: str) -> None:
        self._tests.append({"name": name, "state": state, "why": why, "calls": 0, "elsewhere": 0})

    @property
    def _folder(self) -> Path:
        """Where processes keep their journals: in pytest's cache where there is one."""
        cache: pytest.Cache | None = getattr(self._config, "cache", None)
        root = self._config.rootpath
        folder = root / ".outages-sweep" if cache is None else cache.mkdir("outages-sweep")
        folder.mkdir(exist_ok=True)
        return folder

    def _rerun(
        self, item: pytest.Item, faults: Faults, limit: float
    ) -> tuple[str, Observation | None]:
        self._faults, self._limit = faults, limit
        self._seen.pop(item.nodeid, None)
        self._reruns.run(item)
        return how_it_went(self._reruns.reports), self._seen.pop(item.nodeid, None)

    def _expected_of(self, item: pytest.Item) -> Expected:
        marks = (mark.kwargs.get("expect", {}) for mark in item.iter_markers(MARKER))
        return (*(one for given in marks for one in read_expected(given)), *self._options.expected)

    def _tell(self, sweep: Sweep, finding: str) -> None:
        """Say how far it is, and what was found."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or self._worker:
            return
        if not self._last_told:
            reporter.write_line("")
        if finding:
            reporter.write_line(f"outages sweep: {finding}")
        now = time.monotonic()
        if now - self._last_told > _TELL_SECONDS or not sweep.left:
            self._last_told = now
            of = sweep.tried + sweep.left
            reporter.write_line(
                f"outages sweep: {sweep.tried} of {of} tried, {counted(sweep.found, 'finding')}"
            )

    # What comes of it.

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of xdist has found."""
        told = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if told:
            tests, points, left = told
            self._tests.extend(tests)
            self._points.extend(points)
            self._left += left

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports, and fail the run where there is something new."""
        if self._worker:
            output = session.config.workeroutput  # type: ignore[attr-defined] # set by xdist
            output[_OUTPUT] = [self._tests, self._points, self._left]
            return
        refused = ""
        red = sorted(test["name"] for test in self._tests if test["state"] == "red") or sorted(
            self._red
        )
        if red:
            refused = f"{_RED}{', '.join(red[:3])}{' ...' if len(red) > 3 else ''}"
        elif not any(test["state"] == "swept" for test in self._tests):
            is_left_out = any(test["state"] == "left out" for test in self._tests)
            refused = "no test can be swept" if is_left_out else _NO_CALLS
        document = self._document = make_document(
            self._tests,
            [] if refused else self._points,
            seconds=time.monotonic() - self._begin,
            left=self._left,
            refused=refused,
        )
        for path in self._options.reports:
            Path(path).write_text(FORMS.of(path)(document), encoding="utf-8")
        if self._fails(document["findings"]) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if not self._left and not refused and session.exitstatus != pytest.ExitCode.INTERRUPTED:
            Journal(self._folder, "main", "").keep_found()

    def _fails(self, findings: Iterable[PointDocument]) -> bool:
        return any(
            is_finding(point) and not point["known"] and point["outcome"] in self._options.fail_on
            for point in findings
        )

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell what was found, and where the reports are."""
        if self._document is None:
            return
        terminalreporter.section("outages sweep")
        for line in terminal_lines(self._document):
            terminalreporter.write_line(line)
        for path in self._options.reports:
            terminalreporter.write_line(f"the report is {path}")

    def pytest_unconfigure(self) -> None:
        """Leave botocore as it was."""
        self._observer.close()
