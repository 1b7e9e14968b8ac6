"""The file in which FIS keeps templates and experiments over a restart of the host."""

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

LOG = logging.getLogger(__name__)

NAME = "fis.json"

T = TypeVar("T")


class MemoryFile:
    """Keeps a document in a file.

    A file that cannot be read or written is told in the log, and FIS goes on without.

    :param folder: where the file is; it is made where it is missing
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._written: str | None = None
        self._has_warned = False

    def load(self, read: Callable[[dict[str, Any]], T]) -> T | None:
        """Give what was kept.

        :param read: makes something of it; a file of which it cannot is set aside
        """
        try:
            return read(json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except Exception as e:  # noqa: BLE001 - whatever is wrong with the file, FIS begins
            aside = self._path.with_suffix(".unreadable")
            LOG.error(
                "FIS cannot read %s: %s: %s; it begins without, and the file is now %s",
                self._path, type(e).__name__, e, aside.name,
            )  # fmt: skip
            self._set_aside(aside)
            return None

    def save(self, document: dict[str, Any]) -> None:
        """Keep a document in place of the one before. The file is whole at any time."""
        text = json.dumps(document)
        if text == self._written:
            return
        partial = self._path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text, "utf-8")
            partial.replace(self._path)
        except OSError as e:
            if not self._has_warned:
                self._has_warned = True
                LOG.warning("FIS cannot keep its templates and experiments: %s", e)
        else:
            self._written, self._has_warned = text, False

    def _set_aside(self, aside: Path) -> None:
        try:
            self._path.replace(aside)
        except OSError as e:
            LOG.debug("FIS cannot set the file aside: %s", e)
