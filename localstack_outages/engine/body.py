"""Changes the body of an answer part by part, as it is sent. It never waits itself, and keeps nothing."""

from collections.abc import Iterator

from .steps import Shape

PIECES_A_SECOND = 10
"""A body of limited bandwidth goes out in so many pieces a second, or a byte at a time."""

_FLIPPED = 0x55
"""The bits that are wrong in a byte that is corrupt."""


class BodyShaper:
    """Says for each part of a body what is sent in its place, and when.

    :param shape: the step of the injection
    """

    def __init__(self, shape: Shape) -> None:
        payload = shape.payload
        self.hold = shape.hold
        """Released when what is left goes out as it is."""
        self._delivery = shape.delivery
        self._corrupt = payload.corrupt or 0
        self._left = payload.truncate
        self._bandwidth = payload.bandwidth
        self.is_cut = False
        """Whether the body breaks off here: the connection is to be closed."""

    def feed(self, part: bytes) -> Iterator[tuple[float, bytes]]:
        """Give the pieces that are sent in place of a part, each with the seconds to wait before it.

        Nothing is to be fed once ``is_cut``.
        """
        self._delivery.send(0)
        if self._is_released():
            yield 0, part
            return
        part = self._cut(self._corrupted(part))
        bandwidth = self._bandwidth
        if bandwidth is None:
            if part:
                yield 0, part
            return
        size = max(1, int(bandwidth / PIECES_A_SECOND))
        for start in range(0, len(part), size):
            if self._is_released():
                yield 0, part[start:]
                return
            piece = part[start : start + size]
            seconds = len(piece) / bandwidth
            self._delivery.send(seconds)
            yield seconds, piece

    def _is_released(self) -> bool:
        return self.hold.is_released

    def _corrupted(self, part: bytes) -> bytes:
        count = min(self._corrupt, len(part))
        if not count:
            return part
        self._corrupt -= count
        return bytes(byte ^ _FLIPPED for byte in part[:count]) + part[count:]

    def _cut(self, part: bytes) -> bytes:
        if self._left is None:
            return part
        self.is_cut = len(part) > self._left
        part = part[: self._left]
        self._left -= len(part)
        return part
