"""Decides what happens to a call: the first rule that fires, with all its chances drawn."""

import logging
import threading
from collections.abc import Callable
from enum import Enum
from typing import Literal, NamedTuple

from .effects import AwsError, ConnectionFault, Effect, ErrorKind, ErrorSpec
from .lifecycle import Lifecycle
from .matching import Call, Key
from .store import Entry, Snapshot, Store

LOG = logging.getLogger(__name__)

MANY = 16
"""So many rules that are over are worth the time to pass over them in later calls."""

MAX_REMEMBERED = 10_000
"""Keys come from requests, so their number must be bounded. A real application has hundreds."""


class Undecided(Enum):
    """What can be said of a call before its parameters are read."""

    UNDECIDED = "undecided"


UNDECIDED = Undecided.UNDECIDED

AwsErrors = Callable[[str, ErrorKind], AwsError]
"""Gives the error that AWS itself answers for a service."""


class Decision(NamedTuple):
    """What is to be done to one call, ready to be performed."""

    rule_id: str | None
    """The rule that decided; None where only the delay of every call applies."""
    position: int | None
    """Its place in the list, counted from 0."""
    delay_ms: float
    """How long the call waits first, milliseconds."""
    error: AwsError | None
    """The error that it gets."""
    connection: ConnectionFault | None
    """What happens to its connection in place of an answer."""
    acts: Literal["before", "after"]
    """Whether the fault takes the place of the operation or comes after it was carried out."""
    released: threading.Event
    """Set when the rule is deleted: a waiting call goes on and is left alone."""
    ends_at: float | None
    """When the rule's time is up, by the clock of the store; None where it has no end."""
    entry: Entry | None
    """Holds on to the rule while the call waits on it."""


class _Candidate:
    """A rule that matches a key, and what of its decisions is the same for all calls of that key."""

    __slots__ = ("_decision", "_key", "_position", "_snapshot", "effect", "entry")

    def __init__(self, entry: Entry, position: int, key: Key, snapshot: Snapshot) -> None:
        self.entry = entry
        self.effect = entry.lifecycle.effect
        self._position = position
        self._key = key
        self._snapshot = snapshot
        self._decision: Decision | None = None

    @property
    def always_fires(self) -> bool:
        """Whether no call gets past it."""
        entry = self.entry
        return (
            entry.lifecycle.always_fires and entry.condition is None and entry.rule.origin == "any"
        )

    @property
    def can_only_refuse(self) -> bool:
        """Whether it lets a call pass untouched or answers it with an error, and need not know the
        call's parameters for that.
        """
        effect = self.effect
        return (
            self.entry.condition is None
            and effect is not None
            and effect.error is not None
            and effect.connection is None
        )

    def decide_as_ever(self, aws_errors: AwsErrors) -> Decision:
        """Give the decision that comes of the effect of each hit; made once."""
        if self._decision is None:
            self._decision = self.decide(self.effect or Effect(), aws_errors)
        return self._decision

    def decide(self, effect: Effect, aws_errors: AwsErrors) -> Decision:
        """Make the decision that comes of an effect."""
        lifecycle = self.entry.lifecycle
        return Decision(
            rule_id=self.entry.id,
            position=self._position,
            delay_ms=effect.delay_ms + self._snapshot.latency_ms,
            error=None if effect.error is None else self._resolve(effect.error, aws_errors),
            connection=effect.connection,
            acts="after" if effect.connection == "truncate" else "before",
            released=lifecycle.released,
            ends_at=lifecycle.ends_at,
            entry=self.entry,
        )

    def _resolve(self, error: ErrorSpec | ErrorKind, aws_errors: AwsErrors) -> AwsError:
        service, region, _, _ = self._key
        if not isinstance(error, ErrorSpec):
            return aws_errors(service, error)
        message = error.message
        if message is None:
            message = f"Service '{service}' not accessible in '{region}' region due to an outage"
        return AwsError(error.code, error.status_code, message)


class _Plan(NamedTuple):
    """What is known about all calls of one key."""

    certain: Lifecycle | None
    """Of the rule that decides on each of them; None where that differs from call to call."""
    decision: Decision | None
    """What happens to each of them, or to those that no candidate hits."""
    candidates: tuple[_Candidate, ...]
    """The rules to be asked, in order."""
    refuses: bool
    """Whether all that a rule may do to a call of this key is to answer it with an error, and some
    rule may."""


class _Memory:
    """What was found out about the calls that a snapshot has met, by key."""

    __slots__ = ("plans", "reached", "snapshot")

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.plans: dict[Key, _Plan] = {}
        self.reached: dict[tuple[str, str], bool] = {}
        """Whether a rule matches calls of a (service, region)."""


