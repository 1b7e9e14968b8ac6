"""What assertions make of the evidence, and what they say when it is not enough to know."""

import json

import pytest

from localstack_outages.client.assertions import (
    assert_hit,
    assert_no_entries_lost,
    assert_recovered,
    assert_retried,
)
from localstack_outages.engine.finished import Injected
from localstack_outages.schema.effect import PartialFailure
from localstack_outages.schema.errors import CannotKnow
from tests.unit.evidence.scene import Scene


class Told:
    """Speaks of what an owner did in a scene.

    :param scene: the scene
    """

    def __init__(self, scene):
        self._scene = scene

    def evidence(self):
        """Give the evidence as it comes over the wire."""
        return json.loads(json.dumps(self._scene.ask()))

    def explain(self):
        """Tell nothing more."""
        return "that is all"


def hits(count, scene=None, **fields):
    """Give who speaks of an outage that hit some calls."""
    scene = scene or Scene()
    (rule_id,) = scene.add({"service": "s3"})
    for _ in range(count):
        scene.hit(rule_id, **fields)
    return Told(scene)


@pytest.mark.parametrize(("times", "at_least"), [(3, 1), (None, 1), (None, 3)])
def test_as_many_hits_as_expected(times, at_least):
    """It passes where the rules fired so often, or more often where that is expected."""
    assert_hit(hits(3), times, at_least, 0)


@pytest.mark.parametrize(
    ("times", "at_least", "words"),
    [(2, 1, "to hit 2 times, but it hit 3 times"), (None, 4, "at least 4 times, but it hit 3")],
)
def test_other_hits_than_expected(times, at_least, words):
    """It fails with both numbers, and then tells what happened."""
    with pytest.raises(AssertionError, match=f"{words}.*\nthat is all"):
        assert_hit(hits(3), times, at_least, 0)


def test_hits_are_known_though_calls_are_not():
    """Hits are counted where they happen: no bound keeps an assertion from knowing them."""
    told = hits(50, Scene(calls=10, places=1), max_attempts=3)

    assert not told.evidence()["complete"]
    assert_hit(told, 50, 1, 0)


def test_calls_that_were_not_retried():
    """It fails with the calls that made too few attempts, and says how many there were in all."""
    with pytest.raises(AssertionError, match=r"(?s)at least once, .*\(12 of 12 calls in all\)"):
        assert_retried(hits(12), 1, backoff=False)


def test_calls_without_a_pause():
    """Where a pause is expected it fails with the calls that made none."""
    scene = Scene()
    (rule_id,) = scene.add({"service": "s3"})
    for number in range(1, 5):
        scene.hit(rule_id, invocation_id="i", attempt=number, max_attempts=4)
        scene.now += 0.001
    told = Told(scene)

    assert_retried(told, 3, backoff=False)
    with pytest.raises(AssertionError, match=r"a pause before .*\n.*attempts: 4, 1, 1, 1 ms"):
        assert_retried(told, 3, backoff=True)


def test_retries_that_cannot_be_known():
    """Where calls were forgotten while they were open it says so, unless others are known to fail."""
    scene = Scene(calls=10)
    told = hits(25, scene, max_attempts=3)
    for number in range(10):  # retries of those that are still kept
        scene.see(invocation_id=f"i-{16 + number}", attempt=2, max_attempts=3, at=scene.now + 0.1)

    with pytest.raises(
        CannotKnow, match="each call was retried at least once: 15 efforts were for"
    ):
        assert_retried(told, 1, backoff=False)
    with pytest.raises(AssertionError, match="to be retried at least 2 times"):
        assert_retried(told, 2, backoff=False)


def recovered(after, scene=None):
    """Give who speaks of an outage after which S3 worked again after some seconds."""
    scene = scene or Scene()
    told = hits(1, scene)
    scene.now += after
    scene.see()
    return told


def test_a_recovery_in_time():
    """It passes where each place was answered well in time after the last failure."""
    assert_recovered(recovered(2), 2)


def test_a_recovery_that_is_not_in_time():
    """It fails at once where the first good answer came too late, or can only come too late."""
    with pytest.raises(AssertionError, match=r"within 60 s, but not so:\n.*: only after 61 s"):
        assert_recovered(recovered(61), 60)
    scene = Scene()
    told = hits(1, scene)
    scene.now += 61
    with pytest.raises(AssertionError, match="last failed 61 s ago, not answered since"):
        assert_recovered(told, 60)


