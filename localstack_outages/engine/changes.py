"""Who wants to know that the list of rules has changed, and what changed."""

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

from .snapshot import Departed, Entry

LOG = logging.getLogger(__name__)


class Change(NamedTuple):
    """What a change did to the list."""

    added: tuple[Entry, ...] = ()
    """New rules, and those that were edited."""
    departed: tuple[Departed, ...] = ()
    """Rules that left the list, the first one first."""
    forgotten: tuple[str, ...] = ()
    """Owners that are not remembered any more."""


Listener = Callable[[Change], None]


class Listeners:
    """Tells of changes, with no lock held and after they are in force.

    The caller holds a lock of its own around ``note``.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._untold: list[Change] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have a listener told of each change from now on.

        :return: ends the subscription
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return unsubscribe

    def note(self, change: Change) -> None:
        """Keep a change until ``tell``."""
        if self._listeners:
            self._untold.append(change)

    def tell(self) -> None:
        """Tell of the changes that were noted. A listener that fails is logged and passed over."""
        while self._untold:
            try:
                change = self._untold.pop(0)
            except IndexError:  # another thread tells of it
                return
            for listener in self._listeners:
                try:
                    listener(change)
                except Exception as e:
                    LOG.warning("A listener failed on a change of the rules: %s", e, exc_info=e)
