"""What changes about one rule as time passes and calls come."""

import itertools
import random
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, strategies as st

from localstack_outages.engine.call import Call
from localstack_outages.engine.rule_state import Lifecycle
from localstack_outages.schema.effect import Effect, ErrorSpec
from localstack_outages.schema.fault import Hit
from localstack_outages.schema.faults.throttle import MAX_BUCKETS, Buckets, Throttle
from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.token_bucket import TokenBucket

START = 1000.0
CALL = Call("s3", "us-east-1", "GetObject", "000000000000", {})
OUTAGE = Effect(0, ErrorSpec(), None)

WINDOWS = [
    ({}, 0, "active", True),
    ({}, 1e9, "active", True),
    ({"after": 10}, 0, "waiting", False),
    ({"after": 10}, 9.875, "waiting", False),
    ({"after": 10}, 10, "active", True),
    ({"after": 10}, 1e9, "active", True),
    ({"duration": 5}, 0, "active", True),
    ({"duration": 5}, 4.875, "active", True),
    ({"duration": 5}, 5, "ended", False),
    ({"duration": 5}, 1e9, "ended", False),
    ({"after": 10, "duration": 5}, 5, "waiting", False),
    ({"after": 10, "duration": 5}, 10, "active", True),
    ({"after": 10, "duration": 5}, 14.875, "active", True),
    ({"after": 10, "duration": 5}, 15, "ended", False),
    ({"flap": {"down": 2, "up": 3}}, 0, "active", True),
    ({"flap": {"down": 2, "up": 3}}, 1.875, "active", True),
    ({"flap": {"down": 2, "up": 3}}, 2, "active", False),
    ({"flap": {"down": 2, "up": 3}}, 4.875, "active", False),
    ({"flap": {"down": 2, "up": 3}}, 5, "active", True),
    ({"flap": {"down": 2, "up": 3}}, 6.875, "active", True),
    ({"flap": {"down": 2, "up": 3}}, 7, "active", False),
    ({"flap": {"down": 2, "up": 3}}, 50_000, "active", True),
    ({"flap": {"down": 2, "up": 3}}, 50_002, "active", False),
    ({"flap": {"down": 2, "up": 3}, "after": 1}, 0.875, "waiting", False),
    ({"flap": {"down": 2, "up": 3}, "after": 1}, 1, "active", True),
    ({"flap": {"down": 2, "up": 3}, "after": 1}, 3, "active", False),
    ({"flap": {"down": 2, "up": 3}, "after": 1, "duration": 6}, 6.875, "active", True),
    ({"flap": {"down": 2, "up": 3}, "after": 1, "duration": 6}, 7, "ended", False),
]

SLOWDOWN = {"statusCode": 429, "code": "SlowDown"}

EFFECTS = [
    ({}, OUTAGE),
    ({"times": 3, "probability": 1, "duration": 60}, OUTAGE),
    ({"error": {}}, OUTAGE),
    ({"error": "internal"}, Effect(0, "internal", None)),
    ({"error": SLOWDOWN}, Effect(0, ErrorSpec(**SLOWDOWN), None)),
    ({"latency": 250}, Effect(250, None, None)),
    ({"latency": 0}, Effect(0, None, None)),
    ({"latency": 250, "error": "unavailable"}, Effect(250, "unavailable", None)),
    ({"latency": {"min": 100, "max": 200}}, Effect(125, None, None)),
    ({"latency": {"p50": 100}, "error": "internal"}, Effect(50, "internal", None)),
    ({"latency": {"from": 40, "to": 80}, "duration": 60}, Effect(40, None, None)),
    ({"connection": "reset"}, Effect(0, None, "reset")),
    ({"connection": "truncate", "latency": 5}, Effect(5, None, "truncate")),
    ({"sequence": ["pass"]}, Effect(0, None, None)),
    ({"sequence": ["throttling"]}, Effect(0, "throttling", None)),
    ({"sequence": [{}]}, OUTAGE),
    ({"sequence": [SLOWDOWN]}, Effect(0, ErrorSpec(**SLOWDOWN), None)),
    ({"sequence": [{"latency": 9}]}, Effect(9, None, None)),
    ({"sequence": [{"latency": 9, "error": {}}]}, Effect(9, ErrorSpec(), None)),
    ({"sequence": [{"connection": "hang"}]}, Effect(0, None, "hang")),
    ({"sequence": [{"latency": {"min": 100, "max": 200}}]}, Effect(125, None, None)),
]

