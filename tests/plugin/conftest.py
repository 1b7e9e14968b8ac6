"""Test runs of users, in processes of their own, against a real LocalStack where it is installed, else a gateway."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localstack_outages.client.client import OutagesClient
from localstack_outages.schema.rules import Rule

FOREIGN = {"service": "no-such-service", "description": "somebody else's"}
"""A rule that no test run may touch."""

CONFTEST = """
import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

@pytest.fixture
def call(outages_endpoint):
    def call(service="sqs", region="us-east-1", attempts=1, backoff=True, **credentials):
        operations = {"sqs": "list_queues", "s3": "list_buckets", "sts": "get_caller_identity"}
        client = boto3.client(
            service,
            region_name=region,
            endpoint_url=outages_endpoint,
            config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
            **{"aws_access_key_id": "test", "aws_secret_access_key": "test", **credentials},
        )
        try:
            getattr(client, operations[service])()
        except ClientError as e:
            return e.response["Error"]["Code"]
        except BotoCoreError as e:
            return type(e).__name__
        return "ok"

    return call
"""

OUT = "ServiceUnavailableException"

RunPytest = Callable[..., pytest.RunResult]


def wait_until(condition: Callable[[], Any], within: float = 30) -> Any:
    """Ask again and again until the answer is truthy; give it."""
    deadline = time.monotonic() + within
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not so within {within:g} s"
        time.sleep(0.02)
    return answer


@pytest.fixture
def environment_of_user(pytester: pytest.Pytester, clean_environment: None) -> None:
    """The environment of a user who has set nothing, with the plugins that a test asks for."""
    pytester.makeconftest(CONFTEST)


@pytest.fixture
def start_pytest(pytester: pytest.Pytester, environment_of_user: None) -> RunPytest:
    """A function that runs pytest with the plugin, on a test module and with arguments."""

    def run(module: str, *arguments: str, timeout: float = 120) -> pytest.RunResult:
        pytester.makepyfile(test_app=module)
        return pytester.runpytest_subprocess("-p", "outages", *arguments, timeout=timeout)

    return run


@pytest.fixture
def client(outages_endpoint: str) -> Iterator[OutagesClient]:
    """The control API of the LocalStack that the test runs share."""
    with OutagesClient(outages_endpoint) as client:
        yield client


@pytest.fixture
def run_pytest(start_pytest: RunPytest, client: OutagesClient) -> Iterator[RunPytest]:
    """The same, with the shared LocalStack; it holds one rule of somebody else, and no other."""
    client.replace([FOREIGN])

    def run(module: str, *arguments: str, timeout: float = 120) -> pytest.RunResult:
        endpoint = "--outages-endpoint", client.endpoint
        return start_pytest(module, *endpoint, *arguments, timeout=timeout)

    yield run
    client.replace([])


@pytest.fixture
def foreign() -> list[Rule]:
    """All that is in the list when a test run has left nothing behind."""
    return [Rule(**FOREIGN)]
