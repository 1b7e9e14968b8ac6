"""What is counted for an owner, however many calls of others there are."""

import random
import threading

import pytest

from localstack_outages.aws.sdk_headers import Sdk
from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.effort_tally import MAX_EXAMPLES
from localstack_outages.evidence.verdicts import Verdicts

from .samples import SAMPLE

MINE = Injected("r1", 0, code="ServiceUnavailable", status=503, owner="mine")
OK = SAMPLE._replace(duration_ms=1.0, client=Sdk("boto3", "1.42.5", "standard"))
FAILED = OK._replace(status=503, outcome="injected", error_code="ServiceUnavailable", injected=MINE)
OTHER = FAILED._replace(injected=MINE._replace(owner="other"))
NOBODY = FAILED._replace(injected=MINE._replace(owner=None))


def attempt(call, at, number=1, maximum=3, call_id="i-1"):
    """Give an attempt of a client that says which it is."""
    return call._replace(
        time=OK.time + at, at=at, invocation_id=call_id, attempt=number, max_attempts=maximum
    )


def noise(verdicts, count, at=50.0):
    """Record calls of others that a rule of somebody else touched."""
    for number in range(count):
        verdicts.record(attempt(OTHER, at, maximum=1, call_id=f"noise-{at}-{number}"))


def figures(verdicts, owner="mine"):
    """Give the counts for an owner that are not 0."""
    document = verdicts.tally(owner).document()
    counted = {name: n for part in ("endings", "flags") for name, n in document[part].items() if n}
    return {"calls": document["calls"], "attempts": document["attempts"], **counted}


def test_calls_of_an_owner():
    """The calls that rules of an owner touched are counted by attempts, ending and flag."""
    verdicts = Verdicts(lambda: 1000.0)
    for call in (
        attempt(FAILED, 0.0, 1, call_id="a"),
        attempt(FAILED, 0.001, 2, call_id="a"),
        attempt(OK, 0.002, 3, call_id="a"),
        attempt(FAILED, 1.0, 1, call_id="b"),
        attempt(OTHER, 1.0, 1, call_id="c"),
        attempt(NOBODY, 1.0, 1, call_id="d"),
    ):
        verdicts.record(call)

    expected = {"calls": 2, "attempts": {"1": 1, "3": 1}, "recovered": 1, "failed": 1}
    assert {**expected, "neverRetried": 1, "noBackoff": 1} == figures(verdicts)
    assert 1 == figures(verdicts, "other")["calls"]
    assert {"calls": 0, "attempts": {}} == figures(verdicts, "unknown")


def test_counts_outlive_the_calls():
    """However many calls of others push out those of an owner, its counts stay as they were."""
    verdicts = Verdicts(lambda: 1000.0, size=10)
    for number in range(100):
        call_id = f"mine-{number}"
        verdicts.record(attempt(FAILED, number, 1, call_id=call_id))
        verdicts.record(attempt(OK if number % 2 else FAILED, number + 0.5, 2, 2, call_id))
        noise(verdicts, number % 7, float(number))
    before = figures(verdicts)
    noise(verdicts, 1000)

    assert {"calls": 100, "attempts": {"2": 100}, "recovered": 50, "failed": 50} == {
        name: before[name] for name in ("calls", "attempts", "recovered", "failed")
    }
    assert before == figures(verdicts)
    assert 0 == verdicts.tally("mine").lost


def test_a_call_that_two_owners_touched():
    """A call counts for each owner whose rule touched one of its attempts, once."""
    verdicts = Verdicts(lambda: 1000.0, size=2)
    for call in (
        attempt(FAILED, 0.0, 1),
        attempt(OTHER, 0.1, 2),
        attempt(FAILED, 0.2, 3),
    ):
        verdicts.record(call)
    kept = figures(verdicts), figures(verdicts, "other")
    noise(verdicts, 2)

    assert (1, 1) == (kept[0]["calls"], kept[1]["calls"])
    assert kept[0] == figures(verdicts)
    assert 3 == figures(verdicts, "other")["calls"]  # with the noise, which is its own


@pytest.mark.parametrize(
    ("calls", "now", "lost"),
    [
        ([attempt(FAILED, 0.0)], 29.0, 1),
        ([attempt(FAILED, 0.0)], 31.0, 0),
        ([attempt(FAILED, 0.0, 3, 3)], 1.0, 1),
        ([attempt(FAILED, 0.0, 3, 3)], 31.0, 0),
        ([attempt(FAILED, 0.0), attempt(OK, 0.1, 2)], 1.0, 0),
        ([attempt(FAILED._replace(error_code="AccessDenied", status=403), 0.0)], 1.0, 1),
    ],
)
def test_a_call_that_is_forgotten_while_it_is_open(calls, now, lost):
    """Of an effort that may go on after it is forgotten, it is not known how it ends: where the SDK is
    at its last attempt, the application may try again.
    """
    verdicts = Verdicts(lambda: now, size=3, open_size=3)
    for call in calls:
        verdicts.record(call)
    noise(verdicts, 3, now)
    tally = verdicts.tally("mine")

    assert (lost, 1 - lost) == (tally.lost, tally.document()["calls"])


def test_examples_are_the_worst():
    """The examples are the calls with fewest attempts and, of those without a pause, with most; they
    are bounded, and no call of the ring is left out.
    """
    verdicts = Verdicts(lambda: 1000.0, size=20)
    numbers = list(range(1, 41))
    random.Random(1).shuffle(numbers)
    for count in numbers:
        for number in range(1, count + 1):
            at = count + number / 1000
            verdicts.record(attempt(FAILED, at, number, None, f"mine-{count}"))
    document = verdicts.tally("mine").document()

    assert list(range(1, MAX_EXAMPLES + 1)) == [v["attempts"] for v in document["fewestAttempts"]]
    assert list(range(40, 40 - MAX_EXAMPLES, -1)) == [v["attempts"] for v in document["noBackoff"]]


def test_an_owner_that_is_forgotten():
    """Nothing is left of an owner that is forgotten; calls of it that are kept do no harm."""
    remembered = {"mine", "other"}
    verdicts = Verdicts(lambda: 1000.0, size=4, remembers=remembered.__contains__)
    verdicts.record(attempt(FAILED, 0.0))
    remembered.remove("mine")
    verdicts.forget_owner("mine")
    verdicts.record(attempt(FAILED, 0.1, 2))
    verdicts.record(attempt(FAILED, 0.2, call_id="late"))
    noise(verdicts, 10)

    assert 0 == figures(verdicts)["calls"]
    assert ["other"] == list(verdicts._by_owner)
    assert 10 == figures(verdicts, "other")["calls"]


@pytest.mark.timeout(30)
def test_many_writers():
    """With 16 threads no call of an owner is lost or counted twice, while its counts are asked for."""
    verdicts = Verdicts(lambda: 1000.0, size=100)

    def write(thread):
        for number in range(100):
            call_id = f"{thread}-{number}"
            verdicts.record(attempt(FAILED, 0.0, 1, 1, call_id))

    writers = [threading.Thread(target=write, args=(thread,)) for thread in range(16)]
    for writer in writers:
        writer.start()
    seen = []
    while any(writer.is_alive() for writer in writers):
        seen.append(figures(verdicts)["calls"])
    for writer in writers:
        writer.join()
    seen.append(figures(verdicts)["calls"])

    assert seen == sorted(seen)
    assert (1600, {"1": 1600}) == (seen[-1], figures(verdicts)["attempts"])