OWNERS = ["account", "region", "service", "operation"]


class Draws:
    """A source of chance that gives what it was told, over and over."""

    def __init__(self, *draws):
        self._draws = itertools.cycle(draws)

    def random(self):
        return next(self._draws)


def lifecycle_of(make_random=random.Random, **fields):
    """Make the moving part of a rule that is set at START."""
    return Lifecycle(parse_rules([fields])[0].rule, START, make_random)


def drawing(*draws, **fields):
    """Make the moving part of a rule whose chances are known."""
    return lifecycle_of(lambda _: Draws(*draws), **fields)


def fires(lifecycle, count, now=START, call=CALL):
    """Say for each of a number of calls whether the rule fires."""
    return [lifecycle.fire(call, now) is not None for _ in range(count)]


@pytest.fixture
def restless():
    """Let threads take turns as often as can be, so that what is not safe shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(threads, work):
    """Do the same work in many threads that start at the same moment, and give all results."""
    barrier = threading.Barrier(threads)

    def run(number):
        barrier.wait(10)
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


@pytest.mark.parametrize(("fields", "seconds", "phase", "in_force"), WINDOWS, ids=str)
def test_windows(fields, seconds, phase, in_force):
    """A rule is in force from the moment that it starts to just before the one that it ends."""
    lifecycle = lifecycle_of(**fields)
    now = START + seconds

    assert phase == lifecycle.phase(now)
    assert in_force is lifecycle.is_in_force(now)
    assert (phase == "ended") is lifecycle.is_over(now)
    assert in_force is (lifecycle.fire(CALL, now) is not None)
    assert int(in_force) == lifecycle.hits


@pytest.mark.parametrize(
    ("fields", "starts_at", "ends_at"),
    [
        ({}, START, None),
        ({"after": 10}, START + 10, None),
        ({"duration": 5}, START, START + 5),
        ({"after": 10, "duration": 5}, START + 10, START + 15),
    ],
)
def test_start_and_end(fields, starts_at, ends_at):
    """A rule starts and ends so many seconds after it was set; its duration counts from the start."""
    lifecycle = lifecycle_of(**fields)

    assert (starts_at, ends_at) == (lifecycle.starts_at, lifecycle.ends_at)


@pytest.mark.parametrize(("fields", "expected"), EFFECTS, ids=str)
def test_effects(fields, expected):
    """What a call gets is what the rule names; a rule that names nothing is an outage."""
    assert expected == drawing(0.25, **fields).fire(CALL, START)


@pytest.mark.parametrize("times", [1, 2, 7])
def test_times(times):
    """A rule with a budget fires so often, then it is spent."""
    lifecycle = lifecycle_of(times=times)

    for hits in range(times):
        assert (hits, times - hits) == (lifecycle.hits, lifecycle.hits_left)
        assert ("active", False) == (lifecycle.phase(START), lifecycle.is_over(START))
        assert OUTAGE == lifecycle.fire(CALL, START)

    assert [False] * 3 == fires(lifecycle, 3)
    assert (times, 0) == (lifecycle.hits, lifecycle.hits_left)
    assert ("spent", True) == (lifecycle.phase(START), lifecycle.is_over(START))
    assert not lifecycle.is_in_force(START)


def test_no_budget():
    """A rule without a budget counts its hits and never ends."""
    lifecycle = lifecycle_of()

    assert [True] * 1000 == fires(lifecycle, 1000)
    assert (1000, None, "active") == (lifecycle.hits, lifecycle.hits_left, lifecycle.phase(START))


def test_spent_before_its_time_is_up():
    """A rule that was spent stays so when its time is up; one that was not has ended."""
    spent, ended = lifecycle_of(times=1, duration=5), lifecycle_of(times=1, duration=5)
    spent.fire(CALL, START)

    assert ("spent", "ended") == (spent.phase(START + 9), ended.phase(START + 9))


def test_misses_cost_nothing():
    """A call outside of the window or without luck takes nothing from the budget."""
    lifecycle = drawing(0.7, 0.2, after=10, times=2, probability=0.5)

    assert [False] * 5 == fires(lifecycle, 5, START)
    assert [False, True, False, True, False] == fires(lifecycle, 5, START + 10)
    assert "spent" == lifecycle.phase(START + 10)


def test_sequence():
    """A sequence gives its outcomes one after another, each once, then it is spent."""
    lifecycle = lifecycle_of(
        sequence=[
            "throttling",
            {"latency": 900, "error": "internal"},
            "pass",
            {"connection": "reset"},
        ]
    )
    expected = [
        Effect(0, "throttling", None),
        Effect(900, "internal", None),
        Effect(0, None, None),
        Effect(0, None, "reset"),
        None,
        None,
    ]

    assert 4 == lifecycle.hits_left
    assert expected == [lifecycle.fire(CALL, START) for _ in range(6)]
    assert (4, 0, "spent") == (lifecycle.hits, lifecycle.hits_left, lifecycle.phase(START))


def test_sequence_waits_for_its_chance():
    """An outcome that chance keeps from a call is the next one's."""
    lifecycle = drawing(0.9, 0.1, 0.8, 0.2, sequence=["internal", "throttling"], probability=0.5)

    errors = [effect and effect.error for effect in (lifecycle.fire(CALL, START) for _ in range(5))]

    assert [None, "internal", None, "throttling", None] == errors


