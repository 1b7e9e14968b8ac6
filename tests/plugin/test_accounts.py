"""Workers of xdist with an AWS account each, on one LocalStack."""

import re

from .conftest import OUT, RunPytest

MODULE = f"""
import pathlib, threading, time
import pytest

HERE = pathlib.Path(__file__).parent

def meet(me, place):
    # Both tests are at one place at the same time.
    (HERE / f"{{place}}-{{me}}").touch()
    deadline = time.monotonic() + 10
    while len(list(HERE.glob(f"{{place}}-*"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)

@pytest.fixture
def my(call, outages_credentials):
    return lambda service: call(service, **outages_credentials)

FIRST, SECOND = pytest.mark.xdist_group("first"), pytest.mark.xdist_group("second")

@pytest.mark.parametrize(
    "mine, others",
    [pytest.param("sqs", "s3", marks=FIRST), pytest.param("s3", "sqs", marks=SECOND)],
)
def test_it(my, outages, outages_credentials, worker_id, mine, others):
    print("ACCOUNT", outages_credentials["aws_access_key_id"])
    assert 12 == len(outages_credentials["aws_access_key_id"])
    with outages.outage(mine) as outage:
        outages.add([{{"service": "sts", "error": "throttling", "region": "us-east-1"}}])
        meet(mine, "begun")
        assert [{OUT!r}, "ok", "Throttling"] == [my(mine), my(others), my("sts")]
        assert [mine, "sts"] == [rule.service for rule in outages.rules()]
        meet(mine, "called")
        assert {{mine, others, "sts"}} == {{call["service"] for call in outage.calls}}
        assert 3 == len(outage.calls)
        assert {{mine, "sts"}} == {{event["service"] for event in outages.events()["events"]}}
        meet(mine, "looked")
    outage.assert_hit(1)

@pytest.mark.parametrize(
    "mine", [pytest.param("sqs", marks=FIRST), pytest.param("s3", marks=SECOND)]
)
@pytest.mark.outage("sqs", times=1)
def test_marked(my, outages, mine):
    meet(mine, "marked")
    assert [{OUT!r}, "ok"] == [my("sqs"), my("sqs")]
    outages.marked[0].assert_hit(1)
    meet(mine, "marked-done")
"""


def test_workers_do_not_see_each_other(run_pytest: RunPytest) -> None:
    """Two workers with contrary outages at the same time see their own calls, hit by their own."""
    result = run_pytest(MODULE, "-p", "xdist", "-n", "2", "-rP", "--dist", "loadgroup")

    result.assert_outcomes(passed=4)
    assert 2 == len(set(re.findall(r"ACCOUNT (\d{12})", result.stdout.str())))


def test_workers_without_accounts(run_pytest: RunPytest) -> None:
    """Where workers share an account their outages mix, and a failure says how to avoid it."""
    module = MODULE.replace("**outages_credentials", "").replace(", outages_credentials", "")
    module = module.replace("monotonic() + 10", "monotonic() + 3")
    module = re.sub(r".*(ACCOUNT|assert 12).*\n", "", module)
    result = run_pytest(module, "-p", "xdist", "-n", "2", "--dist", "loadgroup", "-k", "test_it")

    assert 0 < result.parseoutcomes()["failed"]
    result.stdout.fnmatch_lines(["*see the fixture outages_credentials*"])


def test_calls_without_the_credentials(run_pytest: RunPytest) -> None:
    """Where a test has an account, but its application uses another one, a failure says so."""
    module = """
def test_it(outages, outages_credentials, call):
    with outages.outage("sqs") as outage:
        call()
    outage.assert_hit()
"""
    result = run_pytest(module)

    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines_random(
        [
            r"E +the rules of the outage, all for account \d{12}:",
            r"E +r\d+ \{\"service\":\"sqs\"\}",
            r"E +none of account \d{12}; 1 of 000000000000 \(sqs.ListQueues\): "
            r"does the application use outages_credentials\?",
        ]
    )
