"""How a finished call, or a mark, is written down for the other replicas, and read there.

What has its default is left out, and what a replica does not know is passed over, so that replicas of
different versions may meet. Times are those of Redis: each machine has a steady clock of its own.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from localstack_outages.aws.aims import Aim
from localstack_outages.aws.sdk_headers import Sdk
from localstack_outages.engine.finished import Injected, Peer
from localstack_outages.engine.steps import Delivery
from localstack_outages.evidence.record import Observed
from localstack_outages.schema.effect import PartialFailure

PORTS = 65_536
"""The ports of another replica's clients are counted from a multiple of this on: a connection to it is
none to this one, whatever port it comes from."""

SAME_CLOCK = 0.05
"""Wall clocks that differ by less, in seconds, are taken for the same: a call has the same time on all
replicas then."""

_MEASUREMENTS = 5
_TOLERANCE = 0.001
"""A difference between clocks is not changed for less, seconds: it is not known any better, and the order
of calls stays as it was."""

VERSION = 1
"""Of all that replicas write down. One passes over what has another version."""

Wire = dict[str, Any]


class Clocks(NamedTuple):
    """How far Redis's clock is ahead of those of a replica, seconds."""

    steady: float
    wall: float


class FleetClock:
    """Knows Redis's clock.

    :param steady: the clock that calls are stamped with, seconds
    :param wall: seconds since 1970 (UTC)
    """

    def __init__(
        self, steady: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._steady = steady
        self._wall = wall
        self.clocks: Clocks | None = None
        """None until it is measured."""

    def now(self) -> float:
        """Give the time of Redis, seconds since 1970; 0 until it is measured."""
        return 0.0 if self.clocks is None else self._steady() + self.clocks.steady

    def measure(self, ask: Callable[[], tuple[int, int]]) -> None:
        """Measure how far Redis's clock is ahead.

        :param ask: asks Redis for its time, seconds and microseconds
        """
        found = min(self._measure_once(ask) for _ in range(_MEASUREMENTS))[1]
        known = self.clocks
        if known is None or any(
            abs(now - before) > _TOLERANCE for now, before in zip(found, known, strict=True)
        ):
            self.clocks = found

    def _measure_once(self, ask: Callable[[], tuple[int, int]]) -> tuple[float, Clocks]:
        """Give how long it took to ask, and what was found."""
        wall, before = self._wall(), self._steady()
        seconds, microseconds = ask()
        took = self._steady() - before
        there = seconds + microseconds / 1e6 - took / 2
        return took, Clocks(there - before, there - wall)


def to_wire(observed: Observed, clocks: Clocks) -> Wire:
    """Write a call down.

    :param clocks: those of this replica
    """
    wire = _without_defaults(observed)
    wire["at"] = observed.at + clocks.steady
    if observed.injected is not None:
        wire["injected"] = _without_defaults(observed.injected)
    if observed.delivery is not None:
        wire["delivery"] = delivered_until(observed.delivery, clocks)
    return wire


def delivered_until(delivery: Delivery, clocks: Clocks) -> float:
    """Write down how far the body of an answer has come: 0 where no piece went out yet."""
    return max(0.0, delivery.until + clocks.steady)


class Reader:
    """Reads what another replica has written.

    :param clocks: those of this replica
    :param wall: how far Redis's clock is ahead of the other's wall clock, seconds
    :param number: of the other replica, from 1
    """

    def __init__(self, clocks: Clocks, wall: float, number: int) -> None:
        self._steady = clocks.steady
        skew = wall - clocks.wall
        self.skew = 0.0 if abs(skew) < SAME_CLOCK else skew
        """How far this replica's wall clock is ahead of the other's, seconds."""
        self._first_port = number * PORTS

    def call(self, wire: Mapping[str, Any]) -> Observed:
        """Read a call.

        :raises ValueError: where it is none
        """
        try:
            return self._call(wire)
        except (TypeError, KeyError, AttributeError) as e:
            raise ValueError(f"no record of a call: {e}") from e

    def time(self, wire: float) -> float:
        """Give a time of the other replica's wall clock by the own one."""
        return wire + self.skew

    def until(self, delivery: Delivery, wire: float) -> None:
        """Take how far the body of an answer has come."""
        delivery.until = wire - self._steady if wire else float("-inf")

    def _call(self, wire: Mapping[str, Any]) -> Observed:
        known = {name: wire[name] for name in Observed._fields if name in wire}
        known["time"] = self.time(known["time"])
        known["at"] = known["at"] - self._steady
        known["client"] = Sdk(*known.get("client", ()))
        known["entries"] = tuple(known.get("entries", ()))
        if "injected" in known:
            known["injected"] = _injected(known["injected"])
        if "aim" in known:
            known["aim"] = Aim(*known["aim"])
        if "peer" in known:
            address, port, thread = known["peer"]
            known["peer"] = Peer(address, self._first_port + port, thread)
        if "delivery" in known:
            until, known["delivery"] = known["delivery"], Delivery(time.monotonic)
            self.until(known["delivery"], until)
        return Observed(**known)


def _injected(wire: Mapping[str, Any]) -> Injected:
    known = {name: wire[name] for name in Injected._fields if name in wire}
    if "partial" in known:
        failed, of, entries = known["partial"]
        known["partial"] = PartialFailure(failed, of, tuple(entries))
    return Injected(**known)


def _without_defaults(given: Observed | Injected) -> Wire:
    defaults = given._field_defaults
    return {
        name: value
        for name, value in zip(given._fields, given, strict=True)
        if name not in defaults or value != defaults[name]
    }
