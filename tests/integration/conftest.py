"""A real LocalStack with the extension in it, or a gateway before an AWS that is not LocalStack, and
clients for either. Needs the extra ``dev``, or ``standalone`` and ``test``.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from localstack_outages.cli import signals
from localstack_outages.launch.environment import environment
from localstack_outages.launch.host_choice import GATEWAY, LOCALSTACK, HostChoice, make_host
from localstack_outages.launch.localstack import LocalStack
from localstack_outages.launch.process import HostProcess
from tests.javascript_sdk import javascript_sdk

Answer = tuple[int, Any]

CATALOG_FOLDER = "usr/lib/localstack"
"""Where LocalStack looks for it in its volume."""

# A test that must not be disturbed by the environment of whoever runs it.
for name in [n for n in os.environ if n.startswith(("AWS_", "OUTAGES_"))]:
    del os.environ[name]


def free_port() -> int:
    """Give a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Whether anybody listens on a port."""
    with socket.socket() as probe:
        return 0 == probe.connect_ex(("127.0.0.1", port))


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
def upstream(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """What is behind a gateway."""
    if request.config.getoption("upstream") == "moto":
        yield "moto"
        return
    port = free_port()
    log = tmp_path_factory.mktemp("roto") / "roto.log"
    with log.open("wb") as output:
        command = Path(sys.executable).with_name("roto-server"), "--port", str(port), "--ephemeral"
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 30
    while not is_listening(port):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume that has LocalStack's catalog of the operations of AWS.

    It is made once, as for LocalStack's own image: each LocalStack with a new volume would take
    seconds to make it for its first call.
    """
    volume = tmp_path_factory.mktemp("catalog")
    (volume / CATALOG_FOLDER).mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-P", "-m", "localstack.aws.spec"],
        env=environment(base={**os.environ, "FILESYSTEM_ROOT": str(volume)}),
        check=True,
        capture_output=True,
    )
    return volume


@pytest.fixture(scope="session")
def start_host(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., HostProcess]:
    """A function that starts another host, with more environment variables."""
    name = request.config.getoption("host")
    behind = request.getfixturevalue("upstream") if name == GATEWAY else ""
    catalog = request.getfixturevalue("catalog") if name == LOCALSTACK else None

    def start(**env: str) -> HostProcess:
        folder = tmp_path_factory.mktemp(name)
        if catalog is not None:
            shutil.copytree(catalog, folder / "volume")
        listen, base = f"127.0.0.1:{free_port()}", {**os.environ, **env}
        choice = HostChoice(name, behind)
        host = make_host(choice, listen, folder / "volume", base, folder / f"{name}.log")
        host.start()
        return host

    return start


@pytest.fixture(scope="session")
def running(start_host: Callable[..., HostProcess]) -> Iterator[HostProcess]:
    """The host that all tests of a session share."""
    host = start_host()
    yield host
    host.stop()


@pytest.fixture(scope="session")
def start_localstack(
    request: pytest.FixtureRequest, start_host: Callable[..., HostProcess]
) -> Callable[..., HostProcess]:
    """A function that starts another host, for what is true of LocalStack alone."""
    if request.config.getoption("host") != LOCALSTACK:
        pytest.skip("asks for LocalStack itself")
    return start_host


@pytest.fixture(scope="session")
def localstack(running: HostProcess) -> LocalStack:
    """The host that all tests of a session share, for what is true of LocalStack alone."""
    if not isinstance(running, LocalStack):
        pytest.skip("asks for LocalStack itself")
    return running


@pytest.fixture
def is_localstack(running: HostProcess) -> bool:
    """Whether the host is LocalStack."""
    return isinstance(running, LocalStack)


@pytest.fixture
def endpoint(running: HostProcess) -> str:
    """The URL of the host."""
    return running.endpoint


@pytest.fixture
def outages(endpoint: str) -> Outages:
    """The control API."""
    return Outages(endpoint)


@pytest.fixture(autouse=True)
def no_rules(outages: Outages) -> Iterator[None]:
    """No test leaves rules behind, or finds any; no effort of an earlier one goes on in it."""
    outages.post([])
    outages.send("POST", {"name": "test"}, "/marks")
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
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C interrupts this process, also where the tests run in the background; what comes within a
    minute is one.
    """
    monkeypatch.setattr(signals, "ONE_CTRL_C_SECONDS", 60)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
    """Show the end of the host's log with a test that failed."""
    report = yield
    host = getattr(item, "funcargs", {}).get("running")
    if report.failed and host is not None:
        report.sections.append((f"the log of {host.name}", host.log_tail()))
    return report


@pytest.fixture(scope="session", name="javascript_sdk")
def _javascript_sdk() -> Path:
    """The folder of the AWS SDK for JavaScript. Skips where it cannot be had."""
    folder = javascript_sdk()
    if isinstance(folder, str):
        pytest.skip(folder)
    return folder
