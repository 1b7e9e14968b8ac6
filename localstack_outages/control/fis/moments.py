"""Times as FIS answers them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple


class Clocks(NamedTuple):
    """Where the time comes from."""

    steady: Callable[[], float]
    """That of the rules: monotonic seconds."""
    wall: Callable[[], float]
    """Seconds since 1970."""


def moment(seconds: float) -> datetime:
    """Give a time of day, to the millisecond.

    :param seconds: since 1970
    """
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def written(seconds: float) -> str:
    """Write a time of day as log records do: ``2026-11-25T08:00:00.000Z``."""
    return moment(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
