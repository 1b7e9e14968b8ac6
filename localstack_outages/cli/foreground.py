"""The command ``localstack``: runs a real LocalStack in the foreground until Ctrl-C."""

import contextlib
import os
import queue
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from localstack_outages.schema.product import PREFIX

from .exit_codes import NotAsAsked

if TYPE_CHECKING:
    from localstack_outages.launch.localstack import LocalStack

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""SIGHUP comes when the terminal is closed. LocalStack, in a session of its own, does not get it."""


@click.command()
def localstack() -> None:
    """Start a real LocalStack with the extension in it.

    It runs in the foreground, without Docker, until Ctrl-C, and needs the package's extra
    'runtime'. Its address is 127.0.0.1:4566 or that of GATEWAY_LISTEN. LocalStack gets all your
    environment variables. OUTAGES_RULES can name rules to start with.
    """
    from localstack_outages.launch.localstack import LocalStack, StartError, environment

    try:
        run_in_foreground(LocalStack(environment()))
    except StartError as e:
        raise NotAsAsked("NotStarted", str(e)) from None


def run_in_foreground(localstack: "LocalStack") -> None:
    """Run LocalStack until a signal ends it, or until it ends by itself.

    :raises StartError: if it cannot be started
    :raises NotAsAsked: if it ends by itself with an error
    """
    from localstack_outages.launch.localstack import StartError

    stopper = _Stopper(localstack)
    with _terminal_of_our_own():
        try:
            localstack.launch()
            stopper.begin()
            localstack.wait_until_ready()
            click.echo(_how_to_use(localstack.endpoint))
            code = localstack.wait()
        except StartError:
            if not stopper.is_asked:
                raise
            return
        finally:
            localstack.stop()  # and the processes that it has started
    if code and not stopper.is_asked:
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        raise NotAsAsked("Ended", f"LocalStack has ended {how}")


class _Stopper:
    """Stops LocalStack on a signal, in a thread, while the main thread waits for LocalStack to end.

    It handles signals from its creation until the process exits, so that none of them ends the
    process with a traceback or leaves LocalStack behind.
    """

    def __init__(self, localstack: "LocalStack") -> None:
        self.is_asked = False
        # A second signal may interrupt the handler of the first: unlike an Event, this is reentrant.
        self._signals: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._localstack = localstack
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def begin(self) -> None:
        """Stop LocalStack when a signal comes, or at once if one has come already."""
        threading.Thread(target=self._stop, daemon=True).start()

    def _on_signal(self, number: int, _frame: object) -> None:
        self.is_asked = True
        self._signals.put(number)

    def _stop(self) -> None:
        self._signals.get()
        self._localstack.stop()


@contextlib.contextmanager
def _terminal_of_our_own() -> Iterator[None]:
    """Take the terminal from ``make`` for as long as the block runs.

    Otherwise Ctrl-C reaches ``make`` too, which then reports an error however well we end.
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
        # A group in the background may not hand the terminal back, so SIGTTOU is ignored. Ctrl-Z
        # would leave make, and so the shell, waiting, so SIGTSTP is ignored too.
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
