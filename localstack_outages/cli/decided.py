"""The efforts that are decided while ``watch`` looks on, each told once."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Verdict, VerdictsDocument

MAX_EFFORTS = 5000
"""How many efforts one look asks for, the newest. Those before them are not told."""

LATE_SECONDS = 90.0
"""An effort may be recorded so long after its begin: a slow call is recorded when it ends."""

LOOK_SECONDS = 1.0
"""How often it is looked, while there is something to look for."""

Key = tuple[str, ...]


class Decided:
    """Tells how efforts ended, as soon as that is known.

    :param ask: gives the verdicts of the efforts that began so many seconds ago or later; all where
        that is None
    :param past: whether efforts that began before count too
    """

    def __init__(
        self, ask: "Callable[[float | None], VerdictsDocument]", *, past: bool = False
    ) -> None:
        self._ask = ask
        self._from = float("-inf") if past else time.monotonic()
        self._open: dict[Key, float] = {}
        """Those that were undecided at the last look, and since when that is known."""
        self._told: dict[Key, list[str]] = {}
        """Those that were told, with their flags: a slow attempt may add one later."""
        self._looked_at = float("-inf")
        self.has_news = past
        """Whether calls came since the last look."""

    @property
    def is_awaiting(self) -> bool:
        """Whether there is something to look for: calls came, or some efforts are undecided."""
        return self.has_news or bool(self._open)

    @property
    def is_due(self) -> bool:
        """Whether it is time to look. On a busy machine calls come faster than it is worth it."""
        return self.is_awaiting and time.monotonic() - self._looked_at >= LOOK_SECONDS

    def look(self) -> "Iterator[Verdict]":
        """Give those that were decided since the last look, the oldest first."""
        now = self._looked_at = time.monotonic()
        self.has_news = False
        document = self._ask(None if self._from == float("-inf") else now - self._from)
        known, self._told, before, self._open = self._told, {}, self._open, {}
        for verdict in reversed(document["verdicts"]):
            key = _key(verdict)
            if verdict["ending"] == "open":
                self._open[key] = before.get(key, now)
                continue
            self._told[key] = list(verdict["flags"])
            if known.get(key) != verdict["flags"]:
                yield verdict
        if self._from != float("-inf"):
            self._from = max(self._from, min(self._open.values(), default=now) - LATE_SECONDS)


def _key(verdict: "Verdict") -> Key:
    """Give what tells efforts apart: the first attempt stays the same."""
    call = verdict["service"], verdict["operation"], verdict["region"], verdict["account"]
    return verdict["time"], verdict["invocationId"] or "", *call
