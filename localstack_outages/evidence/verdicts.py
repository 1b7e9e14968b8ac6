"""Verdicts: what the application did about the calls that an outage touched.

A verdict is of an effort: all that the application did to get one thing done, by its SDK or by itself.
``effort_search`` says which attempts belong to one, and ``retry_judge`` what is to be said of it.
The module has over 300 lines because all that is kept of efforts changes under one lock.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from localstack_outages.aws.names import is_data_plane
from localstack_outages.engine.call import Call

from .effort import Effort, Grouping, Judged, arrival, verdict_of
from .effort_search import EffortSearch, key_of
from .effort_tally import EffortTally
from .lost_entries import LostEntries
from .percentiles import nearest_rank
from .record import Observed
from .recoveries import SOON_SECONDS, Recoveries
from .remedies import advice
from .retry_judge import Judgement, is_settled, judge, judge_entries
from .sdk_quotas import SdkQuotas
from .selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from localstack_outages.schema.documents import VerdictsDocument, VerdictSummary


MAX_EFFORTS = 5000
"""How many efforts are kept that are decided; the oldest are forgotten first."""

OPEN_FACTOR = 5
"""So many times as many are kept while they are undecided: for 30 s after a failure an application may
try again."""

MAX_KEPT_ATTEMPTS = 50_000
"""How many attempts are kept of all efforts together, at some 700 bytes each. Hot loops reach this
first; the oldest efforts are forgotten then."""

DEFAULT_LIMIT = 100
"""How many verdicts one report lists at most. Its summary is of all."""


class _OwnerEfforts:
    """The efforts that the rules of an owner touched."""

    __slots__ = ("kept", "settled")

    def __init__(self) -> None:
        self.settled = EffortTally()
        """Those that are forgotten, as they were judged then."""
        self.kept: dict[Effort, None] = {}
        """Those that are kept, in the order in which they were touched."""


class Verdicts:
    """Keeps efforts and reports on them.

    :param clock: the steady clock that calls are stamped with, seconds
    :param size: how many efforts are kept that are decided
    :param remembers: tells whether an owner is one to count for; it is told of by ``forget_owner``
        when that is over
    :param rule_ceased_at: gives when a rule ceased to hit calls, by the clock; None while it may
    :param open_size: how many are kept in all while many are undecided
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        size: int = MAX_EFFORTS,
        remembers: Callable[[str], bool] = lambda _: True,
        rule_ceased_at: Callable[[str], float | None] = lambda _: float("-inf"),
        open_size: int | None = None,
    ) -> None:
        self._clock = clock
        self._remembers = remembers
        self._rule_ceased_at = rule_ceased_at
        self._size = size
        self.open_size = size * OPEN_FACTOR if open_size is None else open_size
        """How many efforts are kept at most."""
        self._lock = threading.Lock()
        self._efforts: deque[Effort] = deque()
        self._attempts = 0
        """How many attempts are kept of all efforts."""
        self._search = EffortSearch()
        self._quotas = SdkQuotas()
        self._recoveries = Recoveries()
        self.lost_entries = LostEntries(remembers)
        """Follows the entries of batches that rules failed."""
        self._forgotten = 0
        self._forgotten_since = float("-inf")
        """When the newest effort began that is forgotten, seconds since 1970."""
        self._by_owner: dict[str, _OwnerEfforts] = {}

    def is_awaited(self, call: Call, access_key: str | None) -> bool:
        """Whether a call may be another try of an effort, so that it matters what it is after."""
        return self._search.is_awaited(call, access_key, self._clock())

    def record(self, observed: Observed) -> None:
        """Take note of a call, if an outage touched it or an earlier attempt of its effort."""
        self.take(observed)

    def take(self, observed: Observed) -> bool:
        """Do what ``record`` does.

        :return: whether the call matters for what is told of outages, so that whoever is to tell the
            same must know it too
        """
        self.lost_entries.record(observed)
        with self._lock:
            is_first_answer = self._recoveries.record(observed)
            matters = is_first_answer or observed.injected is not None or bool(observed.entries)
            if is_data_plane(observed.service, observed.operation):
                return matters  # who calls there is no SDK: a browser owes nobody a retry
            while self._attempts >= MAX_KEPT_ATTEMPTS:
                self._forget(self._efforts.popleft())
            effort = self._search.invocation(observed)
            if effort is not None:
                self._go_on(effort, observed)
                return True
            if self._joins(observed):
                return True
            # A later attempt is kept though it is not touched: the first may still be delayed, and
            # is then recorded after it.
            if observed.injected is not None or (
                observed.invocation_id is not None and (observed.attempt or 1) > 1
            ):
                grouping: Grouping = "guessed" if observed.invocation_id is None else "invocationId"
                self._keep(Effort(key_of(observed), grouping, observed))
                return True
            return matters

    def tally(self, owner: str) -> EffortTally:
        """Count all efforts that rules of an owner touched, those that are forgotten too."""
        with self._lock:
            efforts = self._by_owner.get(owner) or _OwnerEfforts()
            tally, kept = efforts.settled.copy(), tuple(efforts.kept)
        now = self._clock()
        for effort in kept:
            tally.add(*self._judge(effort, now))
        return tally

    def forget_owner(self, owner: str) -> None:
        """Forget what was counted for an owner."""
        self.lost_entries.forget_owner(owner)
        with self._lock:
            efforts = self._by_owner.pop(owner, None) or _OwnerEfforts()
            for effort in efforts.kept:
                effort.owners = tuple(name for name in effort.owners if name != owner)

    def answered_after(self, failed: Observed) -> float | None:
        """Give when a later attempt of the same effort was answered well, by the steady clock.

        :param failed: an attempt that was recorded
        :return: seconds; None where there is none, or its client does not say what belongs together
        """
        with self._lock:
            effort = self._search.invocation(failed)
            attempts = [] if effort is None else effort.attempts
            return min(
                (a.ended_at for a in attempts if a.outcome == "ok" and a.at > failed.at),
                default=None,
            )

    def begin_afresh(self) -> None:
        """Let no effort go on: what applications do from now on is of another experiment."""
        with self._lock:
            self._search.begin_afresh()

    def report(
        self,
        limit: int = DEFAULT_LIMIT,
        selection: Selection = EVERYTHING,
        since: float | None = None,
    ) -> "VerdictsDocument":
        """Give a summary of all efforts that are kept, and the newest of them.

        :param limit: how many efforts to list at most
        :param selection: which efforts, by what is known of their attempts
        :param since: only those that began then or later, seconds since 1970
        """
        with self._lock:
            kept, forgotten = tuple(self._efforts), self._forgotten
            if since is not None and since > self._forgotten_since:
                forgotten = 0
        now = self._clock()
        judged = [
            self._judge(effort, now)
            for effort in kept
            if effort.touched and _is_asked_for(effort, selection, since)
        ]
        judged.sort(key=lambda pair: arrival(pair[0].attempts[0]), reverse=True)
        return {
            "summary": _summary(judged, forgotten),
            "verdicts": [verdict_of(effort, judgement) for effort, judgement in judged[:limit]],
            "advice": advice(judged, self._answered_at),
        }

    def _judge(self, effort: Effort, now: float) -> tuple[Effort, Judgement]:
        with self._lock:  # for each effort anew: requests must not wait for a whole report
            settled, count = is_settled(effort.last, now), effort.attempt_count
            known = effort.judged
            if known is None or known[:2] != (count, settled):
                known, (copy, came_back) = None, self._copy(effort, now)
        if known is None:
            judgement = self._judgement(copy, now, came_back=came_back)
            known = effort.judged = Judged(count, settled, copy, judgement)
        return known.effort, self._with_entries(known.effort, known.judgement, now)

    def _with_entries(self, effort: Effort, judgement: Judgement, now: float) -> Judgement:
        """Add what became of the entries of a batch, which may change long after its last attempt."""
        entries = self.lost_entries.figures(effort.attempts, now)
        return judge_entries(judgement, effort.attempts[0].at, entries)

    def _judgement(self, effort: Effort, now: float, *, came_back: bool) -> Judgement:
        early = came_back and self._is_outage_over(effort)
        return judge(effort.attempts, now, effort.circumstances(came_back=early))

    def _copy(self, effort: Effort, now: float) -> tuple[Effort, bool]:
        """Copy an effort, and say whether its operation came back soon after it."""
        copy = effort.copy()
        return copy, self._recoveries.came_back(copy.attempts[-1], now)

    def _is_outage_over(self, effort: Effort) -> bool:
        """Whether the rules that hit an effort ceased to hit calls soon after it: while one may hit
        the next call, nobody can know that it would not.
        """
        until = effort.last.ended_at + SOON_SECONDS
        faults = (attempt.injected for attempt in effort.attempts)
        ids = {fault.rule_id for fault in faults if fault is not None and fault.rule_id is not None}
        ceased = [self._rule_ceased_at(rule_id) for rule_id in ids]
        return all(at is not None and at <= until for at in ceased)

    def _is_of_next_outage(self, effort: Effort, observed: Observed) -> bool:
        """Whether a call is of the next experiment: a rule of another owner hits it, and those that
        hit the effort are over. Each is judged by itself, such as the tests of a run.
        """
        fault = observed.injected
        if fault is None or fault.owner is None:
            return False
        faults = [a.injected for a in effort.attempts if a.injected is not None]
        return all(
            one.owner not in (None, fault.owner)
            and one.rule_id is not None
            and self._rule_ceased_at(one.rule_id) is not None
            for one in faults
        )

    def _answered_at(self, attempt: Observed) -> float | None:
        with self._lock:
            return self._recoveries.answered_after(attempt)

    def _joins(self, observed: Observed) -> bool:
        """Let an effort go on with a new try, if one does."""
        found = self._search.find(observed)
        if found is None or self._is_of_next_outage(found.effort, observed):
            return False
        effort, peer = found.effort, found.effort.last.peer
        is_of_two = self._search.is_of_two(effort, observed)
        effort.grouping = "guessed" if is_of_two else found.grouping
        self._add(effort, observed)
        if is_of_two:
            self._part(effort, lambda attempt: attempt.peer == peer)
        return True

    def _go_on(self, effort: Effort, observed: Observed) -> None:
        """Add an attempt of a try that is known."""
        others = _others_meanwhile(effort, observed)
        self._add(effort, observed)
        if others and effort.can_part:
            self._part(effort, lambda attempt: attempt.invocation_id in others)

    def _part(self, effort: Effort, leaves: Callable[[Observed], bool]) -> None:
        self._search.remove(effort)
        other = effort.part(leaves)
        self._attempts -= len(other.attempts)  # those are counted again
        self._search.add(effort)
        self._keep(other)

    def _add(self, effort: Effort, observed: Observed) -> None:
        kept = len(effort.attempts)
        self._search.go_on(effort, observed)
        self._attempts += len(effort.attempts) - kept
        self._note(effort, observed)

    def _keep(self, effort: Effort) -> None:
        self._make_room()
        self._efforts.append(effort)
        self._attempts += len(effort.attempts)
        self._search.add(effort)
        for attempt in effort.attempts:
            self._note(effort, attempt)

    def _make_room(self) -> None:
        now = self._clock()
        for _ in range(2):  # those that are undecided go to the end, a few each time
            if len(self._efforts) < self._size:
                return
            effort = self._efforts.popleft()
            if len(self._efforts) + 1 < self.open_size and not is_settled(effort.last, now):
                self._efforts.append(effort)
            else:
                self._forget(effort)

    def _note(self, effort: Effort, attempt: Observed) -> None:
        """Take note of what an attempt says of its client, and of the owner of the rule that hit it."""
        self._search.note(attempt)
        maximum, effort.is_quota_low = self._quotas.note(attempt)
        effort.known_maximum = maximum or effort.known_maximum
        owner = None if attempt.injected is None else attempt.injected.owner
        if owner is None or owner in effort.owners:
            return
        if owner in self._by_owner or self._remembers(owner):
            self._by_owner.setdefault(owner, _OwnerEfforts()).kept[effort] = None
            effort.owners += (owner,)

    def _forget(self, effort: Effort) -> None:
        self._attempts -= len(effort.attempts)
        self._search.remove(effort)
        if effort.touched:
            self._forgotten += 1
            self._forgotten_since = max(self._forgotten_since, effort.attempts[0].time)
        if effort.owners:
            self._settle(effort)

    def _settle(self, effort: Effort) -> None:
        """Add an effort that is forgotten to what is counted for its owners."""
        now = self._clock()
        copy, came_back = self._copy(effort, now)
        judgement = self._judgement(copy, now, came_back=came_back)
        judgement = self._with_entries(copy, judgement, now)
        is_known = is_settled(copy.last, now) and not judgement.entries.open
        for owner in effort.owners:
            efforts = self._by_owner[owner]
            del efforts.kept[effort]
            if is_known:
                efforts.settled.add(copy, judgement)
            else:
                efforts.settled.lost += 1


