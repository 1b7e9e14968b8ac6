"""A host of outages in a process of its own: how it is started, watched and ended."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Self

from localstack_outages.schema.product import PREFIX

START_SECONDS = 90
"""How long a start may take. LocalStack usually takes 5 to 10 s, more on a busy machine."""

STOP_SECONDS = 15
_POLL_SECONDS = 0.1
_LOG_TAIL_LINES = 40

# The environment's proxy is not for this machine.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class StartError(RuntimeError):
    """A host cannot be started; the message is one line, or carries the end of its log."""


def read_tail(
    log: Path,
    lines: int = _LOG_TAIL_LINES,
    start: int = 0,
    hidden: Callable[[str], bool] = lambda _: False,
) -> str:
    """Give the end of a log, each line on a new one; empty if there is no log.

    :param start: how many bytes of the log to skip
    :param hidden: tells which lines to leave out
    """
    if not log.exists():
        return ""
    text = log.read_bytes()[start:].decode(errors="replace")
    tail = [line for line in text.splitlines() if not hidden(line)][-lines:]
    return "".join(f"\n  {line}" for line in tail)


class HostProcess(ABC):
    """A host in a process of its own, and the processes that it starts.

    :param endpoint: the URL at which it can be reached from this machine
    :param env: its environment
    :param log: the file for its output; by default the terminal
    """

    name: str
    """What messages call it."""

    def __init__(self, endpoint: str, env: Mapping[str, str], log: Path | None = None) -> None:
        self.endpoint = endpoint
        self.log = log
        self._env = dict(env)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def _prepare(self) -> Sequence[str]:
        """Make what it needs, and give its command.

        :raises StartError: if it cannot be started
        """

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def process_id(self) -> int:
        """The id of its process.

        :raises StartError: if it was not started
        """
        if self._process is None:
            raise StartError(f"{self.name} was not started")
        return self._process.pid

    def start(self, wait_seconds: float = START_SECONDS) -> None:
        """Start it, and wait until it is ready.

        :raises StartError: if it cannot be started or does not come up
        """
        self.launch()
        try:
            self.wait_until_ready(wait_seconds)
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Start it without waiting.

        :raises StartError: if it cannot be started
        """
        command = self._prepare()
        output = None if self.log is None else self.log.open("ab")
        try:
            self._process = subprocess.Popen(
                command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                # In a group of its own it gets Ctrl-C from us alone, and once.
                start_new_session=True,
            )
        finally:
            if output is not None:
                output.close()

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the rules of ``OUTAGES_RULES`` are in force and it answers.

        :raises StartError: if it ends or does not come up in time
        """
        deadline = time.monotonic() + seconds
        never = threading.Event()
        while not self._is_ready():
            if not self.is_alive:
                raise StartError(f"{self.name} ended while it started.{self.log_tail()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} was not ready after {seconds:g} s.{self.log_tail()}")
            never.wait(_POLL_SECONDS)

    def wait(self) -> int:
        """Wait until it ends; give its exit code."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """End it in good order, or by force if that takes too long."""
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
            os.killpg(process.pid, signal.SIGKILL)  # the processes that it has started

    def log_tail(self, lines: int = _LOG_TAIL_LINES) -> str:
        """Give the end of its log, each line on a new one; empty if it has no log file."""
        return "" if self.log is None else read_tail(self.log, lines)

    def _is_ready(self) -> bool:
        url = f"{self.endpoint}{PREFIX}/outages/status"
        try:
            with _open(url, timeout=2) as answer:
                return bool(json.load(answer)["ready"])
        # Nobody listens yet, or the extension is not loaded yet.
        except (OSError, HTTPException, ValueError):
            return False
