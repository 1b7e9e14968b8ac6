"""The gateway as a user starts it, with moto behind it, and an AWS client before it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

pytest.importorskip("aiohttp")

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from localstack_outages import OutagesClient
from localstack_outages.cli.gateway import gateway as command
from localstack_outages.hosts.gateway.options import make_parser

READY = re.compile(r"(http://127\.0\.0\.1:\d+) is ready")
COMMAND = [sys.executable, "-m", "localstack_outages", "gateway"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a gateway that was started without any option but a free port."""
    with subprocess.Popen(
        [*COMMAND, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if found := READY.search(line):
                break
        else:
            pytest.fail("".join(said))
        yield found[1]
        process.send_signal(signal.SIGINT)
        assert 0 == process.wait(30)


@pytest.fixture
def dynamodb(endpoint: str):
    """A client of the standard retry mode."""
    return boto3.client(
        "dynamodb",
        "eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id="123456789012",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )


def test_retries_are_seen(endpoint, dynamodb):
    """A call that is throttled twice succeeds at the third attempt, and the verdict says so."""
    dynamodb.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with OutagesClient(endpoint).outage(
        "dynamodb", operation="PutItem", error="throttling", times=2
    ) as outage:
        dynamodb.put_item(TableName="orders", Item={"id": {"S": "1"}})

    outage.assert_hit(times=2)
    outage.assert_retried(at_least=2)
    outage.assert_recovered()
    assert 1 == dynamodb.scan(TableName="orders")["Count"]


def test_errors_are_those_of_the_service(endpoint, dynamodb):
    """An outage raises the error of the service, in the region that the client signed for."""
    with (
        OutagesClient(endpoint).outage("dynamodb", region="eu-*"),
        pytest.raises(ClientError) as raised,
    ):
        dynamodb.list_tables()

    assert "ServiceUnavailableException" == raised.value.response["Error"]["Code"]
    assert "Service 'dynamodb' not accessible in 'eu-west-1' region" in str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--listen", "nowhere"], "--listen nowhere: write it as 127.0.0.1:4566"),
        (["--listen", "0.0.0.0:0"], "give it a --token"),
    ],
)
def test_bad_options(options, message):
    """An option that is not valid is refused in one line."""
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=60)

    assert 2 == done.returncode
    assert message in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_it_has_all_options_of_the_gateway():
    """The command line brings in nothing of a server, and so names the options once more."""
    ours = {option for each in command.params for option in each.opts}
    those = {option for each in make_parser()._actions for option in each.option_strings}

    assert those - {"-h", "--help"} == ours
