"""Marks: moments with a name, at which an experiment begins. Verdicts can be asked for from there."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from localstack_outages.schema.errors import UnknownMark

from .record import rfc3339

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Mark

MAX_MARKS = 1000
"""How many marks are kept; the one that was set first is forgotten first."""


class Marks:
    """Keeps marks.

    :param clock: seconds since 1970 (UTC)
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.on_set: Callable[[str, float], None] = lambda _name, _at: None
        """Told of each mark that is set here: its name, and when that was."""
        self._lock = threading.Lock()
        self._times: OrderedDict[str, float] = OrderedDict()

    def set(self, name: str) -> "Mark":
        """Set a mark here and now, also where there is one of this name."""
        at = self.clock()
        self.take(name, at)
        self.on_set(name, at)
        return _document(name, at)

    def take(self, name: str, at: float) -> None:
        """Take a mark that was set somewhere else.

        :param at: when, seconds since 1970
        """
        with self._lock:
            self._times.pop(name, None)
            self._times[name] = at
            if len(self._times) > MAX_MARKS:
                self._times.popitem(last=False)

    def all(self) -> "list[Mark]":
        """Give the marks, in the order in which they were set."""
        with self._lock:
            times = tuple(self._times.items())
        return [_document(name, at) for name, at in times]

    def find(self, name: str) -> float:
        """Give when a mark was set, seconds since 1970.

        :raises UnknownMark: where there is none of this name
        """
        with self._lock:
            names, at = tuple(self._times), self._times.get(name)
        if at is not None:
            return at
        from difflib import get_close_matches  # few need it

        near = get_close_matches(name, names, 1)
        hint = f"did you mean '{near[0]}'?" if near else "POST /outages/marks sets one"
        raise UnknownMark(f"there is no mark '{name}'; {hint}", "?mark")


def _document(name: str, at: float) -> "Mark":
    return {"name": name, "time": rfc3339(at)}
