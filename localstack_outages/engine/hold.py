"""What a call waits on, so that it can be let go before its time is up."""

import logging
import threading
from collections.abc import Callable

LOG = logging.getLogger(__name__)


class Hold:
    """Holds calls that wait until it is released, once and for all.

    Threads and coroutines alike can wait on it: both are told by a callback.
    """

    __slots__ = ("_callbacks", "_is_released", "_lock")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_released = False
        self._callbacks: dict[object, Callable[[], None]] = {}

    @property
    def is_released(self) -> bool:
        """Whether the calls that wait go on."""
        return self._is_released

    def release(self) -> None:
        """Let all calls go on, those that wait and those that come later."""
        with self._lock:
            self._is_released = True
            callbacks, self._callbacks = self._callbacks, {}
        for callback in callbacks.values():
            try:
                callback()
            except Exception:
                # The others must not wait for ever; a coroutine's loop may be closed by now.
                LOG.warning("A call that waits cannot be let go", exc_info=True)

    def on_release(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have a function called at the release; at once where that has been.

        :param callback: must not wait; it runs in the thread that releases
        :return: what takes the callback back; it may be called at any time, also twice
        """
        ticket = object()
        with self._lock:
            is_released = self._is_released
            if not is_released:
                self._callbacks[ticket] = callback
        if is_released:
            callback()
        return lambda: self._forget(ticket)

    def _forget(self, ticket: object) -> None:
        with self._lock:
            self._callbacks.pop(ticket, None)
