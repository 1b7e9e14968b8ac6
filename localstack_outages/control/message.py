"""A control request and its answer, with nothing of a web framework."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The longest body that a request may have."""

_USUAL_PORTS = {"http": ":80", "https": ":443"}


class Headers(Mapping[str, str]):
    """The headers of a request. Their names are compared without regard to case.

    :param pairs: name and value; the values of a repeated name are joined by commas
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            before = self._values.get(name.lower())
            self._values[name.lower()] = value if before is None else f"{before}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Peer:
    """The other end of a request's connection. A host that can see it overrides the methods."""

    def is_gone(self) -> bool:
        """Whether the client has hung up."""
        return False

    def is_behind(self) -> bool:
        """Whether the client has yet to read much of what was written to it."""
        return False


class ControlRequest(NamedTuple):
    """A request to the control API."""

    method: str
    path: str
    """Below the root of the API, percent-decoded; empty or ``/`` at the root."""
    query: str
    """The part of the URL behind ``?``, as it was sent."""
    headers: Headers
    read: Callable[[int], bytes]
    """Reads so many bytes of the body; fewer only where it ends."""
    root: str = ""
    """The path at which the API stands, without a slash at its end."""
    scheme: str = "http"
    peer: Peer = Peer()

    @property
    def url_path(self) -> str:
        """The whole path."""
        return self.root + self.path

    @property
    def host(self) -> str:
        """The host that the client asked for, with the port unless it is the usual one."""
        return self.headers.get("Host", "").removesuffix(_USUAL_PORTS.get(self.scheme, ""))


class Stream(Iterator[bytes]):
    """A body whose parts come with time. ``next`` may block; ``close`` may be called from any thread,
    and a thread that waits in ``next`` then goes on.

    :param parts: the parts; they end soon after it was closed
    :param on_close: called by ``close``
    """

    def __init__(self, parts: Iterator[bytes], on_close: Callable[[], None]) -> None:
        self._parts = parts
        self.close = on_close

    def __next__(self) -> bytes:
        return next(self._parts)


class ControlAnswer(NamedTuple):
    """The answer to a control request."""

    status: int
    headers: dict[str, str]
    body: bytes | Stream
