"""The calls that a replica tells the others, in a stream of Redis that keeps the last of all replicas.

A call is only put into a queue; a thread sends what is there, in batches. What Redis has acknowledged is
kept for a while: a Redis that was killed may come back without it, and some replica may not have read it.
"""

import json
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from localstack_outages.engine.steps import Delivery
from localstack_outages.evidence.record import Observed

from .connection import PREFIX, Client
from .records import VERSION, Clocks, Wire, to_wire

CALLS = f"{PREFIX}calls"
"""The stream."""

MAX_KEPT = 10_000
"""So many calls the stream keeps for replicas that come later, at some 400 bytes each. So many each
replica keeps of its own, those that wait for a Redis that is gone, and those that it may have to send once
more."""

MAX_BATCH = 200
"""So many calls are sent at once."""

_SENT_SECONDS = 86_400
"""So long Redis knows how far a replica has come that has nothing more to tell."""

_APPEND = """
local sent = tonumber(redis.call('GET', KEYS[2]) or '0')
local before, first, last, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
if sent < before or sent >= last then
  return sent
end
local total = redis.call('INCRBY', KEYS[3], last - first + 1)
redis.call('XADD', KEYS[1], '*', 't', total, 'r', ARGV[1], 'f', first, 'l', last, 'b', ARGV[5])
redis.call('SET', KEYS[2], last, 'EX', ARGV[7])
while true do
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if not oldest or total - (tonumber(oldest[2][2]) or 0) < most then
    return last
  end
  redis.call('XDEL', KEYS[1], oldest[1])
end
"""
"""Appends a batch, unless it is there already, or what came before it is not. Gives the number of the last
call of the replica that is there."""


class MarkSet(NamedTuple):
    """A mark that was set."""

    name: str
    at: float
    """Seconds since 1970 (UTC)."""


Item = Observed | MarkSet


class _Batch(NamedTuple):
    first: int
    last: int
    """Calls have numbers from 1, with a gap where some were lost."""
    body: str

    @property
    def size(self) -> int:
        return self.last - self.first + 1


class Outbox:
    """Keeps what is to be sent, and what may have to be sent once more. ``put`` may be called by any
    thread, all else by one.

    :param replica: names this one
    :param on_delivery: told of each call whose answer still comes, with its number
    :param most: how many calls may wait, and how many are kept
    """

    def __init__(
        self,
        replica: str,
        on_delivery: Callable[[int, Delivery], None] = lambda _number, _delivery: None,
        most: int = MAX_KEPT,
    ) -> None:
        self._replica = replica
        self._on_delivery = on_delivery
        self._most = most
        self._queue: deque[Item] = deque()
        self._unsent: deque[_Batch] = deque()
        self._sent: deque[_Batch] = deque()
        self._kept = 0
        self._last = 0
        self._acknowledged = 0
        self._left_out = 0
        """How many lost calls have numbers."""
        self.lost = 0
        """How many calls the others will never know of: too many waited."""

    @property
    def acknowledged(self) -> int:
        """The number of the last call that Redis has."""
        return self._acknowledged

    @property
    def waiting(self) -> int:
        """How many calls wait to be sent."""
        return len(self._queue) + self._last - self._acknowledged

    def put(self, item: Item) -> None:
        """Have something sent; the oldest is lost where too much waits already."""
        queue = self._queue
        queue.append(item)
        if len(queue) > self._most:
            queue.popleft()
            self.lost += 1

    def look(self, client: Client) -> None:
        """Find out what Redis has, which may have been started anew without what it had."""
        self._go_to(int(client.get(self._key) or 0))

    def send(self, client: Client, clocks: Clocks) -> None:
        """Send all that is there."""
        self._pack(clocks)
        script = client.register_script(_APPEND)
        while self._unsent:
            batch = self._unsent[0]
            there = script(
                (CALLS, self._key, f"{PREFIX}total"),
                (
                    *(self._replica, self._acknowledged, batch.first, batch.last, batch.body),
                    *(self._most, _SENT_SECONDS),
                ),
            )
            self._go_to(int(there))

    @property
    def _key(self) -> str:
        return f"{PREFIX}sent:{self._replica}"

    def _pack(self, clocks: Clocks) -> None:
        while self._queue:
            lost, self._left_out = self.lost - self._left_out, self.lost
            self._last += lost  # by the gap others know that they miss some
            first = self._last + 1
            items: list[Wire] = []
            while self._queue and len(items) < MAX_BATCH:
                try:
                    item = self._queue.popleft()
                except IndexError:  # the oldest was lost just now
                    break
                self._last += 1
                items.append(self._wire(item, clocks))
            if items:
                body = json.dumps({"v": VERSION, "wall": clocks.wall, "items": items})
                self._unsent.append(_Batch(first, self._last, body))
        self._kept = sum(b.size for b in self._unsent) + sum(b.size for b in self._sent)
        while self._sent and self._kept > self._most:
            self._kept -= self._sent.popleft().size

    def _wire(self, item: Item, clocks: Clocks) -> Wire:
        if isinstance(item, MarkSet):
            return {"mark": item.name, "time": item.at}
        if item.delivery is not None:
            self._on_delivery(self._last, item.delivery)
        return to_wire(item, clocks)

    def _go_to(self, there: int) -> None:
        """Take what Redis has: what it lost is to be sent once more, as far as it is kept."""
        while self._sent and self._sent[-1].last > there:
            self._unsent.appendleft(self._sent.pop())
        while self._unsent and self._unsent[0].last <= there:
            self._sent.append(self._unsent.popleft())
        self._acknowledged = there
