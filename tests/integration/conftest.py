"""A real LocalStack with the extension in it, and clients for it. Needs the extra ``dev``."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from localstack_outages.runtime import LocalStack, environment

Answer = tuple[int, Any]

# A test that must not be disturbed by the environment of whoever runs it.
for name in [n for n in os.environ if n.startswith(("AWS_", "OUTAGES_"))]:
    del os.environ[name]


def free_port() -> int:
    """Give a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Outages:
    """The control API, as curl would use it."""

    def __init__(self, endpoint: str) -> None:
        self.url = f"{endpoint}/_extension/outages/outages"

    def send(self, method: str, rules: Any = None, path: str = "", **options: Any) -> Answer:
        """Send a request; give status and JSON."""
        answer = requests.request(method, self.url + path, json=rules, timeout=30, **options)
        return answer.status_code, answer.json()

    def get(self) -> Answer:
        """Give the list."""
        return self.send("GET")

    def post(self, rules: Any, path: str = "") -> Answer:
        """Replace the list."""
        return self.send("POST", rules, path)

    def patch(self, rules: Any, path: str = "") -> Answer:
        """Add to the list."""
        return self.send("PATCH", rules, path)

    def delete(self, rules: Any, path: str = "") -> Answer:
        """Remove from the list."""
        return self.send("DELETE", rules, path)

    def status(self) -> Answer:
        """Tell how the rules are doing."""
        return self.send("GET", path="/status")


@pytest.fixture(scope="session")
def start_localstack(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., LocalStack]:
    """A function that starts another LocalStack, with more environment variables."""

    def start(**env: str) -> LocalStack:
        folder = tmp_path_factory.mktemp("localstack")
        base = {**os.environ, **env}
        settings = environment(f"127.0.0.1:{free_port()}", folder / "volume", base)
        localstack = LocalStack(settings, folder / "localstack.log")
        localstack.start()
        return localstack

    return start


@pytest.fixture(scope="session")
def localstack(start_localstack: Callable[..., LocalStack]) -> Iterator[LocalStack]:
    """The LocalStack that all tests of a session share."""
    localstack = start_localstack()
    yield localstack
    localstack.stop()


@pytest.fixture
def endpoint(localstack: LocalStack) -> str:
    """The URL of LocalStack."""
    return localstack.endpoint


@pytest.fixture
def outages(endpoint: str) -> Outages:
    """The control API."""
    return Outages(endpoint)


@pytest.fixture(autouse=True)
def no_rules(outages: Outages) -> Iterator[None]:
    """No test leaves rules behind, or finds any."""
    outages.post([])
    yield
    outages.post([])


@pytest.fixture
def client(endpoint: str) -> Callable[..., BaseClient]:
    """A function that makes a boto3 client."""

    def make(
        service: str,
        region: str = "us-east-1",
        retries: dict[str, Any] | None = None,
        access_key: str = "test",
        **config: Any,
    ) -> BaseClient:
        config = {"connect_timeout": 10, "read_timeout": 30, "retries": retries, **config}
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=config.pop("endpoint_url", endpoint),
            aws_access_key_id=access_key,
            aws_secret_access_key="test",
            config=Config(**config),
        )

    return make


@pytest.fixture
def no_test_bucket(client: Callable[..., BaseClient]) -> Iterator[None]:
    """The bucket that the documents make is not there before a test, nor after it."""

    def delete() -> None:
        with contextlib.suppress(ClientError):
            client("s3", "eu-central-1").delete_bucket(Bucket="test-bucket")

    delete()
    yield
    delete()


@pytest.fixture
def aws(endpoint: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A function that runs the AWS CLI of the project's own environment."""

    def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        settings = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_CONFIG_FILE": os.devnull,
        }
        return subprocess.run(
            [Path(sys.executable).with_name("aws"), *arguments],
            env={**os.environ, **settings, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the end of LocalStack's log with a test that failed."""
    report = yield
    localstack = getattr(item, "funcargs", {}).get("localstack")
    if report.failed and localstack is not None:
        report.sections.append(("LocalStack's log", localstack.log_tail()))
    return report
