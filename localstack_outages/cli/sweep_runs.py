"""Runs the command of a sweep: with faults in force, an account of its own, and a limit in time."""

import contextlib
import os
import secrets
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.client.client import OutagesClient
from localstack_outages.client.rule_like import ALL
from localstack_outages.schema.errors import OutagesError
from localstack_outages.sweep.faults import rule_of
from localstack_outages.sweep.limits import Hung
from localstack_outages.sweep.numbering import numbered
from localstack_outages.sweep.oracle import CommandFailed
from localstack_outages.sweep.points import Faults
from localstack_outages.sweep.run import Run, with_evidence
from localstack_outages.sweep.sweeping import Observation

if TYPE_CHECKING:
    from localstack_outages.client.outage import Outage
    from localstack_outages.schema.documents import Event

WITHOUT_LIMIT = 10.0**6
"""Seconds."""

COMMAND = "command"
"""What is swept, for messages."""

_MAX_CALLS = 10_000
_TAIL_BYTES = 4000
_SETTLE_SECONDS = 0.1
"""The record of a call is made when its answer is out, and may come after the end of the command."""

_END_SECONDS = 2.0
"""How long a command that hangs may take to end when it is told to."""

_RULE_SECONDS = 60.0
"""So much longer than the run a rule may live, should this process be killed."""

_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE")
_ATTEMPTS = "AWS_MAX_ATTEMPTS"


class Ended(NamedTuple):
    """How a command ended."""

    code: int | None
    """Its exit code, below 0 for a signal; None where it was ended, since it took too long."""
    seconds: float
    output: str
    """The end of what it printed."""


class Runs:
    """Runs one command again and again, and watches its calls.

    :param command: with its arguments
    :param make_client: makes a client for an account
    :param shows_output: whether the command prints to the standard error
    """

    def __init__(
        self,
        command: Sequence[str],
        make_client: Callable[[str], OutagesClient],
        environ: Mapping[str, str] = os.environ,
        *,
        shows_output: bool = False,
    ) -> None:
        self._command, self._make_client, self._environ = tuple(command), make_client, environ
        self._shows_output = shows_output
        self.has_own_accounts = not any(environ.get(name) for name in _CREDENTIALS)
        """Whether each run gets an account of its own, since no credentials are set."""
        self._account = ALL
        self.ended = Ended(None, 0.0, "")
        """How the last run ended."""

    def run(self, faults: Faults, limit: float = WITHOUT_LIMIT) -> Observation:
        """Run the command once.

        :param faults: what fails meanwhile
        :param limit: after how many seconds it has hung
        :raises OutagesError: where the host does not answer
        :raises OSError: where the command cannot be started
        """
        account = _new_account() if self.has_own_accounts else self._account
        observation = Observation()
        with self._make_client(account) as client:
            start = client.calls(-1, account=ALL, limit=1)["next"]
            with _in_force(client, faults, limit) as outage:
                self.ended = _run(
                    self._command,
                    self._environment(client.endpoint, account),
                    limit,
                    shows_output=self._shows_output,
                )
            events, missed = _settled(client, start)
            if missed:
                observation.problem = "it makes more calls than the host keeps"
                return observation
            if not self.has_own_accounts:
                self._account = _only_account(events)
            error, seconds = _error_of(self.ended, limit), self.ended.seconds
            run = Run(numbered(events), error, seconds, subject=COMMAND)
            try:
                observation.run = run if outage is None else with_evidence(run, outage, faults)
            except (AssertionError, OutagesError) as e:  # the host was restarted meanwhile
                observation.problem = str(e)
        return observation

    def rerun(self, _test: str, faults: Faults, limit: float) -> tuple[str, Observation | None]:
        """Run the command as ``Sweep`` wants it."""
        seen = self.run(faults, limit)
        error = None if seen.run is None else seen.run.error
        return "passed" if error is None else str(error), seen

    def _environment(self, endpoint: str, account: str) -> dict[str, str]:
        env = {**self._environ, "AWS_ENDPOINT_URL": endpoint}
        if self.has_own_accounts:
            env |= {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "test"}
            env.pop("AWS_SESSION_TOKEN", None)
        env.setdefault(_ATTEMPTS, "2")
        return env


def _new_account() -> str:
    return f"{secrets.randbelow(9) + 1}{secrets.randbelow(10**11):011}"


def _only_account(events: "Sequence[Event]") -> str:
    """Give the account of all calls; ``*`` where they are of several, or there are none."""
    accounts = {event["account"] for event in events if event["origin"] == "external"}
    return accounts.pop() if len(accounts) == 1 else ALL


@contextlib.contextmanager
def _in_force(client: OutagesClient, faults: Faults, limit: float) -> "Iterator[Outage | None]":
    if not faults:
        yield None
        return
    # The later call comes first: a rule counts only calls that none before it has decided about.
    ordered = sorted(faults, key=lambda fault: -fault.place.call)
    life = min(limit, WITHOUT_LIMIT) + _RULE_SECONDS
    with client.outage([{**rule_of(fault), "duration": life} for fault in ordered]) as outage:
        yield outage


def _settled(client: OutagesClient, start: int) -> "tuple[list[Event], int]":
    """Give the calls since a moment, once no more of them come; and how many were missed."""
    never, before = threading.Event(), -1
    while True:
        never.wait(_SETTLE_SECONDS)
        page = client.calls(start, limit=_MAX_CALLS)
        if page["missed"] or len(page["events"]) == before:
            return page["events"], page["missed"]
        before = len(page["events"])


def _error_of(ended: Ended, limit: float) -> BaseException | None:
    if ended.code is None:
        return Hung(f"it did not end within {limit:.0f} s")
    if ended.code == 0:
        return None
    how = f"signal {-ended.code}" if ended.code < 0 else f"exit code {ended.code}"
    last = ended.output.strip().splitlines()[-1:]
    return CommandFailed(how + "".join(f": {line.strip()[:200]}" for line in last))


def _run(
    command: Sequence[str], env: Mapping[str, str], limit: float, *, shows_output: bool
) -> Ended:
    """Run a command in a process group of its own, and end all that it leaves in it.

    :raises OSError: where it cannot be started
    """
    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - the user's own command
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=2 if shows_output else output,
            stderr=None if shows_output else subprocess.STDOUT,
            start_new_session=True,
        )
        code: int | None = None
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
        finally:
            _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
            process.wait()
        seconds = time.monotonic() - begin
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - _TAIL_BYTES))
        return Ended(code, seconds, output.read().decode(errors="replace"))


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    """Send a signal to the group of a process. Where there are no groups (Windows), to it alone."""
    if hasattr(os, "killpg"):
        # macOS does not permit it where only zombies are left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
    elif process.poll() is None:
        process.terminate()
