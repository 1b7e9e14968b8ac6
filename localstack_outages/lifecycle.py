"""What changes about one rule as time passes and calls come: its window, its chances, its budget,
its place in a sequence, its token buckets.

The clock and the source of chance are given from outside. One lock a rule; no lock is shared.
"""

import random
import threading
from collections.abc import Callable
from typing import Literal

from .effects import (
    ConnectionFault,
    Effect,
    ErrorKind,
    ErrorSpec,
    Latency,
    Outcome,
    Ramp,
    Step,
    Throttle,
)
from .matching import Call
from .rules import Rule

Clock = Callable[[], float]
"""Monotonic seconds, such as ``time.monotonic``: changes of the wall clock do not matter."""

Phase = Literal["waiting", "active", "spent", "ended"]
"""``waiting`` for its start, ``active``, ``spent`` (no hits left) or ``ended`` (time is up)."""

MAX_BUCKETS = 10_000
"""Buckets are kept by values from requests, so their number must be bounded."""


class TokenBucket:
    """Lets ``size`` calls pass at once and ``rate`` a second in the long run."""

    __slots__ = ("_filled_at", "_rate", "_size", "_tokens")

    def __init__(self, rate: float, size: int, now: float) -> None:
        self._rate = rate
        self._size = size
        self._tokens = float(size)
        self._filled_at = now

    def take(self, now: float) -> bool:
        """Take a token; say whether there was one."""
        self._tokens = min(self._size, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Lifecycle:
    """The moving part of one rule.

    :param rule: the rule
    :param set_at: when the rule was set, by the clock
    :param make_random: makes a source of chance from a seed, or from none
    """

    def __init__(
        self,
        rule: Rule,
        set_at: float,
        make_random: Callable[[str | None], random.Random],
    ) -> None:
        self.starts_at = set_at + rule.after
        self.ends_at = None if rule.duration is None else self.starts_at + rule.duration
        self.hits = 0
        self._rule = rule
        self._lock = threading.Lock()
        self._is_released = False
        self._released: threading.Event | None = None
        self._steps = None if rule.sequence is None else [_step_effect(s) for s in rule.sequence]
        self._budget = rule.times if self._steps is None else len(self._steps)
        self._buckets: dict[str, TokenBucket] = {}
        self._make_random = make_random
        self._sources: dict[str, random.Random] = {}
        self._is_certain = rule.probability == 1
        self._is_timeless = not rule.after and rule.duration is None and rule.flap is None
        self._error = rule.error if rule.error is not None else _error_where_none_is_named(rule)
        self.effect = self._effect_of_each_hit()
        """What it does to every call that it hits; None where that differs from call to call."""
        self.always_fires = (
            self._is_certain
            and self._is_timeless
            and self.effect is not None
            and rule.times is None
            and rule.throttle is None
        )
        """Whether it hits each call that it is asked about, for ever, all in the same way."""

    @property
    def released(self) -> threading.Event:
        """Set when the rule is deleted or replaced: the calls that wait on it go on.

        Made when first asked for: of ten thousand rules few are ever waited on.
        """
        with self._lock:
            if self._released is None:
                self._released = threading.Event()
                if self._is_released:
                    self._released.set()
            return self._released

    def release(self) -> None:
        """Let the calls that wait on the rule go on, now and from now on."""
        with self._lock:
            self._is_released = True
            if self._released is not None:
                self._released.set()

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

    def fire(self, call: Call, now: float) -> Effect | None:
        """Draw what happens to a call that matches.

        :return: the effect; None where the window, the chance or the budget says no
        """
        with self._lock:
            if not self.is_in_force(now) or not (self._is_certain or self._is_lucky(now)):
                return None
            effect = self._draw(call, now)
            if effect is not None:
                self.hits += 1
            return effect

    def count_hit(self) -> None:
        """Count a call that a rule hit which always fires."""
        # Each call that is refused comes by here, and ``with`` takes twice as long.
        self._lock.acquire()
        try:
            self.hits += 1
        finally:
            self._lock.release()

    def _effect_of_each_hit(self) -> Effect | None:
        latency = self._rule.latency
        if self._steps is not None or not (latency is None or isinstance(latency, int | float)):
            return None
        return Effect(latency or 0, self._error, self._rule.connection)

    def _progress(self, now: float) -> float:
        duration = self._rule.duration
        return 0.0 if duration is None else min(1.0, (now - self.starts_at) / duration)

    def _is_lucky(self, now: float) -> bool:
        probability = self._rule.probability
        if isinstance(probability, Ramp):
            probability = probability.at(self._progress(now))
        return self._even("probability") < probability

    def _draw(self, call: Call, now: float) -> Effect | None:
        if self._steps is not None:
            delay, error, connection = self._steps[self.hits]
            return Effect(self._delay_ms(delay, now), error, connection)
        rule = self._rule
        if rule.throttle is not None and self._bucket(rule.throttle, call, now).take(now):
            return None
        if self.effect is not None:
            return self.effect
        return Effect(self._delay_ms(rule.latency, now), self._error, rule.connection)

    def _bucket(self, throttle: Throttle, call: Call, now: float) -> TokenBucket:
        owner = "" if throttle.by is None else getattr(call, throttle.by)
        bucket = self._buckets.get(owner)
        if bucket is None:
            if len(self._buckets) >= MAX_BUCKETS:
                self._buckets.clear()
            bucket = self._buckets[owner] = TokenBucket(throttle.rate, throttle.size, now)
        return bucket

    def _delay_ms(self, latency: Latency | None, now: float) -> float:
        if latency is None or isinstance(latency, int | float):
            return latency or 0
        return latency.sample(self._even("latency"), self._progress(now))

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


_OUTAGE = ErrorSpec()

_Step = tuple[Latency | None, ErrorSpec | ErrorKind | None, ConnectionFault | None]


def _step_effect(outcome: Outcome) -> _Step:
    if outcome == "pass":
        return None, None, None
    if isinstance(outcome, Step):
        return outcome.latency, outcome.error, outcome.connection
    return None, outcome, None


def _error_where_none_is_named(rule: Rule) -> ErrorSpec | ErrorKind | None:
    if rule.is_outage:
        return _OUTAGE
    return None if rule.throttle is None else "throttling"
