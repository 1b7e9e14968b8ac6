"""When operations that an outage hit were answered again."""

from collections import deque

from .record import Observed

MAX_OPERATIONS = 1000
"""How many pairs of operation and region are watched; those that come later are not."""

MAX_SPELLS = 50
"""How many spells of answers are remembered for each, the newest."""

SOON_SECONDS = 5
"""Within this time after a client gave up the operation must be answered again for it to have given
up early: short enough for the back-off of one or two attempts more."""

LASTING_SECONDS = 1
"""So long at least it must then be answered without a failure in between."""


class _Spells:
    """The times at which an operation was answered, between its failures, oldest first."""

    __slots__ = ("closed", "since")

    def __init__(self) -> None:
        self.closed: deque[tuple[float, float]] = deque(maxlen=MAX_SPELLS)
        self.since: float | None = None

    def fail(self, at: float) -> None:
        """End the spell that lasts, if one does."""
        if self.since is not None:
            self.closed.append((self.since, at))
            self.since = None


class Recoveries:
    """Watches the operations that rules failed. The caller holds a lock of its own around it."""

    def __init__(self) -> None:
        self._spells: dict[tuple[str, str, str], _Spells] = {}

    def record(self, observed: Observed) -> bool:
        """Take note of how a call ended.

        :return: whether it is the first that was answered after a rule failed one
        """
        if observed.outcome == "injected":
            key = (observed.service, observed.region, observed.operation)
            spells = self._spells.get(key)
            if spells is not None:
                spells.fail(observed.ended_at)
            elif len(self._spells) < MAX_OPERATIONS:
                self._spells[key] = _Spells()
        elif self._spells and observed.outcome != "serverError":
            spells = self._spells.get((observed.service, observed.region, observed.operation))
            if spells is not None and spells.since is None:
                spells.since = observed.ended_at
                return True
        return False

    def answered_after(self, failed: Observed) -> float | None:
        """Give when an operation was answered first after an attempt failed, by the steady clock.

        :return: seconds; when the attempt failed, where others were answered meanwhile; None where it
            is not known
        """
        spells = self._spells.get((failed.service, failed.region, failed.operation))
        if spells is None:
            return None
        for since, until in spells.closed:
            if until > failed.ended_at:
                return max(since, failed.ended_at)
        return None if spells.since is None else max(spells.since, failed.ended_at)

    def came_back(self, failed: Observed, now: float) -> bool:
        """Say whether an operation was answered again soon after an attempt failed, and went on to
        be.

        :param failed: the attempt
        :param now: by the steady clock, seconds
        """
        spells = self._spells.get((failed.service, failed.region, failed.operation))
        if spells is None:
            return False
        current = [] if spells.since is None else [(spells.since, now)]
        return any(
            0 <= since - failed.ended_at <= SOON_SECONDS and until - since >= LASTING_SECONDS
            for since, until in (*spells.closed, *current)
        )
