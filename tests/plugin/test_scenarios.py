"""Scenarios in tests: the method of the fixture, and the marker ``outage_scenario``."""

from localstack_outages.client.client import OutagesClient
from localstack_outages.schema.rules import Rule

from .conftest import OUT, RunPytest

MODULE = f"""
import pytest

MINE = {{
    "name": "mine",
    "title": "Mine",
    "phases": [
        {{"name": "first", "at": 0, "length": "10m", "text": "SQS is down.",
         "rules": [{{"service": "sqs"}}]}},
        {{"name": "second", "at": "10m", "length": "10m", "text": "S3 throttles.",
         "rules": [{{"service": "s3", "error": "throttling"}}]}},
    ],
}}

def test_fixture(call, outages):
    with outages.scenario(MINE) as outage:
        assert [{OUT!r}, "ok"] == [call(), call("s3")]
    outage.assert_hit(1)
    assert "ok" == call()

@pytest.mark.outage_scenario(MINE, phase="second")
def test_marker(call):
    assert ["ok", "SlowDown"] == [call(), call("s3")]

@pytest.mark.outage_scenario("aws-2017-02-28-s3", phase="writes-down")
def test_of_the_package(call, outages):
    assert "ok" == call("s3")
    outages.marked[0].assert_hit(0)

@pytest.mark.outage("sqs", error="internal")
@pytest.mark.outage_scenario(MINE)
def test_the_closest_decides(call, outages):
    assert {OUT!r} == call()
    assert [0, 1] == [outage.hits for outage in outages.marked]
    outages.marked[0].assert_hit(0)

@pytest.mark.outage_scenario(MINE)
@pytest.mark.outage("sqs", error="internal")
def test_also_where_that_is_the_other(call, outages):
    assert "InternalFailure" == call()
    outages.marked[0].assert_hit(0)
"""


def test_scenarios(run_pytest: RunPytest, client: OutagesClient, foreign: list[Rule]) -> None:
    """Tests play scenarios by the fixture and by the marker, and leave nothing behind."""
    result = run_pytest(MODULE, "--strict-markers", "-q")

    result.assert_outcomes(passed=5)
    assert foreign == client.rules()


def test_a_scenario_that_hit_nothing(run_pytest: RunPytest) -> None:
    """A scenario that no call ran into is listed by its name."""
    module = """
import pytest

@pytest.mark.outage_scenario("kms-down", phase="down")
def test_it(call):
    assert "ok" == call()
"""
    result = run_pytest(module)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*never hit*", "test_app.py::test_it: scenario kms-down, phase down"]
    )


def test_a_marker_that_is_not_valid(run_pytest: RunPytest) -> None:
    """A scenario that is not there is an error at collection."""
    module = """
import pytest

@pytest.mark.outage_scenario("kms-dwon")
def test_it(): ...
"""
    result = run_pytest(module)

    result.assert_outcomes(errors=1)
    message = "there is no scenario 'kms-dwon': did you mean 'kms-down'?"
    result.stdout.fnmatch_lines([f"test_app.py::test_it: @pytest.mark.outage_scenario: {message}"])
