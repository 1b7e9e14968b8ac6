"""The report of a test run: registered as a plugin of its own where ``--outages-report`` asks for it."""

import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Advice
    from localstack_outages.schema.effort_report import Subject

    from .client import TestOutages

_OUTPUT = "outages_report"
"""What a worker of xdist hands to the controller when it ends."""

WAIT_SECONDS = 45
"""So long the end of a run waits for efforts that are undecided: for 30 s after a failure an
application may try again."""


class EffortReporter:
    """Notes the tests with outages, and writes the report at the end of the run.

    :param path: where to write it; its end says in which form
    :param outages_of: gives what a test has done to AWS; None where nothing
    :param is_worker: whether the process is a worker of xdist, which leaves the writing to another
    """

    def __init__(
        self,
        path: str,
        outages_of: "Callable[[pytest.Item], TestOutages | None]",
        *,
        is_worker: bool,
    ) -> None:
        self._path = path
        self._outages_of = outages_of
        self._is_worker = is_worker
        self._begin = time.monotonic()
        self._tests: dict[str, tuple[str, Subject]] = {}
        """By the name of the test: who owns its rules, and what is told of it."""
        self._endpoint = ""
        self._subjects: list[Subject] = []
        self._advice: dict[str, Advice] = {}
        self._written = False
        self._missing = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Take note of a test: how it went, and what it asked for."""
        report = yield
        outages = self._outages_of(item)
        if outages is not None and report.when == "call":
            self._endpoint = outages.endpoint
            self._tests[item.nodeid] = (
                outages.owner,
                {
                    "name": item.nodeid,
                    "outcome": report.outcome,
                    "seconds": round(report.duration, 3),
                    "asked": outages.asked(),
                    "verdicts": [],
                },
            )
        elif item.nodeid in self._tests and report.failed:
            self._tests[item.nodeid][1]["outcome"] = "failed"
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of xdist has collected."""
        told = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if told:
            self._take(*told)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Ask how applications dealt with the outages, and write the report."""
        if self._tests:
            self._judge()
        if self._is_worker:
            output = session.config.workeroutput  # type: ignore[attr-defined] # set by xdist
            output[_OUTPUT] = [self._endpoint, self._subjects, list(self._advice.values())]
            return
        from localstack_outages.client.effort_reports import make_report
        from localstack_outages.explain.effort_report.forms import FORMS

        subjects = sorted(self._subjects, key=lambda subject: subject["name"])
        report = make_report(self._endpoint, subjects, advice=self._advice.values())
        Path(self._path).write_text(FORMS.of(self._path)(report), encoding="utf-8")
        self._written = True

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where the report is, and what it lacks."""
        if self._written:
            terminalreporter.write_line(f"outages: the report is {self._path}{self._missing}")

    def _judge(self) -> None:
        from localstack_outages.client.client import OutagesClient
        from localstack_outages.client.effort_reports import MAX_EFFORTS
        from localstack_outages.client.rule_like import ALL
        from localstack_outages.schema.errors import OutagesError

        since = time.monotonic() - self._begin + 1
        subjects = [subject for _, subject in self._tests.values()]
        advice: list[Advice] = []
        try:
            with OutagesClient(self._endpoint, account=ALL) as client:
                document = client.verdicts(MAX_EFFORTS, since=f"{since:.0f}s", wait=WAIT_SECONDS)
        except OutagesError as e:  # the tests went as they went
            self._missing = f", without verdicts: {e}"
        else:
            advice = document["advice"]
            for verdict in document["verdicts"]:
                for owner, subject in self._tests.values():
                    if any(f"{one} ".startswith(f"{owner} ") for one in verdict["owners"]):
                        subject["verdicts"].append(verdict)
        flags = {f for subject in subjects for v in subject["verdicts"] for f in v["flags"]}
        self._take(self._endpoint, subjects, [one for one in advice if one["flag"] in flags])

    def _take(self, endpoint: str, subjects: "list[Subject]", advice: "list[Advice]") -> None:
        self._endpoint = self._endpoint or endpoint
        self._subjects.extend(subjects)
        for one in advice:
            self._advice.setdefault(one["flag"], one)
