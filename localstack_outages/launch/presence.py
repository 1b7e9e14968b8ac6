"""Tells which processes still run, by file locks: the system releases them however a process ends.

Windows has no such locks. Nothing is known there.
"""

import contextlib
import os
import secrets
import stat
import tempfile
import time
from pathlib import Path
from typing import IO

from localstack_outages.schema.errors import UnsafeFolder

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment] # what the type checker sees is Linux

CAN_LOCK = fcntl is not None
"""Whether processes can know of each other."""

_SUFFIX = ".lock"
_KEPT_SECONDS = 30 * 24 * 3600
"""How long the file of a killed process is kept, so that others can tell that it has ended."""

_held: set[str] = set()
"""Tokens of this process: its own locks never keep a process out."""


def folder() -> Path:
    """Give the folder of this user's lock files.

    Programs are started with files from there, so nobody else may write to it. All users usually share
    the folder for temporary files: any of them can create a folder of this name first.

    :raises UnsafeFolder: if others can change it
    """
    path = _folder_path()
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        why = "is not a folder"
    elif CAN_LOCK and found.st_uid != os.getuid():
        why = f"belongs to another user (uid {found.st_uid})"
    elif CAN_LOCK and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        why = f"can be changed by other users (mode {stat.S_IMODE(found.st_mode):o})"
    else:
        return path
    raise UnsafeFolder(
        f"{path} {why}, who could run programs as you: remove it, "
        "or set TMPDIR to a folder of your own"
    )


def new_token() -> str:
    """Make a token by which others can ask for a process."""
    return secrets.token_hex(6)


def lock_path(token: str) -> Path:
    """Give the file that the process with a token locks. It need not be there.

    :raises UnsafeFolder: if others can change the folder
    """
    return folder() / f"{token}{_SUFFIX}"


def is_wanted(token: str) -> bool:
    """Whether another process has made the lock file of this token. Makes nothing itself."""
    return (_folder_path() / f"{token}{_SUFFIX}").exists()


class Presence:
    """Shows other processes that this one runs, until it is closed or the process ends.

    Example::

        presence = Presence()
        # in another process
        has_ended(presence.token)

    A forked child does not hold it.

    :param token: with which other processes ask; a new one if left out
    :raises UnsafeFolder: if others can change the folder of the lock files
    """

    def __init__(self, token: str | None = None) -> None:
        self.token = token or new_token()
        """Other processes ask with it."""
        self.path = lock_path(self.token)
        """The file that is locked."""
        self._file: IO[str] | None = None
        if CAN_LOCK:
            _remove_old()
            self._file = self.path.open("a")
            fcntl.lockf(self._file, fcntl.LOCK_EX)
        _held.add(self.token)

    def close(self) -> None:
        """Show that it has ended, and remove the file."""
        if self._file is not None:
            self.path.unlink(missing_ok=True)
            self._file.close()
        _held.discard(self.token)


def has_ended(token: str) -> bool:
    """Whether a process of this machine and user has ended without closing its presence.

    :param token: of its presence
    :return: False also if nothing is known about it
    :raises UnsafeFolder: if others can change the folder of the lock files
    """
    if token in _held or not CAN_LOCK:
        return False
    try:
        with lock_path(token).open("r+") as file:
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


def _folder_path() -> Path:
    user = f"-{os.getuid()}" if CAN_LOCK else ""
    return Path(tempfile.gettempdir()) / f"localstack-outages{user}"


def _remove_old() -> None:
    for path in folder().glob(f"*{_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            is_old = time.time() - path.stat().st_mtime > _KEPT_SECONDS
            if is_old and has_ended(path.name.removesuffix(_SUFFIX)):
                path.unlink()
