"""What a replica reads of the others: their calls, each once and in order, and their counts."""

import itertools
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from localstack_outages.engine.steps import Delivery
from localstack_outages.evidence.record import Observed

from .connection import Client
from .counts import COUNTS, traffic_in
from .outbox import CALLS, Item, MarkSet
from .records import VERSION, FleetClock, Reader, Wire

LOG = logging.getLogger(__name__)

AT_ONCE = 200
"""So many entries of a stream are read at once."""

BLOCK_MS = 150
"""So long Redis is asked to wait for something to read: shorter than its answers may take."""

ALIVE_SECONDS = 5
"""A replica that told nothing for so long is gone: each says once a second that it is there."""

FRESH_SECONDS = 1.0
"""Of a call that is older the rule is not waited for: it has left the list."""

MAX_REPLICAS = 1000
MAX_DELIVERIES = 2000
"""What is remembered of replicas, and of answers that still come; those of long ago are forgotten."""

_LOOK_SECONDS = 0.005

Fields = Mapping[bytes, bytes]


class Taker(Protocol):
    """What is done with what was read."""

    def call(self, observed: Observed) -> None:
        """Take a call of another replica."""

    def mark(self, mark: MarkSet) -> None:
        """Take a mark that was set at another replica."""

    def traffic(
        self, replica: str, second: int, counts: Iterable[tuple[str, str, int, int]]
    ) -> None:
        """Take what another replica counted in a second."""

    def asked(self, replica: str, token: int) -> None:
        """Take that another replica wants to be told all."""

    def answered(self, replica: str, token: int) -> None:
        """Take that another replica has told all that it knew when it was asked."""

    def knows(self, owner: str) -> bool:
        """Whether the rules of an owner have come here."""


class _Other:
    """What is known of another replica."""

    __slots__ = ("last", "number", "seen")

    def __init__(self, number: int) -> None:
        self.number = number
        self.last: int | None = None
        """The number of its last call that was read."""
        self.seen = 0.0
        """When it was last heard of, by the clock of Redis."""


