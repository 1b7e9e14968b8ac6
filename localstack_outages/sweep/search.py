"""Which faults are tried at which calls of a test, and in which order. It runs nothing itself.

Breadth first: the first fault of every call of every test comes before the second of any, so that
little time tells something about all of them.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from .faults import KINDS, ONCE, SERVER_FAULTS, names_for
from .points import Call, Fault, Faults, Place

DEEPER = ("internal", "reset")
"""What is tried at calls that come only under a fault."""


class Point(NamedTuple):
    """One run that is to be made."""

    test: str
    faults: Faults
    site: str | None
    """Where the last of the failing calls is made."""
    client: str
    """What makes it, see ``Call``."""


class Search:
    """Plans the runs of a sweep.

    :param named: the error codes that the application's code names
    :param everything: whether to try each call of a call site, and errors that come to the same
    :param each_call: whether to try each call, since nobody knows where it is made
    :param hangs: whether calls may get no answer at all, which takes seconds each time
    :param is_one_of_several: whether other processes search other tests. None knows then where a client
        is used first, so that what is tried once for each is tried in each test
    """

    def __init__(
        self,
        named: Collection[str],
        *,
        everything: bool,
        each_call: bool = False,
        hangs: bool = False,
        is_one_of_several: bool = False,
    ) -> None:
        self._named = named
        self._once = ONCE if hangs else tuple(name for name in ONCE if name != "hang")
        self._is_one_of_several = is_one_of_several
        self._everything = everything
        self._each_call = each_call or everything
        self._clients: set[tuple[str, str]] = set()

    def points_of(self, test: str, calls: Iterable[Call]) -> list[Point]:
        """Give the runs for a test, in the order of its calls.

        :param calls: those that it makes without a fault
        """
        made = tuple(calls)
        if self._is_one_of_several:
            self._clients.clear()
        last = {call.kind: call.place.call for call in made}
        return [
            Point(test, (Fault(call.place, name),), call.site, call.client)
            for call in self._representatives(made)
            for name in self._names(call, call.place.call < last[call.kind])
        ]

    def points_below(
        self, point: Point, plain: Iterable[Call], calls: Iterable[Call]
    ) -> list[Point]:
        """Give the runs in which a call fails that came only because another one had failed.

        :param point: of the run
        :param plain: the calls of the test without a fault
        :param calls: those of the run
        """
        first = point.faults[0].name
        if first not in SERVER_FAULTS or first in ONCE:
            return []
        known: set[Place] = {call.place for call in plain} | {f.place for f in point.faults}
        new = tuple(call for call in calls if call.place not in known)
        return [
            Point(point.test, (*point.faults, Fault(call.place, name)), call.site, call.client)
            for call in self._representatives(new)
            for name in DEEPER
        ]

    def _names(self, call: Call, later: bool) -> Iterator[str]:
        yield from names_for(call, later, self._named, all_errors=self._everything)
        client = call.place.service, call.client
        if client not in self._clients:
            self._clients.add(client)
            yield from self._once

    def _representatives(self, calls: Iterable[Call]) -> Iterator[Call]:
        """Give the first call of each call site and operation. Where the site is not known, of each
        operation.
        """
        seen: set[tuple[object, ...]] = set()
        for call in calls:
            key = (*call.kind, call.site)
            if self._each_call or key not in seen:
                seen.add(key)
                yield call


def in_rounds(points: Iterable[Point]) -> list[list[Point]]:
    """Give the runs in rounds: one fault at all calls, then the next one, by test within each."""
    rounds: dict[int, list[Point]] = {}
    order = list(KINDS)
    for point in points:
        rounds.setdefault(order.index(point.faults[-1].name), []).append(point)
    return [rounds[number] for number in sorted(rounds)]
