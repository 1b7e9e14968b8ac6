"""What is known of an owner's rules, and when it is not known."""

import pytest

from localstack_outages.engine import departures
from localstack_outages.engine.finished import Injected
from localstack_outages.schema.effect import PartialFailure
from localstack_outages.schema.errors import UnknownOwner
from localstack_outages.schema.reading import parse_rules

from .scene import Scene


@pytest.fixture
def scene():
    """A scene without rules."""
    return Scene()


def reached(document):
    """Give the bounds that were reached, with how much is not known by each."""
    assert document["complete"] is not bool(document["reached"])
    for one in document["reached"]:
        assert str(one["lost"]) in one["message"]
        assert str(one["limit"]) in one["message"]
    return {one["bound"]: one["lost"] for one in document["reached"]}


def test_what_an_owner_did(scene):
    """Hits, rules, calls and places are those of the owner alone."""
    first, second = scene.add({"service": "s3"}, {"service": "sqs"})
    (other,) = scene.add({"service": "s3"}, owner="other")
    scene.hit(first)
    scene.hit(first)
    scene.hit(other, "other")
    scene.now += 1
    scene.see()
    scene.now += 30
    document = scene.ask()

    assert ("mine", "i1", True, []) == tuple(
        document[name] for name in ("owner", "instance", "complete", "reached")
    )
    assert 2 == document["hits"]
    assert [
        {"id": first, "rule": {"service": "s3"}, "state": "active", "hits": 2},
        {"id": second, "rule": {"service": "sqs"}, "state": "active", "hits": 0},
    ] == document["rules"]
    assert (2, {"1": 2}, 2) == (
        document["calls"]["calls"],
        document["calls"]["attempts"],
        document["calls"]["endings"]["failed"],
    )
    assert [("GetObject", 2, 1.0)] == [
        (p["operation"], p["failures"], p["recoveredAfter"]) for p in document["places"]
    ]


def fail_entries(scene, rule_id, *names, of=2, failed=None):
    """Have a rule fail entries of a batch."""
    part = PartialFailure(len(names) if failed is None else failed, of, names)
    fault = Injected(rule_id, 0, owner="mine", partial=part)
    scene.see(service="sqs", operation="SendMessageBatch", injected=fault, entries=("a", "b"))


def test_entries(scene):
    """It tells of the entries of batches that its rules failed, and how long one is missing."""
    (rule_id,) = scene.add({"service": "sqs"})
    fail_entries(scene, rule_id, "a", "b")
    scene.now += 2
    scene.see(service="sqs", operation="SendMessageBatch", entries=("b",))
    scene.now += 3
    document = scene.ask()

    assert [
        {
            "service": "sqs",
            "operation": "SendMessageBatch",
            "region": "us-east-1",
            "account": "000000000000",
            "failed": 2,
            "recovered": 1,
            "longestRecovery": 2.0,
            "missingFor": 5.0,
        }
    ] == document["entries"]
    assert document["complete"]


def test_entries_that_are_not_followed(scene):
    """Where entries are not followed it says so."""
    scene.verdicts.lost_entries.size = 1
    (rule_id,) = scene.add({"service": "sqs"})
    fail_entries(scene, rule_id, "a", "b")

    assert {"entries": 1} == reached(scene.ask())


def test_an_owner_that_nobody_knows(scene):
    """It is refused, and the message says what may have become of it."""
    with pytest.raises(UnknownOwner, match="owner 'mine': it has no rules, and had none in the"):
        scene.ask()


def test_rules_that_left(scene):
    """Rules that are spent or deleted are told of, with their hits, before those in the list."""
    spent, deleted, stays = scene.add(
        {"service": "s3", "times": 1}, {"service": "sqs"}, {"service": "kms"}
    )
    scene.hit(spent)
    scene.hit(deleted)
    scene.store.entries()
    scene.store.remove(parse_rules([{"service": "sqs"}]), owner="mine")

    assert [(spent, "spent", 1), (deleted, "deleted", 1), (stays, "active", 0)] == [
        (rule["id"], rule["state"], rule["hits"]) for rule in scene.ask()["rules"]
    ]


