"""The load: what clients ask for and what they get, second by second."""

import pytest

from localstack_outages.engine.call import Call
from localstack_outages.engine.finished import Envelope
from localstack_outages.evidence.load import Figures, Load, mean_from_first
from localstack_outages.evidence.traffic import KEPT_SECONDS, Traffic
from localstack_outages.schema.rules import Rule

from .samples import SAMPLE

NOW = SAMPLE.time


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now


class Waiting:
    """A call that waits."""

    def __init__(self, at, attempt=1, service="s3", *, internal=False):
        self.at = at
        self.envelope = Envelope(0.0, sdk_request=f"attempt={attempt}; max=3")
        self.call = Call(service, "us-east-1", "GetObject", "0" * 12, {}, internal)


class Scene:
    """Traffic, and a meter that reads it two and a half seconds later."""

    def __init__(self):
        self.clock = Clock(NOW + 2.5)
        self.waiting = []
        self.traffic = Traffic(self.clock)
        self.load = Load(self.traffic, lambda: self.waiting, lambda: 100.0, self.clock)

    def record(self, number=1, **fields):
        """Have calls end."""
        for _ in range(number):
            self.traffic.record(SAMPLE._replace(**fields))

    def second(self, offset=0, **where):
        """Give the load of a second, of all services."""
        return self.load.by_second(int(NOW), **where)[int(NOW) + offset]


@pytest.fixture
def scene():
    """Give a meter without traffic."""
    return Scene()


def test_retries_are_attempts_and_no_calls(scene):
    """A logical call counts once, with its first attempt; each attempt counts."""
    failing = {"outcome": "injected", "status": 503}
    scene.record(attempt=1, **failing)
    scene.record(attempt=2, **failing)
    scene.record(attempt=3)

    found = scene.second()["s3"]

    assert (1, 3, 1) == found[:3]


def test_clients_that_count_no_attempts(scene):
    """Each call of a client that does not number its attempts is a logical call."""
    scene.record(3, attempt=None)

    assert (3, 3, 3) == scene.second()["s3"][:3]


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({}, 1),
        ({"outcome": "clientError", "status": 404, "error_code": "NoSuchKey"}, 1),
        ({"outcome": "clientError", "status": 400, "error_code": "ThrottlingException"}, 0),
        ({"outcome": "serverError", "status": 500}, 0),
        ({"outcome": "injected", "status": 404, "error_code": "NoSuchKey"}, 0),
    ],
)
def test_what_is_a_good_answer(scene, fields, good):
    """The service's own answer is good, an error too that no retry changes; a throttled call is not."""
    scene.record(**fields)

    assert good == scene.second()["s3"].good


def test_a_slow_call(scene):
    """A call counts when it came, its answer when it was given, and it is in flight between them."""
    scene.record(duration_ms=2000)

    seconds = [scene.second(offset).get("s3", Figures()) for offset in (0, 1, 2)]

    assert [(1, 1, 0), (0, 0, 0), (0, 0, 1)] == [figures[:3] for figures in seconds]
    assert [0.5, 1, 0.5] == [round(figures.in_flight, 1) for figures in seconds]


def test_a_call_that_waits(scene):
    """A call that a rule makes wait counts before it has ended."""
    scene.waiting = [Waiting(97.7), Waiting(99.0, attempt=2), Waiting(99.0, internal=True)]

    assert [(1, 1, 0), (0, 1, 0)] == [scene.second(offset)["s3"][:3] for offset in (0, 1)]
    assert [0.8, 1.5, 1.0] == [
        round(scene.second(offset)["s3"].in_flight, 3) for offset in (0, 1, 2)
    ]


def test_calls_of_the_emulator_are_left_out(scene):
    """What the emulator's services ask of each other is no load of clients."""
    scene.record(origin="internal")

    assert {} == scene.second()


def test_services_and_regions(scene):
    """Services are told apart, and globs pick services and a region."""
    scene.record(service="s3")
    scene.record(2, service="sqs", region="eu-west-1")

    assert {"s3": 1, "sqs": 2} == {name: f.attempts for name, f in scene.second().items()}
    assert ["sqs"] == list(scene.second(services=("sq*", "sns")))
    assert ["s3"] == list(scene.second(region="us-*"))


def test_the_document(scene):
    """The report has each second in all, and those with load by service."""
    scene.record(attempt=1, outcome="injected", status=503)
    scene.record(attempt=2)
    document = scene.load.report(3)

    assert [2, 0, 0] == [second["attempts"] for second in document["seconds"]]
    (service,) = document["services"]
    (second,) = service["seconds"]
    assert ("s3", "2026-11-23T09:44:00.000Z") == (service["service"], second["time"])
    assert (1, 2, 1, 2.0, 0.02) == (
        second["calls"],
        second["attempts"],
        second["good"],
        second["amplification"],
        round(second["inFlight"], 2),
    )
    assert document["seconds"][1]["amplification"] is None
    assert ("2026-11-23T09:44:02.500Z", []) == (document["until"], document["phases"])


def test_seconds_expire(scene):
    """Load is kept for 15 minutes."""
    scene.record()
    scene.clock.now += KEPT_SECONDS - 3
    assert 1 == sum(second["attempts"] for second in scene.load.report()["seconds"])
    scene.clock.now += 1

    assert 0 == sum(second["attempts"] for second in scene.load.report()["seconds"])


def test_what_a_rule_is_measured_by(scene):
    """The rate is that of the service, the region and the origin of the rule in the last minute."""
    for offset, number in ((0, 3), (1, 10)):
        scene.record(number, time=NOW + offset)
        scene.record(7, time=NOW + offset, service="sqs")
    scene.record(4, time=NOW + 1, origin="internal")

    assert 10 == scene.load.measure(Rule(service="s3", origin="external"))
    assert 14 == scene.load.measure(Rule(service="s*3", region="us-*"))
    assert scene.load.measure(Rule(service="s3", region="eu-*")) is None
    scene.clock.now += 61
    assert scene.load.measure(Rule(service="s3")) is None


@pytest.mark.parametrize(
    ("counts", "mean"),
    [
        ([], None),
        ([0, 0], None),
        ([0, 1, 10, 10], 10),
        ([0, 10, 0, 10], 5),
        ([0, 6, 0, 0], 2),
        ([5], 5),
    ],
)
def test_a_mean_from_the_first_second_on(counts, mean):
    """The first second with calls is counted in part, and left out where others follow."""
    assert mean == mean_from_first(counts)


def test_a_call_of_the_second_that_runs(scene):
    """A call that has just ended is not under way for longer than it took."""
    scene.clock.now = NOW + 0.1
    scene.record(duration_ms=20)

    assert 0.02 == pytest.approx(scene.second()["s3"].in_flight, rel=0.03)
