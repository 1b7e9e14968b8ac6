"""Which access keys were seen, and since when: a rule ``expired`` is for those that are older than it."""

import threading

MAX_KEYS = 10_000
"""Access keys come from requests, so their number must be bounded. Beyond it the one that was first seen
the longest ago is forgotten: it counts as new when it comes again, and passes."""


class KnownKeys:
    """The access keys of all calls.

    :param most: so many are kept
    """

    def __init__(self, most: int = MAX_KEYS) -> None:
        self.first_seen: dict[str, float] = {}
        """When each was first seen, by the clock of the rules."""
        self._most = most
        self._lock = threading.Lock()

    def note(self, key: str, at: float) -> None:
        """Take note of a key that is not known."""
        with self._lock:
            if key in self.first_seen:
                return
            if len(self.first_seen) >= self._most:
                del self.first_seen[next(iter(self.first_seen))]
            self.first_seen[key] = at

    def is_older(self, key: str | None, than: float) -> bool:
        """Whether a key was seen before a time, by the clock of the rules."""
        seen = None if key is None else self.first_seen.get(key)
        return seen is not None and seen < than
