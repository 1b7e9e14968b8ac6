"""Start a real LocalStack in host mode, with this extension in it: in the foreground for a person
(``python -m localstack_outages``), in the background for tests.

Needs the extra ``runtime``, and neither Docker nor a token.
"""

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

DEFAULT_LISTEN = "127.0.0.1:4566"
PREFIX = "/_extension/outages"
START_SECONDS = 90
"""How long a start may take: usually 5 to 10 s, more on a machine that has much else to do."""

STOP_SECONDS = 15
_POLL_SECONDS = 0.1
_LOG_TAIL_LINES = 40


class StartError(RuntimeError):
    """LocalStack cannot be started; the message is one line, or carries the end of its log."""


def environment(
    listen: str | None = None,
    volume: Path | None = None,
    base: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Give the environment that LocalStack needs in host mode.

    What is set in ``base`` is left as it is.

    :param listen: ``host:port``; of ``GATEWAY_LISTEN``, else 127.0.0.1:4566, where left out
    :param volume: the folder for LocalStack's files; one in the user's cache where left out
    """
    if volume is None:
        cache = Path(base.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        volume = cache / "localstack-outages"
    defaults = {
        "GATEWAY_LISTEN": DEFAULT_LISTEN,
        "LOCALSTACK_VOLUME_DIR": str(volume),
        "FILESYSTEM_ROOT": str(volume),
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        # LocalStack's DNS server is for the containers of Lambda, and wants port 53.
        "DNS_ADDRESS": "0",
    }
    chosen = {} if listen is None else {"GATEWAY_LISTEN": listen}
    return {**defaults, **base, **chosen}


def endpoint_of(env: Mapping[str, str]) -> str:
    """Give the URL at which LocalStack can be reached from this machine.

    :raises StartError: where ``GATEWAY_LISTEN`` is not valid
    """
    host, port = _address(env["GATEWAY_LISTEN"])
    return f"http://{'localhost' if host in ('', '0.0.0.0') else host}:{port}"  # noqa: S104


def _address(listen: str) -> tuple[str, int]:
    """Read the first address of a ``GATEWAY_LISTEN``, such as ``127.0.0.1:4566`` or ``:4566``."""
    first = listen.split(",")[0].strip()
    host, _, port = first.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise StartError(f"GATEWAY_LISTEN={listen!r} has no port; write it as {DEFAULT_LISTEN}")
    return host, int(port)


def check(env: Mapping[str, str]) -> None:
    """See whether LocalStack can be started.

    LocalStack itself goes on without its port when something else has it.

    :raises StartError: where it cannot; one line that says why and what to do
    """
    if importlib.util.find_spec("localstack") is None:
        raise StartError(
            "LocalStack is not installed: pip install 'localstack-extension-outages[runtime]'"
        )
    _, port = _address(env["GATEWAY_LISTEN"])
    with socket.socket() as probe:
        # As the gateway does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as e:
            raise StartError(
                f"port {port} cannot be used ({e.strerror}); "
                f"stop what uses it, or choose another: GATEWAY_LISTEN=127.0.0.1:{port + 1}"
            ) from None


class LocalStack:
    """A LocalStack in host mode, in a process of its own.

    Example::

        with LocalStack(environment("127.0.0.1:4567"), log=Path("localstack.log")) as localstack:
            boto3.client("sqs", endpoint_url=localstack.endpoint, ...)

    :param env: its environment, see ``environment``
    :param log: the file for what it prints; the terminal where left out
    """

    def __init__(self, env: Mapping[str, str], log: Path | None = None) -> None:
        self.endpoint = endpoint_of(env)
        self.log = log
        self._env = dict(env)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, wait_seconds: float = START_SECONDS) -> None:
        """Start it, and wait until it is ready.

        :raises StartError: where it cannot be started or does not come up
        """
        self.launch()
        try:
            self.wait_until_ready(wait_seconds)
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Start it, and do not wait.

        :raises StartError: where it cannot be started
        """
        check(self._env)
        Path(self._env["FILESYSTEM_ROOT"]).mkdir(parents=True, exist_ok=True)
        output = None if self.log is None else self.log.open("ab")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "localstack.runtime.main"],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                # A group of its own: Ctrl-C reaches it by us alone, and once.
                start_new_session=True,
            )
        finally:
            if output is not None:
                output.close()

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until it has put the rules of ``OUTAGES_RULES`` into force and answers.

        :raises StartError: where it ends or does not come up in time
        """
        deadline = time.monotonic() + seconds
        never = threading.Event()
        while not self._is_ready():
            if not self.is_alive:
                raise StartError(f"LocalStack ended while it started.{self.log_tail()}")
            if time.monotonic() > deadline:
                raise StartError(f"LocalStack was not ready after {seconds:g} s.{self.log_tail()}")
            never.wait(_POLL_SECONDS)

    def wait(self) -> int:
        """Wait until it ends; give its exit code."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """End it: in good order, and by force where that takes too long."""
        process = self._process
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(number)
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it has started itself

    def log_tail(self, lines: int = _LOG_TAIL_LINES) -> str:
        """Give the end of its log, on lines of its own; nothing where it has no log file."""
        if self.log is None or not self.log.exists():
            return ""
        tail = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "\n" + "\n".join(f"  {line}" for line in tail)

    def _is_ready(self) -> bool:
        url = f"{self.endpoint}{PREFIX}/outages/status"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 # our own http URL
                return bool(json.load(answer)["ready"])
        except OSError:  # nobody listens yet, or the extension is not loaded yet
            return False


def main() -> int:
    """Run LocalStack in the foreground until Ctrl-C; give the exit code."""
    env = environment()
    try:
        localstack = LocalStack(env)
        localstack.launch()
    except StartError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    stopping = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        stopping.set()
        threading.Thread(target=localstack.stop).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        localstack.wait_until_ready()
        print(_how_to_use(localstack.endpoint), flush=True)
    except StartError as e:
        localstack.stop()
        if not stopping.is_set():
            print(f"error: {e}", file=sys.stderr)
            return 1
    code = localstack.wait()
    return 0 if stopping.is_set() else code


def _how_to_use(endpoint: str) -> str:
    port = endpoint.rpartition(":")[2]
    path = f"{endpoint}{PREFIX}/outages"
    return f"""
LocalStack is ready at {endpoint}; Ctrl-C ends it.
Outages are controlled at http://outages.localhost.localstack.cloud:{port}/outages
or, without DNS, at {path}. Try:

  curl -X POST {path} --data '[{{"service": "s3", "region": "us-*"}}]'
"""
