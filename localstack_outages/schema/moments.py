"""Moments in the past as people write them: ``5m`` ago, or a time of day in RFC 3339."""

from datetime import UTC, datetime
from typing import NamedTuple

from .durations import HOW_TO_WRITE, parse_duration


class Moment(NamedTuple):
    """A moment in the past."""

    ago: float | None
    """So many seconds ago."""
    time: float = 0
    """Where it is not that: seconds since 1970 (UTC)."""

    def before(self, now: float) -> float:
        """Give the moment.

        :param now: seconds since 1970 (UTC)
        :return: the same
        """
        return self.time if self.ago is None else now - self.ago


def parse_moment(text: str) -> Moment:
    """Read a moment.

    :param text: such as ``5m``, or ``2026-11-23T09:44:00Z``
    :raises ValueError: where it is none; the message says how to write one
    """
    try:
        return Moment(parse_duration(text))
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text.strip())
        return Moment(None, (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise ValueError(
            f"'{text}' is no moment; write how long ago ({HOW_TO_WRITE}), or a time such as "
            "2026-11-23T09:44:00Z"
        ) from None