class Engine:
    """Decides for each call.

    :param store: the rules
    :param aws_errors: gives the error that AWS itself answers for a service and a kind
    """

    def __init__(self, store: Store, aws_errors: AwsErrors) -> None:
        self._store = store
        self._aws_errors = aws_errors
        self._memory = _Memory(store.snapshot)

    @property
    def is_idle(self) -> bool:
        """Whether nothing happens to any call, for there is no rule."""
        return self._store.snapshot.is_empty

    def decide(self, call: Call) -> Decision | None:
        """Give what happens to a call; None where it passes untouched."""
        snapshot = self._store.snapshot
        return None if snapshot.is_empty else self._follow(self._plan_of(call[:4], snapshot), call)

    def decide_early(self, call: Call) -> Decision | Undecided | None:
        """Give what happens to a call whose parameters are not read yet.

        :param call: without parameters
        :return: a decision that only refuses it; None where it passes untouched; ``UNDECIDED``
            where no rule can refuse it, or where a rule asks for the parameters or does something
            else than to refuse. Nothing is drawn then, and no hit is counted
        """
        snapshot = self._store.snapshot
        if snapshot.is_empty:
            return UNDECIDED
        plan = self._plan_of(call[:4], snapshot)
        return self._follow(plan, call) if plan.refuses else UNDECIDED

    def reaches(self, service: str, region: str) -> bool:
        """Whether some rule matches calls of a service in a region."""
        snapshot = self._store.snapshot
        memory = self._memory
        if memory.snapshot is not snapshot:
            memory = self._forget_all(snapshot)
        reached = memory.reached
        found = reached.get((service, region))
        if found is None:
            if len(reached) >= MAX_REMEMBERED:
                reached.clear()
            found = reached[service, region] = snapshot.reaches(service, region)
        return found

    def _forget_all(self, snapshot: Snapshot) -> _Memory:
        memory = self._memory = _Memory(snapshot)
        return memory

    def _plan_of(self, key: Key, snapshot: Snapshot) -> _Plan:
        memory = self._memory
        if memory.snapshot is not snapshot:
            memory = self._forget_all(snapshot)
        return memory.plans.get(key) or self._plan(memory, key)

    def _follow(self, plan: _Plan, call: Call) -> Decision | None:
        if plan.certain is not None:
            plan.certain.count_hit()
            return plan.decision
        return self._ask(plan, call) if plan.candidates else plan.decision

    def _plan(self, memory: _Memory, key: Key) -> _Plan:
        """Find out what is known about the calls of a key, and remember it."""
        snapshot = memory.snapshot
        candidates: list[_Candidate] = []
        for position, entry in snapshot.candidates(key):
            candidate = _Candidate(entry, position, key, snapshot)
            candidates.append(candidate)
            if candidate.always_fires:  # no call comes to the rules behind it
                break
        first = candidates[0] if candidates else None
        refuses = bool(candidates) and all(c.can_only_refuse for c in candidates)
        if first is not None and first.always_fires:
            decision = first.decide_as_ever(self._aws_errors)
            plan = _Plan(first.entry.lifecycle, decision, (), refuses)
        else:
            otherwise = _delay_only(snapshot) if snapshot.latency_ms else None
            plan = _Plan(None, otherwise, tuple(candidates), refuses)
        if len(memory.plans) >= MAX_REMEMBERED:
            memory.plans.clear()
        memory.plans[key] = plan
        return plan

    def _forget(self, plan: _Plan, key: Key, now: float) -> None:
        """Pass over those candidates of a key that can never fire again."""
        plans = self._memory.plans
        if plans.get(key) is plan:
            left = tuple(c for c in plan.candidates if not c.entry.lifecycle.is_over(now))
            plans[key] = plan._replace(candidates=left)

    def _ask(self, plan: _Plan, call: Call) -> Decision | None:
        """Ask the rules that match, one after the other."""
        now = self._store.clock()
        over = 0
        for candidate in plan.candidates:
            entry = candidate.entry
            effect = self._effect(entry, call, now)
            if effect is not None:
                if effect is candidate.effect:
                    return candidate.decide_as_ever(self._aws_errors)
                return candidate.decide(effect, self._aws_errors)
            over += entry.lifecycle.is_over(now)
            if over == MANY:
                self._forget(plan, call[:4], now)
        return plan.decision

    def _effect(self, entry: Entry, call: Call, now: float) -> Effect | None:
        """Ask one rule. A fault of ours must not become the application's: the rule then passes."""
        try:
            origin = entry.rule.origin
            if origin != "any" and (origin == "internal") != call.internal:
                return None
            condition = entry.condition
            if condition is not None and (
                not entry.lifecycle.is_in_force(now) or not condition.search(call.parameters)
            ):
                return None
            return entry.lifecycle.fire(call, now)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warn_once(entry, e)
            return None

    def _warn_once(self, entry: Entry, error: Exception) -> None:
        if not entry.has_warned:
            entry.has_warned = True
            LOG.warning(
                "Outage rule %s %s cannot be applied to a call, which passes: %s",
                entry.id,
                entry.document,
                error,
                exc_info=LOG.isEnabledFor(logging.DEBUG),
            )


def _delay_only(snapshot: Snapshot) -> Decision:
    return Decision(
        rule_id=None,
        position=None,
        delay_ms=snapshot.latency_ms,
        error=None,
        connection=None,
        acts="before",
        released=snapshot.latency_over,
        ends_at=None,
        entry=None,
    )
