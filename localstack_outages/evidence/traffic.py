"""All AWS calls of the last 15 minutes, counted by second, service, region, outcome and latency.

A count is kept for each step of latency that occurs, so that percentiles of any span of time and of any
part of the traffic can be told from the counts. What ``load`` tells of them follows from the same counts.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict

from localstack_outages.aws.retryable import is_worth_retrying
from localstack_outages.schema.globs import compile_glob
from localstack_outages.schema.vocabulary import OUTCOMES, Origin

from .latency_steps import STEPS, latency_of, latency_step, percentile
from .place_numbers import MAX_PLACES, Places
from .record import Observed, rfc3339

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Counts as CountsDocument, TrafficDocument


KEPT_SECONDS = 900
"""How far back the counts go."""

_OUTCOME_NUMBER = {outcome: number for number, outcome in enumerate(OUTCOMES)}
_OK, _INJECTED = _OUTCOME_NUMBER["ok"], _OUTCOME_NUMBER["injected"]
_CLIENT_ERROR = _OUTCOME_NUMBER["clientError"]
_INTERNAL, _RETRY, _RETRYABLE, _FLAGS = 1, 2, 4, 3
"""Three bits at the end of a key: made by the emulator, not a first attempt, a client error that is
worth another try."""

_is_worth_retrying = lru_cache(1024)(is_worth_retrying)  # it searches texts

Counts = Mapping[int, int]
"""How many calls, by place, outcome and step of latency in one number: see ``_key``."""

PlacedCounts = Iterable[tuple[str, str, int, int]]
"""The counts of a second for others: service, region, the rest of a key, and how many calls."""


class Ended(NamedTuple):
    """Calls that ended in the same second and are alike."""

    second: int
    """Since 1970 (UTC)."""
    service: str
    region: str
    seconds: float
    """How long they took."""
    is_internal: bool
    """Whether a service of the emulator made them."""
    is_retry: bool
    """Whether they are not the first attempt, by the client's word."""
    is_good: bool
    """Whether they got the service's own answer, such as ``404 NoSuchKey``."""
    number: int
    """How many they are."""