class Inbox:
    """Reads the streams. One thread does.

    :param replica: names this one
    :param clock: knows Redis's clock
    :param taker: is given what was read
    :param closed: set where it is to wait for nothing any more
    """

    def __init__(
        self, replica: str, clock: FleetClock, taker: Taker, closed: threading.Event
    ) -> None:
        self._replica = replica
        self._clock = clock
        self._taker = taker
        self._closed = closed
        self._positions: dict[str, bytes | str] = {CALLS: "0", COUNTS: "0"}
        self._others: dict[str, _Other] = {}
        self._numbers = itertools.count(1)
        self._deliveries: OrderedDict[tuple[str, int], Delivery] = OrderedDict()
        self._warned = False
        self.received = 0
        """How many calls of others were read."""
        self.missed = 0
        """How many calls of others were lost on the way, or left the stream before they were read."""
        self.unreadable = 0
        """How many entries could not be read."""

    def others(self) -> set[str]:
        """Give the replicas that are there, beside this one."""
        oldest = self._clock.now() - ALIVE_SECONDS
        return {name for name, other in tuple(self._others.items()) if other.seen >= oldest}

    def read_anew(self) -> None:
        """Read the streams from their beginning: Redis may have been started anew. What is known already
        is passed over.
        """
        self._positions = {CALLS: "0", COUNTS: "0"}

    def read(self, client: Client) -> bool:
        """Read what there is; wait a moment where there is nothing.

        :return: whether there were calls
        """
        found = client.xread(dict(self._positions), count=AT_ONCE, block=BLOCK_MS)
        entries = _by_stream(found)
        calls = entries.get(CALLS, [])
        for entry_id, fields in calls:
            self._positions[CALLS] = entry_id
            self._take(entry_id, fields, self._take_calls)
        if len(calls) < AT_ONCE:  # what is told there is that all calls are here
            for entry_id, fields in entries.get(COUNTS, []):
                self._positions[COUNTS] = entry_id
                self._take(entry_id, fields, self._take_counts)
        return bool(calls)

    def _take(
        self, entry_id: bytes, fields: Fields, take: Callable[[str, float, Fields], None]
    ) -> None:
        try:
            replica = fields[b"r"].decode()
            if replica != self._replica:
                take(replica, int(entry_id.partition(b"-")[0]) / 1000, fields)
        except (ValueError, KeyError) as e:
            self.unreadable += 1
            if not self._warned:
                self._warned = True
                LOG.warning("What another replica tells of its calls cannot be read: %r", e)

    def _take_calls(self, replica: str, at: float, fields: Fields) -> None:
        first, last = int(fields[b"f"]), int(fields[b"l"])
        other = self._other(replica)
        known = other.last
        if known is not None:
            if last <= known:
                return
            self.missed += max(0, first - known - 1)
        other.last = last
        wire, reader = self._body(replica, fields)
        items = [_item(item, reader) for item in wire["items"]]
        self._await_rules(items, at)
        for number, item in enumerate(items, first):
            if isinstance(item, MarkSet):
                self._taker.mark(item)
                continue
            if item.delivery is not None:
                self._deliveries[replica, number] = item.delivery
                if len(self._deliveries) > MAX_DELIVERIES:
                    self._deliveries.popitem(last=False)
            self._taker.call(item)
            self.received += 1

    def _await_rules(self, items: list[Item], at: float) -> None:
        """Wait for the rules of owners that hit calls: those come another way, and a moment later."""
        faults = (item.injected for item in items if isinstance(item, Observed))
        for owner in {fault.owner for fault in faults if fault is not None}:
            while (
                owner is not None
                and not self._taker.knows(owner)
                and self._clock.now() - at < FRESH_SECONDS
            ):
                if self._closed.wait(_LOOK_SECONDS):
                    return

    def _take_counts(self, replica: str, at: float, fields: Fields) -> None:
        wire, reader = self._body(replica, fields)
        other = self._other(replica)
        other.seen = 0.0 if wire.get("leaves") else max(at, other.seen)
        for second, counts in traffic_in(wire):
            self._taker.traffic(replica, second + round(reader.skew), counts)
        for number, until in wire.get("until", {}).items():
            delivery = self._deliveries.get((replica, int(number)))
            if delivery is not None:
                reader.until(delivery, until)
        if self._clock.now() - at > ALIVE_SECONDS:
            return  # who asked waits no more
        for token in wire.get("asks", ()):
            self._taker.asked(replica, token)
        for asker, token in wire.get("answers", ()):
            if asker == self._replica:
                self._taker.answered(replica, token)

    def _body(self, replica: str, fields: Fields) -> tuple[Wire, Reader]:
        wire: Any = json.loads(fields[b"b"])
        version = wire.get("v") if isinstance(wire, dict) else None
        if version != VERSION:
            raise ValueError(f"it has version {version}, and this replica reads {VERSION}")
        clocks = self._clock.clocks
        if clocks is None:
            raise ValueError("the clock of Redis is not known yet")
        return wire, Reader(clocks, wire["wall"], self._other(replica).number)

    def _other(self, replica: str) -> "_Other":
        other = self._others.get(replica)
        if other is None:
            if len(self._others) >= MAX_REPLICAS:
                del self._others[min(self._others, key=lambda name: self._others[name].seen)]
            other = self._others[replica] = _Other(next(self._numbers))
        return other


def _item(wire: Wire, reader: Reader) -> Item:
    if "mark" in wire:
        return MarkSet(wire["mark"], reader.time(wire["time"]))
    return reader.call(wire)


def _by_stream(found: Any) -> dict[str, list[tuple[bytes, Fields]]]:
    """Give the entries by stream, whatever protocol they came by."""
    if isinstance(found, dict):
        pairs = [
            (name, [entry for part in parts for entry in part]) for name, parts in found.items()
        ]
    else:
        pairs = found or []
    return {name.decode(): [entry for entry in entries if entry[1]] for name, entries in pairs}
