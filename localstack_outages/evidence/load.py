"""The load meter: what clients ask for and what they get, by second and service, over 15 minutes.

Retries are load too. A logical call is counted when its first attempt comes, an attempt when it comes,
a good answer when it is given. What the emulator's services ask of each other is left out.

It counts nothing itself: all follows from the counts of the traffic, which have the second in which a
call ended and how long it took. So the second in which a slow call came is known to within a second.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.aws.sdk_headers import read_sdk_request
from localstack_outages.engine.injection import Injection
from localstack_outages.schema.globs import compile_glob

from .record import rfc3339
from .traffic import KEPT_SECONDS, Traffic

if TYPE_CHECKING:
    from localstack_outages.schema.load_documents import LoadDocument, LoadFigures, PhaseMark
    from localstack_outages.schema.rules import Rule

MEASURED_SECONDS = 60
"""So long before a rule is set, or a scenario begins, the stable state is measured."""


class Figures(NamedTuple):
    """The load of a second."""

    calls: float = 0
    """Logical calls whose first attempt came."""
    attempts: float = 0
    """Attempts that came."""
    good: float = 0
    """Good answers that were given: goodput."""
    in_flight: float = 0.0
    """Attempts that were under way, on average."""


_CALLS, _ATTEMPTS, _GOOD, _IN_FLIGHT = range(4)

ByService = dict[str, Figures]


class Load:
    """Tells the load.

    :param traffic: counts all calls
    :param waiting: gives the calls that a rule makes wait at this moment. Others end within moments,
        and are counted then
    :param steady_clock: the clock that those are stamped with, seconds
    :param clock: that of the traffic, seconds since 1970 (UTC)
    """

    def __init__(
        self,
        traffic: Traffic,
        waiting: Callable[[], Iterable[Injection]] = tuple,
        steady_clock: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._traffic = traffic
        self._waiting = waiting
        self._steady_clock = steady_clock
        self.clock = clock
        """Seconds since 1970 (UTC)."""

    def time_of(self, at: float) -> float:
        """Give the time of a moment by the steady clock, seconds since 1970 (UTC)."""
        return self.clock() - self._steady_clock() + at

    def by_second(
        self, first: int, services: Sequence[str] = ("*",), region: str = "*"
    ) -> dict[int, ByService]:
        """Give the load of each second until now, by service; services without load are left out.

        :param first: the first second, since 1970 (UTC)
        :param services: globs on the service, of which one must match
        :param region: glob on the region
        """
        now = self.clock()
        is_region, globs = compile_glob(region), [compile_glob(glob) for glob in services]
        sums: dict[int, dict[str, list[float]]] = {
            second: {} for second in range(first, int(now) + 1)
        }
        for came, ended, service, where, (calls, attempts, good, _) in self._calls(first, now):
            if not is_region(where) or not any(is_service(service) for is_service in globs):
                continue
            for second, share in _shares(max(came, first), ended):
                of_second = sums[second].setdefault(service, [0, 0, 0, 0.0])
                of_second[_IN_FLIGHT] += attempts * share
            if came >= first:
                of_second = sums[int(came)][service]
                of_second[_CALLS] += calls
                of_second[_ATTEMPTS] += attempts
            sums[int(ended)][service][_GOOD] += good
        return {
            second: {service: Figures(*figures) for service, figures in found.items()}
            for second, found in sums.items()
        }

    def measure(self, rule: "Rule") -> float | None:
        """Give how many calls a second came in the last minute for the service and the region of a
        rule, from the first of them on.

        :return: None where there were none
        """
        is_service, is_region = compile_glob(rule.service), compile_glob(rule.region)
        now = int(self.clock())
        attempts = dict.fromkeys(range(now - MEASURED_SECONDS, now), 0)
        for ended in self._traffic.ended(now - MEASURED_SECONDS):
            is_meant = rule.origin in ("any", "internal" if ended.is_internal else "external")
            is_meant = is_meant and is_service(ended.service) and is_region(ended.region)
            if ended.second in attempts and is_meant:
                attempts[ended.second] += ended.number
        return mean_from_first(list(attempts.values()))

    def report(
        self,
        seconds: int = KEPT_SECONDS,
        service: str | None = None,
        region: str | None = None,
        phases: "Sequence[PhaseMark]" = (),
    ) -> "LoadDocument":
        """Give the load of the last seconds: in all, and by service.

        :param seconds: how far to go back, 900 at most; the second that runs is the last of them
        :param service: glob on the service
        :param region: glob on the region
        :param phases: of scenarios, those that have begun; those of that time are marked
        """
        now = self.clock()
        first = int(now) - min(max(seconds, 1), KEPT_SECONDS) + 1
        by_second = self.by_second(first, (service or "*",), region or "*")
        services = sorted({name for found in by_second.values() for name in found})
        return {
            "from": rfc3339(first),
            "until": rfc3339(now),
            "seconds": [
                {"time": rfc3339(second), **figures_of(total(found.values()))}
                for second, found in by_second.items()
            ],
            "services": [
                {
                    "service": name,
                    "seconds": [
                        {"time": rfc3339(second), **figures_of(found[name])}
                        for second, found in by_second.items()
                        if name in found
                    ],
                }
                for name in services
            ],
            "phases": [phase for phase in phases if phase["until"] >= rfc3339(first)],
        }

    def _calls(self, first: int, now: float) -> Iterator[tuple[float, float, str, str, Figures]]:
        """Give for calls, those that are alike together, when they came and ended, their service and
        region, and how many they are. One that has ended is taken to have done so in the middle of
        its second; one that waits ends now.
        """
        for ended in self._traffic.ended(first):
            if not ended.is_internal and ended.second <= now:
                at, count = min(ended.second + 0.5, now), ended.number
                calls, good = (0 if ended.is_retry else count), (count if ended.is_good else 0)
                figures = Figures(calls, count, good)
                yield at - ended.seconds, at, ended.service, ended.region, figures
        for injection in tuple(self._waiting()):
            call = injection.call
            if not call.internal:
                is_retry = (read_sdk_request(injection.envelope.sdk_request).number or 1) > 1
                came = min(self.time_of(injection.at), now)
                yield came, now, call.service, call.region, Figures(int(not is_retry), 1)


def mean_from_first(counts: Sequence[int]) -> float | None:
    """Give the mean of the counts of successive seconds, from the first on in which there was
    something: a test does not wait for a minute. That one is left out where others follow, since it
    is counted in part.

    :return: None where there was nothing
    """
    begin = next((number for number, count in enumerate(counts) if count), None)
    if begin is None:
        return None
    whole = counts[begin + 1 :]
    return sum(whole) / len(whole) if any(whole) else sum(counts) / (len(counts) - begin)


def total(figures: Iterable[Figures]) -> Figures:
    """Add the load of several services or seconds up."""
    return Figures(*(sum(column) for column in zip(Figures(), *figures, strict=True)))


def figures_of(figures: Figures) -> "LoadFigures":
    """Write load down, with what follows from it."""
    calls, attempts, good, in_flight = figures
    return {
        "calls": int(calls),
        "attempts": int(attempts),
        "good": int(good),
        "inFlight": round(in_flight, 3),
        "amplification": round(attempts / calls, 3) if calls else None,
    }


def _shares(came: float, ended: float) -> Iterator[tuple[int, float]]:
    """Give in which seconds calls were under way, and for what part of them."""
    for second in range(int(came), int(ended) + 1):
        yield second, min(second + 1, ended) - max(second, came)
