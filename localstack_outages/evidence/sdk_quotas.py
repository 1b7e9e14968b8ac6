"""What is known of each SDK client beyond a single call: how many attempts it makes, and whether it may
have used up its retry quota.
"""

from collections import OrderedDict

from .record import Observed

MAX_CLIENTS = 1000
"""How many clients are remembered; the one that was silent longest is forgotten first."""

LOW_AFTER = 35
"""So many retries use up a quota at the soonest: it has 500 tokens, and a retry takes 14 of them at
most (``botocore/retries/quota.py`` and ``standard.py``; the AWS SDKs and Tools Reference Guide,
"Retry behavior": a timeout or a server error costs 14, a throttled request 5)."""

FORGET_SECONDS = 300
"""After so long without a retry its quota is taken to be full again: each success gives some back."""


class _Client:
    __slots__ = ("last_at", "maximum", "retries")

    def __init__(self) -> None:
        self.maximum: int | None = None
        self.retries = 0
        self.last_at = 0.0


class SdkQuotas:
    """Counts the retries of each client. The caller holds a lock of its own around it.

    A client is told by its access key, its SDK, its address and its service: applications have one
    for each service, and its quota is its own.
    """

    def __init__(self) -> None:
        self._clients: OrderedDict[object, _Client] = OrderedDict()

    def note(self, attempt: Observed) -> tuple[int | None, bool]:
        """Take note of an attempt.

        :return: how many attempts the client makes, where it ever announced that, and whether its
            quota may be used up
        """
        key = (
            attempt.access_key,
            attempt.client,
            attempt.peer and attempt.peer.address,
            attempt.service,
        )
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = _Client()
            if len(self._clients) > MAX_CLIENTS:
                self._clients.popitem(last=False)
        else:
            self._clients.move_to_end(key)
        if attempt.max_attempts:
            client.maximum = attempt.max_attempts
        if (attempt.attempt or 1) > 1:
            if attempt.at - client.last_at > FORGET_SECONDS:
                client.retries = 0
            client.retries += 1
            client.last_at = attempt.at
        return client.maximum, client.retries >= LOW_AFTER
