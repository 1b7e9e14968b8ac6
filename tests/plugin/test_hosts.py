"""A run that starts a gateway: accounts, and what it says."""

import importlib.util
import shutil

import pytest

from .conftest import RunPytest
from .test_example import ROOT, blocks

ORDERS = ROOT / "examples" / "orders"

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("aiohttp") is None or importlib.util.find_spec("flask") is None,
    reason="the gateway and moto are not installed: they do not go together with LocalStack's moto",
)


@pytest.fixture(autouse=True)
def user(environment_of_user: None) -> None:
    """A user who has set nothing."""


def test_accounts_have_their_own_resources(start_pytest: RunPytest) -> None:
    """With moto behind the gateway each account of ``outages_credentials`` has its own resources."""
    module = """
import boto3

def test_it(outages_endpoint, outages_credentials):
    mine, other = (
        boto3.client("dynamodb", "eu-west-1", endpoint_url=outages_endpoint, **credentials)
        for credentials in (outages_credentials, {**outages_credentials, "aws_access_key_id": "0" * 12})
    )
    mine.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert ["orders"] == mine.list_tables()["TableNames"]
    assert [] == other.list_tables()["TableNames"]
    arn = mine.describe_table(TableName="orders")["Table"]["TableArn"]
    assert outages_credentials["aws_access_key_id"] == arn.split(":")[4]
"""
    start_pytest(module, "--outages-host=gateway").assert_outcomes(passed=1)


def test_an_upstream_of_ones_own(start_pytest: RunPytest, outages_endpoint: str) -> None:
    """A gateway is started before the endpoint that ``--outages-upstream`` names."""
    module = """
def test_it(call, outages, outages_endpoint):
    with outages.outage("sqs"):
        assert "ServiceUnavailableException" == call("sqs")
    assert "ok" == call("sqs")
"""
    result = start_pytest(module, f"--outages-upstream={outages_endpoint}")

    result.assert_outcomes(passed=1)
    line = f"outages: a gateway before {outages_endpoint} is started for this run"
    assert line in result.outlines


def test_a_gateway_that_does_not_start(
    start_pytest: RunPytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests that need it fail with the end of its log, and others run."""
    monkeypatch.setenv("OUTAGES_RULES", "nonsense")
    monkeypatch.setenv("OUTAGES_RULES_STRICT", "1")
    module = "def test_it(outages): pass\ndef test_other(): pass"
    result = start_pytest(module, "--outages-host=gateway")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["the gateway ended while it started.", "  OUTAGES_RULES: *"])
    assert "Traceback" not in result.stdout.str()


def test_the_tutorial(start_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """The example with DynamoDB passes without LocalStack, as the docs show it."""
    for path in ORDERS.iterdir():
        assert path.read_text() in blocks("python")
        shutil.copy(path, pytester.path)
    result = start_pytest("", "--outages-host=gateway", "--outages-strict")

    result.assert_outcomes(passed=3)
    line = "outages: a gateway before moto is started for this run"
    assert line in result.outlines
    assert f"$ pytest\n{line}\n" in blocks("console")
