"""Finds the k-th logical call, with all its attempts.

SDKs send the same invocation id with each attempt of one call. A request without one is a call of its
own: that two requests are equal does not make them attempts of one call.
"""

from localstack_outages.aws.sdk_headers import read_invocation_id

MAX_CALLS = 10_000
"""Invocation ids come from requests, so their number must be bounded. Beyond it the oldest is forgotten:
a further attempt of that call counts as another call. SDKs give up after seconds."""


class CallNumbers:
    """The logical calls so far. To be used under a lock.

    :param wanted: which call is asked for, from 1
    """

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._count = 0
        self._seen: dict[str, None] = {}
        self._found: str | None = None

    def is_wanted(self, invocation_id: str | None) -> bool:
        """Count a call, and say whether it is the one that is wanted.

        :param invocation_id: the header, as it came
        """
        name = read_invocation_id(invocation_id)
        if self._count >= self._wanted:
            return name is not None and name == self._found
        if name in self._seen:
            return False
        self._count += 1
        if self._count == self._wanted:
            self._found = name
            self._seen.clear()
            return True
        if name is not None:
            if len(self._seen) >= MAX_CALLS:
                del self._seen[next(iter(self._seen))]
            self._seen[name] = None
        return False
