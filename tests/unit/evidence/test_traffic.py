"""Traffic: counts by second and place, and how true its percentiles are."""

import math
import threading

import pytest
from hypothesis import given, strategies as st

from localstack_outages.evidence.latency_steps import (
    LEAST_MS,
    RELATIVE_ERROR,
    latency_step,
    percentile,
)
from localstack_outages.evidence.traffic import KEPT_SECONDS, Traffic

from .samples import SAMPLE as CALL

NOW = CALL.time
NONE = {"calls": 0, "ok": 0, "injected": 0, "clientError": 0, "serverError": 0}
NO_LATENCY = {"p50Ms": None, "p95Ms": None, "p99Ms": None}


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now


def counts(summary):
    """Give the counts of a summary that are not zero."""
    return {name: summary[name] for name in NONE if summary[name]}


def test_an_empty_report():
    """Without calls each second is there, with nothing in it."""
    report = Traffic(Clock()).report(seconds=2)

    assert report == {
        "from": "2026-11-23T09:43:59.000Z",
        "until": "2026-11-23T09:44:00.000Z",
        "total": {**NONE, **NO_LATENCY},
        "places": [],
        "seconds": [
            {"time": "2026-11-23T09:43:59.000Z", **NONE, **NO_LATENCY},
            {"time": "2026-11-23T09:44:00.000Z", **NONE, **NO_LATENCY},
        ],
    }


def test_outcomes_by_second():
    """Calls are counted by outcome in the second in which they ended."""
    traffic = Traffic(Clock(NOW + 2.5))
    for time, duration, outcome in (
        (NOW, 10, "ok"),
        (NOW + 0.5, 10, "injected"),
        (NOW + 0.9, 200, "clientError"),
        (NOW, 2100, "serverError"),
        (NOW + 2, 10, "ok"),
    ):
        traffic.record(CALL._replace(time=time, duration_ms=duration, outcome=outcome))

    report = traffic.report(seconds=3)

    assert [counts(second) for second in report["seconds"]] == [
        {"calls": 2, "ok": 1, "injected": 1},
        {"calls": 1, "clientError": 1},
        {"calls": 2, "ok": 1, "serverError": 1},
    ]
    assert counts(report["total"]) == {
        "calls": 5,
        "ok": 2,
        "injected": 1,
        "clientError": 1,
        "serverError": 1,
    }


def test_places_and_filters():
    """Calls are told apart by service and region, and both can be asked for by globs."""
    traffic = Traffic(Clock())
    for service, region in (("sqs", "eu-west-1"), ("s3", "eu-west-1"), ("s3", "us-east-1")):
        traffic.record(CALL._replace(service=service, region=region))

    def places(**filters):
        report = traffic.report(**filters)
        assert report["total"]["calls"] == len(report["places"])
        assert sum(second["calls"] for second in report["seconds"]) == len(report["places"])
        return [(place["service"], place["region"]) for place in report["places"]]

    assert places() == [("s3", "eu-west-1"), ("s3", "us-east-1"), ("sqs", "eu-west-1")]
    assert places(service="s*", region="eu-*") == [("s3", "eu-west-1"), ("sqs", "eu-west-1")]
    assert places(service="sns") == []


def test_places_are_bounded():
    """Beyond the bound, calls are counted as going to a place called other."""
    traffic = Traffic(Clock(), places=2)
    for region in ("a", "b", "c", "d"):
        traffic.record(CALL._replace(region=region))

    places = {place["region"]: place["calls"] for place in traffic.report()["places"]}

    assert places == {"a": 1, "b": 1, "other": 2}


@pytest.mark.parametrize(
    ("later", "expected"), [(0, 1), (KEPT_SECONDS - 1, 1), (KEPT_SECONDS, 0), (10**6, 0)]
)
def test_expiry(later, expected):
    """A call is in the report for 900 seconds, then it is not, though no other came."""
    clock = Clock()
    traffic = Traffic(clock)
    traffic.record(CALL)

    clock.now += later

    assert traffic.report()["total"]["calls"] == expected


