"""Entries of batches that rules failed, and whether they were sent again."""

import pytest

from localstack_outages.engine.entries import KEPT_SECONDS
from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.lost_entries import NO_ENTRIES, EntryFigures, LostEntries
from localstack_outages.schema.effect import PartialFailure

from .samples import SAMPLE

CALL = SAMPLE._replace(service="kinesis", operation="PutRecords", duration_ms=0.0)


class Scene:
    """Batches, one a second."""

    def __init__(self, **bounds):
        self.lost = LostEntries(**bounds)
        self.now = 0.0
        self.sent = []

    def send(self, entries, failed="", **fields):
        """Send a batch of entries, each a letter, of which some fail by a rule.

        :return: the attempt
        """
        fields = {"owner": "mine", "done": False, "wait": 1, "of": len(entries), **fields}
        self.now += fields.pop("wait")
        owner, done, of = fields.pop("owner"), fields.pop("done"), fields.pop("of")
        partial = PartialFailure(len(failed), of, tuple(failed))
        injected = Injected("r1", 0, owner=owner, done=done, partial=partial) if failed else None
        call = CALL._replace(at=self.now, entries=tuple(entries), injected=injected, **fields)
        self.lost.record(call)
        self.sent.append(call)
        return call

    def figures(self, *attempts, after=0):
        """Give the counts of attempts, some seconds after the last batch."""
        found = self.lost.figures(attempts, self.now + after)
        return found._replace(recovered_at=NO_ENTRIES.recovered_at)

    def told(self, owner="mine"):
        """Give what became of the entries of an owner, and how many are not known."""
        places, unfollowed = self.lost.documents(owner, self.now)
        names = ("failed", "recovered", "longestRecovery", "missingFor")
        return [tuple(place[name] for name in names) for place in places], unfollowed


def test_all_are_sent_again():
    """Entries that come in a later batch, with others or alone, are recovered."""
    scene = Scene()
    batch = scene.send("abcd", failed="bd")
    assert EntryFigures(2, 0, 0) == scene.figures(batch)
    scene.send("xb")
    scene.send("d")

    assert EntryFigures(2, 2, 0) == scene.figures(batch, after=99)
    assert ([(2, 2, 2.0, None)], 0) == scene.told()


def test_some_are_not():
    """What nobody sends again is open for half a minute, and then lost."""
    scene = Scene()
    batch = scene.send("abc", failed="bc")
    scene.send("b")

    assert (1, 0) == (scene.figures(batch, after=29).open, scene.figures(batch, after=29).lost)
    assert (0, 1) == (scene.figures(batch, after=30).open, scene.figures(batch, after=30).lost)
    assert ([(2, 1, 1.0, 1.0)], 0) == scene.told()


def test_late():
    """What counted as lost is recovered all the same when it comes."""
    scene = Scene()
    batch = scene.send("ab", failed="b")
    assert 1 == scene.figures(batch, after=60).lost
    scene.send("b", wait=60)

    assert EntryFigures(1, 1, 0) == scene.figures(batch)
    assert ([(1, 1, 60.0, None)], 0) == scene.told()


def test_fails_again():
    """An entry that fails again is the same entry, and counts in each batch in which it failed."""
    scene = Scene()
    first = scene.send("ab", failed="ab")
    second = scene.send("ab", failed="b")
    assert [EntryFigures(2, 1, 0), EntryFigures(1, 0, 0)] == [
        scene.figures(first),
        scene.figures(second),
    ]
    scene.send("b", wait=5)

    assert [EntryFigures(2, 2, 0), EntryFigures(1, 1, 0)] == [
        scene.figures(first),
        scene.figures(second),
    ]
    assert EntryFigures(3, 3, 0) == scene.figures(first, second)
    assert ([(2, 2, 5.0, None)], 0) == scene.told()


@pytest.mark.parametrize(("again", "recovered"), [("a", 1), ("aa", 2), ("aaa", 2), ("xy", 0)])
def test_equal_entries(again, recovered):
    """Equal entries are several: each is to be sent again."""
    scene = Scene()
    batch = scene.send("aaa", failed="aa")
    scene.send(again)

    assert (2, recovered) == scene.figures(batch)[:2]


@pytest.mark.parametrize(
    ("answer", "recovered"),
    [
        ({"outcome": "ok"}, 1),
        ({"outcome": "serverError", "status": 500}, 0),
        ({"outcome": "clientError", "status": 400}, 0),
        ({"outcome": "injected", "injected": Injected("r2", 1, code="X")}, 0),
        ({"outcome": "injected", "injected": Injected("r2", 1, code="X", done=True)}, 1),
    ],
)
def test_what_was_carried_out(answer, recovered):
    """An entry is recovered when it was carried out, whatever its client was told of that."""
    scene = Scene()
    batch = scene.send("ab", failed="b")
    scene.lost.record(CALL._replace(at=5.0, entries=("b",), **answer))

    assert recovered == scene.figures(batch).recovered


