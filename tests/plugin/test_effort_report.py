"""The report of a test run that ``--outages-report`` writes."""

import json
from xml.etree import ElementTree

import pytest

from .conftest import RunPytest

TESTS = """
import pytest

def test_recovers(outages, call):
    with outages.outage("sqs", times=1):
        assert call(attempts=3) == "ok"

@pytest.mark.outage("s3")
def test_survives(call):
    assert call("s3", attempts=3) == "ok"

def test_without_outages():
    pass
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")])
def test_report_of_a_run(run_pytest: RunPytest, pytester: pytest.Pytester, workers) -> None:
    """It has each test with outages: how it went, what it asked for and how its efforts ended, and those
    of no other; with workers too.
    """
    result = run_pytest(TESTS, "--outages-report", "report.json", *workers)
    report = json.loads((pytester.path / "report.json").read_text())
    survives, recovers = sorted(report["subjects"], key=lambda one: one["outcome"])

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["outages: the report is report.json"])
    assert ["failed", "passed"] == [survives["outcome"], recovers["outcome"]]
    assert recovers["name"].endswith("::test_recovers")
    assert [1] == [one["hits"] for one in recovers["asked"]]
    assert ["recovered"] == [verdict["ending"] for verdict in recovers["verdicts"]]
    assert [("s3", "failed", 3)] == [
        (verdict["service"], verdict["ending"], verdict["attempts"])
        for verdict in survives["verdicts"]
    ]


def test_report_for_readers_of_junit(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """The name of the file says in which form it is written."""
    run_pytest(TESTS, "--outages-report", "junit.xml")
    suite = ElementTree.parse(pytester.path / "junit.xml").getroot().find("testsuite")

    assert suite is not None
    assert ("2", "1") == (suite.get("tests"), suite.get("failures"))


def test_a_name_without_a_form_is_refused(run_pytest: RunPytest) -> None:
    """Before any test runs."""
    result = run_pytest(TESTS, "--outages-report", "report.txt")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*--outages-report: 'report.txt' has no form; let it end in *"])
