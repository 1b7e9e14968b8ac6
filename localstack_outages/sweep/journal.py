"""What a sweep has found out so far, in a file, so that one that was interrupted goes on where it was.

It holds for the same options and the same files of the project; anything else begins anew. What was found
is kept beyond that: it is tried first the next time.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


class Journal:
    """The file of one process. All processes of a run have one each, in one folder.

    :param folder: of the journals
    :param process: the name of the process
    :param state: what it holds for, see ``state_of``
    """

    def __init__(self, folder: Path, process: str, state: str) -> None:
        self._folder = folder
        self._path = folder / f"{process}.jsonl"
        self._state = state

    def read(self) -> dict[str, dict[str, Any]]:
        """Give what all processes have noted, by the key of each entry."""
        return {
            entry["key"]: entry["value"]
            for entry in self._entries()
            if entry["state"] == self._state
        }

    def found(self) -> frozenset[str]:
        """Give the keys of what was a finding when it was tried last, in whatever state."""
        last = {entry["key"]: entry["value"] for entry in self._entries()}
        return frozenset(key for key, value in last.items() if value.get("found"))

    def _entries(self) -> Iterator[dict[str, Any]]:
        for path in sorted(self._folder.glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    yield json.loads(line)
                except ValueError:  # the last line of a process that was killed
                    continue

    def note(self, key: str, value: dict[str, Any]) -> None:
        """Add an entry."""
        self._write({"state": self._state, "key": key, "value": value})

    def clear(self) -> None:
        """Forget all: the sweep is complete."""
        for path in self._folder.glob("*.jsonl"):
            path.unlink(missing_ok=True)

    def keep_found(self) -> None:
        """Forget all but what was found: the sweep is complete."""
        found = sorted(self.found())
        self.clear()
        for key in found:
            self._write({"state": "", "key": key, "value": {"found": True}})

    def _write(self, entry: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as output:
            output.write(json.dumps(entry) + "\n")


def state_of(options: Iterable[object], files: Iterable[Path]) -> str:
    """Give what is another one where an option or the text of a file is another one."""
    digest = hashlib.blake2b(repr(list(options)).encode(), digest_size=12)
    for path in files:
        try:
            text = path.read_bytes()
        except OSError:  # it is gone, or not to be read
            continue
        digest.update(hashlib.blake2b(str(path).encode() + b"\0" + text).digest())
    return digest.hexdigest()