class Traffic:
    """Counts all calls. Seconds expire by the clock, when they are asked for or overwritten.

    :param clock: seconds since 1970 (UTC)
    :param places: how many pairs of service and region are told apart; the others are counted as
        the service and region ``other``
    """

    def __init__(self, clock: Callable[[], float] = time.time, places: int = MAX_PLACES) -> None:
        self._clock = clock
        self._places = Places(places)
        self._lock = threading.Lock()
        self._seconds = [-1] * KEPT_SECONDS
        self._counts: list[dict[int, int]] = [{} for _ in range(KEPT_SECONDS)]
        self._others: dict[int, dict[str, Counts]] = {}
        """What others counted, by second and by who they are."""

    def record(self, observed: Observed) -> None:
        """Count a call in the second in which it ended."""
        second = int(observed.time + observed.duration_ms / 1000)
        outcome = observed.outcome
        rest = _OUTCOME_NUMBER[outcome] * STEPS + latency_step(observed.duration_ms)
        flags = _INTERNAL if observed.origin == "internal" else 0
        if (observed.attempt or 1) > 1:
            flags |= _RETRY
        if outcome == "clientError" and _is_worth_retrying(
            observed.service, observed.error_code or "", observed.status or 0
        ):
            flags |= _RETRYABLE
        slot = second % KEPT_SECONDS
        with self._lock:
            if self._seconds[slot] != second:
                self._seconds[slot] = second
                self._counts[slot] = {}
            counts = self._counts[slot]
            key = self._places.number(observed.service, observed.region) * _PER_PLACE + rest
            key = key << _FLAGS | flags
            counts[key] = counts.get(key, 0) + 1

    def report(
        self,
        seconds: int = KEPT_SECONDS,
        service: str | None = None,
        region: str | None = None,
        origin: Origin | Literal["any"] = "any",
    ) -> "TrafficDocument":
        """Give the counts by second, by place, and in all.

        :param seconds: how far to go back, 900 at most; the second that runs is the last of them
        :param service: glob on the service
        :param region: glob on the region
        :param origin: who made the calls
        """
        now = self._clock()
        last = int(now)
        span = range(last - min(max(seconds, 1), KEPT_SECONDS) + 1, last + 1)
        with self._lock:
            by_second = {second: self._copy(second) for second in span}
            names = tuple(self._places.names)
        by_second = {second: _of(origin, counts) for second, counts in by_second.items()}
        wanted = _matching(names, service or "*", region or "*")
        if len(wanted) < len(names):
            by_second = {second: _only(wanted, counts) for second, counts in by_second.items()}
        total: Counter[int] = Counter()
        for counts in by_second.values():
            total.update(counts)
        recoveries = _recoveries(by_second)
        return {
            "from": rfc3339(span.start),
            "until": rfc3339(now),
            "total": _summary(total),
            "places": [
                {
                    "service": names[number][0],
                    "region": names[number][1],
                    **_summary(counts),
                    **recoveries[number],
                }
                for number, counts in sorted(
                    _by_place(total).items(), key=lambda pair: names[pair[0]]
                )
            ],
            "seconds": [
                {"time": rfc3339(second), **_summary(counts)}
                for second, counts in by_second.items()
            ],
        }

    def ended(self, first: int) -> Iterator[Ended]:
        """Give the calls that ended since a second, those that are alike together.

        :param first: since 1970 (UTC); 900 seconds are kept
        """
        now = int(self._clock())
        span = range(max(first, now - KEPT_SECONDS + 1), now + 1)
        with self._lock:
            by_second = {second: self._copy(second) for second in span}
            names = tuple(self._places.names)
        for second, counts in by_second.items():
            for key, count in counts.items():
                place, rest = divmod(key >> _FLAGS, _PER_PLACE)
                outcome, step = divmod(rest, STEPS)
                is_good = outcome == _OK or (outcome == _CLIENT_ERROR and not key & _RETRYABLE)
                yield Ended(
                    second,
                    *names[place],
                    latency_of(step) / 1000,
                    bool(key & _INTERNAL),
                    bool(key & _RETRY),
                    is_good,
                    count,
                )

    def own(self, second: int) -> "PlacedCounts":
        """Give what was counted here in a second, for ``take``."""
        with self._lock:
            counts = self._copy_own(second)
            names = tuple(self._places.names)
        return [(*names[key // _KEPT], key % _KEPT, count) for key, count in counts.items()]

    def take(self, source: str, second: int, counts: PlacedCounts) -> None:
        """Have what somebody else counted in a second count here too, in place of what he said of it
        before.
        """
        if second <= self._clock() - KEPT_SECONDS:
            return
        taken: dict[int, int] = {}
        with self._lock:
            for service, region, rest, count in counts:
                key = self._places.number(service, region) * _KEPT + rest
                taken[key] = taken.get(key, 0) + count
            self._others.setdefault(second, {})[source] = taken
            while len(self._others) > KEPT_SECONDS:
                del self._others[min(self._others)]

    def _copy(self, second: int) -> dict[int, int]:
        counts = self._copy_own(second)
        for others in self._others.get(second, {}).values():
            for key, count in others.items():
                counts[key] = counts.get(key, 0) + count
        return counts

    def _copy_own(self, second: int) -> dict[int, int]:
        slot = second % KEPT_SECONDS
        return dict(self._counts[slot]) if self._seconds[slot] == second else {}


_PER_PLACE = len(OUTCOMES) * STEPS
"""A key is place * _PER_PLACE + outcome * STEPS + step of latency. What is kept has three more bits at
its end."""

_KEPT = _PER_PLACE << _FLAGS
"""So many keys of what is kept there are for each place."""


def _of(origin: Origin | Literal["any"], kept: Counts) -> dict[int, int]:
    """Give the counts of an origin, by keys without one."""
    counts: dict[int, int] = {}
    for key, count in kept.items():
        if origin == "any" or (origin == "internal") == (key & _INTERNAL):
            counts[key >> _FLAGS] = counts.get(key >> _FLAGS, 0) + count
    return counts


def _matching(names: Sequence[tuple[str, str]], service: str, region: str) -> set[int]:
    """Give the numbers of the places whose service and region match two globs."""
    matches_service, matches_region = compile_glob(service), compile_glob(region)
    return {
        number
        for number, (its_service, its_region) in enumerate(names)
        if matches_service(its_service) and matches_region(its_region)
    }


def _only(places: Iterable[int], counts: Counts) -> dict[int, int]:
    return {key: count for key, count in counts.items() if key // _PER_PLACE in places}


def _by_place(counts: Counts) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for key, count in counts.items():
        found.setdefault(key // _PER_PLACE, {})[key] = count
    return found


class _Recovery(TypedDict):
    lastInjected: str | None
    recoveredAt: str | None


def _recoveries(by_second: Mapping[int, Counts]) -> dict[int, _Recovery]:
    """Give for each place when a rule last failed a call there, and when the first one succeeded
    in a later second.

    :param by_second: the counts, oldest second first
    """
    injected: dict[int, int] = {}
    recovered: dict[int, int | None] = {}
    for second, counts in by_second.items():
        places_by_outcome: dict[int, set[int]] = {_OK: set(), _INJECTED: set()}
        for key in counts:
            place, rest = divmod(key, _PER_PLACE)
            recovered.setdefault(place, None)
            places_by_outcome.setdefault(rest // STEPS, set()).add(place)
        for place in places_by_outcome[_INJECTED]:
            injected[place], recovered[place] = second, None
        for place in places_by_outcome[_OK] - places_by_outcome[_INJECTED]:
            if place in injected and recovered[place] is None:
                recovered[place] = second
    return {
        place: {"lastInjected": _time(injected.get(place)), "recoveredAt": _time(second)}
        for place, second in recovered.items()
    }


def _time(second: int | None) -> str | None:
    return None if second is None else rfc3339(second)


def _summary(counts: Counts) -> "CountsDocument":
    outcomes = [0] * len(OUTCOMES)
    steps: dict[int, int] = {}
    for key, count in counts.items():
        outcome, step = divmod(key % _PER_PLACE, STEPS)
        outcomes[outcome] += count
        steps[step] = steps.get(step, 0) + count
    by_outcome = dict(zip(OUTCOMES, outcomes, strict=True))
    return {
        "calls": sum(outcomes),
        "ok": by_outcome["ok"],
        "injected": by_outcome["injected"],
        "clientError": by_outcome["clientError"],
        "serverError": by_outcome["serverError"],
        "p50Ms": percentile(steps, 0.50),
        "p95Ms": percentile(steps, 0.95),
        "p99Ms": percentile(steps, 0.99),
    }
