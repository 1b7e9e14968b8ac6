"""The options of failure coverage, and what they register: the rest is loaded only where one asks for it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from .call_sites import CallSites
    from .run import Run

_OPTIONS = ("outages_coverage", "outages_coverage_report", "outages_coverage_fail_under")
"""Each asks for coverage."""


def add_coverage_options(parser: "pytest.Parser", group: Any) -> None:
    """Add the options, on the command line and in the ini file."""
    group.addoption(
        "--outages-coverage",
        action="store_true",
        help="tell which calls of the application met a failure, and what came of it",
    )
    group.addoption(
        "--outages-coverage-report",
        metavar="FILE",
        action="append",
        default=[],
        help="write failure coverage as a page (.html), as .json, or as Cobertura's .xml; html, json "
        "or xml alone mean the usual file; may be given several times",
    )
    group.addoption(
        "--outages-coverage-fail-under",
        metavar="PERCENT",
        help="fail where less of the call sites met a failure",
    )
    parser.addini("outages_coverage", "as --outages-coverage", type="bool", default=False)
    parser.addini("outages_coverage_report", "as --outages-coverage-report", type="args")
    parser.addini("outages_coverage_fail_under", "as --outages-coverage-fail-under")
    parser.addini(
        "outages_coverage_omit",
        "globs of files whose calls are left out of failure coverage; "
        "by default those of tests, unless no other file makes any",
        type="args",
    )


def register_coverage(
    config: "pytest.Config", run: "Run", call_sites: "Callable[[pytest.Config], CallSites]"
) -> None:
    """Register what the options ask for.

    :param call_sites: gives what notes the calls of this process
    :raises pytest.UsageError: where one is not valid
    """
    is_asked = config.getini("outages_coverage") or any(
        config.getoption(option) not in (None, False, []) for option in _OPTIONS
    )
    if not is_asked or config.getoption("collectonly"):
        return
    from .coverage import FailureCoverageReporter, read_settings

    reporter = FailureCoverageReporter(
        read_settings(config), call_sites(config), lambda: run.endpoint, is_worker=run.is_worker
    )
    config.pluginmanager.register(reporter, "outages-coverage")
