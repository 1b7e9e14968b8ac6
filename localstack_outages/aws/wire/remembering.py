"""Remembers how requests were read: an application makes the same few kinds of calls all day."""

from typing import Final

from . import forms
from .messages import AwsCall, HttpRequest
from .reading import read_call

MAX_CALLS = 10_000
MAX_BYTES = 4 << 20
"""Of the text of what is remembered; in memory it takes about twice that."""

MAX_KEY_LENGTH = 1024
"""Longer requests are read each time."""

_ASKED = ("host", "content-type", "user-agent", "x-amz-region-set", "smithy-protocol")
"""Headers that ``read_call`` asks, beside the signature and the target."""


class _Unknown:
    """Stands for a request that was not read yet."""


_UNKNOWN: Final = _Unknown()


class RememberedCalls:
    """Reads calls as ``read_call`` does, the same ones from memory.

    The memory is bounded in number and in bytes, and starts anew when it is full. Threads may share
    it.
    """

    def __init__(self, max_calls: int = MAX_CALLS, max_bytes: int = MAX_BYTES) -> None:
        self._max_calls = max_calls
        self._max_bytes = max_bytes
        self._bytes = 0
        self._calls: dict[tuple[str | None, ...], AwsCall | None] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def read(self, request: HttpRequest, form: bytes = b"") -> AwsCall | None:
        """Read the call that a request makes; see ``read_call``."""
        key = _key(request, form)
        if key is None:
            return read_call(request, form)
        found = self._calls.get(key, _UNKNOWN)
        if not isinstance(found, _Unknown):
            return found
        call = read_call(request, form)
        self._remember(key, call)
        return call

    def _remember(self, key: tuple[str | None, ...], call: AwsCall | None) -> None:
        length = sum(map(len, filter(None, key)))
        if length > MAX_KEY_LENGTH:
            return
        if len(self._calls) >= self._max_calls or self._bytes + length > self._max_bytes:
            self._calls.clear()
            self._bytes = 0
        self._bytes += length
        self._calls[key] = call


def _key(request: HttpRequest, form: bytes) -> tuple[str | None, ...] | None:
    """Give all that a reading depends on; None where requests like this one do not repeat."""
    method, path, query, headers = request
    get = headers.get
    # The credential comes first in the header; the signature, new each time, last.
    credential = (get("authorization") or "").partition(",")[0]
    asked = tuple(map(get, _ASKED))
    if path == "/" and method == "POST" and not query:
        target = get("x-amz-target")
        if target or not form:
            return (credential, target, *asked)
        if credential:
            return (credential, *forms.action_and_version(form), *asked)
        return None
    if form or "Signature" in query or len(path) + len(query) > MAX_KEY_LENGTH:
        return None
    return (method, path, query, credential, *asked, *headers)
