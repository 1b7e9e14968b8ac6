"""The fixture ``outages``: what a test begins ends with it, and nobody else's rules are touched."""

import signal

import pytest

from localstack_outages.client.client import OutagesClient
from localstack_outages.launch.presence import Presence
from localstack_outages.schema.rules import Rule

from .conftest import FOREIGN, OUT, RunPytest

NOTHING_LEFT = f"""
from localstack_outages import OutagesClient, Rule

def assert_nothing_left(endpoint):
    assert [Rule(**{FOREIGN})] == OutagesClient(endpoint).rules()
"""

ROADS = {
    "block": "stack.enter_context(outages.outage('sqs'))",
    "start": "outages.start('sqs')",
    "add": "outages.add([{'service': 'sqs'}])",
    "replace": "outages.replace([{'service': 'sqs'}])",
    "first": "outages.add([Rule(service='sqs')], first=True)",
    "account": "outages.start('sqs', account='000000000000')",
}
WAYS_TO_END = {
    "passes": "pass",
    "fails": "assert not 'failed'",
    "skips": "pytest.skip()",
    "exits": "sys.exit(1)",
}


def test_rules_end_with_the_test(
    run_pytest: RunPytest, client: OutagesClient, foreign: list[Rule]
) -> None:
    """Rules are in force within the test, however added, and gone after it, however it ends."""
    module = f"""
import contextlib, sys, time
import pytest
{NOTHING_LEFT}

ROADS, ENDS = {ROADS}, {WAYS_TO_END}

def begin(outages, call, outages_endpoint, road):
    assert [] == outages.rules()
    assert_nothing_left(outages_endpoint)
    stack = contextlib.ExitStack()
    exec(ROADS[road])
    assert 1 == len(outages.rules())
    assert {OUT!r} == call()
    return stack  # never closed

@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("road", ROADS)
def test_it(outages, call, outages_endpoint, road, end):
    stack = begin(outages, call, outages_endpoint, road)
    exec(ENDS[end])

@pytest.mark.timeout(2)
@pytest.mark.parametrize("road", ["block", "add"])
def test_hangs(outages, call, outages_endpoint, road):
    stack = begin(outages, call, outages_endpoint, road)
    time.sleep(60)
"""
    result = run_pytest(module, "-p", "timeout", "-q")

    result.assert_outcomes(passed=6, failed=6 + 6 + 2, skipped=6)
    result.stdout.fnmatch_lines(["*Timeout*2.0s*"])
    assert foreign == client.rules()


def test_rules_end_where_the_set_up_fails(
    run_pytest: RunPytest, client: OutagesClient, foreign: list[Rule]
) -> None:
    """Rules of a fixture are gone when another fixture fails."""
    module = """
import pytest

@pytest.fixture
def broken_region(outages):
    outages.start("s3", region="us-east-1")

@pytest.fixture
def broken_fixture(broken_region):
    raise RuntimeError("no luck")

def test_it(broken_fixture):
    pass
"""
    result = run_pytest(module)

    result.assert_outcomes(errors=1)
    assert foreign == client.rules()


def test_changes_are_for_the_own_rules(
    run_pytest: RunPytest, client: OutagesClient, foreign: list[Rule]
) -> None:
    """``replace``, ``clear`` and ``remove`` leave other people's rules alone, equal ones too."""
    module = f"""
def test_it(outages):
    outages.add([{FOREIGN}, {{"service": "sqs"}}])
    assert ["no-such-service", "sqs"] == [rule.service for rule in outages.rules()]
    assert ["s3"] == [r.service for r in outages.replace([{{"service": "s3"}}], dry_run=True)]
    assert ["s3"] == [r.service for r in outages.replace([{{"service": "s3"}}])]
    assert ["s3"] == [r.service for r in outages.add([{{"service": "s3"}}])]
    assert ["s3"] == [rule.service for rule in outages.remove([{FOREIGN}])]
    assert [] == outages.remove(outages.rules())
    outages.start("s3").stop()
    outages.start("s3")
    outages.clear()
    assert [] == outages.rules()
"""
    result = run_pytest(module)

    result.assert_outcomes(passed=1)
    assert foreign == client.rules()


