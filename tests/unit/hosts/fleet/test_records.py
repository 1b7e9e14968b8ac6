"""What replicas tell each other of calls: nothing is lost on the way but what differs between machines."""

import json

import pytest
from hypothesis import given, strategies as st

from localstack_outages.aws.aims import Aim
from localstack_outages.aws.sdk_headers import Sdk
from localstack_outages.engine.finished import Injected, Peer
from localstack_outages.engine.steps import Delivery
from localstack_outages.evidence.record import Observed
from localstack_outages.hosts.fleet.records import (
    PORTS,
    Clocks,
    FleetClock,
    Reader,
    delivered_until,
    to_wire,
)
from localstack_outages.schema.effect import PartialFailure

HERE = Clocks(steady=1.8e9, wall=0.01)
THERE = Clocks(steady=1.7e9, wall=0.0)

CALL = Observed(
    time=1795427040.25,
    at=1e8 + 5.5,
    duration_ms=10.0,
    service="s3",
    operation="GetObject",
    region="us-east-1",
    account="000000000000",
    status=200,
    outcome="ok",
)
FULL = CALL._replace(
    status=None,
    outcome="injected",
    error_code="SlowDown\udc80",
    injected=Injected(
        "r1",
        0,
        "SlowDown",
        503,
        1.5,
        "truncate",
        "me",
        done=True,
        payload="corrupt",
        partial=PartialFailure(1, 3, ("ab", "cd")),
        listing="short",
    ),
    origin="internal",
    access_key="AKIA",
    principal="arn:aws:iam::000000000000:user/me",
    request_id="its-id",
    client=Sdk("boto3", "1.42", "standard"),
    invocation_id="i-1",
    attempt=2,
    max_attempts=3,
    aim=Aim(2**63 + 1, 7),
    peer=Peer("10.0.0.1", 4711, "12-MainThread"),
    decision_ms=0.02,
    trace="00-ab-cd-01",
    entries=("ab", "cd", "ef"),
)


def sent(observed, clocks=THERE, number=1):
    """Give a call as another replica gets it."""
    wire = json.loads(json.dumps(to_wire(observed, clocks)))
    return Reader(HERE, clocks.wall, number).call(wire)


@pytest.mark.parametrize("call", [CALL, FULL], ids=["plain", "full"])
def test_nothing_is_lost(call):
    """All that is known of a call is known to other replicas, at the same moment by their own clock. A
    connection of theirs is none of the others'.
    """
    peer = call.peer and call.peer._replace(port=PORTS + 4711)

    assert call._replace(at=5.5, peer=peer) == sent(call)._replace(at=5.5)
    assert sent(call).at == pytest.approx(5.5, abs=1e-6)


def test_the_sample_is_full():
    """No field is left at its default, so that the test above is of all that there are."""
    left = {n for n, v in Observed._field_defaults.items() if getattr(FULL, n) == v}
    assert left == {"delivery"}
    assert not [n for n, v in Injected._field_defaults.items() if getattr(FULL.injected, n) == v]


def test_clients_of_two_replicas_have_no_connection_in_common():
    """The same port at two replicas is of two connections."""
    ports = {sent(FULL, number=number).peer.port for number in (1, 2)} | {FULL.peer.port}

    assert 3 == len(ports)


def test_a_delivery_goes_on():
    """How far an answer has come is told, and told again."""
    there = Delivery(lambda: 1e8 + 6.0)
    call = CALL._replace(delivery=there)
    nothing = sent(call)
    there.send(1.0)
    some = sent(call)

    assert float("-inf") == nothing.delivery.until
    assert nothing.ended_at == nothing.delivered_at
    assert some.delivered_at == pytest.approx(7.0, abs=1e-6)
    there.send(2.0)
    Reader(HERE, 0.0, 1).until(some.delivery, delivered_until(there, THERE))
    assert some.delivered_at == pytest.approx(8.0, abs=1e-6)


@pytest.mark.parametrize(
    ("wall", "expected"), [(0.0, CALL.time), (30.0, CALL.time + 29.99), (-30, CALL.time - 30.01)]
)
def test_wall_clocks(wall, expected):
    """A time is that of the own wall clock, where the two differ by more than can be measured."""
    assert sent(CALL, THERE._replace(wall=wall)).time == pytest.approx(expected, abs=1e-5)


def test_replicas_of_other_versions():
    """What a later version tells beside is passed over."""
    wire = to_wire(FULL, THERE)
    wire = {**wire, "new": 1, "injected": {**wire["injected"], "newer": 2}}

    assert FULL.injected == Reader(HERE, 0.0, 1).call(json.loads(json.dumps(wire))).injected


@pytest.mark.parametrize(
    "wire", [{}, {"time": 1}, {**to_wire(CALL, THERE), "at": "x"}, [], {"peer": 1}, "call"]
)
def test_what_is_no_call_is_refused(wire):
    """What somebody else has put there is no call."""
    with pytest.raises(ValueError, match="no record of a call"):
        Reader(HERE, 0.0, 1).call(wire)


@given(ahead=st.floats(-1e4, 1e4), delays=st.lists(st.floats(0, 0.2), min_size=10, max_size=10))
def test_the_clock_of_redis(ahead, delays):
    """The difference is known to half of the fastest answer, and stays while it is known no better."""
    now = [100.0]
    delay = iter(delays)

    def ask():
        now[0] += next(delay)
        seconds, rest = divmod(round((now[0] + 1e9 + ahead) * 1e6), 10**6)
        return seconds, rest

    clock = FleetClock(lambda: now[0], lambda: now[0] + 1e9)
    clock.measure(ask)
    first = clock.clocks

    assert abs(clock.now() - (now[0] + 1e9 + ahead)) <= min(delays[:5]) / 2 + 2e-6
    assert first.wall == pytest.approx(ahead, abs=min(delays[:5]) / 2 + 2e-6)
    clock.measure(ask)
    assert first is clock.clocks or max(delays) > 0.001
