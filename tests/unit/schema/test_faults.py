"""What a rule can do to a call: the shapes of delays, ramps and throttles."""

import random

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from localstack_outages.schema.effect import Effect, ErrorSpec
from localstack_outages.schema.faults.latency import LatencyPercentiles, LatencyRamp, LatencyRange
from localstack_outages.schema.faults.sequence import Step
from localstack_outages.schema.faults.throttle import Throttle
from localstack_outages.schema.model import MAX_LATENCY_MS
from localstack_outages.schema.rules import Ramp, Rule

EVEN = st.floats(0, 1, exclude_max=True)
DELAYS = st.integers(0, MAX_LATENCY_MS)

RANGE = LatencyRange(min=100, max=300)
PERCENTILES = LatencyPercentiles(p50=100, p95=300, p99=1100, max=5100)

PERCENTILE_DRAWS = [
    (PERCENTILES, 0.0, 0),
    (PERCENTILES, 0.25, 50),
    (PERCENTILES, 0.5, 100),
    (PERCENTILES, 0.725, 200),
    (PERCENTILES, 0.95, 300),
    (PERCENTILES, 0.97, 700),
    (PERCENTILES, 0.99, 1100),
    (PERCENTILES, 0.995, 3100),
    (PERCENTILES, 1.0, 5100),
    (LatencyPercentiles(p50=100), 0.25, 50),
    (LatencyPercentiles(p50=100), 0.9999, 100),
    (LatencyPercentiles(p50=100, p95=300), 0.96, 300),
    (LatencyPercentiles(p50=100, p99=300), 0.95, 100),
    (LatencyPercentiles(p50=100, p99=300), 0.9999, 300),
    (LatencyPercentiles(p50=100, max=300), 0.99, 100),
    (LatencyPercentiles(p50=100, max=300), 0.995, 200),
    (LatencyPercentiles(p50=0), 0.7, 0),
    (LatencyPercentiles(p50=100, p95=100, p99=100, max=100), 0.7, 100),
]


@pytest.mark.parametrize(("draw", "expected"), [(0, 100), (0.25, 150), (0.5, 200), (1, 300)])
def test_range(draw, expected):
    """A range goes evenly from its least to its greatest delay."""
    assert expected == RANGE.sample(draw, 0.5)


@given(DELAYS, DELAYS, EVEN)
def test_range_bounds(a, b, draw):
    """A delay of a range is never outside of it."""
    latency = LatencyRange(min=min(a, b), max=max(a, b))

    assert latency.min <= latency.sample(draw, 0) <= latency.max


@pytest.mark.parametrize(("latency", "draw", "expected"), PERCENTILE_DRAWS)
def test_percentiles(latency, draw, expected):
    """Percentiles are met where they are due, with straight lines between; one left out is the one before."""
    assert expected == pytest.approx(latency.sample(draw, 0.5))


@given(st.lists(DELAYS, min_size=4, max_size=4).map(sorted), EVEN, EVEN)
def test_percentiles_grow(delays, a, b):
    """A greater draw never gives a smaller delay, and none is over the greatest."""
    p50, p95, p99, greatest = delays
    latency = LatencyPercentiles(p50=p50, p95=p95, p99=p99, max=greatest)

    low, high = latency.sample(min(a, b), 0), latency.sample(max(a, b), 0)

    assert 0 <= low <= high + 1e-6
    assert high <= greatest + 1e-6


@pytest.mark.parametrize(("delay", "share"), [(50, 0.25), (100, 0.5), (300, 0.95), (1100, 0.99)])
def test_percentiles_of_many_draws(delay, share):
    """Of many delays half are at most p50, 95 of 100 at most p95, and 99 of 100 at most p99."""
    source = random.Random(1)
    delays = [PERCENTILES.sample(source.random(), 0) for _ in range(100_000)]

    assert share == pytest.approx(sum(d <= delay for d in delays) / len(delays), abs=0.005)
    assert max(delays) <= 5100


@pytest.mark.parametrize(("progress", "expected"), [(0, 200), (0.25, 350), (0.5, 500), (1, 800)])
def test_latency_ramp(progress, expected):
    """A delay that grows does so in a straight line, whatever is drawn."""
    ramp = LatencyRamp(**{"from": 200, "to": 800})

    assert expected == ramp.sample(0.1, progress) == ramp.sample(0.9, progress)


@pytest.mark.parametrize(
    ("start", "end", "progress", "expected"),
    [(0, 1, 0, 0), (0, 1, 0.25, 0.25), (0, 1, 1, 1), (1, 0, 0.25, 0.75), (0.25, 0.75, 0.5, 0.5)],
)
def test_ramp(start, end, progress, expected):
    """A ramp goes up or down in a straight line."""
    assert expected == Ramp(**{"from": start, "to": end}).at(progress)


@pytest.mark.parametrize(
    ("throttle", "expected"),
    [
        (Throttle(rate=5), 5),
        (Throttle(rate=5.1), 6),
        (Throttle(rate=0.1), 1),
        (Throttle(rate=5, burst=1), 1),
        (Throttle(rate=5, burst=50), 50),
    ],
)
def test_throttle_size(throttle, expected):
    """A bucket holds one second's worth of calls, at least one, where no burst is named."""
    assert expected == throttle.size


def test_error_defaults():
    """What an error leaves out is that of an outage."""
    error = ErrorSpec()

    assert (503, "ServiceUnavailableException", None) == (
        error.status_code,
        error.code,
        error.message,
    )


def test_no_effect():
    """An effect that names nothing does nothing."""
    assert (0, None, None, "before", None, 0, None, None, None) == Effect()


@pytest.mark.parametrize(
    ("part", "field"), [(RANGE, "min"), (Throttle(rate=1), "rate"), (ErrorSpec(), "code")]
)
def test_frozen(part, field):
    """A part of a rule never changes."""
    with pytest.raises(ValidationError, match="frozen"):
        setattr(part, field, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"latency": RANGE},
        {"latency": PERCENTILES},
        {"latency": LatencyPercentiles(p50=1)},
        {"latency": LatencyPercentiles(p50=1, max=2)},
        {"latency": LatencyRamp(**{"from": 0, "to": 10}), "duration": 5},
        {"probability": Ramp(**{"from": 0, "to": 1}), "duration": 5},
        {"error": ErrorSpec(code="SlowDown")},
        {"throttle": Throttle(rate=2)},
        {"sequence": (Step(latency=RANGE), ErrorSpec(), "pass")},
    ],
    ids=str,
)
def test_parts_of_python(fields):
    """Python code can make a rule of ready parts; they stay what they are."""
    rule = Rule(**fields)

    assert fields == {name: getattr(rule, name) for name in fields}
