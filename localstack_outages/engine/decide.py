"""Decides what happens to a call: the first rule that fires, with all its chances drawn."""

import logging
from collections.abc import Iterable
from enum import Enum

from localstack_outages.schema.effect import Effect
from localstack_outages.schema.fault import Sender
from localstack_outages.schema.globs import Matcher

from .call import Call, CallKey, HeaderOf, Principal, key_of, no_header
from .decision import AwsErrors, Candidate, Decision, Plan, delay_only
from .known_keys import KnownKeys
from .snapshot import Entry, Snapshot
from .store import Store

LOG = logging.getLogger(__name__)

MANY = 16
"""So many rules that are over are worth the time to pass over them in later calls."""

MAX_REMEMBERED = 10_000
"""Keys come from requests, so their number must be bounded. A real application has hundreds."""


FEW = 64
"""So many rules are searched in next to no time. More of them hold up whoever must not wait."""


SPARED_SERVICE = "fis"
"""Rules with wildcards do not reach it: an experiment that stops everything must be stoppable."""


class Undecided(Enum):
    """Why nothing can be said of a call before its parameters are read."""

    UNDECIDED = "undecided"
    """No rule can refuse it, or a rule asks for the parameters or does more than refuse."""
    UNSEARCHED = "unsearched"
    """To find out would take milliseconds or more, which was not allowed."""


UNDECIDED = Undecided.UNDECIDED
UNSEARCHED = Undecided.UNSEARCHED


