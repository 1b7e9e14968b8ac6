"""The marker ``outage``."""

from localstack_outages.client.client import OutagesClient
from localstack_outages.schema.rules import Rule

from .conftest import OUT, RunPytest

MODULE = f"""
import pytest

OUT = {OUT!r}

@pytest.fixture
def before_and_after(call):
    assert "ok" == call()
    yield
    assert "ok" == call()

@pytest.mark.outage("sqs", region="us-*")
def test_one(before_and_after, call):
    assert OUT == call()
    assert "ok" == call(region="eu-west-1")

@pytest.mark.outage([{{"service": "sqs", "error": "throttling"}}, {{"service": "s3"}}])
def test_list(call):
    assert ["RequestThrottled", OUT, "ok"] == [call(), call("s3"), call("sts")]

@pytest.mark.outage("sqs", after=60)
def test_later(call, outages):
    assert "ok" == call()
    outages.marked[0].assert_hit(0)

@pytest.mark.outage
def test_everything(call):
    assert [OUT, OUT] == [call("sts"), call("s3")]

@pytest.mark.parametrize("marked", [pytest.param(1, marks=pytest.mark.outage("sqs")), 0])
def test_one_of_two(call, marked):
    assert (OUT if marked else "ok") == call()

@pytest.mark.outage("s*")
class TestClass:
    @pytest.mark.outage("sts", error="throttling")
    @pytest.mark.outage("sqs", error="internal", times=1)
    def test_nested(self, call, outages):
        assert ["Throttling", "InternalFailure", OUT, OUT] == [
            call("sts"), call("sqs"), call("sqs"), call("s3")
        ]
        outer, middle, inner = outages.marked
        assert [2, 1, 1] == [outer.hits, middle.hits, inner.hits]

    @pytest.mark.outage("sqs", times=1)
    def test_assertions(self, call, outages):
        assert "ok" != call(attempts=2)
        outages.marked[1].assert_hit(1)
        outages.marked[1].assert_retried(backoff=True)
"""


def test_marker(run_pytest: RunPytest, client: OutagesClient, foreign: list[Rule]) -> None:
    """Marked tests run within their outages, the closest marker first; their fixtures do not."""
    result = run_pytest(MODULE, "--strict-markers", "-q")

    result.assert_outcomes(passed=8)
    assert foreign == client.rules()


def test_marker_of_a_module(run_pytest: RunPytest) -> None:
    """A marker of a module is for all tests in it, those of unittest too."""
    module = f"""
import unittest
import pytest

pytestmark = pytest.mark.outage("sqs")

def test_it(call):
    assert {OUT!r} == call()

class TestOld(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def give(self, call):
        self.call = call

    def test_old(self):
        self.assertEqual({OUT!r}, self.call())
"""
    run_pytest(module).assert_outcomes(passed=2)


def test_marker_beside_another_fixture_of_that_name(run_pytest: RunPytest) -> None:
    """The marker works where the project has a fixture ``outages`` of its own."""
    module = f"""
import pytest

@pytest.fixture
def outages():
    return "ours"

@pytest.mark.outage("sqs")
def test_it(call, outages):
    assert ({OUT!r}, "ours") == (call(), outages)
"""
    run_pytest(module).assert_outcomes(passed=1)