def test_a_recovery_outlives_other_calls():
    """However many calls come after the recovery, it is known when it was."""
    scene = Scene(calls=10)
    told = recovered(0.1, scene)
    for _ in range(5000):
        scene.now += 0.01
        scene.see()
        scene.hit("r99", "other", operation="PutObject")

    assert_recovered(told, 1)


def test_a_recovery_that_cannot_be_known():
    """Where not all places are watched it says so, unless one of those watched has not recovered."""
    scene = Scene(places=1)
    (rule_id,) = scene.add({"service": "s3"})
    scene.hit(rule_id)
    scene.hit(rule_id, operation="PutObject")
    scene.see()
    with pytest.raises(AssertionError, match="GetObject"):
        assert_recovered(Told(scene), 0)
    scene.now += 1
    scene.see()

    with pytest.raises(CannotKnow, match="application has recovered: 1 failures are not watched"):
        assert_recovered(Told(scene), 2)


@pytest.mark.parametrize(
    "check",
    [
        lambda told: assert_hit(told, None, 1, 0),
        lambda told: assert_retried(told, 1, backoff=False),
        lambda told: assert_recovered(told, 0),
    ],
)
def test_an_outage_that_hit_nothing(check):
    """No assertion passes on an outage that hit no call."""
    with pytest.raises(AssertionError, match=r"it hit 0 times|the outage hit no"):
        check(hits(0))


def batch(scene, entries, failed=""):
    """Have a batch sent of which an outage fails some entries."""
    (rule_id,) = scene.rule_ids
    partial = PartialFailure(len(failed), len(entries), tuple(failed))
    fault = Injected(rule_id, 0, owner="mine", partial=partial) if failed else None
    scene.see(service="sqs", operation="SendMessageBatch", entries=tuple(entries), injected=fault)


@pytest.fixture
def scene():
    """A scene with a rule."""
    scene = Scene()
    scene.rule_ids = scene.add({"service": "sqs"})
    return scene


def test_entries_that_are_sent_again(scene):
    """It passes where each entry that failed was sent again in time."""
    batch(scene, "abc", failed="bc")
    scene.now += 5
    batch(scene, "xb")
    batch(scene, "c")
    scene.now += 99

    assert_no_entries_lost(Told(scene), 5)
    with pytest.raises(
        AssertionError, match=r"within 4\.5 s, .*\n.*sent again only after 5 s\nthat"
    ):
        assert_no_entries_lost(Told(scene), 4.5)


def test_entries_that_are_not_sent_again(scene):
    """It fails at once where they can no longer be in time, and says how many are missing where."""
    batch(scene, "abc", failed="bc")
    batch(scene, "b")
    scene.now += 20

    told = (
        r"within 10 s, but not so:\n.*sqs\.SendMessageBatch in us-east-1, account 000000000000: "
        r"1 of 2 entries not sent again, the first of them failed 20 s ago\nthat is all"
    )
    with pytest.raises(AssertionError, match=told):
        assert_no_entries_lost(Told(scene), 10)


def test_entries_that_are_waited_for(scene):
    """It waits for entries that may still come."""
    batch(scene, "ab", failed="b")

    class Later(Told):
        asked = 0

        def evidence(self):
            self.asked += 1
            if self.asked == 3:
                batch(scene, "b")
            return super().evidence()

    assert_no_entries_lost(Later(scene), 10)


def test_no_entry_failed(scene):
    """An outage that failed no entry proves nothing."""
    batch(scene, "ab")
    with pytest.raises(AssertionError, match="to be sent again, but the outage failed none"):
        assert_no_entries_lost(Told(scene), 1)


def test_entries_that_nobody_followed(scene):
    """Where entries were not followed it can neither pass nor fail; what is lost is told first."""
    scene.verdicts.lost_entries.size = 1
    batch(scene, "ab", failed="ab")
    with pytest.raises(AssertionError, match="1 of 1 entry not sent again"):
        assert_no_entries_lost(Told(scene), 0)
    batch(scene, "ab")
    with pytest.raises(CannotKnow, match="1 entries that failed are not followed"):
        assert_no_entries_lost(Told(scene), 0)
