"""Where the body of an answer ends."""

import re

from .heads import BadAnswer

_MAX_LINE = 65_536
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")


class Counted:
    """A body whose length is said.

    :param length: bytes
    """

    def __init__(self, length: int) -> None:
        self._left = length
        self.is_whole = length == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Take what came.

        :return: what of it is for the client, and what is left over
        """
        part = data[: self._left] if len(data) > self._left else data
        self._left -= len(part)
        self.is_whole = self._left == 0
        return part, data[len(part) :]

    def end(self) -> bytes | None:
        """Take that the connection has ended.

        :return: what the client gets then; None where the body is not whole
        """
        return b"" if self.is_whole else None


class UntilClosed:
    """A body that ends with its connection; the client gets it in chunks."""

    is_whole = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """See ``Counted``."""
        return (b"%x\r\n%b\r\n" % (len(data), data) if data else b""), b""

    def end(self) -> bytes | None:
        """See ``Counted``."""
        return b"0\r\n\r\n"


class Chunked:
    """A body in chunks, which is read to find its end, and written anew. Trailers are about one
    connection, and left out.
    """

    def __init__(self) -> None:
        self.is_whole = False
        self._line = b""
        self._left = 0
        """Of a chunk, with the line end behind it."""
        self._is_last = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """See ``Counted``.

        :raises BadAnswer: where it is not valid
        """
        parts: list[bytes] = []
        while data and not self.is_whole:
            data = self._feed_chunk(data, parts) if self._left else self._feed_line(data)
        body = b"".join(parts)
        written = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return (written + b"0\r\n\r\n" if self.is_whole else written), data

    def end(self) -> bytes | None:
        """See ``Counted``."""
        return None

    def _feed_chunk(self, data: bytes, parts: list[bytes]) -> bytes:
        if self._left > 2:
            part = data[: self._left - 2]
            parts.append(part)
        else:
            part = data[: self._left]
            if part != b"\r\n"[2 - self._left :][: len(part)]:
                raise BadAnswer("a chunk of the answer does not end where it should")
        self._left -= len(part)
        return data[len(part) :]

    def _feed_line(self, data: bytes) -> bytes:
        end = data.find(b"\n")
        if end < 0:
            self._line += data
            if len(self._line) > _MAX_LINE:
                raise BadAnswer("a line between chunks of the answer is too long")
            return b""
        line, self._line = self._line + data[: end + 1], b""
        if not line.endswith(b"\r\n") or len(line) > _MAX_LINE:
            raise BadAnswer("a line between chunks of the answer is not valid")
        line = line[:-2]
        if self._is_last:
            self.is_whole = not line
        else:
            found = _SIZE.fullmatch(line)
            if found is None:
                raise BadAnswer("the size of a chunk of the answer is not valid")
            size = int(found[1], 16)
            self._is_last = size == 0
            self._left = size + 2 if size else 0
        return data[end + 1 :]


Body = Counted | UntilClosed | Chunked