def test_an_owner_is_known_for_ten_minutes_after_its_rules(scene):
    """Ten minutes after its last rule left nothing is known of an owner, and nothing is kept."""
    (rule_id,) = scene.add({"service": "s3"})
    scene.hit(rule_id)
    scene.now += 10_000
    assert 1 == scene.ask()["hits"]
    scene.store.remove(None, owner="mine")
    scene.now += 599
    scene.hit(rule_id)  # a call that took its time
    assert (1, 2) == (scene.ask()["hits"], scene.ask()["calls"]["calls"])
    scene.now += 2

    with pytest.raises(UnknownOwner):
        scene.ask()
    scene.hit(rule_id)  # and one that took too long
    assert not scene.verdicts._by_owner
    assert not scene.ledger._recoveries._places


def test_an_owner_that_comes_back(scene):
    """An owner that adds rules again within the time goes on where it was."""
    (first,) = scene.add({"service": "s3"})
    scene.hit(first)
    scene.store.remove(None, owner="mine")
    scene.now += 599
    (second,) = scene.add({"service": "sqs"})
    scene.hit(second)
    scene.now += 599

    assert (2, 2) == (scene.ask()["hits"], scene.ask()["calls"]["calls"])


@pytest.mark.parametrize("pause", [0, 4])
def test_the_bound_of_calls(pause):
    """Efforts that fall out of the ring count all the same, but for those that are still open."""
    scene = Scene(calls=10)
    (rule_id,) = scene.add({"service": "s3"})
    for _ in range(25):
        scene.hit(rule_id)
        scene.now += pause
    document = scene.ask()

    lost = 0 if pause else 15
    assert ({"calls": lost} if lost else {}) == reached(document)
    assert (25, 25 - lost) == (document["hits"], document["calls"]["calls"])


def test_the_bound_of_places():
    """Failures at places beyond the bound make the evidence incomplete, for that owner alone."""
    scene = Scene(places=2)
    (rule_id,) = scene.add({"service": "s3"})
    (other,) = scene.add({"service": "s3"}, owner="other")
    scene.hit(other, "other", operation="Op0")
    for number in range(4):
        scene.hit(rule_id, operation=f"Op{number}")

    assert {"places": 3} == reached(scene.ask())
    assert {} == reached(scene.ask("other"))
    assert (4, 4) == (scene.ask()["hits"], scene.ask()["calls"]["calls"])


def test_the_bound_of_rules(monkeypatch):
    """Rules beyond the bound are not told one by one; their hits stay in the total."""
    scene = Scene()
    scene.store._departures._max_rules = 3
    ids = scene.add(*({"service": f"s{n}", "times": 1} for n in range(5)))
    for rule_id in ids:
        scene.hit(rule_id)
    document = scene.ask()

    assert {"rules": 2} == {one["bound"]: one["lost"] for one in document["reached"]}
    assert departures.MAX_KEPT_RULES == document["reached"][0]["limit"]
    assert (5, 3) == (document["hits"], len(document["rules"]))


def test_many_owners_leave_nothing_behind(scene):
    """What is kept does not grow with the owners that there were."""
    scene.store._departures._max_owners = 10
    for number in range(500):
        owner = f"owner-{number}"
        (rule_id,) = scene.add({"service": "s3"}, owner=owner)
        scene.hit(rule_id, owner, operation=f"Op{number}")
        scene.store.remove(None, owner=owner)
        scene.store.entries()

    known = {f"owner-{number}" for number in range(490, 500)}
    assert known == set(scene.verdicts._by_owner) == set(scene.ledger._recoveries._places)
    assert 10 == scene.ledger._recoveries._count == len(scene.ledger._recoveries._waiting)
