"""What changes about one rule as time passes and calls come: its window, its chances, its budget, and
what its faults keep.

The clock and the source of chance are given from outside. One lock a rule; no lock is shared.
"""

import random
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from localstack_outages.aws.batches import entry_count
from localstack_outages.aws.paging import has_cursor, paging_of
from localstack_outages.schema.effect import Effect
from localstack_outages.schema.fault import Hit, Sender, Take
from localstack_outages.schema.faults import action_of
from localstack_outages.schema.vocabulary import Phase

from .call import Call
from .call_numbers import CallNumbers
from .hold import Hold
from .known_keys import KnownKeys
from .pages import Pages

if TYPE_CHECKING:
    from localstack_outages.schema.rules import Rule

Measure = Callable[["Rule"], float | None]
"""Tells how many calls a second a rule was for in the last minute; None where there were none."""

Clock = Callable[[], float]
"""Monotonic seconds, such as ``time.monotonic``: changes of the wall clock do not matter."""


class Lifecycle:
    """The moving part of one rule.

    :param rule: the rule
    :param set_at: when the rule was set, by the clock
    :param make_random: makes a source of chance from a seed, or from none
    :param measure: asked once, now, and only where a fault of the rule wants to know
    """

    def __init__(
        self,
        rule: "Rule",
        set_at: float,
        make_random: Callable[[str | None], random.Random],
        measure: Measure = lambda _: None,
    ) -> None:
        self.starts_at = set_at + rule.after
        self.ends_at = None if rule.duration is None else self.starts_at + rule.duration
        self.hits = 0
        self._rule = rule
        self._lock = threading.Lock()
        self._is_released = False
        self._hold: Hold | None = None
        self._action = action_of(rule)
        self._pages = None if rule.page is None else Pages(rule.page)
        self._numbers = None if rule.call is None else CallNumbers(rule.call)
        self.asks_parameters = self._pages is not None or self._action.asks_parameters
        """Whether it asks for the parameters of a call."""
        self._budget = rule.times if self._action.steps is None else self._action.steps
        self.measured = measure(rule) if self._action.asks_rate else None
        """How many calls a second the rule was for in the minute before it was set; None where there
        were none, or no fault of the rule asks."""
        self._make_random = make_random
        self._sources: dict[str, random.Random] = {}
        self._take: Take | None = None
        self._is_certain = rule.probability == 1
        self._is_timeless = not rule.after and rule.duration is None and rule.flap is None
        self.effect = self._action.on_each()
        """What it does to every call that it hits; None where that differs from call to call."""
        self.always_fires = rule.is_unlimited and self.effect is not None
        """Whether it hits each call that it is asked about, for ever, all in the same way."""
        self._hits_alike = self.effect is not None and not self._action.lets_pass
        """Whether a call that has its chance is hit, and always in the same way."""

    @property
    def hold(self) -> Hold:
        """What the calls that it delays wait on; released when the rule is deleted or replaced.

        Made when first asked for: of ten thousand rules few are ever waited on.
        """
        with self._lock:
            if self._hold is None:
                self._hold = Hold()
                if self._is_released:
                    self._hold.release()
            return self._hold

    def release(self) -> None:
        """Let the calls that wait on the rule go on, now and from now on."""
        with self._lock:
            self._is_released = True
            hold = self._hold
        if hold is not None:
            hold.release()

    @property
    def doubts(self) -> list[str]:
        """What is likely a mistake in the rule, in view of the calls before it was set."""
        return self._action.doubts(self.measured) if self._action.asks_rate else []

    @property
    def hits_left(self) -> int | None:
        """How often it can still fire; None where nothing limits it."""
        return None if self._budget is None else self._budget - self.hits

    def phase(self, now: float) -> Phase:
        """Say how far it is."""
        if self.hits_left == 0:
            return "spent"
        if self.ends_at is not None and now >= self.ends_at:
            return "ended"
        return "waiting" if now < self.starts_at else "active"

    def is_over(self, now: float) -> bool:
        """Whether it can never fire again."""
        return self.hits_left == 0 or (self.ends_at is not None and now >= self.ends_at)

    def is_in_force(self, now: float) -> bool:
        """Whether a call can be hit at this moment."""
        if self._is_timeless:
            return self._budget is None or self.hits < self._budget
        if now < self.starts_at or self.is_over(now):
            return False
        flap = self._rule.flap
        return flap is None or (now - self.starts_at) % (flap.down + flap.up) < flap.down

    def fire(
        self,
        call: Call,
        now: float,
        sender: Sender | None = None,
        keys: KnownKeys | None = None,
    ) -> Effect | None:
        """Draw what happens to a call that matches.

        :param sender: who sent it
        :param keys: the access keys of the calls so far
        :return: the effect; None where the window, the chance or the budget says no
        """
        with self._lock:
            if self._pages is not None and not self._is_page(call, sender):
                return None
            if not self.is_in_force(now):
                return None
            if self._numbers is not None and not self._is_numbered(sender):
                return None
            if not (self._is_certain or self._is_lucky(now)):
                return None
            effect = self.effect if self._hits_alike else self._draw(call, now, sender, keys)
            if effect is not None:
                self.hits += 1
            return effect

    def _is_page(self, call: Call, sender: Sender | None) -> bool:
        access_key = None if sender is None else sender.access_key
        return self._pages is not None and self._pages.is_wanted(call, access_key)

    def _is_numbered(self, sender: Sender | None) -> bool:
        invocation_id = None if sender is None else sender.invocation_id
        return self._numbers is not None and self._numbers.is_wanted(invocation_id)

    def count_hit(self) -> None:
        """Count a call that a rule hit which always fires."""
        # Each call that is refused comes by here, and ``with`` takes twice as long.
        self._lock.acquire()
        try:
            self.hits += 1
        finally:
            self._lock.release()

    def add_hits(self, count: int) -> None:
        """Count hits that came at another host."""
        with self._lock:
            self.hits += count

    def _progress(self, now: float) -> float:
        duration = self._rule.duration
        return 0.0 if duration is None else min(1.0, (now - self.starts_at) / duration)

    def _is_lucky(self, now: float) -> bool:
        probability = self._rule.probability
        if not isinstance(probability, int | float):
            probability = probability.at(self._progress(now))
        return self._even("probability") < probability

    def _draw(
        self, call: Call, now: float, sender: Sender | None, keys: KnownKeys | None
    ) -> Effect | None:
        def has_old_key() -> bool:
            key = None if sender is None else sender.access_key
            return keys is not None and keys.is_older(key, self.starts_at)

        hit = Hit(
            call=call,
            now=now,
            progress=self._progress(now),
            hits=self.hits,
            draw=self._even,
            sender=sender,
            has_old_key=has_old_key,
            take=self._take,
            has_cursor=lambda: has_cursor(call.service, call.operation, call.parameters),
            entry_count=lambda: entry_count(call.service, call.operation, call.parameters),
            measured=self.measured,
            lists=lambda how: (
                (paging := paging_of(call.service).get(call.operation)) is not None
                and paging.can_be(how)
            ),
        )
        drawn = self._action.on(hit)
        # The one that is kept is known by its identity, and what follows from it is kept too.
        return self.effect if drawn is not None and self.effect is not None else drawn

    def _even(self, purpose: str) -> float:
        """Draw a number from 0 to 1.

        Each purpose has a source of its own, so that the n-th chance of a seed stays the same
        however many delays are drawn; made when first needed, for few rules of many need one.
        """
        source = self._sources.get(purpose)
        if source is None:
            seed = self._rule.seed
            source = self._make_random(None if seed is None else f"{seed}:{purpose}")
            self._sources[purpose] = source
        return source.random()
