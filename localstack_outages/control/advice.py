"""Likely mistakes in the rules of the list: worked out when the status is asked for, and logged when few
rules change.
"""

import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence

from localstack_outages.engine.changes import Change
from localstack_outages.engine.snapshot import Entry
from localstack_outages.engine.store import Store
from localstack_outages.explain.mistakes import Advice, advise_on_order, advise_on_rules

LOG = logging.getLogger(__name__)

MAX_LOGGED_RULES = 20
"""Warnings are logged about a change of at most so many rules. To find them takes up to a millisecond
for each rule, which ten thousand rules would take from the calls."""

MAX_ORDERED_RULES = 500
"""Where single rules are judged, it is seen in lists of at most this length whether others leave them no
calls."""

MAX_LOGGED = 100
"""So many warnings about one change are logged; the status has them all."""

MAX_QUEUED_RULES = 200
"""So many rules wait for their warnings to be logged; of more only the last ones do."""


class Adviser:
    """Finds likely mistakes, and remembers those of the rules that are in the list.

    :param store: the rules
    :param knows_principals: whether the host knows who makes a call
    """

    def __init__(self, store: Store, *, knows_principals: bool = True) -> None:
        self._store = store
        self._knows_principals = knows_principals
        self._lock = threading.Lock()
        self._advised: tuple[Entry, ...] = ()
        self._alone: dict[Entry, list[Advice]] = {}
        self._advice: dict[Entry, list[Advice]] = {}
        self._queue: deque[Entry] = deque(maxlen=MAX_QUEUED_RULES)
        self._queue_lock = threading.Lock()
        self._is_logging = False

    def advise(self, entries: tuple[Entry, ...]) -> Mapping[Entry, Sequence[Advice]]:
        """Give the likely mistakes in the rules of a list.

        Rules that were in the list when it was asked last are not judged again, but for their
        order. No request and no change of the list waits for it.
        """
        with self._lock:
            if entries is not self._advised:
                new = [entry for entry in entries if entry not in self._alone]
                found = self._advise_on_rules(new)
                known = self._alone | dict(zip(new, found, strict=True))
                order = advise_on_order([e.rule for e in entries], [e.id for e in entries])
                self._alone = {entry: known[entry] for entry in entries}
                self._advice = {
                    entry: known[entry] + more for entry, more in zip(entries, order, strict=True)
                }
                self._advised = entries
            return self._advice

    def advise_on_some(self, some: Sequence[Entry]) -> Mapping[Entry, Sequence[Advice]]:
        """Give the likely mistakes in a few rules, in a time that a long list does not stretch."""
        entries = self._store.entries()
        if len(entries) <= MAX_ORDERED_RULES:
            return self.advise(entries)
        return dict(zip(some, self._advise_on_rules(some), strict=True))

    def on_change(self, change: Change) -> None:
        """Have the warnings about new rules logged soon; a listener of the store.

        One thread does it, and only while there is something to do.
        """
        if not 0 < len(change.added) <= MAX_LOGGED_RULES:
            return
        with self._queue_lock:
            self._queue.extend(change.added)
            if self._is_logging:
                return
            self._is_logging = True
        threading.Thread(target=self._log_all, name="outages-advice", daemon=True).start()

    def _advise_on_rules(self, entries: Sequence[Entry]) -> list[list[Advice]]:
        rules = [entry.rule for entry in entries]
        alone = advise_on_rules(rules, knows_principals=self._knows_principals)
        return [
            [*found, *(Advice("NothingMeasured", doubt, "") for doubt in entry.lifecycle.doubts)]
            for entry, found in zip(entries, alone, strict=True)
        ]

    def _log_all(self) -> None:
        while True:
            with self._queue_lock:
                new = list(self._queue)
                self._queue.clear()
                if not new:
                    self._is_logging = False
                    return
            try:
                self._log(new)
            except Exception as e:
                LOG.warning("Likely mistakes in rules cannot be found: %s", e, exc_info=e)

    def _log(self, new: list[Entry]) -> None:
        advice = self.advise_on_some(new)
        warnings = [(entry, warning) for entry in new for warning in advice.get(entry, ())]
        for entry, warning in warnings[:MAX_LOGGED]:
            LOG.warning("Outage rule %s %s: %s", entry.id, entry.document, warning.message)
        if len(warnings) > MAX_LOGGED:
            LOG.warning("%d more warnings: see /outages/status", len(warnings) - MAX_LOGGED)