def test_old_seconds_are_overwritten():
    """A second that takes the room of one long past begins at nothing."""
    clock = Clock()
    traffic = Traffic(clock)
    traffic.record(CALL)

    clock.now += KEPT_SECONDS
    traffic.record(CALL._replace(time=clock.now))

    assert traffic.report(seconds=1)["seconds"][0]["calls"] == 1


def test_a_clock_set_back():
    """What was counted in what is now the future is not in the report, and nothing fails."""
    clock = Clock()
    traffic = Traffic(clock)
    traffic.record(CALL)

    clock.now -= 3600
    traffic.record(CALL._replace(time=clock.now))

    assert traffic.report()["total"]["calls"] == 1


@pytest.mark.parametrize(("seconds", "length"), [(0, 1), (-5, 1), (60, 60), (10**9, 900)])
def test_span(seconds, length):
    """A report has as many seconds as asked for, from 1 to 900."""
    assert len(Traffic(Clock()).report(seconds=seconds)["seconds"]) == length


latencies = st.floats(0.1, 3_600_000)


@given(st.lists(latencies, min_size=1, max_size=300), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_percentiles_are_true_to_two_percent(values, share):
    """A percentile is within 2 % of that of the latencies themselves."""
    steps = {}
    for value in values:
        steps[latency_step(value)] = steps.get(latency_step(value), 0) + 1
    true = sorted(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1]

    assert percentile(steps, share) == pytest.approx(true, rel=RELATIVE_ERROR + 1e-6, abs=0.001)


@given(st.floats(0, 1e12, allow_nan=False))
def test_any_latency_has_a_step(ms):
    """Every latency has a step among 512; longer ones never have a lower one."""
    assert 0 <= latency_step(ms) < 512
    assert latency_step(ms) <= latency_step(ms * 1.5)


def test_short_latencies():
    """What is shorter than a tenth of a millisecond counts as a tenth."""
    assert percentile({latency_step(0): 1}, 0.5) == LEAST_MS
    assert percentile({latency_step(-1): 1}, 0.5) == LEAST_MS


def test_percentiles_of_a_report():
    """Percentiles are those of all calls asked for, of whatever second and outcome."""
    traffic = Traffic(Clock(NOW + 99))
    for number in range(1, 101):
        outcome = "injected" if number % 2 else "ok"
        traffic.record(
            CALL._replace(time=NOW + number % 50, duration_ms=float(number), outcome=outcome)
        )

    total = traffic.report()["total"]

    assert total["p50Ms"] == pytest.approx(50, rel=RELATIVE_ERROR)
    assert total["p95Ms"] == pytest.approx(95, rel=RELATIVE_ERROR)
    assert total["p99Ms"] == pytest.approx(99, rel=RELATIVE_ERROR)


@pytest.mark.timeout(30)
def test_many_writers():
    """With 32 threads that count, no call is lost, while reports are made."""
    traffic = Traffic(Clock(NOW + 9))

    def write(thread):
        for number in range(200):
            traffic.record(CALL._replace(time=NOW + number % 10, region=f"r{thread % 5}"))

    writers = [threading.Thread(target=write, args=(thread,)) for thread in range(32)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        traffic.report(seconds=10)
    for writer in writers:
        writer.join()

    assert traffic.report()["total"]["calls"] == 32 * 200


def places(*calls, clock=NOW + 9):
    """Give the places of a report on calls, each a second after NOW and an outcome."""
    traffic = Traffic(Clock(clock))
    for second, outcome in calls:
        traffic.record(CALL._replace(time=NOW + second, outcome=outcome))
    return traffic.report(seconds=60)["places"]


def second(number):
    """Give the time of a second after NOW."""
    return f"2026-11-23T09:44:0{number}.000Z"


@pytest.mark.parametrize(
    ("calls", "last", "recovered"),
    [
        ([(0, "ok")], None, None),
        ([(1, "injected")], second(1), None),
        ([(1, "injected"), (1, "ok")], second(1), None),
        ([(1, "injected"), (3, "ok"), (4, "ok")], second(1), second(3)),
        ([(1, "injected"), (3, "ok"), (4, "injected")], second(4), None),
        ([(1, "injected"), (3, "ok"), (4, "injected"), (6, "ok")], second(4), second(6)),
        ([(1, "injected"), (3, "clientError"), (4, "serverError")], second(1), None),
        ([(0, "ok"), (1, "injected")], second(1), None),
    ],
)
def test_when_a_place_was_back(calls, last, recovered):
    """A place tells its last injected second, and the first good one after it."""
    (place,) = places(*calls)

    assert (last, recovered) == (place["lastInjected"], place["recoveredAt"])


def test_places_are_back_each_for_itself():
    """What happens in one region says nothing of another."""
    traffic = Traffic(Clock(NOW + 9))
    traffic.record(CALL._replace(time=NOW + 1, outcome="injected"))
    traffic.record(CALL._replace(time=NOW + 2, region="eu-west-1"))

    found = {p["region"]: p["recoveredAt"] for p in traffic.report(seconds=60)["places"]}
    assert {"us-east-1": None, "eu-west-1": None} == found


def test_origins():
    """Calls of clients and of LocalStack's own services can be left out, in all parts of a report."""
    traffic = Traffic(Clock())
    traffic.record(CALL._replace(duration_ms=1))
    traffic.record(CALL._replace(duration_ms=1))
    traffic.record(CALL._replace(service="sqs", origin="internal", duration_ms=50))

    def found(**filters):
        report = traffic.report(**filters)
        places = {place["service"]: place["calls"] for place in report["places"]}
        assert sum(second["calls"] for second in report["seconds"]) == report["total"]["calls"]
        return places, round(report["total"]["p99Ms"])

    assert ({"s3": 2, "sqs": 1}, 50) == found() == found(origin="any")
    assert ({"s3": 2}, 1) == found(origin="external")
    assert ({"sqs": 1}, 50) == found(origin="internal")


def test_counts_of_others():
    """What others counted in a second counts too, each as it was said last, and whatever numbers their
    places have there.
    """
    clock = Clock()
    traffic, other = Traffic(clock), Traffic(clock)
    traffic.record(CALL)
    other.record(CALL._replace(service="sqs"))
    other.record(CALL._replace(outcome="injected", duration_ms=200))

    traffic.take("b", int(NOW), [("s3", "us-east-1", 3, 5)])
    traffic.take("b", int(NOW), other.own(int(NOW)))
    traffic.take("c", int(NOW), other.own(int(NOW)))
    traffic.take("c", int(NOW) - KEPT_SECONDS, other.own(int(NOW)))

    report = traffic.report()
    assert counts(report["total"]) == {"calls": 5, "ok": 3, "injected": 2}
    assert [(place["service"], place["calls"]) for place in report["places"]] == [
        ("s3", 3),
        ("sqs", 2),
    ]
    assert {"s3": 3, "sqs": 2} == {
        service: sum(e.number for e in traffic.ended(int(NOW)) if e.service == service)
        for service in ("s3", "sqs")
    }
    assert counts(other.report()["total"]) == {"calls": 2, "ok": 1, "injected": 1}


def test_counts_of_others_expire():
    """No more seconds of others are kept than own ones."""
    clock = Clock()
    traffic = Traffic(clock)
    for second in range(int(NOW), int(NOW) + 2 * KEPT_SECONDS):
        clock.now = second
        traffic.take("b", second, [("s3", "us-east-1", 3, 1)])

    assert traffic.report()["total"]["calls"] == KEPT_SECONDS
    assert len(traffic._others) == KEPT_SECONDS
