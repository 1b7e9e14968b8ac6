"""What signals do to a command."""

import contextlib
import math
import signal
import time
from collections.abc import Iterator

ONE_CTRL_C_SECONDS = 1.0
"""Signals this close together are one Ctrl-C. ``timeout``, for one, signals a process and then its
group, so the process gets the same signal twice."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C, and ``kill`` like it, interrupt the block by a ``KeyboardInterrupt``.

    What the block does about it, such as ending what it has started, is not interrupted by the same
    Ctrl-C again. A later Ctrl-C does interrupt it, for example where nothing answers.
    """
    heard = -math.inf

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal heard
        before, heard = heard, time.monotonic()
        if heard - before > ONE_CTRL_C_SECONDS:
            raise KeyboardInterrupt

    # A process that a shell has put into the background ignores Ctrl-C, and goes on to do so.
    heeded = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        heeded.append(signal.SIGINT)
    handlers = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
