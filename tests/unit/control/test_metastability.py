"""A metastable failure with a known end, in simulated time: the whole core, and clients as a model."""

import heapq
import random

import pytest

from localstack_outages.aws.errors import aws_error
from localstack_outages.control.run_reports import RunReports
from localstack_outages.control.scenarios import Scenarios
from localstack_outages.engine.call import Call
from localstack_outages.engine.decide import Engine
from localstack_outages.engine.finished import Envelope
from localstack_outages.engine.injection import Injector
from localstack_outages.engine.steps import Refuse
from localstack_outages.engine.store import Store
from localstack_outages.evidence.load import Load
from localstack_outages.evidence.record import Observer
from localstack_outages.evidence.traffic import Traffic
from localstack_outages.evidence.verdicts import Verdicts
from localstack_outages.schema.scenario import parse_scenario

SCENARIO = {
    "name": "outage",
    "title": "A short outage",
    "phases": [
        {"name": "capacity", "at": 0, "length": 18, "text": "STS has no capacity to spare.",
         "rules": [{"service": "sts", "throttle": {"capacity": 1.5, "burst": 5}}]},
        {"name": "down", "at": 0, "length": 5, "text": "STS is down.",
         "rules": [{"service": "sts", "error": "internal"}]},
    ],
}  # fmt: skip
CALL = Call("sts", "us-east-1", "GetCallerIdentity", "0" * 12, {})
WORKERS, PAUSE, SERVICE_TIME = 8, 0.8, 0.01
"""Eight workers that pause for 0.8 s after each call: ten calls a second."""


class Host:
    """The core, in a time that passes when calls come."""

    def __init__(self, clock):
        clock.now = 1_800_000_000.0
        self.clock = clock
        traffic = Traffic(clock)
        load = Load(traffic, steady_clock=clock, clock=clock)
        store = Store(clock, measure=load.measure)
        verdicts = Verdicts(clock, remembers=store.remembers)
        sinks = Observer((traffic, verdicts))
        self.injector = Injector(Engine(store, aws_error), aws_error, sinks.finished, clock)
        self.reports = RunReports(store, load, verdicts)
        self.scenarios = Scenarios(store, self.reports.look_before)

    def attempt(self, at, number, call_id):
        """Carry an attempt out; say whether it got an answer."""
        self.clock.now = at
        envelope = Envelope(at, invocation_id=call_id, sdk_request=f"attempt={number}")
        injection = self.injector.inject(CALL, envelope, at)
        failed = any(isinstance(step, Refuse) for step in injection.before())
        self.clock.now = at + SERVICE_TIME
        injection.finish(500 if failed else 200, None, None)
        return not failed


def at_once(_):
    """Retry at once, without limit."""
    return 0.0


class StandardMode:
    """Retry as botocore's standard mode does: three attempts, and a quota for retries."""

    def __init__(self):
        self._random = random.Random(1)
        self._tokens = 500

    def __call__(self, number):
        if number == 3 or self._tokens < 14:
            return None
        self._tokens -= 14
        return self._random.random() * 0.05 * 2**number


def play(host, pause_before_retry):
    """Have workers call for half a minute, with an outage in the sixth second; give the report.

    :param pause_before_retry: gives the pause after an attempt of a number; None gives up
    """
    start = host.clock()
    events = [(start + i * PAUSE / WORKERS, i, 1, f"{i}") for i in range(WORKERS)]
    has_begun = False
    while events[0][0] < start + 30:
        at, worker, number, call_id = heapq.heappop(events)
        if at >= start + 5 and not has_begun:
            has_begun = True
            host.clock.now = start + 5
            host.scenarios.start(parse_scenario(SCENARIO))
        answered = host.attempt(at, number, call_id)
        pause = None if answered else pause_before_retry(number)
        after = host.clock()
        if pause is None:
            heapq.heappush(events, (after + PAUSE, worker, 1, f"{worker} at {after}"))
        else:
            heapq.heappush(events, (after + pause, worker, number + 1, call_id))
    return host.reports.report(host.scenarios.run("outage"))


@pytest.fixture
def host(clock):
    """Give the core without rules."""
    return Host(clock)


def test_retries_without_limit_sustain_an_outage(host):
    """Clients that retry at once without limit are metastable, until the capacity is taken away."""
    report = play(host, at_once)

    assert report["metastable"] is True
    assert report["amplification"] > 100
    assert report["recovery"] == 13
    assert {"noBackoff", "retryStorm"} == set(report["flags"])


def test_a_retry_quota_ends_it(host):
    """Clients with a retry quota recover from the same outage as soon as it is over."""
    report = play(host, StandardMode())

    assert report["metastable"] is False
    assert report["amplification"] < 3
    assert report["recovery"] <= 1
    assert report["lost"] + report["open"] > 0
