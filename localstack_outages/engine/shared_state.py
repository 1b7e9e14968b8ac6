"""A rule whose budget is shared: hits, steps, draws of a seed and token buckets come from one place for
all hosts.
"""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from localstack_outages.aws.sdk_headers import read_invocation_id
from localstack_outages.schema.effect import Effect
from localstack_outages.schema.fault import Sender

from .call import Call
from .known_keys import KnownKeys
from .rule_state import Lifecycle, Measure
from .shared import BudgetUnknown, SharedBudget

if TYPE_CHECKING:
    from localstack_outages.schema.rules import Rule


class SharedLifecycle(Lifecycle):
    """The moving part of a rule with a shared budget.

    :param shared: the budget
    """

    def __init__(
        self,
        rule: "Rule",
        set_at: float,
        make_random: Callable[[str | None], random.Random],
        measure: Measure,
        shared: SharedBudget,
    ) -> None:
        super().__init__(rule, set_at, make_random, measure)
        self._shared = shared
        self._is_alone = False
        self._positions: dict[str, int] = {}
        self.unshared = 0
        """Hits that were counted here alone, and that the others do not know of yet."""

    @property
    def is_counted(self) -> bool:
        """Whether its hits are counted where they are shared, before each hit."""
        return self._budget is not None

    def share_hits(self, total: int, shared: int = 0) -> None:
        """Take over how many hits there were at all hosts.

        :param shared: how many of those that were counted here alone are in it
        """
        with self._lock:
            self.unshared -= shared
            self.hits = max(self.hits, total + self.unshared)

    def fire(
        self,
        call: Call,
        now: float,
        sender: Sender | None = None,
        keys: KnownKeys | None = None,
    ) -> Effect | None:
        """Draw what happens to a call that matches."""
        with self._lock:
            if self._pages is not None and not self._is_page(call, sender):
                return None
            if not self.is_in_force(now):
                return None
            self._is_alone, self._take = False, self._take_token
            try:
                return self._hit(call, now, sender, keys)
            except BudgetUnknown:
                if not self._shared.is_open:
                    return None
            self._is_alone, self._take = True, None
            return self._hit(call, now, sender, keys)

    def _hit(
        self, call: Call, now: float, sender: Sender | None, keys: KnownKeys | None
    ) -> Effect | None:
        if self._numbers is not None and not self._is_numbered(sender):
            return None
        if not (self._is_certain or self._is_lucky(now)):
            return None
        if self._action.steps is not None:
            return self._next_step(call, now, sender, keys)
        effect = self.effect if self._hits_alike else self._draw(call, now, sender, keys)
        if effect is None:
            return None
        if self._budget is None:
            self.hits += 1
            return effect
        return None if self._count(self._budget) is None else effect

    def _next_step(
        self, call: Call, now: float, sender: Sender | None, keys: KnownKeys | None
    ) -> Effect | None:
        """Give the outcome whose turn it is at all hosts together."""
        before = self._count(self._action.steps or 0)
        if before is None:
            return None
        after, self.hits = self.hits, before
        try:
            effect = self._draw(call, now, sender, keys)
            if effect is None:  # it does not go with this call, and waits for another one
                after = before
                if self._is_alone:
                    self.unshared -= 1
                else:
                    self._shared.give_back()
        finally:
            self.hits = after
        return effect

    def _count(self, limit: int) -> int | None:
        """Count a hit; give how many came before it, and None where it is none."""
        if self._is_alone:
            if self.hits >= limit:
                return None
            self.unshared += 1
            self.hits += 1
            return self.hits - 1
        before = self._shared.count(limit)
        self.hits = limit if before is None else before + 1
        return before

    def _is_numbered(self, sender: Sender | None) -> bool:
        if self._is_alone or self._rule.call is None:
            return super()._is_numbered(sender)
        name = read_invocation_id(None if sender is None else sender.invocation_id)
        return self._shared.is_wanted_call(name, self._rule.call)

    def _take_token(self, bucket: str, rate: float, size: int, empties: bool) -> bool:
        return self._shared.take(bucket, rate, size, empties=empties)

    def _even(self, purpose: str) -> float:
        """Draw a number from 0 to 1: of a seed the next one that no host has drawn."""
        if self._rule.seed is None:
            return super()._even(purpose)
        position = self._positions.get(purpose, 0)
        wanted = position if self._is_alone else self._shared.draw(purpose)
        if wanted < position:  # what was drawn is forgotten where it is shared
            del self._sources[purpose]
            position = 0
        for _ in range(position, wanted):  # others have drawn these
            super()._even(purpose)
        self._positions[purpose] = wanted + 1
        return super()._even(purpose)
