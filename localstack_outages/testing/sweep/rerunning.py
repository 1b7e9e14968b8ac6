"""How a test is run again within one pytest.

The same item goes through ``pytest_runtest_protocol`` again, as pytest-rerunfailures does it, with its
reports kept from everybody else. The other way, an item of its own for each point, is not open: points are
known only once the test has run, and all workers of xdist have to collect the same items. Going through
the hook, and not only through the test function, gives each run its timers, warnings and assertion
messages. Runs come when pytest has run all tests, so that a time limit on a test is one for each run.

Fixtures of function scope are set up anew. Wider ones live on, unless they depend on
``outages_credentials``: that one is finished before each run, and pytest finishes with it whatever
depends on it, whatever its scope. So each run has an AWS account of its own, with nothing in it that
another run left behind, and an expensive fixture that has nothing to do with AWS is made once.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

CREDENTIALS = "outages_credentials"


class _Sibling(pytest.Item):
    """Stands for a next test beside one, so that pytest keeps what both would share."""

    def runtest(self) -> None:
        """Run nothing: nobody asks for it."""
        raise NotImplementedError


class Reruns:
    """Runs tests again, out of sight."""

    def __init__(self) -> None:
        self.is_running = False
        """Whether a test is run again now."""
        self.is_fresh_wanted = False
        """Whether the test that is set up next gets an account of its own."""
        self.reports: list[pytest.TestReport] = []
        """Those of the last run."""

    def run(self, item: pytest.Item) -> None:
        """Run a test once more. Its reports are in ``reports``."""
        self.reports = []
        sibling = _Sibling.from_parent(item.parent or item.session, name=f"after {item.name}")
        # What this test does not share with the one before has to go first. As a faulted run may have
        # left a mess, fixtures may fail to clean up: here and below.
        with contextlib.suppress(Exception):
            item.session._setupstate.teardown_exact(item)  # noqa: SLF001
        with _as_it_was(item):
            self.is_running = self.is_fresh_wanted = True
            try:
                item.ihook.pytest_runtest_protocol(item=item, nextitem=sibling)
            finally:
                self.is_running = False

    def protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Do what pytest does for a test, and tell nobody. For ``pytest_runtest_protocol``."""
        self.reports = runtestprotocol(item, log=False, nextitem=nextitem)
        return True

    def make_fresh(self, item: pytest.Item) -> None:
        """Finish the account of the run before, with all that depends on it. To be called before the
        fixtures of a test are set up.
        """
        if not self.is_fresh_wanted:
            return
        self.is_fresh_wanted = False
        manager: Any = item.session._fixturemanager  # noqa: SLF001 # there is no other way to it
        for definition in manager.getfixturedefs(CREDENTIALS, item) or ():
            with contextlib.suppress(Exception):
                definition.finish(item._request)  # type: ignore[attr-defined] # noqa: SLF001


@contextlib.contextmanager
def _as_it_was(item: pytest.Item) -> Iterator[None]:
    """Have a test forget what a run has left in it."""
    properties, sections = item.user_properties[:], item._report_sections[:]  # noqa: SLF001
    if isinstance(item.parent, pytest.Class):
        # Another object of the class; pytest makes it where there is none.
        vars(item).pop("_instance", None)
        vars(item).pop("_obj", None)
    try:
        yield
    finally:
        item.user_properties[:] = properties
        item._report_sections[:] = sections  # noqa: SLF001


def how_it_went(reports: list[pytest.TestReport]) -> str:
    """Give ``passed``, or what a run came to else, with the message of what broke."""
    for report in reports:
        if report.when != "teardown" and not report.passed:
            where = " in setup" if report.when == "setup" else ""
            return f"{report.outcome}{where}{_message(report)}"
    return "passed"


def _message(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = str(getattr(crash, "message", "") or "").strip().splitlines()
    return f": {lines[0][:200]}" if lines else ""
