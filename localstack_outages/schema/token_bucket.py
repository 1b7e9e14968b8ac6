"""A budget that fills up with time, for rates with bursts."""


class TokenBucket:
    """Lets ``size`` calls pass at once and ``rate`` a second in the long run."""

    __slots__ = ("_filled_at", "_rate", "_size", "_tokens")

    def __init__(self, rate: float, size: int, now: float) -> None:
        self._rate = rate
        self._size = size
        self._tokens = float(size)
        self._filled_at = now

    def take(self, now: float) -> bool:
        """Take a token; say whether there was one."""
        self._tokens = min(self._size, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def empty(self) -> None:
        """Take what is left, which is less than a token."""
        self._tokens = 0.0
