"""How replicas tell each other of calls, by a real Valkey: each call once and in order, and what is lost is
counted.
"""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localstack_outages.engine.finished import Injected
from localstack_outages.engine.steps import Delivery
from localstack_outages.evidence.record import Observed
from localstack_outages.evidence.traffic import Traffic
from tests.redis_server import RedisServer, redis_server

pytest.importorskip("redis")

from localstack_outages.hosts.fleet.counts import COUNTS, Counts
from localstack_outages.hosts.fleet.inbox import FRESH_SECONDS, Inbox
from localstack_outages.hosts.fleet.outbox import CALLS, MarkSet, Outbox
from localstack_outages.hosts.fleet.records import Clocks, FleetClock

CALL = Observed(
    time=1795427040.25,
    at=5.5,
    duration_ms=10.0,
    service="s3",
    operation="GetObject",
    region="us-east-1",
    account="000000000000",
    status=503,
    outcome="injected",
    injected=Injected("r1", 0, "SlowDown", 503, owner="me"),
)
CLOCKS = Clocks(0.0, 0.0)


class Taken:
    """Takes what was read."""

    def __init__(self) -> None:
        self.names: list[str | None] = []
        """The invocations of calls, and the names of marks."""
        self.calls: list[Observed] = []
        self.counts: dict[tuple[str, int], Any] = {}
        self.asks: list[tuple[str, int]] = []
        self.answers: list[tuple[str, int]] = []
        self.known = {"me"}

    def call(self, observed: Observed) -> None:
        """Take a call."""
        self.calls.append(observed)
        self.names.append(observed.invocation_id)

    def mark(self, mark: MarkSet) -> None:
        """Take a mark."""
        self.names.append(mark.name)

    def traffic(self, replica: str, second: int, counts: Any) -> None:
        """Take counts."""
        self.counts[replica, second] = list(counts)

    def asked(self, replica: str, token: int) -> None:
        """Take a question."""
        self.asks.append((replica, token))

    def answered(self, replica: str, token: int) -> None:
        """Take an answer."""
        self.answers.append((replica, token))

    def knows(self, owner: str) -> bool:
        """Say whether an owner is known."""
        return owner in self.known


class Replica:
    """What a replica tells and reads."""

    def __init__(self, name: str, redis: RedisServer, most: int = 1000) -> None:
        self.client = redis.client()
        self.clock = FleetClock()
        self.clock.measure(self.client.time)
        self.traffic = Traffic()
        self.counts = Counts(name, self.traffic, self.clock)
        self.outbox = Outbox(name, self.counts.follow, most)
        self.taken = Taken()
        self.inbox = Inbox(name, self.clock, self.taken, threading.Event())
        self.name = name
        self._number = 0

    def see(self, count: int = 1, **fields: Any) -> None:
        """See calls."""
        for _ in range(count):
            self._number += 1
            self.outbox.put(CALL._replace(invocation_id=f"{self.name}{self._number}", **fields))

    def send(self) -> None:
        """Tell all."""
        clocks = self.clock.clocks
        assert clocks is not None
        self.outbox.look(self.client)
        self.outbox.send(self.client, clocks)
        self.counts.send(self.client)

    def read(self) -> list[str | None]:
        """Read what there is, and give the names of what was read until now."""
        while self.inbox.read(self.client):
            pass
        return self.taken.names


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """Give a Valkey."""
    with redis_server(tmp_path) as server:
        yield server


def names(replica: str, first: int, last: int) -> list[str]:
    """Give the names of calls."""
    return [f"{replica}{number}" for number in range(first, last + 1)]


def test_each_call_once_and_in_order(redis: RedisServer) -> None:
    """Calls and marks come as they were seen, many at once too; none comes back to its own replica."""
    a, b = Replica("a", redis), Replica("b", redis)
    a.see(450)
    a.outbox.put(MarkSet("mark", 1.0))
    a.send()
    a.see()
    a.send()
    a.send()

    assert [*names("a", 1, 450), "mark", "a451"] == b.read()
    assert [] == a.read()
    assert (452, 0, 0) == (a.outbox.acknowledged, a.outbox.waiting, a.outbox.lost)
    b.inbox.read_anew()
    assert 452 == len(b.read())
    assert (451, 0, 0) == (b.inbox.received, b.inbox.missed, b.inbox.unreadable)


def test_a_redis_that_lost_what_it_had(redis: RedisServer) -> None:
    """What Redis has acknowledged and lost is sent again, and comes once to whoever has it already."""
    a, b = Replica("a", redis), Replica("b", redis)
    a.see(3)
    a.send()
    b.read()
    a.see(2)
    a.send()
    a.client.flushall()
    a.see()
    a.send()
    late = Replica("c", redis)

    assert names("a", 1, 6) == b.read() == late.read()
    assert (0, 0) == (b.inbox.missed, late.inbox.missed)


