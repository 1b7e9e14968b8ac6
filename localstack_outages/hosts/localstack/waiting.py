"""Where calls wait: in the threads of LocalStack's gateway, some of which must be left for others."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localstack_outages.engine.hold import Hold
from localstack_outages.schema.effect import AwsError

LOG = logging.getLogger(__name__)

DEFAULT_WORKERS = 1000
"""So many threads LocalStack's gateway has where it does not say (``GATEWAY_WORKER_COUNT``)."""

CLIENT_CHECK_SECONDS = 0.5
"""How often a call that hangs looks whether its client has given up."""

_LEAST_RESERVE = 8


def most_waiting(workers: int) -> int:
    """Give how many calls may wait at once in a number of threads.

    A tenth of the threads, at least 8 and at most half of them, is left to other calls and to the
    control API, by which the rule that makes calls wait can be ended.
    """
    return max(1, workers - min(max(workers // 10, _LEAST_RESERVE), (workers + 1) // 2))


class WaitingRoom:
    """Bounds how many calls wait at once.

    :param places: so many
    """

    def __init__(self, places: int) -> None:
        self._free = threading.Semaphore(places)
        self._has_warned = False
        self._error = AwsError(
            "TooManyWaitingCalls",
            503,
            f"LocalStack Outages lets {places} calls wait at once, so that LocalStack can answer"
            " others; this one is refused. GATEWAY_WORKER_COUNT raises the bound",
        )

    @contextmanager
    def enter(self) -> Iterator[AwsError | None]:
        """Take a place, and give it back.

        :return: the error that the call gets where there is none; else None
        """
        if not self._free.acquire(blocking=False):
            if not self._has_warned:
                self._has_warned = True
                LOG.warning("A call was refused: %s", self._error.message)
            yield self._error
            return
        try:
            yield None
        finally:
            self._free.release()


def wait_in_thread(hold: Hold, seconds: float | None) -> None:
    """Wait in this thread until a hold is released or some seconds are over."""
    released = threading.Event()
    forget = hold.on_release(released.set)
    try:
        released.wait(seconds)
    finally:
        forget()


def wait_for_client(
    hold: Hold, seconds: float | None, is_open: Callable[[], bool], clock: Callable[[], float]
) -> bool:
    """Wait likewise, or until the client has gone.

    :param is_open: whether the client is still there
    :param clock: monotonic seconds
    :return: whether it has gone
    """
    released = threading.Event()
    forget = hold.on_release(released.set)
    ends_at = None if seconds is None else clock() + seconds
    try:
        while is_open():
            left = CLIENT_CHECK_SECONDS
            if ends_at is not None:
                left = min(left, ends_at - clock())
            if left <= 0 or released.wait(left):
                break
        return not is_open()
    finally:
        forget()
