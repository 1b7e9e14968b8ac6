"""moto's server in a process of its own, which ends with the process that started it, however that
ends.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import NamedTuple

HOST = "127.0.0.1"
START_SECONDS = 60


class MotoNotStarted(Exception):
    """moto does not start."""


class Moto(NamedTuple):
    """moto's server."""

    url: str
    process: subprocess.Popen[bytes]

    def exit_code(self) -> int | None:
        """Give how it ended; None while it runs."""
        return self.process.poll()


@contextlib.contextmanager
def moto() -> Iterator[Moto]:
    """Have moto serve while the context lasts.

    :raises MotoNotStarted: where it is not installed, or ends before it serves
    """
    if not all(map(find_spec, ("moto", "flask", "flask_cors"))):
        raise MotoNotStarted(
            "moto is not installed: pip install 'localstack-extension-outages[standalone]', or name "
            "another --upstream"
        )
    port = _free_port()
    process = subprocess.Popen(  # noqa: S603 - this module
        [sys.executable, "-m", __name__, str(port)],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the gateway, which then ends it
    )
    try:
        _wait_until_served(port, process)
        yield Moto(f"http://{HOST}:{port}", process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_served(port: int, process: subprocess.Popen[bytes]) -> None:
    ended = threading.Event()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise MotoNotStarted(f"moto ended with exit code {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        ended.wait(0.05)
    raise MotoNotStarted(f"moto does not serve after {START_SECONDS} s")


def _serve(port: int) -> None:
    """Serve until standard input ends: the system closes it when the other process ends."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(HOST, port, verbose=False)
    server.start()
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