@pytest.mark.parametrize(
    ("probability", "draw", "expected"),
    [
        (0, 0.0, False),
        (0.0, 0.0, False),
        (1, 0.999999, True),
        (1.0, 0.999999, True),
        (0.5, 0.499999, True),
        (0.5, 0.5, False),
        (0.001, 0.0, True),
        (0.999, 0.999, False),
    ],
)
def test_probability(probability, draw, expected):
    """A rule fires on the draws below its probability: 0 is never, 1 is always."""
    assert [expected] * 20 == fires(drawing(draw, probability=probability), 20)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_share(probability):
    """Of many calls the share that is hit is the probability."""
    lifecycle = lifecycle_of(probability=probability, seed=1)

    assert probability == pytest.approx(sum(fires(lifecycle, 20_000)) / 20_000, abs=0.02)


def test_seed():
    """The draws of a seed are the same in every run, and those of another seed are others."""
    one, again, other = (lifecycle_of(probability=0.5, seed=s) for s in (7, 7, 8))

    draws = fires(one, 200)

    assert draws == fires(again, 200)
    assert draws != fires(other, 200)


def test_no_seed():
    """Without a seed the source of chance is asked for without one."""
    seeds = []

    def make_random(seed):
        seeds.append(seed)
        return Draws(0.5)

    fires(lifecycle_of(make_random, probability=0.9, latency={"min": 1, "max": 2}), 3)

    assert {None} == set(seeds)


def test_delays_leave_chances_alone():
    """The n-th chance of a seed is the same, however many delays are drawn in between."""
    plain = lifecycle_of(probability=0.5, seed=7)
    delaying = lifecycle_of(probability=0.5, seed=7, latency={"min": 0, "max": 1000})

    draws = fires(plain, 500)

    assert draws == fires(delaying, 500)
    assert 200 < sum(draws) < 300


def test_delays_are_not_the_chances():
    """A delay does not follow from the chance that let the rule fire."""
    lifecycle = lifecycle_of(probability=0.1, seed=7, latency={"min": 0, "max": 1000})

    effects = [lifecycle.fire(CALL, START) for _ in range(5000)]
    delays = [effect.delay_ms for effect in effects if effect is not None]

    assert max(delays) > 900


def test_seeded_delays():
    """With a seed the delays are the same in every run too."""
    one, again = (lifecycle_of(seed=7, latency={"min": 0, "max": 1000}) for _ in range(2))

    delays = [one.fire(CALL, START).delay_ms for _ in range(50)]

    assert delays == [again.fire(CALL, START).delay_ms for _ in range(50)]
    assert len(set(delays)) > 40