def test_redis_forgets_the_end_alone(redis: RedisServer) -> None:
    """A Redis that comes back with older data gets what it lacks."""
    a, b = Replica("a", redis), Replica("b", redis)
    a.see(2)
    a.send()
    a.see(2)
    a.send()
    ((entry, _),) = a.client.xrevrange(CALLS, count=1)
    a.client.xdel(CALLS, entry)
    a.client.set("outages:sent:a", 2)
    a.send()

    assert names("a", 1, 4) == b.read()


def test_what_is_lost_is_counted(redis: RedisServer) -> None:
    """While Redis is gone so much is kept, the newest; the others know how many they miss."""
    a, b = Replica("a", redis, most=10), Replica("b", redis)
    a.see()
    a.send()
    b.read()
    a.see(15)
    assert (10, 5) == (a.outbox.waiting, a.outbox.lost)
    a.send()

    assert ["a1", *names("a", 7, 16)] == b.read()
    assert 5 == b.inbox.missed == a.outbox.lost
    assert 0 == a.outbox.waiting


def test_the_stream_is_bounded(redis: RedisServer) -> None:
    """It keeps so many calls, whatever number was sent at once, for a replica that comes late."""
    a = Replica("a", redis, most=100)
    for _ in range(30):
        a.see(10)
        a.send()
    late = Replica("b", redis)

    assert names("a", 201, 300) == late.read()[-100:]
    assert len(late.taken.names) <= 110
    assert 0 == late.inbox.missed


def test_what_others_have_put_there_is_passed_over(redis: RedisServer) -> None:
    """What cannot be read is counted, and what stands behind it is read."""
    a, b = Replica("a", redis), Replica("b", redis)
    bodies = ("", "{", "[]", "{}", '{"v": 99}', '{"v": 1, "wall": 0, "items": [{}]}')
    for number, body in enumerate(bodies, 1):
        a.client.xadd(CALLS, {"r": "x", "f": number, "l": number, "b": body})
        a.client.xadd(COUNTS, {"r": "y", "b": body[:-1]})
    a.client.xadd(CALLS, {"other": 1})
    a.see()
    a.send()

    assert ["a1"] == b.read()
    assert 2 * len(bodies) + 1 == b.inbox.unreadable


def test_counts(redis: RedisServer) -> None:
    """What was counted is told as it is, again where it has grown, and not where it has not."""
    a, b = Replica("a", redis), Replica("b", redis)
    now = a.clock.now()
    for number in range(3):
        a.traffic.record(CALL._replace(time=now))
        a.send()
        assert b.read() == []
        ((at, counts),) = b.taken.counts.items()
        assert ("a", int(now + 0.01)) == at
        assert [("s3", "us-east-1", number + 1)] == [(s, r, n) for s, r, _, n in counts]
    a.send()
    entries = a.client.xrange(COUNTS)

    assert ["seconds" in json.loads(fields[b"b"]) for _, fields in entries] == [True] * 3 + [False]
    assert {"a"} == b.inbox.others()
    a.counts.is_leaving = True
    a.send()
    b.read()
    assert set() == b.inbox.others()


def test_asking(redis: RedisServer) -> None:
    """Who asks hears of it when the calls were sent that had ended until then."""
    a, b = Replica("a", redis), Replica("b", redis)
    b.counts.ask(7)
    b.send()
    a.read()
    assert [("b", 7)] == a.taken.asks
    a.counts.begin()
    a.counts.answer("b", 7)
    a.send()
    b.read()
    assert [] == b.taken.answers, "it was asked after the calls were sent"
    a.see()
    a.counts.begin()
    a.send()

    assert ["a1"] == b.read()
    b.read()
    assert [("a", 7)] == b.taken.answers


def test_a_delivery_goes_on(redis: RedisServer) -> None:
    """How far the answer to a call has come is told for as long as it comes."""
    a, b = Replica("a", redis), Replica("b", redis)
    delivery = Delivery(a.clock._steady)
    a.see(delivery=delivery)
    a.send()
    b.read()
    (call,) = b.taken.calls
    delivery.send(3.0)
    a.send()
    b.read()

    assert call.delivered_at == pytest.approx(delivery.until, abs=0.01)


def test_rules_are_waited_for(redis: RedisServer) -> None:
    """A call is taken once its rule has come too, or has not for a second."""
    a, b = Replica("a", redis), Replica("b", redis)
    b.taken.known.clear()
    a.see()
    a.send()
    reading = threading.Thread(target=b.read)
    reading.start()
    reading.join(0.2)
    assert [] == b.taken.names
    b.taken.known.add("me")
    reading.join(FRESH_SECONDS)
    assert ["a1"] == b.taken.names

    b.taken.known.clear()
    a.see()
    a.send()
    assert ["a1", "a2"] == b.read()
