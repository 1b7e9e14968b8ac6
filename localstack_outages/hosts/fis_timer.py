"""Calls FIS's ``tick`` while experiments run, in a thread that is there only then."""

import logging
import threading

from localstack_outages.control.fis.service import Fis

LOG = logging.getLogger(__name__)


class FisTimer:
    """Calls ``tick`` when something is to happen by itself.

    :param fis: is asked when that is
    """

    def __init__(self, fis: Fis) -> None:
        self.fis = fis
        """Whose ``tick`` is called."""
        self._lock = threading.Lock()
        self._is_woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def wake(self) -> None:
        """Have ``tick`` called now."""
        with self._lock:
            self._is_woken.set()
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._run, name="outages-fis", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Call it no more."""
        with self._lock:
            self._is_closed = True
            self._is_woken.set()

    def _run(self) -> None:
        wait: float | None = 0.0
        while True:
            if wait:
                self._is_woken.wait(wait)
            with self._lock:
                if self._is_closed or (wait is None and not self._is_woken.is_set()):
                    self._thread = None
                    return
                self._is_woken.clear()
            try:
                wait = self.fis.tick()
            except Exception:
                LOG.exception("FIS could not go on; it tries again")
                wait = 1.0