def test_a_rule_tells_whose_it_is(run_pytest: RunPytest) -> None:
    """The owner of a rule is named for its test, and each outage has one of its own; the description
    is what the test says itself.
    """
    module = """
def test_it(outages):
    outages.start("s3", description="my words")
    outages.start("sqs")
    outages.add([{"service": "kms"}])
    first, second, third = outages.status()["rules"][:2] + outages.status()["rules"][-1:]
    assert ["kms", "s3", "sqs"] == sorted(r["rule"]["service"] for r in (first, second, third))
    owners = [rule["owner"] for rule in (first, second, third)]
    assert 3 == len(set(owners))
    assert all(owner.startswith("test_app.py::test_it [pytest ") for owner in owners)
    assert ["my words"] == [rule.description for rule in outages.rules() if rule.description]
"""
    run_pytest(module).assert_outcomes(passed=1)


def test_a_name_that_cannot_be_printed(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """A test of a long name, or of one with odd characters, has rules like any other."""
    as_they_are = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support"
    pytester.makeini(f"[pytest]\n{as_they_are} = true")
    module = r"""
import pytest

@pytest.mark.parametrize("name", ["tab\tand\u2028line", "\u00fc&?#%", "x" * 1000])
def test_it(outages, name):
    with outages.outage("s3"):
        assert 1 == len(outages.rules())
"""
    run_pytest(module).assert_outcomes(passed=3)


def test_leftovers_are_removed(
    run_pytest: RunPytest, client: OutagesClient, foreign: list[Rule]
) -> None:
    """A run removes the rules that a killed run has left, and not those of one that still runs."""
    module = """
import os, signal

def test_it(outages):
    outages.add([{"service": "sqs"}, {"service": "s3"}])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert -signal.SIGKILL == run_pytest(module).ret
    assert 3 == len(client.rules())
    presence = Presence()
    kms = Rule(service="kms")
    alive = [f"test_it [pytest {presence.token}.{end}]" for end in ("1", "1 2")]
    unknown = ["test_it [pytest 0123456789ab.1]", "somebody else", "test_it [pytest]"]
    for owner in (*alive, *unknown):
        client.add([kms], owner=owner)

    run_pytest("def test_it(outages, call): assert 'ok' == call()").assert_outcomes(passed=1)
    presence.close()

    assert [*foreign, *[kms] * 5] == client.rules()
    assert [None, *alive, *unknown] == [entry["owner"] for entry in client.status()["rules"]]


def test_leftovers_of_a_crashed_worker(
    run_pytest: RunPytest, client: OutagesClient, foreign: list[Rule]
) -> None:
    """What a worker of xdist leaves when it crashes is removed before the next test."""
    module = """
import os

def test_crash(outages):
    outages.start("sqs")
    os._exit(1)

def test_next(outages, call):
    assert "ok" == call()
"""
    result = run_pytest(module, "-p", "xdist", "-n", "1")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*crashed*test_crash*"])
    assert foreign == client.rules()


@pytest.mark.parametrize(
    ("arguments", "env", "message"),
    [
        (("--outages-endpoint=nowhere",), {}, "*--outages-endpoint: 'nowhere' is no URL*"),
        ((), {"OUTAGES_ENDPOINT": "nowhere"}, "*OUTAGES_ENDPOINT: 'nowhere' is no URL*"),
        ((), {"AWS_ENDPOINT_URL": "http://localhost:1"}, "cannot reach * http://localhost:1:*"),
    ],
)
def test_an_endpoint_that_is_none(
    start_pytest: RunPytest,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    env: dict[str, str],
    message: str,
) -> None:
    """A wrong endpoint is refused in one line that says where it comes from."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    result = start_pytest("def test_it(outages): pass", *arguments)

    assert 0 != result.ret
    (result.stdout if env else result.stderr).fnmatch_lines([message])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_the_endpoint_of_the_environment(
    start_pytest: RunPytest, outages_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The LocalStack that the environment names is used."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", outages_endpoint)
    module = f"def test_it(outages_endpoint): assert {outages_endpoint!r} == outages_endpoint"

    start_pytest(module).assert_outcomes(passed=1)
