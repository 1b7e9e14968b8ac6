"""Which processes still run: told by locks, which the system lets go when a process ends, however it
ends.
"""

import contextlib
import fcntl
import os
import secrets
import tempfile
import time
from pathlib import Path
from typing import IO

_SUFFIX = ".lock"
_KEPT_SECONDS = 30 * 24 * 3600
"""How long the file of a process that was killed tells that it has ended."""

_held: set[str] = set()
"""Tokens of this process. A process is never kept out by its own lock."""


def folder() -> Path:
    """Give the folder of this user's lock files."""
    path = Path(tempfile.gettempdir()) / f"localstack-outages-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


class Presence:
    """Shows other processes that this one runs, until it is closed or the process ends.

    Example::

        presence = Presence()
        # in another process
        has_ended(presence.token)

    A child that this process forks does not hold it.
    """

    def __init__(self) -> None:
        self.token = secrets.token_hex(6)
        """By it others ask."""
        self.path = folder() / f"{self.token}{_SUFFIX}"
        """The file that is locked."""
        _remove_old()
        self._file: IO[str] = self.path.open("x")
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        _held.add(self.token)

    def close(self) -> None:
        """Show that it has ended, and leave nothing behind."""
        self.path.unlink(missing_ok=True)
        self._file.close()
        _held.discard(self.token)


def has_ended(token: str) -> bool:
    """Whether a process of this machine and user has ended without saying so.

    :param token: of its presence
    :return: false also where nothing is known of it
    """
    if token in _held:
        return False
    try:
        with (folder() / f"{token}{_SUFFIX}").open("r+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # there is no such file, or it is locked
        return False
    return True


def wait_for_end(path: Path) -> None:
    """Wait until a process has ended, or has closed its presence.

    :param path: of its presence
    """
    with contextlib.suppress(FileNotFoundError), path.open("r+") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)


def _remove_old() -> None:
    for path in folder().glob(f"*{_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            is_old = time.time() - path.stat().st_mtime > _KEPT_SECONDS
            if is_old and has_ended(path.name.removesuffix(_SUFFIX)):
                path.unlink()