class _Memory:
    """What was found out about the calls that a snapshot has met, by key."""

    __slots__ = ("plans", "reached", "snapshot")

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.plans: dict[CallKey, Plan] = {}
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
        self.keys = KnownKeys()
        """The access keys of the calls so far; whoever asks for decisions notes them."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing happens to any call, for there is no rule."""
        return self._store.snapshot.is_empty

    def decide(
        self, call: Call, sender: Sender | None = None, header_of: HeaderOf = no_header
    ) -> Decision | None:
        """Give what happens to a call; None where it passes untouched.

        :param sender: who sent it, for the faults that ask
        :param header_of: gives its headers, for the rules that ask
        """
        snapshot = self._store.snapshot
        if snapshot.is_empty:
            return None
        decision = self._follow(self._plan_of(key_of(call), snapshot), call, sender, header_of)
        if decision is None or snapshot.places.are_fixed:
            return decision
        return self._placed(decision, snapshot)

    def decide_early(
        self,
        call: Call,
        sender: Sender | None = None,
        header_of: HeaderOf = no_header,
        *,
        may_search: bool = True,
    ) -> Decision | Undecided | None:
        """Give what happens to a call whose parameters are not read yet.

        :param call: without parameters
        :param sender: as for ``decide``
        :param header_of: likewise
        :param may_search: whether many rules may be searched for it, which takes milliseconds. The
            thread that serves all connections must not
        :return: a decision that only refuses it; None where it passes untouched; or why that cannot
            be said. Nothing is drawn then, and no hit is counted
        """
        snapshot = self._store.snapshot
        if snapshot.is_empty:
            return UNDECIDED
        key, memory = key_of(call), self._memory
        if memory.snapshot is not snapshot:
            memory = self._forget_all(snapshot)
        plan = memory.plans.get(key)
        if plan is None:
            if not may_search and len(snapshot.entries) > FEW:
                return UNSEARCHED
            plan = self._plan(memory, key)
        if not plan.refuses:
            return UNDECIDED
        if not may_search and len(plan.candidates) > FEW:
            return UNSEARCHED
        decision = self._follow(plan, call, sender, header_of)
        if decision is None or snapshot.places.are_fixed:
            return decision
        return self._placed(decision, snapshot)

    def asks_parameters(self, call: Call) -> bool:
        """Whether some rule that may decide on a call asks about its parameters.

        :param call: without parameters
        """
        snapshot = self._store.snapshot
        if snapshot.is_empty:
            return False
        plan = self._plan_of(key_of(call), snapshot)
        return any(
            candidate.entry.condition is not None or candidate.entry.lifecycle.asks_parameters
            for candidate in plan.candidates
        )

    def asks_principal(self, call: Call) -> bool:
        """Whether some rule that may decide on a call asks who makes it."""
        snapshot = self._store.snapshot
        if not snapshot.asks_principals:
            return False
        plan = self._plan_of(key_of(call), snapshot)
        return any(candidate.entry.principal is not None for candidate in plan.candidates)

    def reaches(self, service: str, region: str, *, may_search: bool = True) -> bool:
        """Whether some rule matches calls of a service in a region.

        :param may_search: as for ``decide_early``; where it would have to, the answer is yes
        """
        snapshot = self._store.snapshot
        memory = self._memory
        if memory.snapshot is not snapshot:
            memory = self._forget_all(snapshot)
        reached = memory.reached
        found = reached.get((service, region))
        if found is None:
            if not may_search and len(snapshot.entries) > FEW:
                return True
            if len(reached) >= MAX_REMEMBERED:
                reached.clear()
            found = reached[service, region] = snapshot.reaches(service, region)
        return found

    def _forget_all(self, snapshot: Snapshot) -> _Memory:
        memory = self._memory = _Memory(snapshot)
        return memory

    def _plan_of(self, key: CallKey, snapshot: Snapshot) -> Plan:
        memory = self._memory
        if memory.snapshot is not snapshot:
            memory = self._forget_all(snapshot)
        return memory.plans.get(key) or self._plan(memory, key)

    def _follow(
        self, plan: Plan, call: Call, sender: Sender | None, header_of: HeaderOf
    ) -> Decision | None:
        if plan.certain is not None:
            plan.certain.count_hit()
            return plan.decision
        return self._ask(plan, call, sender, header_of) if plan.candidates else plan.decision

    def _placed(self, decision: Decision, snapshot: Snapshot) -> Decision:
        """Give a decision with the rule's place in the list, not counting rules that are over."""
        if decision.position is None:
            return decision
        position, entry = decision.position, decision.entry
        place = snapshot.places.of(position, self._store.clock())
        if entry is not None and entry.lifecycle.hits_left == 0:
            snapshot.places.note_spent(position)
        return decision if place == position else decision._replace(position=place)

    def _plan(self, memory: _Memory, key: CallKey) -> Plan:
        """Find out what is known about the calls of a key, and remember it."""
        snapshot = memory.snapshot
        candidates: list[Candidate] = []
        is_spared = key[0] == SPARED_SERVICE
        for position, entry, service in snapshot.candidates_by_name(key):
            if is_spared and entry.rule.service != SPARED_SERVICE:
                continue
            candidate = Candidate(entry, position, (service, *key[1:]), snapshot)
            candidates.append(candidate)
            if candidate.always_fires:  # no call comes to the rules behind it
                break
        first = candidates[0] if candidates else None
        refuses = bool(candidates) and all(c.can_only_refuse for c in candidates)
        if first is not None and first.always_fires:
            decision = first.decide_as_ever(self._aws_errors)
            plan = Plan(first.entry.lifecycle, decision, (), refuses)
        else:
            is_delayed = snapshot.latency_ms and not is_spared
            otherwise = delay_only(snapshot) if is_delayed else None
            plan = Plan(None, otherwise, tuple(candidates), refuses)
        if len(memory.plans) >= MAX_REMEMBERED:
            memory.plans.clear()
        memory.plans[key] = plan
        return plan

    def _forget(self, plan: Plan, key: CallKey, now: float) -> None:
        """Pass over those candidates of a key that can never fire again."""
        plans = self._memory.plans
        if plans.get(key) is plan:
            left = tuple(c for c in plan.candidates if not c.entry.lifecycle.is_over(now))
            plans[key] = plan._replace(candidates=left)

    def _ask(
        self, plan: Plan, call: Call, sender: Sender | None, header_of: HeaderOf
    ) -> Decision | None:
        """Ask the rules that match, one after the other."""
        now = self._store.clock()
        over = 0
        for candidate in plan.candidates:
            entry = candidate.entry
            effect = self._effect(entry, call, now, sender, header_of)
            if effect is not None:
                if effect is candidate.effect:
                    return candidate.decide_as_ever(self._aws_errors)
                return candidate.decide(effect, self._aws_errors)
            over += entry.lifecycle.is_over(now)
            if over == MANY:
                self._forget(plan, key_of(call), now)
        return plan.decision

    def _effect(
        self, entry: Entry, call: Call, now: float, sender: Sender | None, header_of: HeaderOf
    ) -> Effect | None:
        """Ask one rule. A fault of ours must not become the application's: the rule then passes."""
        try:
            origin = entry.rule.origin
            if origin != "any" and (origin == "internal") != call.internal:
                return None
            if entry.headers is not None and not _has(header_of, entry.headers):
                return None
            if entry.principal is not None and not _is_by(call.principal, entry.principal):
                return None
            condition = entry.condition
            if condition is not None and (
                not entry.lifecycle.is_in_force(now) or not condition.holds(call.parameters)
            ):
                return None
            return entry.lifecycle.fire(call, now, sender, self.keys)
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


def _has(header_of: HeaderOf, wanted: Iterable[tuple[str, Matcher]]) -> bool:
    """Whether a request has the headers that a rule asks for."""
    for name, matches in wanted:
        value = header_of(name)
        if value is None or not matches(value):
            return False
    return True


def _is_by(principal: Principal | None, matches: Matcher) -> bool:
    """Whether a call is made by one whom a rule is for; an assumed role goes by either of its ARNs."""
    if principal is None:
        return False
    return matches(principal.arn) or (principal.role is not None and matches(principal.role))
