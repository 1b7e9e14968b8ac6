"""``localstack-outages localstack`` runs a LocalStack in the foreground, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from .conftest import free_port
from .helpers import unique, wait_until

pytestmark = pytest.mark.host("localstack", reason="the command localstack")

Start = Callable[[], subprocess.Popen[str]]
MARK = "OUTAGES_TEST_MARK"


def processes(mark: str) -> list[str]:
    """Give the command lines of all processes that were started with a mark."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # it is no process, another user's, or gone
            continue
    return found


@pytest.fixture
def port() -> int:
    """A port that nobody uses."""
    return free_port()


@pytest.fixture
def mark() -> str:
    """By it the processes of a test are known."""
    return unique("mark")


@pytest.fixture
def start(tmp_path: Path, port: int, mark: str) -> Iterator[Start]:
    """A function that starts a LocalStack in the foreground, with its output in a file."""
    running = []

    def run() -> subprocess.Popen[str]:
        env = {"GATEWAY_LISTEN": f"127.0.0.1:{port}", "XDG_CACHE_HOME": str(tmp_path), MARK: mark}
        with (tmp_path / "output").open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "localstack_outages", "localstack"],
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()


def output(tmp_path: Path) -> str:
    """Give what a LocalStack in the foreground has printed until now."""
    return (tmp_path / "output").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_is_ready_and_ends_on_a_signal(
    start: Start, tmp_path: Path, port: int, mark: str, number: int
) -> None:
    """It says how to use it, with no line of a request before that, and ends in good order."""
    process = start()
    wait_until(lambda: "is ready" in output(tmp_path), 90)
    url = f"http://127.0.0.1:{port}"

    assert f"\nLocalStack is ready at {url}; Ctrl-C ends it.\n" in output(tmp_path)
    assert 200 == requests.get(f"{url}/_extension/outages/outages", timeout=10).status_code
    for _ in range(3):
        process.send_signal(number)
    assert 0 == process.wait(30)
    assert "GET /_extension" not in output(tmp_path)
    assert "Traceback" not in output(tmp_path)
    assert [] == processes(mark)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_signals_while_it_starts(start: Start, tmp_path: Path, mark: str) -> None:
    """Two signals one after another end it before it is ready, and nothing of it stays."""
    process = start()
    wait_until(lambda: any("localstack.runtime.main" in line for line in processes(mark)), 30)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)

    assert 0 == process.wait(30)
    assert "is ready" not in output(tmp_path)
    assert "Traceback" not in output(tmp_path)
    assert [] == processes(mark)


def test_a_port_in_use_is_refused_at_once(start: Start, tmp_path: Path, port: int) -> None:
    """One line names the port, and what to do."""
    with socket.create_server(("127.0.0.1", port)):
        assert 1 == start().wait(30)

    (line,) = output(tmp_path).splitlines()
    assert line.startswith(f"error: port {port} of 127.0.0.1 cannot be used")
    assert line.endswith(f"choose another: GATEWAY_LISTEN=127.0.0.1:{port + 1}")
