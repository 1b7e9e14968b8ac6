"""Changes that are sent again because their answer was lost (``Idempotency-Key``)."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from localstack_outages.schema.errors import InvalidQuery, KeyReused

from .http import ControlRequest

HEADER = "Idempotency-Key"

MAX_KEYS = 10_000
"""How many keys are remembered, the last ones: a client sends a change again within seconds."""

MAX_LENGTH = 255

T = TypeVar("T")


class Repeats:
    """Sees to it that a change is made once, however often it is sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[str, bytes] = OrderedDict()

    def once(
        self, request: ControlRequest, body: bytes, change: Callable[[], T], again: Callable[[], T]
    ) -> T:
        """Make a change, unless it was made with the same key before.

        :param body: of the request
        :param change: makes it; where it raises, nothing was changed, and it may be sent again
        :param again: gives the answer to a request that came before
        :raises KeyReused: where another request had the key
        """
        key = request.headers.get(HEADER)
        if key is None:
            return change()
        if not key.isprintable() or not 0 < len(key) <= MAX_LENGTH:
            raise InvalidQuery(f"expected 1 to {MAX_LENGTH} printable characters", HEADER)
        asked = "\0".join((request.method, request.path.strip("/"), request.query, ""))
        digest = sha256(asked.encode(errors="surrogateescape") + body).digest()
        with self._lock:  # the same change may be sent again while it is made
            before = self._made.get(key)
            if before == digest:
                return again()
            if before is not None:
                raise KeyReused(
                    f"{HEADER} '{key}' came with another request before; make a new one"
                )
            answer = change()
            self._made[key] = digest
            if len(self._made) > MAX_KEYS:
                self._made.popitem(last=False)
        return answer