def test_done():
    """Entries that were carried out though their client was told otherwise are not lost."""
    scene = Scene()
    batch = scene.send("ab", failed="b", done=True)
    assert EntryFigures() == scene.figures(batch, after=99)

    failed = scene.send("ab", failed="b")
    scene.send("b", failed="b", done=True)
    assert EntryFigures(1, 1, 0) == scene.figures(failed)


def test_a_batch_that_is_refused():
    """Where all entries fail and the call is refused for it, an SDK that retries recovers them."""
    scene = Scene()
    batch = scene.send("ab", failed="ab", outcome="injected", status=400)
    scene.send("ab")

    assert EntryFigures(2, 2, 0) == scene.figures(batch)


def test_owners():
    """Each owner has its own count, by place; an entry counts for each whose rules failed it."""
    scene = Scene()
    scene.send("a", failed="a")
    scene.send("a", failed="a", owner="other")
    scene.send("z", failed="z", owner="other", region="eu-west-1")
    scene.send("a")

    assert ([(1, 1, 2.0, None)], 0) == scene.told()
    assert ([(1, 1, 2.0, None), (1, 0, None, 1.0)], 0) == scene.told("other")
    scene.lost.forget_owner("other")
    assert ([], 0) == scene.told("other")
    assert ([], 0) == scene.told("nobody")


def test_rules_of_nobody():
    """A rule without an owner, or with one that is forgotten, has a verdict all the same."""
    scene = Scene(remembers=lambda owner: owner != "gone")
    first, second = (
        scene.send("a", failed="a", owner=None),
        scene.send("b", failed="b", owner="gone"),
    )

    assert EntryFigures(2, 0, 0) == scene.figures(first, second)
    assert ([], 0) == scene.told("gone")


def test_bound_of_entries():
    """What fails beyond the bound is not followed, and its owner is told how many that were."""
    scene = Scene(size=3)
    scene.send("abcde", failed="abcd")
    assert ([(3, 0, None, 0.0)], 1) == scene.told()

    scene.send("a")
    scene.send("e", failed="e")
    assert ([(4, 1, 1.0, 2.0)], 1) == scene.told()


def test_entries_without_a_name():
    """Of a record that names fewer entries than failed, the others are not followed."""
    scene = Scene()
    partial = PartialFailure(9, 9, ("a", "b"))
    scene.lost.record(CALL._replace(injected=Injected("r1", 0, owner="mine", partial=partial)))

    assert ([(2, 0, None, 0.0)], 7) == scene.told()


def test_bound_of_batches():
    """The batch that failed the longest ago has no verdict any more; its entries are counted."""
    scene = Scene(batches=2)
    batches = [scene.send(name, failed=name) for name in "abc"]

    assert [0, 1, 1] == [scene.figures(batch).failed for batch in batches]
    assert 3 == scene.told()[0][0][0]


def test_what_failed_long_ago_makes_room():
    """Entries that can no longer be told apart are given up, and stay missing."""
    scene = Scene(size=2)
    scene.send("ab", failed="ab")
    scene.send("cd", failed="cd", wait=KEPT_SECONDS + 1)

    assert ([(4, 0, None, KEPT_SECONDS + 1)], 0) == scene.told()
    scene.send("abcd")
    assert ([(4, 2, 1.0, KEPT_SECONDS + 2)], 0) == scene.told()


def test_other_calls_cost_nothing():
    """Calls without entries take no lock."""
    scene = Scene()
    with scene.lost._lock:
        scene.lost.record(SAMPLE)
        scene.lost.record(SAMPLE._replace(injected=Injected("r1", 0, code="X"), outcome="injected"))


def test_what_is_kept_does_not_grow():
    """However many entries fail for however many owners, no more than the bounds is kept."""
    scene = Scene(size=50, batches=20)
    for number in range(2000):
        owner = f"owner-{number}"
        names = [f"{number}-{i}" for i in range(3)]
        scene.send(names, failed=names, owner=owner, region=f"region-{number}")
        scene.send(names[:1], failed=names[:1], owner=owner)
        scene.send(names[1:2])
        scene.lost.forget_owner(owner)
    lost = scene.lost

    assert sum(map(len, lost._missing.values())) == lost._missing_count <= 50
    assert max(len(entry.counts) for entries in lost._missing.values() for entry in entries) <= 4
    assert (20, 0, 0) == (len(lost._batches), len(lost._by_owner), len(lost._unfollowed))
