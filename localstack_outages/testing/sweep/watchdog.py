"""Ends a run that hangs: an exception is raised where the main thread is, by an alarm.

Where the system has no alarms (Windows), or the tests do not run in the main thread, a run is not
ended, and is told to have hung once it is over.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from localstack_outages.sweep.limits import Hung

_AGAIN_SECONDS = 1.0
"""An application that takes the exception after all gets another one."""


@contextlib.contextmanager
def bite_after(seconds: float) -> Iterator[None]:
    """Raise ``Hung`` in a block that lasts too long.

    :raises Hung: where it does
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def bite(_number: int, _frame: FrameType | None) -> None:
        raise Hung(f"it did not end within {seconds:.0f} s")

    begin = time.monotonic()
    before = signal.signal(signal.SIGALRM, bite)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's, such as pytest-timeout's
            rest = max(0.01, left - (time.monotonic() - begin))
            signal.setitimer(signal.ITIMER_REAL, rest, interval)