def test_seeded_threads(restless):
    """The n-th draw of a seed is the same in whatever order threads come."""
    drawn = []

    class Recorder(random.Random):
        def random(self):
            drawn.append(super().random())
            return drawn[-1]

    alone = lifecycle_of(probability=0.5, seed=7)
    shared = lifecycle_of(Recorder, probability=0.5, seed=7)

    results = at_once(8, lambda _: fires(shared, 250))

    assert Counter(fires(alone, 2000)) == Counter(itertools.chain(*results))
    assert drawn == [
        source.random() for source in [random.Random("7:probability")] for _ in range(2000)
    ]


@pytest.mark.parametrize(
    ("ramp", "seconds", "draw", "expected"),
    [
        ((0, 1), 0, 0.0, False),
        ((0, 1), 25, 0.2, True),
        ((0, 1), 25, 0.25, False),
        ((0, 1), 50, 0.49, True),
        ((0, 1), 50, 0.5, False),
        ((0, 1), 99.875, 0.99, True),
        ((1, 0), 0, 0.999999, True),
        ((1, 0), 50, 0.49, True),
        ((1, 0), 50, 0.5, False),
        ((1, 0), 99.875, 0.01, False),
        ((0.25, 0.75), 0, 0.24, True),
        ((0.25, 0.75), 0, 0.25, False),
        ((0.25, 0.75), 99.875, 0.7, True),
        ((0.25, 0.75), 99.875, 0.75, False),
        ((1, 1), 50, 0.999999, True),
    ],
)
def test_probability_ramps(ramp, seconds, draw, expected):
    """A probability that changes does so over the duration, from the moment that the rule starts."""
    probability = dict(zip(("from", "to"), ramp, strict=True))
    lifecycle = drawing(draw, probability=probability, after=10, duration=100)

    assert [expected] == fires(lifecycle, 1, START + 10 + seconds)


@pytest.mark.parametrize(("seconds", "expected"), [(0, 100), (25, 200), (50, 300), (75, 400)])
def test_latency_ramps(seconds, expected):
    """A delay that changes does so over the duration, from the moment that the rule starts."""
    lifecycle = lifecycle_of(latency={"from": 100, "to": 500}, after=10, duration=100)

    assert Effect(expected) == lifecycle.fire(CALL, START + 10 + seconds)


@pytest.mark.parametrize(
    ("throttle", "burst"),
    [
        ({"rate": 5}, 5),
        ({"rate": 4.5}, 5),
        ({"rate": 0.5}, 1),
        ({"rate": 5, "burst": 20}, 20),
        ({"rate": 5, "burst": 1}, 1),
    ],
)
def test_burst(throttle, burst):
    """So many calls pass at once; the one after is refused, whenever they begin."""
    lifecycle = lifecycle_of(throttle=throttle)

    assert [False] * burst + [True] * 3 == fires(lifecycle, burst + 3, START + 500)


def test_refill():
    """A bucket fills again at its rate, up to its size and no further."""
    lifecycle = lifecycle_of(throttle={"rate": 2, "burst": 3})

    assert [False, False, False, True] == fires(lifecycle, 4)
    assert [True] == fires(lifecycle, 1, START + 0.25)
    assert [False, True] == fires(lifecycle, 2, START + 0.5)
    assert [False, False, True] == fires(lifecycle, 3, START + 1.5)
    assert [False, False, False, True] == fires(lifecycle, 4, START + 1000)


@given(
    st.sampled_from([0.5, 1, 3, 8, 20]),
    st.sampled_from([2, 10, 50]),
    st.sampled_from([0.0625, 0.125, 0.25]),
)
def test_long_run(rate, burst, step):
    """In the long run calls pass at the rate, or at that of the calls where it is lower."""
    lifecycle = lifecycle_of(throttle={"rate": rate, "burst": burst})
    seconds = 200
    calls = int(seconds / step)

    passed = sum(not lifecycle.fire(CALL, START + i * step) for i in range(calls))

    if rate * step >= 1:
        assert passed == calls
    else:
        assert min(calls, burst + rate * seconds) - 2 <= passed <= burst + rate * seconds


