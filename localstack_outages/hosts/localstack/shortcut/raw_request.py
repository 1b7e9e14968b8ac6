"""A request as it came from the network, before LocalStack has looked at it."""

from collections.abc import Callable, Iterable

from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER

_UNUSUAL = frozenset((
    INTERNAL_REQUEST_PARAMS_HEADER.lower().encode(),  # a service's own
    b"origin",  # a browser's: subject to CORS
    b"referer",
    b"content-encoding",  # the form would have to be unpacked
    b"smithy-protocol",  # names the operation in its path
))  # fmt: skip


def read_headers(fields: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """Read the headers of a request, by name in lower case.

    :return: None where LocalStack may read them differently: one stands twice, one has an underscore
        in its name, which WSGI takes for a dash, or one has a say in how the request is read
    """
    headers: dict[bytes, bytes] = {}
    for name, value in fields:
        name = name.lower()
        if name in headers or b"_" in name or name in _UNUSUAL:
            return None
        headers[name] = value
    return headers


class RawRequest:
    """A request as it came: a ``POST`` to ``/``.

    :param headers: by name in lower case: see ``read_headers``
    :param read: gives the body where it is not longer than so many bytes, nothing where it is; the
        body can be read again afterwards
    """

    __slots__ = ("headers", "read")

    def __init__(self, headers: dict[bytes, bytes], read: Callable[[int], bytes]) -> None:
        self.headers = headers
        self.read = read

    def header(self, name: bytes) -> str:
        """Give a header; nothing where there is none."""
        return self.headers.get(name, b"").decode("latin-1")

    def header_of(self, name: str) -> str | None:
        """Give a header as rules ask for it; None where there is none."""
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1")
