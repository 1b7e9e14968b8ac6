"""What a process of a test run holds: which host of outages it uses, and how others know that it runs.

It knows nothing of pytest, and imports what it needs when it is needed: a run without outages costs
nothing.
"""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from localstack_outages.launch.host_choice import HostChoice
    from localstack_outages.launch.presence import Presence
    from localstack_outages.launch.shared import Embedded

WORKER_INPUT = "outages_token"
"""What a worker of xdist is told: the token of the process with which the run ends."""

_URL = re.compile(r"https?://[^/\s]+[^\s?#]*")


class Wanted(NamedTuple):
    """What the options say about the host. None where they say nothing."""

    endpoint: str | None
    """``--outages-endpoint``: one that runs."""
    host: str | None
    """``--outages-host``: one to start."""
    upstream: str | None
    """``--outages-upstream``: what shall be behind a gateway."""
    is_starting: bool
    """Whether the command line asks for one to be started, whatever the environment names."""

    @property
    def problem(self) -> str | None:
        """What is wrong with them together."""
        if self.host == "localstack" and self.upstream is not None:
            return "--outages-upstream: only a gateway has an upstream; leave out --outages-host"
        if self.upstream not in (None, "moto") and not _URL.fullmatch(self.upstream or ""):
            return (
                f"--outages-upstream: {self.upstream!r} is no AWS endpoint; "
                "write it as http://127.0.0.1:5000, or moto"
            )
        if self.endpoint is not None and self.is_starting:
            return (
                "--outages-endpoint names a host that runs; "
                "--outages-host and --outages-upstream are for one to be started"
            )
        return None


class Run:
    """What a process of a test run holds.

    :param wanted: what the options say about the host
    :param is_strict: the option ``--outages-strict``
    :param worker_input: what xdist tells its workers; None where the process is none
    """

    def __init__(
        self, wanted: Wanted, *, is_strict: bool, worker_input: Mapping[str, Any] | None
    ) -> None:
        self.is_strict = is_strict
        self.is_worker = worker_input is not None
        """Whether the process is a worker of xdist."""
        self.embedded: Embedded | None = None
        """The host that was started for the run, where this process has asked for it."""
        self._started: str | None = None
        self._wanted = wanted
        self._token: str | None = (worker_input or {}).get(WORKER_INPUT)
        self._presence: Presence | None = None

    @property
    def token(self) -> str:
        """The token of the process with which the run ends."""
        self._token = self._token or secrets.token_hex(6)
        return self._token

    @property
    def presence(self) -> "Presence":
        """By which other processes know whether this one runs.

        :raises UnsafeFolder: where the folder of the lock files is not this user's alone
        """
        from localstack_outages.launch.presence import Presence

        self._presence = self._presence or Presence(None if self.is_worker else self.token)
        return self._presence

    @property
    def given_endpoint(self) -> str | None:
        """The URL of the host, where the options or the environment name one.

        :raises ValueError: where it is no URL
        """
        from localstack_outages.client.endpoint import find_endpoint, names_endpoint

        given, is_named = self._wanted.endpoint, names_endpoint(os.environ)
        if given is None and (self._wanted.is_starting or not is_named):
            return None
        return find_endpoint(given, os.environ)

    @property
    def endpoint(self) -> str | None:
        """The URL of the host that the tests use; None where none is named and none was started.

        :raises ValueError: where it is no URL
        """
        return self.given_endpoint or self._started

    @property
    def choice(self) -> "HostChoice":
        """The host to start where none is given.

        :raises StartError: where none is chosen and none is installed
        """
        from localstack_outages.launch.host_choice import choose_host

        return choose_host(self._wanted.host, self._wanted.upstream)

    def start_host(self, folder: Path) -> str:
        """Start a host for the run where no process has done so yet; give its URL.

        It ends with the process with which the run ends. Where no worker of xdist could say in time
        that it needs one, each has its own.

        :param folder: of the temporary files of this process; that of a worker is within that of the
            run
        :raises StartError: where it cannot be started
        :raises UnsafeFolder: where the folder of the lock files is not this user's alone
        """
        from localstack_outages.launch.presence import is_wanted, lock_path
        from localstack_outages.launch.shared import Embedded, require_locks

        require_locks()
        if self.is_worker and is_wanted(self.token):
            lock_file, folder = lock_path(self.token), folder.parent
        else:
            lock_file = self.presence.path
        choice = self.choice
        embedded = Embedded(lock_file, folder / f"{choice.host}.log", choice)
        self._started = embedded.start()
        self.embedded = embedded
        return self._started

    def want_host(self) -> None:
        """Have the process with which the run ends show that it runs, before any test does.

        :raises ValueError: where the endpoint is no URL
        :raises UnsafeFolder: where the folder of the lock files is not this user's alone
        """
        from localstack_outages.launch.presence import CAN_LOCK, lock_path

        if CAN_LOCK and self.given_endpoint is None:
            lock_path(self.token).touch()

    def show_where_wanted(self) -> None:
        """Show that this process runs where a worker has asked for it."""
        from localstack_outages.launch.presence import is_wanted

        if self._presence is None and is_wanted(self.token):
            self.presence  # noqa: B018 # it is shown from now on

    def close(self) -> None:
        """End what the process holds, and the host where it was started for it."""
        if self._presence is None:
            return
        from localstack_outages.launch.shared import wait_for_end

        self._presence.close()
        wait_for_end(self._presence.path)
