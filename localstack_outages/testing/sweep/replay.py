"""The hooks of ``--outages-replay``: a test runs with a fault, fails as in the sweep, and tells why."""

from collections.abc import Generator
from typing import Any

import pytest

from localstack_outages.sweep.faults import in_words
from localstack_outages.sweep.limits import limit_of
from localstack_outages.sweep.oracle import FINDINGS, OUTCOMES, Judgement, judge
from localstack_outages.sweep.points import Faults, written
from localstack_outages.sweep.run import Run
from localstack_outages.sweep.sweeping import Observation
from localstack_outages.testing.call_sites import CallSites

from .observing import Observer, call_at
from .plugin import OutagesOf
from .rerunning import Reruns, how_it_went

_TITLE = "outages replay"


class Replayer:
    """Runs each test without a fault, out of sight, and then with it.

    :param faults: what fails
    :param outages_of: gives the client of a test
    :param hang: how many seconds a test may take longer where a call gets no answer
    """

    def __init__(
        self, faults: Faults, outages_of: OutagesOf, sites: CallSites, hang: float | None
    ) -> None:
        self._replayed, self._outages_of, self._hang = faults, outages_of, hang
        self._observer = Observer(sites)
        self._reruns = Reruns()
        self._faults: Faults = ()
        self._plain: Run | None = None
        self._seen: Observation | None = None
        self._told = ""
        self._lines: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        """Run a test without the fault; pytest itself does the rest."""
        if self._reruns.is_running:
            return self._reruns.protocol(item, nextitem)
        self._faults, self._told, self._seen = (), "", None
        self._reruns.run(item)
        went = how_it_went(self._reruns.reports)
        plain: Observation | None = self._seen
        self._plain = None if plain is None or went != "passed" else plain.run
        self._told = (
            "" if self._plain else f"the test does not pass without the fault either: {went}"
        )
        self._faults, self._seen = self._replayed, None
        self._reruns.is_fresh_wanted = True
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give a run an account of its own."""
        self._reruns.make_fresh(item)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch a test, and fail it where it passes although it should not."""
        __tracebackhide__ = True
        outages = self._outages_of(item)
        if outages is None:
            return (yield)
        if self._faults:
            outages.injected = written(self._faults)
        plain, hang = self._plain, self._hang
        limit = 10.0**6 if plain is None else limit_of(plain.seconds, self._faults, hang)
        with self._observer.watching(outages, self._faults, limit) as seen:
            self._seen = seen
            result = yield
        judgement = self._judgement()
        if judgement is not None and judgement.outcome in (*FINDINGS, "unreached"):
            pytest.fail(f"{judgement.outcome}: {judgement.why}", pytrace=False)
        return result

    def _judgement(self) -> Judgement | None:
        run = self._seen.run if self._seen else None
        if self._plain is None or run is None or not self._faults:
            return None
        return judge(self._plain, run, self._faults, self._hang)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell with the report what failed, where, and what it came to."""
        report = yield
        if call.when == "call" and self._faults and not self._reruns.is_running:
            told = "\n".join(self._description())
            report.sections.append((_TITLE, told))
            if report.passed:
                self._lines.extend((item.nodeid, *told.splitlines()))
        return report

    def _description(self) -> "list[str]":
        run = self._seen.run if self._seen else None
        lines = [self._told] if self._told else []
        for fault in self._replayed:
            call = None if run is None else call_at(run.calls, (fault,))
            lines.append(f"fault:   {fault}: {in_words(fault)}")
            lines.append(f"site:    {(call and call.site) or 'not in this process'}")
            if call is not None:
                ended = f", last {call.error}" if call.error else ""
                lines.append(f"call:    {call.attempts} attempts{ended}")
        judgement = self._judgement()
        if judgement is not None and run is not None:
            flags = f" ({', '.join(judgement.flags)})" if judgement.flags else ""
            lines.append(f"outcome: {judgement.outcome}{flags}: {judgement.why}")
            lines.append(f"         {judgement.outcome}: {OUTCOMES[judgement.outcome]}")
            lines.extend(f"logged:  {text}" for text in run.logged)
            lines.append(f"verdict: {', '.join(run.flags) or 'no flags'}; {run.lost} entries lost")
        elif self._seen is not None and self._seen.problem:
            lines.append(self._seen.problem)
        if self._seen is not None and self._seen.explanation:
            lines.extend(("", self._seen.explanation))
        return lines

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell of tests that pass with the fault."""
        if self._lines:
            terminalreporter.section(_TITLE)
            for line in self._lines:
                terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """Leave botocore as it was."""
        self._observer.close()
