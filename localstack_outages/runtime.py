"""Start a real LocalStack in host mode, with this extension in it: in the foreground for a person
(``python -m localstack_outages``), in the background for tests.

Needs the extra ``runtime``, and neither Docker nor a token.
"""

import contextlib
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from importlib import metadata
from pathlib import Path
from typing import Self

from . import PREFIX

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4566
DEFAULT_LISTEN = f"{DEFAULT_HOST}:{DEFAULT_PORT}"
START_SECONDS = 90
"""How long a start may take: usually 5 to 10 s, more on a machine that has much else to do."""

STOP_SECONDS = 15
_POLL_SECONDS = 0.1
_LOG_TAIL_LINES = 40
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]*)(?::(?P<port>\d{1,5}))?")
_ANY_HOST = {"0.0.0.0": "localhost", "[::]": "[::1]"}  # noqa: S104
"""How a client on this machine names the addresses that stand for all."""

# A proxy that the environment names is not for this machine.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


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
        # In a container, of a CI job say, LocalStack takes itself for its own image, and all that
        # run there share the folders of that.
        "OVERRIDE_IN_DOCKER": "0",
        # LocalStack's DNS server is for the containers of Lambda, and wants port 53.
        "DNS_ADDRESS": "0",
    }
    chosen = {} if listen is None else {"GATEWAY_LISTEN": listen}
    return {**defaults, **base, **chosen}


def endpoint_of(env: Mapping[str, str]) -> str:
    """Give the URL at which LocalStack can be reached from this machine.

    :raises StartError: where ``GATEWAY_LISTEN`` is not valid
    """
    host, port = _addresses(env["GATEWAY_LISTEN"])[0]
    return f"http://{_ANY_HOST.get(host, host)}:{port}"


def _addresses(listen: str) -> list[tuple[str, int]]:
    """Read a ``GATEWAY_LISTEN`` as LocalStack does.

    It is one address or several with commas: ``host:port``, ``host``, ``:port``, ``[::1]:port``.
    """
    found = []
    for address in listen.split(","):
        match = _ADDRESS.fullmatch(address.strip())
        port = int(match["port"] or DEFAULT_PORT) if match else 0
        if match is None or not 0 < port < 65536:
            raise StartError(
                f"GATEWAY_LISTEN={listen!r} is no address; write it as {DEFAULT_LISTEN}"
            )
        found.append((match["host"] or DEFAULT_HOST, port))
    return found


def check(env: Mapping[str, str]) -> None:
    """See whether LocalStack can be started.

    LocalStack itself goes on without its port when something else has it.

    :raises StartError: where it cannot; one line that says why and what to do
    """
    try:
        metadata.version("localstack-core")
        is_installed = importlib.util.find_spec("twisted") is not None
    except metadata.PackageNotFoundError:
        is_installed = False
    if not is_installed:
        raise StartError(
            "LocalStack is not installed: pip install 'localstack-extension-outages[runtime]'"
        )
    for host, port in _addresses(env["GATEWAY_LISTEN"]):
        _check_port(host, port)


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    address = host.strip("[]"), port
    reason = None
    with socket.socket(family) as probe:
        # As the gateway does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as e:
            reason = e.strerror
    with socket.socket(family) as probe:
        # Under macOS one can bind an address of a port that another holds for all addresses.
        probe.settimeout(1)
        if reason is None and probe.connect_ex(address) == 0:
            reason = "Address already in use"
    if reason is not None:
        raise StartError(
            f"port {port} of {host} cannot be used ({reason}); "
            f"stop what uses it, or choose another: GATEWAY_LISTEN={host}:{port + 1}"
        )


def read_tail(
    log: Path,
    lines: int = _LOG_TAIL_LINES,
    start: int = 0,
    hidden: Callable[[str], bool] = lambda _: False,
) -> str:
    """Give the end of a log, on lines of its own; nothing where there is none.

    :param start: how many bytes of the log to pass over
    :param hidden: tells which lines to leave out
    """
    if not log.exists():
        return ""
    text = log.read_bytes()[start:].decode(errors="replace")
    tail = [line for line in text.splitlines() if not hidden(line)][-lines:]
    return "".join(f"\n  {line}" for line in tail)


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

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def process_id(self) -> int:
        """The id of its process.

        :raises StartError: where it was not started
        """
        if self._process is None:
            raise StartError("LocalStack was not started")
        return self._process.pid

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
        return "" if self.log is None else read_tail(self.log, lines)

    def _is_ready(self) -> bool:
        url = f"{self.endpoint}{PREFIX}/outages/status"
        try:
            with _open(url, timeout=2) as answer:
                return bool(json.load(answer)["ready"])
        # Nobody listens yet, or the extension is not loaded yet.
        except (OSError, HTTPException, ValueError):
            return False


def main() -> int:
    """Run LocalStack in the foreground until Ctrl-C; give the exit code."""
    try:
        localstack = LocalStack(environment())
    except StartError as e:
        return _fail(e)
    stopping = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        stopping.set()
        threading.Thread(target=localstack.stop).start()

    # SIGHUP: the terminal was closed, and LocalStack is in a session of its own.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    with _ctrl_c_for_us_alone():
        try:
            localstack.launch()
            if stopping.is_set():  # while there was nothing to stop
                localstack.stop()
            localstack.wait_until_ready()
            print(_how_to_use(localstack.endpoint), flush=True)
        except StartError as e:
            localstack.stop()
            if not stopping.is_set():
                return _fail(e)
        code = localstack.wait()
    return 0 if stopping.is_set() else code


def _fail(error: StartError) -> int:
    print(f"error: {error}", file=sys.stderr)
    return 1


@contextlib.contextmanager
def _ctrl_c_for_us_alone() -> Iterator[None]:
    """Take the terminal from ``make``, for as long as this runs.

    Ctrl-C would reach ``make`` as well, and end it with an error however well we end.
    """
    group = os.getpgrp()
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:  # there is none
        yield
        return
    try:
        # A shell that started us without make has given us a group of our own.
        if group == os.getpid() or os.tcgetpgrp(terminal) != group:
            yield
            return
        # To hand the terminal back is not for a group in the background; to be stopped by Ctrl-Z
        # would leave make, and so the shell, waiting.
        for number in (signal.SIGTTOU, signal.SIGTSTP):
            signal.signal(number, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
        try:
            yield
        finally:
            os.tcsetpgrp(terminal, group)
    finally:
        os.close(terminal)


def _how_to_use(endpoint: str) -> str:
    port = endpoint.rpartition(":")[2]
    path = f"{endpoint}{PREFIX}/outages"
    return f"""
LocalStack is ready at {endpoint}; Ctrl-C ends it.
Outages are controlled at http://outages.localhost.localstack.cloud:{port}/outages
or, without DNS, at {path};
in the browser at http://localhost:{port}{PREFIX}/. Try:

  curl -X POST {path} --data '[{{"service": "s3", "region": "us-*"}}]'
"""
