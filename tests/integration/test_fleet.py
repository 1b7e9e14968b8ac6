"""A LocalStack in a fleet. The replica beside it is what every host is made of, without a server."""

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from localstack_outages.control.guard import Guard
from localstack_outages.control.message import ControlRequest, Headers
from localstack_outages.engine.call import Call
from localstack_outages.engine.finished import Envelope
from localstack_outages.hosts.app import App
from localstack_outages.hosts.fleet.settings import Share
from tests.redis_server import RedisServer, redis_server

from .helpers import ONCE, OUT, outcomes, wait_until

ACCOUNT = "180000000001"
RULE = {"service": "sts", "account": ACCOUNT, "times": 7}


class Replica:
    """Another host of the fleet.

    :param url: of Redis
    """

    def __init__(self, url: str) -> None:
        self.app = App("a test", Guard(), share=Share(url, "closed"))
        self.app.begin()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a control request."""
        sent = io.BytesIO(json.dumps(body).encode())
        headers = Headers([("Content-Type", "application/json")])
        answer = self.app.answer(ControlRequest(method, path, "", headers, sent.read))
        assert 200 == answer.status, answer.body
        assert isinstance(answer.body, bytes)
        return json.loads(answer.body)

    def is_hit(self) -> bool:
        """Say whether a rule refuses a call that comes here."""
        call = Call("sts", "us-east-1", "GetCallerIdentity", ACCOUNT, {})
        injector = self.app.injector
        injection = injector.inject(call, Envelope(time.time()), injector.clock())
        steps = list(injection.before())
        injection.finish(503 if steps else 200, None, None)
        return bool(steps)


@pytest.fixture(scope="module")
def redis(tmp_path_factory) -> Iterator[RedisServer]:
    """What they share by."""
    with redis_server(tmp_path_factory.mktemp("valkey")) as redis:
        yield redis


@pytest.fixture(scope="module")
def localstack_in_fleet(start_localstack, redis) -> Iterator[str]:
    """The URL of a LocalStack that shares."""
    localstack = start_localstack(OUTAGES_SHARE=redis.url)
    yield localstack.endpoint
    localstack.stop()


@pytest.fixture
def replica(localstack_in_fleet, redis) -> Iterator[Replica]:
    """Another replica."""
    replica = Replica(redis.url)
    yield replica
    replica.app.close()


def test_a_localstack_and_another_host_are_one(client, outages, localstack_in_fleet, replica):
    """A rule that is set at one is in force at both, with one budget, and each tells of all calls."""
    localstack = type(outages)(localstack_in_fleet)
    sts = client("sts", retries=ONCE, access_key=ACCOUNT, endpoint_url=localstack_in_fleet)
    replica.ask("POST", "/outages", [RULE])
    wait_until(lambda: (200, [RULE]) == localstack.get())

    there = outcomes(sts.get_caller_identity, 3)
    here = [replica.is_hit() for _ in range(6)]

    assert [OUT] * 3 == there
    assert [True] * 4 + [False] * 2 == here
    assert "ok" == outcomes(sts.get_caller_identity, 1)[0]
    events = replica.ask("GET", "/outages/events")["events"]
    assert 7 == len([e for e in events if e["account"] == ACCOUNT])
    fleet = replica.ask("GET", "/outages/status")["fleet"]
    assert (2, "connected") == (fleet["replicas"], fleet["redis"])


def test_without_redis(client, outages, localstack_in_fleet, replica, redis):
    """LocalStack goes on by the list that it has; a rule with a budget waits for Redis."""
    certain = {key: RULE[key] for key in ("service", "account")}
    localstack = type(outages)(localstack_in_fleet)
    sts = client("sts", retries=ONCE, access_key=ACCOUNT, endpoint_url=localstack_in_fleet)
    localstack.post([certain])
    redis.kill()
    try:
        assert OUT == outcomes(sts.get_caller_identity, 1)[0]
        wait_until(lambda: "gone" == localstack.status()[1]["fleet"]["redis"])
    finally:
        redis.start()
    wait_until(lambda: "connected" == localstack.status()[1]["fleet"]["redis"])
    wait_until(lambda: [certain] == replica.ask("GET", "/outages"))