@pytest.mark.parametrize("by", OWNERS)
@pytest.mark.parametrize("field", OWNERS)
def test_bucket_owners(by, field):
    """Calls that differ in the field that buckets are kept by have a bucket each, others share one."""
    lifecycle = lifecycle_of(throttle={"rate": 1, "burst": 2, "by": by})
    other = CALL._replace(**{field: "other"})

    assert [False, False, True] == fires(lifecycle, 3)
    expected = [False, False, True] if field == by else [True, True, True]
    assert expected == fires(lifecycle, 3, call=other)


@pytest.mark.parametrize("field", OWNERS)
def test_one_bucket(field):
    """Without owners all calls that match share one bucket."""
    lifecycle = lifecycle_of(throttle={"rate": 1, "burst": 2})

    assert [False, False] == fires(lifecycle, 2)
    assert [True, True] == fires(lifecycle, 2, call=CALL._replace(**{field: "other"}))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Effect(0, "throttling", None)),
        ({"error": "unavailable"}, Effect(0, "unavailable", None)),
        ({"error": {}}, OUTAGE),
    ],
)
def test_throttling_error(fields, expected):
    """A call over the rate gets the throttling error of its service, or the error beside it."""
    lifecycle = lifecycle_of(throttle={"rate": 1}, **fields)

    assert [None, expected] == [lifecycle.fire(CALL, START) for _ in range(2)]


def test_throttle_with_a_budget():
    """Only calls that are refused are hits."""
    lifecycle = lifecycle_of(throttle={"rate": 1, "burst": 3}, times=2)

    assert [False] * 3 + [True] * 2 + [False] * 3 == fires(lifecycle, 8)
    assert (2, "spent") == (lifecycle.hits, lifecycle.phase(START))


def test_throttle_with_a_chance():
    """Calls that chance leaves alone take nothing from the bucket."""
    lifecycle = drawing(0.9, 0.1, throttle={"rate": 1, "burst": 2}, probability=0.5)

    assert [False] * 5 + [True] == fires(lifecycle, 6)


def test_buckets_are_bounded():
    """Buckets are kept by values from requests, so their number is bounded."""
    action = Buckets(Throttle(rate=1, by="account"))

    for i in range(MAX_BUCKETS + 500):
        action.on(Effect(), Hit(CALL._replace(account=str(i)), START, 0, 0, random.random))

    assert 0 < len(action.buckets) <= MAX_BUCKETS


def test_bucket_and_late_calls():
    """A call that read the clock earlier than the one before it gains nothing."""
    bucket = TokenBucket(rate=1, size=1, now=START)

    assert bucket.take(START + 1)
    assert [False] * 3 == [bucket.take(START + second) for second in (0, 1, 0.5)]
    assert bucket.take(START + 2)


def test_times_and_threads(restless):
    """A budget is spent exactly, however many threads draw on it."""
    for _ in range(5):
        lifecycle = lifecycle_of(times=500)

        results = at_once(32, lambda _, rule=lifecycle: sum(fires(rule, 50)))

        assert 500 == sum(results)
        assert (500, 0) == (lifecycle.hits, lifecycle.hits_left)


def test_sequence_and_threads(restless):
    """Each outcome of a sequence is given once, however many threads call."""
    steps = [{"latency": i} for i in range(500)]
    lifecycle = lifecycle_of(sequence=steps)

    results = at_once(32, lambda _: [lifecycle.fire(CALL, START) for _ in range(50)])
    delays = [effect.delay_ms for effect in itertools.chain(*results) if effect is not None]

    assert list(range(500)) == sorted(delays)


def test_bucket_and_threads(restless):
    """A bucket gives no more tokens than it has, however many threads take some."""
    lifecycle = lifecycle_of(throttle={"rate": 1, "burst": 100})

    results = at_once(32, lambda _: fires(lifecycle, 50))

    assert {False: 100, True: 1500} == Counter(itertools.chain(*results))


def test_not_released():
    """Calls that wait on a rule are not released by the rule itself."""
    lifecycle = lifecycle_of(times=1, duration=5)
    lifecycle.fire(CALL, START)
    lifecycle.phase(START + 10)

    assert not lifecycle.hold.is_released
