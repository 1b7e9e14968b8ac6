"""The host that a test run starts for itself. All its processes share it; it ends with the run."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from localstack_outages.schema.product import PREFIX

from .host_choice import TITLES, HostChoice
from .presence import CAN_LOCK
from .process import START_SECONDS, StartError, read_tail
from .supervisor import State, folder_of, read_state

END_SECONDS = 30
"""How long the host may take to end."""

_POLL_SECONDS = 0.05
_MARGIN_SECONDS = 10
_LOG_LINES = 20
_NOTICE_SECONDS = 2
"""How long the supervisor may take to record that the host has ended."""


class Embedded:
    """A host that several processes share, and that ends with one of them.

    Example::

        embedded = Embedded(presence.path, Path("localstack.log"), choose_host())
        boto3.client("sqs", endpoint_url=embedded.start(), ...)

    The process that asks first starts it.

    :param lock_file: the lock file of the process for which it runs, see ``presence.Presence``
    :param log: the file for what it prints
    :param choice: which host it is
    """

    def __init__(self, lock_file: Path, log: Path, choice: HostChoice) -> None:
        self.choice = choice
        self.log = log
        self._lock_file = lock_file
        self._folder = folder_of(lock_file)
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it if no process has done so, wait until it is ready, and give its endpoint.

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
        """Say that it has ended, and how its log ends; empty if it runs."""
        state = read_state(self._folder)
        if state is None or _is_listening(state.endpoint):
            return ""
        deadline = time.monotonic() + _NOTICE_SECONDS
        never = threading.Event()
        while state.exit_code is None and time.monotonic() < deadline:
            never.wait(_POLL_SECONDS)
            state = read_state(self._folder) or state
        return (
            f"the {self._title} of this test run, process {state.pid} at {state.endpoint}, is gone"
            f"{_told(state.exit_code)}; the end of {self.log}:{self.log_tail()}"
        )

    @property
    def log_size(self) -> int:
        """How long its log is now, bytes."""
        return self.log.stat().st_size if self.log.exists() else 0

    def log_tail(self, start: int = 0) -> str:
        """Give the end of its log, each line on a new one, without requests to the control API.

        :param start: how many bytes of the log to pass over
        """
        return read_tail(self.log, _LOG_LINES, start, lambda line: f" {PREFIX}/" in line)

    @property
    def _title(self) -> str:
        return TITLES[self.choice.host]

    @property
    def _has_failed(self) -> bool:
        """Whether the supervisor ended without leaving a state."""
        if self._supervisor is None or self._supervisor.poll() is None:
            return False
        return read_state(self._folder) is None

    def _launch(self) -> None:
        with self.log.open("ab") as output:
            self._supervisor = subprocess.Popen(
                # -P: no file of the user's project is taken for a module, whatever its name.
                [
                    sys.executable,
                    "-P",
                    "-m",
                    f"{__package__}.supervisor",
                    self._lock_file,
                    self.log,
                    *self.choice,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C, or a signal to the group of the test run, must not reach it.
                start_new_session=True,
            )

    def _wait_for_state(self) -> State:
        deadline = time.monotonic() + START_SECONDS + _MARGIN_SECONDS
        never = threading.Event()
        while (state := read_state(self._folder)) is None:
            if self._has_failed or time.monotonic() > deadline:
                shutil.rmtree(self._folder, ignore_errors=True)  # nobody else does
                raise StartError(
                    f"the {self._title} of this test run could not be started.{self.log_tail()}"
                )
            never.wait(_POLL_SECONDS)
        return state


def require_locks() -> None:
    """Check whether a host can be started for a test run, whichever it is.

    :raises StartError: where the system has no file locks
    """
    if not CAN_LOCK:
        raise StartError(
            "neither LocalStack nor a gateway can be started for a test run on this system, where "
            "files cannot be locked: start one, and name it by --outages-endpoint or OUTAGES_ENDPOINT"
        )


def wait_for_end(lock_file: Path) -> None:
    """Wait until the host of a process that has closed its presence has ended.

    :param lock_file: the lock file of that process
    """
    folder = folder_of(lock_file)
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
    except OSError:  # it is there, but busy
        return True
    return True


def _told(exit_code: int | None) -> str:
    if exit_code is None:
        return ""
    return f" (signal {-exit_code})" if exit_code < 0 else f" (exit code {exit_code})"
