"""The pytest plugin: outages for one test, and a LocalStack for all of them.

Nothing but pytest is imported here until a test asks for it.
"""

import os
import secrets
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .embedded import Embedded
    from .liveness import Presence
    from .testing import TestOutages

_MARKER = "outage"
_FIXTURE = "_outages_of_test"
_NEVER_HIT = "outages_never_hit"
"""The user property of a test's report, which goes from xdist's workers to the controller."""

_WORKER_INPUT = "outages_owner"
_MOST_EXPLAINED = 3
_SHARED = (
    "The workers of this run share LocalStack, and outages of other tests may have hit this one: "
    "see the fixture outages_credentials, which gives each worker an account of its own."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("outages", "outages of AWS services in LocalStack")
    group.addoption(
        "--outages-endpoint",
        metavar="URL",
        help="the LocalStack to use; by default the one that the environment names "
        "(OUTAGES_ENDPOINT, AWS_ENDPOINT_URL, LOCALSTACK_ENDPOINT, LOCALSTACK_HOST), "
        "else one is started for the run",
    )
    group.addoption(
        "--outages-strict",
        action="store_true",
        help="fail tests whose outages were never hit",
    )


class _Run:
    """What a process of a test run holds.

    :param config: of pytest
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.is_strict = bool(config.getoption("outages_strict"))
        self.embedded: Embedded | None = None
        """The LocalStack that was started for the run, where this process has asked for it."""
        self._worker_input: dict[str, Any] = getattr(config, "workerinput", {})
        self.is_worker = bool(self._worker_input)
        """Whether the process is a worker of xdist."""
        self._presence: Presence | None = None

    @property
    def presence(self) -> "Presence":
        """By which other processes know whether this one runs."""
        from .liveness import Presence

        self._presence = self._presence or Presence()
        return self._presence

    @property
    def owner(self) -> Path:
        """The lock file of the process with which the run ends."""
        given = self._worker_input.get(_WORKER_INPUT)
        return Path(given) if given else self.presence.path

    @property
    def given_endpoint(self) -> str | None:
        """The URL of LocalStack, where the options or the environment name one."""
        from .endpoint import find_endpoint, names_endpoint

        given: str | None = self.config.getoption("outages_endpoint")
        if given is None and not names_endpoint(os.environ):
            return None
        return find_endpoint(given, os.environ)

    def close(self) -> None:
        """End what the process holds, and LocalStack where it was started for it."""
        if self._presence is None:
            return
        from .embedded import wait_for_end

        self._presence.close()
        wait_for_end(self._presence.path)


_RUN = pytest.StashKey[_Run]()
_OUTAGES = pytest.StashKey["TestOutages"]()
_LOG_START = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker, and refuse an endpoint that is none."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(service, region=..., **fields): the test runs while the outage is in force; "
        "the fields are those of a rule; a list of rules is taken too",
    )
    run = config.stash[_RUN] = _Run(config)
    if config.getoption("outages_endpoint") is not None:
        try:
            run.given_endpoint  # noqa: B018 # to see whether it is valid
        except ValueError as e:
            raise pytest.UsageError(f"--outages-{e}") from None


def pytest_unconfigure(config: pytest.Config) -> None:
    """End LocalStack where it was started for the run."""
    if _RUN in config.stash:
        config.stash[_RUN].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist with which process the run ends."""
    node.workerinput[_WORKER_INPUT] = str(node.config.stash[_RUN].presence.path)


@pytest.fixture(scope="session")
def outages_endpoint(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The URL of LocalStack: the one that is given, else one that is started for the run."""
    run = request.config.stash[_RUN]
    try:
        given = run.given_endpoint
    except ValueError as e:
        raise _one_line(e) from None
    return _start(run, tmp_path_factory) if given is None else _checked(given)


def _one_line(error: Exception) -> BaseException:
    """Give a failure that shows what an error says, and not where it was raised."""
    return pytest.fail.Exception(str(error), pytrace=False)


def _start(run: _Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    from .embedded import Embedded
    from .runtime import StartError

    folder = tmp_path_factory.getbasetemp()
    if run.is_worker:  # whose folder is within that of the run
        folder = folder.parent
    embedded = Embedded(run.owner, folder / "localstack.log")
    try:
        endpoint = embedded.start()
    except StartError as e:
        raise _one_line(e) from None
    run.embedded = embedded
    return endpoint


def _checked(endpoint: str) -> str:
    from .client import OutagesClient
    from .errors import OutagesError

    try:
        with OutagesClient(endpoint) as client:
            client.status()
    except OutagesError as e:
        raise _one_line(e) from None
    return endpoint


@pytest.fixture(scope="session")
def outages_credentials() -> dict[str, str]:
    """Credentials for boto3: an AWS account that no other worker and no other run has."""
    account = f"{secrets.randbelow(9) + 1}{secrets.randbelow(10**11):011}"
    return {"aws_access_key_id": account, "aws_secret_access_key": "test"}


@pytest.fixture
def outages(_outages_of_test: "TestOutages") -> "TestOutages":
    """Makes AWS services fail until the test ends: a client of its own, with no rule yet."""
    return _outages_of_test


@pytest.fixture
def _outages_of_test(
    request: pytest.FixtureRequest, outages_endpoint: str
) -> "Iterator[TestOutages]":
    from .client import ALL
    from .errors import OutagesError
    from .testing import TestOutages, remove_leftovers

    run, item = request.config.stash[_RUN], request.node
    account = ALL
    if "outages_credentials" in request.fixturenames:
        account = request.getfixturevalue("outages_credentials")["aws_access_key_id"]
    outages = TestOutages(outages_endpoint, item.nodeid, run.presence, account)
    try:
        remove_leftovers(outages_endpoint, run.presence)
        # The closest marker comes first, and shall decide: it is put into force last.
        markers = reversed(list(item.iter_markers(_MARKER)))
        outages.marked = tuple(outages.outage(*m.args, **m.kwargs) for m in markers)
    except (OutagesError, TypeError) as e:
        raise _one_line(e) from None
    item.stash[_OUTAGES] = outages
    yield outages
    outages.end()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse markers whose rules are not valid."""
    report = yield
    items = [item for item in report.result or () if isinstance(item, pytest.Item)]
    faults = list(_faults(items))
    if report.passed and faults:
        report.outcome, report.longrepr, report.result = "failed", "\n".join(faults), []
    return report


def _faults(items: list[pytest.Item]) -> Iterator[str]:
    """Say for each marker that is not valid what is wrong, with the first test that has it."""
    seen: list[pytest.Mark] = []
    for item in items:
        for mark in item.iter_markers(_MARKER):
            if not any(mark is other for other in seen):
                seen.append(mark)
                fault = _fault(mark)
                if fault:
                    yield f"{item.nodeid}: @pytest.mark.{_MARKER}: {fault}"


def _fault(mark: pytest.Mark) -> str:
    from .client import OutagesClient
    from .errors import OutagesError

    if len(mark.args) > 1:
        return "it takes a service or a list of rules, and the other fields by name"
    try:
        OutagesClient("http://localhost").outage(*mark.args, **mark.kwargs)
    except (OutagesError, TypeError) as e:
        return str(e)
    return ""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the marker do without the fixture."""
    for item in items:
        names = getattr(item, "fixturenames", None)
        if names is not None and item.get_closest_marker(_MARKER) and _FIXTURE not in names:
            # Another list: tests that are parametrized share one.
            item.fixturenames = [*names, _FIXTURE]  # type: ignore[attr-defined]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail where the LocalStack that was started for the run has gone."""
    embedded = item.config.stash[_RUN].embedded
    if embedded is not None and _needs_localstack(item):
        item.stash[_LOG_START] = embedded.log_size
        why = embedded.why_gone()
        if why:
            pytest.fail(why, pytrace=False)


def _needs_localstack(item: pytest.Item) -> bool:
    return bool({"outages_endpoint", _FIXTURE}.intersection(getattr(item, "fixturenames", ())))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Hold the outages of markers in force, and note those that were never hit."""
    outages = item.stash.get(_OUTAGES, None)
    if outages is None:
        yield
        return
    with outages.marked_in_force():
        yield
    never_hit = _never_hit(outages)
    for rules in never_hit:
        item.user_properties.append((_NEVER_HIT, rules))
    if never_hit and item.config.stash[_RUN].is_strict:
        pytest.fail(f"outages that were never hit: {'; '.join(never_hit)}", pytrace=False)


def _never_hit(outages: "TestOutages") -> list[str]:
    from .errors import OutagesError

    try:
        return outages.never_hit()
    except OutagesError:  # the test went well without LocalStack
        return []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell with a failure what its outages did, and how LocalStack's log ends."""
    report = yield
    if report.failed:
        report.sections.extend(_sections(item, str(call.excinfo.value if call.excinfo else "")))
    return report


def _sections(item: pytest.Item, message: str) -> Iterator[tuple[str, str]]:
    """Give what the message of a failure does not say already."""
    run, outages = item.config.stash[_RUN], item.stash.get(_OUTAGES, None)
    if outages is not None:
        told = [text for text in outages.explain() if text not in message][-_MOST_EXPLAINED:]
        if run.is_worker and outages.is_for_all_accounts:
            told.append(_SHARED)
        if told:
            yield "outages", "\n\n".join(told)
    embedded = run.embedded
    if embedded is not None and _needs_localstack(item) and str(embedded.log) not in message:
        log = embedded.log_tail(item.stash.get(_LOG_START, 0))
        text = embedded.why_gone() or (log and f"the end of {embedded.log}:{log}")
        if text:
            yield "LocalStack", text


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the outages that were never hit."""
    reports = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    lines = [
        f"{report.nodeid}: {rules}"
        for report in reports
        for name, rules in report.user_properties
        if name == _NEVER_HIT
    ]
    if lines:
        terminalreporter.section("outages that were never hit")
        for line in lines:
            terminalreporter.write_line(line)