def _others_meanwhile(effort: Effort, observed: Observed) -> set[str | None]:
    """Give the invocations that came while an SDK still tried: they are of somebody else."""
    own = observed.invocation_id
    if effort.last.invocation_id == own:
        return set()
    began = min((a.at for a in effort.attempts if a.invocation_id == own), default=observed.at)
    return {
        attempt.invocation_id
        for attempt in effort.attempts
        if attempt.invocation_id != own and began < attempt.at < observed.at
    }


def _is_asked_for(effort: Effort, selection: Selection, since: float | None) -> bool:
    attempts = effort.attempts
    if since is not None and min(attempt.time for attempt in attempts) < since:
        return False
    return selection.takes_place(attempts[0]) and any(map(selection.takes_rule, attempts))


def _summary(judged: list[tuple[Effort, Judgement]], forgotten: int) -> "VerdictSummary":
    tally = EffortTally()
    for effort, judgement in judged:
        tally.add(effort, judgement)
    times = sorted(judgement.total_ms for _, judgement in judged if judgement.ending == "recovered")
    return {
        **tally.figures(),
        "recoveryMs": {
            "p50": nearest_rank(times, 0.50),
            "p95": nearest_rank(times, 0.95),
            "p99": nearest_rank(times, 0.99),
            "max": times[-1] if times else None,
        },
        "forgotten": forgotten,
    }
