"""The LocalStack that a test run starts for itself: one for all its processes, which ends with it."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from . import PREFIX
from .runtime import START_SECONDS, StartError, read_tail
from .supervisor import State, folder_of, read_state

END_SECONDS = 30
"""How long the end of LocalStack may take."""

_POLL_SECONDS = 0.05
_MARGIN_SECONDS = 10
_LOG_LINES = 20
_NOTICE_SECONDS = 2
"""How long the supervisor may take to write down that LocalStack has ended."""


class Embedded:
    """A LocalStack in host mode that several processes share, and that ends with one of them.

    Example::

        embedded = Embedded(presence.path, Path("localstack.log"))
        boto3.client("sqs", endpoint_url=embedded.start(), ...)

    Whichever process asks first starts it.

    :param owner: the lock file of the process for which it runs, see ``liveness.Presence``
    :param log: the file for what it prints
    """

    def __init__(self, owner: Path, log: Path) -> None:
        self.log = log
        self._owner = owner
        self._folder = folder_of(owner)
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it where no process has done so yet, wait until it is ready, give its endpoint.

        :raises StartError: where it cannot be started
        """
        self._folder.mkdir(exist_ok=True)
        try:
            (self._folder / "begun").touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            self._launch()
        state = self._wait_for_state()
        if state.error:
            raise StartError(state.error)
        return state.endpoint

    def why_gone(self) -> str:
        """Say that it has ended, and how its log ends; nothing where it runs."""
        state = read_state(self._folder)
        if state is None or _is_listening(state.endpoint):
            return ""
        deadline = time.monotonic() + _NOTICE_SECONDS
        never = threading.Event()
        while state.exit_code is None and time.monotonic() < deadline:
            never.wait(_POLL_SECONDS)
            state = read_state(self._folder) or state
        return (
            f"the LocalStack of this test run, process {state.pid} at {state.endpoint}, is gone"
            f"{_told(state.exit_code)}; the end of {self.log}:{self.log_tail()}"
        )

    @property
    def log_size(self) -> int:
        """How long its log is now, bytes."""
        return self.log.stat().st_size if self.log.exists() else 0

    def log_tail(self, start: int = 0) -> str:
        """Give the end of its log, on lines of its own, without what the control API was asked.

        :param start: how many bytes of the log to pass over
        """
        return read_tail(self.log, _LOG_LINES, start, lambda line: f" {PREFIX}/" in line)

    @property
    def _has_failed(self) -> bool:
        """Whether the supervisor ended before it could say a word."""
        if self._supervisor is None or self._supervisor.poll() is None:
            return False
        return read_state(self._folder) is None

    def _launch(self) -> None:
        with self.log.open("ab") as output:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.supervisor", self._owner, self.log],
                # Python looks for modules in the working folder first: no file of the user's
                # project stands there.
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C, and what kills the group of the test run, must not reach it.
                start_new_session=True,
            )

    def _wait_for_state(self) -> State:
        deadline = time.monotonic() + START_SECONDS + _MARGIN_SECONDS
        never = threading.Event()
        while (state := read_state(self._folder)) is None:
            if self._has_failed or time.monotonic() > deadline:
                shutil.rmtree(self._folder, ignore_errors=True)  # nobody else does
                raise StartError(f"LocalStack could not be started.{self.log_tail()}")
            never.wait(_POLL_SECONDS)
        return state


def wait_for_end(owner: Path) -> None:
    """Wait until the LocalStack of a process that has closed its presence has ended.

    :param owner: the lock file of that process
    """
    folder = folder_of(owner)
    deadline = time.monotonic() + END_SECONDS
    never = threading.Event()
    while folder.exists() and time.monotonic() < deadline:
        never.wait(_POLL_SECONDS)


def _is_listening(endpoint: str) -> bool:
    url = urlsplit(endpoint)
    try:
        socket.create_connection((url.hostname, url.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    except OSError:  # it is there, and has too much to do
        return True
    return True


def _told(exit_code: int | None) -> str:
    if exit_code is None:
        return ""
    return f" (signal {-exit_code})" if exit_code < 0 else f" (exit code {exit_code})"
