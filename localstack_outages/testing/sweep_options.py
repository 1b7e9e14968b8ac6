"""The options of the sweep, and what they register: the sweep itself is loaded only where one asks for it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from .call_sites import CallSites
    from .sweep.plugin import OutagesOf

DESCRIPTION = 'outages_sweep(expect={"sqs:*": "surfaced"}): what --outages-sweep may find at this test\'s calls'
"""Of the marker."""

SWEEP = "outages-sweep"
"""The name of the plugin that is registered."""

FAIL_ON = "masked,silent,hung"


def add_options(parser: "pytest.Parser", group: Any) -> None:
    """Add the options, on the command line and in the ini file."""
    group.addoption(
        "--outages-sweep",
        action="store_true",
        help="when all tests have passed, fail each of their AWS calls in turn, and tell what the "
        "application makes of it",
    )
    group.addoption(
        "--outages-replay",
        metavar="CALL=FAULT",
        help="run the test with one fault of a sweep, such as 'dynamodb:PutItem#2=internal'",
    )
    group.addoption(
        "--outages-sweep-report",
        metavar="FILE",
        action="append",
        help="write what the sweep found: .html is a page, .md for a pull request, .json to compare "
        "with, .xml for readers of JUnit's reports; may be given several times",
    )
    group.addoption(
        "--outages-sweep-all",
        action="store_true",
        help="try each call of a call site, each of the errors that come to the same, and calls that "
        "get no answer",
    )
    for name, metavar, default, help_text in (
        ("minutes", "MINUTES", "", "end the sweep after so many minutes; the next one goes on"),
        ("depth", "1|2", "1", "2: fail calls too that come only because another one failed"),
        (
            "hang",
            "SECONDS",
            "",
            "have calls get no answer, and see whether a test ends in this time",
        ),
        ("fail-on", "OUTCOMES", FAIL_ON, f"the outcomes that fail the run; by default {FAIL_ON}"),
    ):
        group.addoption(f"--outages-sweep-{name}", metavar=metavar, help=help_text)
        parser.addini(f"outages_sweep_{name.replace('-', '_')}", help_text, default=default)
    parser.addini(
        "outages_sweep_expect", "outcomes that are accepted: 'sqs:* = surfaced'", "linelist"
    )


def register_sweep(
    config: "pytest.Config",
    outages_of: "OutagesOf",
    call_sites: "Callable[[pytest.Config], CallSites]",
) -> None:
    """Register what the options ask for.

    :param outages_of: gives the client of a test
    :param call_sites: gives what notes the calls of this process

    :raises pytest.UsageError: where one is not valid
    """
    if config.getoption("outages_sweep") or config.getoption("outages_replay") is not None:
        from .sweep.register import make_plugin

        config.pluginmanager.register(make_plugin(config, outages_of, call_sites(config)), SWEEP)
