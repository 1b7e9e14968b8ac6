"""What a replica tells the others beside its calls, once a second and on demand, in a stream of Redis that
keeps the last 15 minutes: that it is there, how many calls it saw, how far answers have come that are
shaped. All of it can be told again, so that nothing is lost where Redis is gone for a while.

A replica that is asked what its calls were asks the others to tell all that they know first.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from localstack_outages.engine.steps import Delivery
from localstack_outages.evidence.effort_search import DELIVERY_SECONDS
from localstack_outages.evidence.traffic import KEPT_SECONDS, PlacedCounts, Traffic

from .connection import PREFIX, Client
from .records import VERSION, FleetClock, Wire, delivered_until

COUNTS = f"{PREFIX}counts"
"""The stream."""

LATE_SECONDS = 3
"""Of so many seconds before this one the counts may still change."""

MAX_DELIVERIES = 1000
"""So many answers are followed; of others it is told once how far they have come."""

_SECONDS_AT_ONCE = 60


class _Followed:
    """An answer that is shaped."""

    __slots__ = ("delivery", "since", "told")

    def __init__(self, delivery: Delivery, since: float) -> None:
        self.delivery = delivery
        self.since = since
        self.told = delivery.until


class _Second(NamedTuple):
    second: int
    counts: list[tuple[str, str, int, int]]
    total: int


class Counts:
    """Tells it. ``ask`` and ``answer`` may be called by any thread, all else by one.

    :param replica: names this one
    :param traffic: counts all calls
    :param clock: knows Redis's clock
    :param wall: the clock of the traffic, seconds since 1970 (UTC)
    """

    def __init__(
        self,
        replica: str,
        traffic: Traffic,
        clock: FleetClock,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._replica = replica
        self._traffic = traffic
        self._clock = clock
        self._wall = wall
        self._told: dict[int, int] = {}
        """How many calls of each second the others know of."""
        self._since = int(wall())
        self._followed: dict[int, _Followed] = {}
        self._asks: list[int] = []
        self._answers: list[tuple[str, int]] = []
        self._ready: list[tuple[str, int]] = []
        self.is_leaving = False
        """Whether it is to be told that this replica leaves."""

    def follow(self, number: int, delivery: Delivery) -> None:
        """Tell how far the answer to a call comes, by the number of the call."""
        if len(self._followed) < MAX_DELIVERIES:
            self._followed[number] = _Followed(delivery, self._clock.now())

    def ask(self, token: int) -> None:
        """Ask the others to tell all that they know."""
        self._asks.append(token)

    def answer(self, replica: str, token: int) -> None:
        """Tell one that asked that it has been told all."""
        self._answers.append((replica, token))

    def begin(self) -> None:
        """Say that all calls are sent now, before ``send``: who asked until now is told so then."""
        answers = len(self._answers)
        self._ready += self._answers[:answers]
        del self._answers[:answers]

    def tell_all_again(self) -> None:
        """Tell the counts of the last 15 minutes once more: Redis may have lost them."""
        self._told.clear()
        self._since = 0

    def send(self, client: Client) -> None:
        """Tell what there is to tell."""
        clocks = self._clock.clocks
        if clocks is None:
            return
        asks = len(self._asks)
        wire: Wire = {"v": VERSION, "wall": clocks.wall}
        if asks:
            wire["asks"] = self._asks[:asks]
        if self._ready:
            wire["answers"] = self._ready
        if self.is_leaving:
            wire["leaves"] = True
        until = {n: f.delivery.until for n, f in self._followed.items() if self._is_news(f)}
        if until:
            wire["until"] = {
                number: delivered_until(self._followed[number].delivery, clocks) for number in until
            }
        now = int(self._wall())
        seconds = list(self._seconds(now))
        while len(seconds) > _SECONDS_AT_ONCE:
            part, seconds = seconds[:_SECONDS_AT_ONCE], seconds[_SECONDS_AT_ONCE:]
            self._append(client, {"v": VERSION, "wall": clocks.wall, **_traffic_of(part)})
            self._told.update((second, total) for second, _, total in part)
        self._append(client, {**wire, **_traffic_of(seconds)})
        self._told.update((second, total) for second, _, total in seconds)
        del self._asks[:asks]
        self._ready.clear()
        self._since = now - LATE_SECONDS
        self._forget_old()
        for number, at in until.items():
            self._followed[number].told = at

    def _append(self, client: Client, wire: Wire) -> None:
        oldest = int((self._clock.now() - KEPT_SECONDS) * 1000)
        body = {"r": self._replica, "b": json.dumps(wire)}
        client.xadd(COUNTS, body, minid=oldest, approximate=True)

    def _seconds(self, now: int) -> Iterator[_Second]:
        """Give the seconds of which the others do not know all."""
        for second in range(max(self._since, now - KEPT_SECONDS + 1), now + 1):
            counts = list(self._traffic.own(second))
            total = sum(count for _, _, _, count in counts)
            if total != self._told.get(second, 0):
                yield _Second(second, counts, total)

    @staticmethod
    def _is_news(followed: _Followed) -> bool:
        return followed.delivery.until != followed.told

    def _forget_old(self) -> None:
        for second in [second for second in self._told if second < self._since]:
            del self._told[second]
        now = self._clock.now()
        for number in [n for n, f in self._followed.items() if now - f.since > DELIVERY_SECONDS]:
            del self._followed[number]


def _traffic_of(seconds: list[_Second]) -> Wire:
    if not seconds:
        return {}
    places: dict[tuple[str, str], int] = {}
    told = {
        second: [
            (places.setdefault((service, region), len(places)), rest, count)
            for service, region, rest, count in counts
        ]
        for second, counts, _ in seconds
    }
    return {"places": list(places), "seconds": told}


def traffic_in(wire: Wire) -> Iterator[tuple[int, PlacedCounts]]:
    """Read the counts of seconds.

    :raises ValueError: where they are none
    """
    try:
        places = wire.get("places", [])
        for second, counts in wire.get("seconds", {}).items():
            yield int(second), [(*places[place], rest, count) for place, rest, count in counts]
    except (TypeError, AttributeError, IndexError) as e:
        raise ValueError(f"no counts: {e}") from e
