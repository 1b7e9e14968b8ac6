"""The pytest plugin: outages for one test, and a LocalStack or a gateway for all of them.

Nothing but pytest is imported here until a test asks for it. It has over 300 lines because pytest
finds all hooks of a plugin in one module.
"""

import contextlib
import secrets
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .coverage_options import add_coverage_options, register_coverage
from .markers import MARKERS, make_outage, problem_of
from .run import WORKER_INPUT, Run, Wanted
from .sweep_options import DESCRIPTION, SWEEP, add_options, register_sweep

if TYPE_CHECKING:
    from .call_sites import CallSites
    from .client import TestOutages

_HOSTS = ("localstack", "gateway")
_INI_HOST = "outages_host"
_INI_UPSTREAM = "outages_upstream"
_FIXTURE = "_outages_of_test"
_NEVER_HIT = "outages_never_hit"
"""The user property of a test's report, which goes from xdist's workers to the controller."""

_MOST_EXPLAINED = 3
_SHARED = (
    "The workers of this run share an endpoint, and outages of other tests may have hit this one: "
    "see the fixture outages_credentials, which gives each worker an account of its own."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup(
        "outages", "outages of AWS services in LocalStack or before any AWS endpoint"
    )
    group.addoption(
        "--outages-endpoint",
        metavar="URL",
        help="the LocalStack or gateway to use; by default the one that the environment names "
        "(OUTAGES_ENDPOINT, AWS_ENDPOINT_URL, LOCALSTACK_ENDPOINT, LOCALSTACK_HOST), "
        "else one is started for the run",
    )
    group.addoption(
        "--outages-host",
        choices=_HOSTS,
        help="what to start for the run, whatever the environment names; "
        "by default LocalStack where it is installed, else a gateway",
    )
    group.addoption(
        "--outages-upstream",
        metavar="URL|moto",
        help="start a gateway for the run, before this AWS endpoint, or before moto",
    )
    parser.addini(_INI_HOST, f"what to start where no endpoint is given: {' or '.join(_HOSTS)}")
    parser.addini(_INI_UPSTREAM, "the AWS endpoint behind a gateway that is started, or moto")
    group.addoption(
        "--outages-strict",
        action="store_true",
        help="fail tests whose outages were never hit",
    )
    group.addoption(
        "--outages-report",
        metavar="FILE",
        help="write a report of the tests with outages: .html is a page, .md for a pull request, "
        ".json to compare with, .xml for readers of JUnit's reports",
    )
    add_coverage_options(parser, group)
    add_options(parser, group)


_RUN = pytest.StashKey[Run]()
_OUTAGES = pytest.StashKey["TestOutages"]()
_LOG_START = pytest.StashKey[int]()
_CALL_SITES = pytest.StashKey["CallSites"]()


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers, and refuse options that are not valid."""
    for kind in MARKERS.values():
        config.addinivalue_line("markers", kind.description)
    config.addinivalue_line("markers", DESCRIPTION)
    wanted = _wanted(config)
    run = config.stash[_RUN] = Run(
        wanted,
        is_strict=bool(config.getoption("outages_strict")),
        worker_input=getattr(config, "workerinput", None),
    )
    if wanted.endpoint is not None:
        try:
            run.given_endpoint  # noqa: B018 # to see whether it is valid
        except ValueError as e:
            raise pytest.UsageError(f"--outages-{e}") from None
    report: str | None = config.getoption("outages_report")
    if report is not None:
        _report_to(config, report, is_worker=run.is_worker)
    register_coverage(config, run, _call_sites)
    register_sweep(config, lambda item: item.stash.get(_OUTAGES, None), _call_sites)


def _report_to(config: pytest.Config, path: str, *, is_worker: bool) -> None:
    from localstack_outages.explain.effort_report.forms import FORMS

    from .reporting import EffortReporter

    try:
        FORMS.of(path)
    except ValueError as e:
        raise pytest.UsageError(f"--outages-report: {e}") from None
    reporter = EffortReporter(
        path, lambda item: item.stash.get(_OUTAGES, None), is_worker=is_worker
    )
    config.pluginmanager.register(reporter, "outages-report")


def _call_sites(config: pytest.Config) -> "CallSites":
    """Give what notes the calls of this process, for all that ask for it the same."""
    from .call_sites import CallSites

    if _CALL_SITES not in config.stash:
        sites = config.stash[_CALL_SITES] = CallSites(config.rootpath)
        sites.install()
        config.add_cleanup(sites.uninstall)
    return config.stash[_CALL_SITES]


def _wanted(config: pytest.Config) -> Wanted:
    """Read what is wanted. The command line counts before the environment, and that before the ini file."""
    endpoint: str | None = config.getoption("outages_endpoint")
    asked: str | None = config.getoption("outages_host")
    upstream: str | None = config.getoption("outages_upstream")
    is_starting = asked is not None or upstream is not None
    host: str | None = asked or config.getini(_INI_HOST) or None
    if host is not None and host not in _HOSTS:
        raise pytest.UsageError(f"{_INI_HOST}: {host!r} is neither {_HOSTS[0]} nor {_HOSTS[1]}")
    if asked is None and upstream is not None:
        host = "gateway"
    if upstream is None and host != "localstack":
        upstream = config.getini(_INI_UPSTREAM) or None
    wanted = Wanted(endpoint, host, upstream, is_starting=is_starting)
    if wanted.problem:
        raise pytest.UsageError(wanted.problem)
    return wanted


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the endpoint that is used, where it is known before the tests are."""
    # The process that has workers of xdist collects no tests, and cannot say it later.
    has_workers = config.getoption("dist", "no") != "no"
    if config.getoption("outages_endpoint") is None and not has_workers:
        return None
    return _told_endpoint(config, otherwise=False)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> str | None:
    """Name the endpoint that is used, where a test needs one and it was not named before."""
    if config.getoption("outages_endpoint") is not None or not any(map(_needs_host, items)):
        return None
    return _told_endpoint(config, otherwise=True)


def _told_endpoint(config: pytest.Config, *, otherwise: bool) -> str | None:
    """Name the endpoint that is given, or otherwise what is started."""
    run = config.stash[_RUN]
    try:
        endpoint = run.given_endpoint
        started = run.choice.title if endpoint is None and otherwise else None
    except (RuntimeError, ValueError):  # the fixture says what is wrong
        return None
    if endpoint is not None:
        return f"outages: the AWS endpoint is {endpoint}"
    return None if started is None else f"outages: a {started} is started for this run"


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the host where it was started for the run."""
    if _RUN in config.stash:
        config.stash[_RUN].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist with which process the run ends."""
    node.workerinput[WORKER_INPUT] = node.config.stash[_RUN].token


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """As a worker of xdist, say that some test needs a host, before all workers run tests."""
    run = session.config.stash[_RUN]
    if run.is_worker and any(map(_needs_host, session.items)):
        from localstack_outages.schema.errors import UnsafeFolder

        with contextlib.suppress(UnsafeFolder, ValueError):  # the fixture says what is wrong
            run.want_host()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """Show the workers that this process runs, where one of them needs that."""
    node.config.stash[_RUN].show_where_wanted()


@pytest.fixture(scope="session")
def outages_endpoint(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The URL of LocalStack or a gateway: one that is given, else one that is started for the run."""
    run = request.config.stash[_RUN]
    try:
        given = run.given_endpoint
    except ValueError as e:
        raise _one_line(e) from None
    return _start(run, tmp_path_factory.getbasetemp()) if given is None else _checked(given)


def _one_line(error: Exception) -> BaseException:
    """Give a failure that shows what an error says, and not where it was raised."""
    return pytest.fail.Exception(str(error), pytrace=False)


def _start(run: Run, folder: Path) -> str:
    from localstack_outages.launch.process import StartError
    from localstack_outages.schema.errors import UnsafeFolder

    try:
        return run.start_host(folder)
    except (StartError, UnsafeFolder) as e:
        raise _one_line(e) from None


def _checked(endpoint: str) -> str:
    from localstack_outages.client.client import OutagesClient
    from localstack_outages.schema.errors import OutagesError

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
    from localstack_outages.client.rule_like import ALL
    from localstack_outages.schema.errors import OutagesError

    from .client import TestOutages, remove_leftovers
    from .threads import name_threads

    run, item = request.config.stash[_RUN], request.node
    account = ALL
    if "outages_credentials" in request.fixturenames:
        account = request.getfixturevalue("outages_credentials")["aws_access_key_id"]
    try:
        name_threads(outages_endpoint)
        outages = TestOutages(outages_endpoint, item.nodeid, run.presence, account)
        remove_leftovers(outages_endpoint, run.presence)
        # The closest marker comes first, and shall decide: it is put into force last.
        outages.marked = tuple(make_outage(outages, mark) for mark in reversed(_marks(item)))
    except (OutagesError, TypeError) as e:
        raise _one_line(e) from None
    item.stash[_OUTAGES] = outages
    yield outages
    outages.finish()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse markers whose rules are not valid."""
    report = yield
    items = [item for item in report.result or () if isinstance(item, pytest.Item)]
    problems = list(_problems(items))
    if report.passed and problems:
        report.outcome, report.longrepr, report.result = "failed", "\n".join(problems), []
    return report


def _problems(items: list[pytest.Item]) -> Iterator[str]:
    """Say for each marker that is not valid what is wrong, with the first test that has it."""
    seen: list[pytest.Mark] = []
    for item in items:
        for mark in _marks(item):
            if not any(mark is other for other in seen):
                seen.append(mark)
                problem = problem_of(mark)
                if problem:
                    yield f"{item.nodeid}: @pytest.mark.{mark.name}: {problem}"


def _marks(item: pytest.Item) -> list[pytest.Mark]:
    """Give the markers of a test that stand for outages, the closest one first."""
    return [mark for mark in item.iter_markers() if mark.name in MARKERS]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the markers do without the fixture."""
    for item in items:
        names = getattr(item, "fixturenames", None)
        if names is not None and _FIXTURE not in names and (_marks(item) or _is_swept(item)):
            # Another list: tests that are parametrized share one.
            item.fixturenames = [*names, _FIXTURE]  # type: ignore[attr-defined]


def _is_swept(item: pytest.Item) -> bool:
    """Whether a sweep watches the calls of a test."""
    if not item.config.pluginmanager.has_plugin(SWEEP):
        return False
    try:
        return _needs_host(item) or item.config.stash[_RUN].given_endpoint is not None
    except ValueError:  # the fixture says what is wrong
        return False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail where the host that was started for the run has gone."""
    embedded = item.config.stash[_RUN].embedded
    if embedded is not None and _needs_host(item):
        item.stash[_LOG_START] = embedded.log_size
        why = embedded.why_gone()
        if why:
            pytest.fail(why, pytrace=False)


def _needs_host(item: pytest.Item) -> bool:
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
    from localstack_outages.schema.errors import OutagesError

    try:
        return outages.never_hit()
    except OutagesError:  # the test went well without it
        return []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell with a failure what its outages did, and how the log of the host ends."""
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
    if embedded is not None and _needs_host(item) and str(embedded.log) not in message:
        log = embedded.log_tail(item.stash.get(_LOG_START, 0))
        text = embedded.why_gone() or (log and f"the end of {embedded.log}:{log}")
        if text:
            yield embedded.choice.title, text


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
