"""The list of rules: what changes do to it, and what leaves it by itself."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from localstack_outages.engine.call import Call
from localstack_outages.engine.departures import MAX_DEPARTED, Departures
from localstack_outages.engine.store import Store
from localstack_outages.schema.errors import InvalidRules, PreconditionFailed, UnknownRule
from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.vocabulary import MAX_RULES

CALL = Call("s3", "us-east-1", "GetObject", "000000000000", {})
KEY = CALL[:4]

S3, SQS, SNS = ({"service": name} for name in ("s3", "sqs", "sns"))
ONCE = {"service": "s3", "times": 1}
TWICE = {"service": "s3", "times": 2}
SHORT = {"service": "s3", "duration": 5}


@pytest.fixture
def store(clock):
    """Give an empty store."""
    return Store(clock)


def rules(*documents):
    """Make what a change of the list is given."""
    return parse_rules(list(documents))


def fire(store, count=1):
    """Let the first rule of the list fire."""
    entry = store.snapshot.entries[0]
    for _ in range(count):
        assert entry.lifecycle.fire(CALL, store.clock()) is not None
    return entry


def departures(store):
    """Give for each rule that left its document, why, and when."""
    return [(d.entry.document, d.why, d.at) for d in store.departed()]


def ids(store):
    """Give the ids of the rules in the list."""
    return [entry.id for entry in store.entries()]


def test_empty(store):
    """There are no rules at first, and nothing to decide."""
    assert ([], (), 0) == (store.documents(), store.departed(), store.latency_ms)
    assert store.snapshot.is_empty


def test_replace(store):
    """A list takes the place of the one there is, in its order, with its duplicates."""
    store.replace(rules(SQS, SQS))

    assert [S3, SQS, S3] == store.replace(rules(S3, SQS, S3)).documents
    assert [S3, SQS, S3] == store.documents()
    assert not store.snapshot.is_empty


def test_replace_by_nothing(store):
    """An empty list ends all outages."""
    store.replace(rules(S3))

    assert [] == store.replace([]).documents
    assert store.snapshot.is_empty


def test_replace_starts_anew(store, clock):
    """A rule that is posted again starts anew: its budget is full, its time begins now."""
    store.replace(rules(TWICE, SHORT))
    first = fire(store)
    clock.advance(4)

    store.replace(rules(TWICE, SHORT))
    again, short = store.entries()

    assert again is not first
    assert (0, 2) == (again.lifecycle.hits, again.lifecycle.hits_left)
    assert clock.now + 5 == short.lifecycle.ends_at


def test_add(store):
    """Rules are appended in their order."""
    store.add(rules(S3))

    assert [S3, SQS, SNS] == store.add(rules(SQS, SNS)).documents
    assert [S3, SQS, SNS] == store.documents()


def test_add_before_all_others(store):
    """Rules can be put before those that are there, in their order."""
    store.add(rules(S3))

    assert [SQS, SNS, S3] == store.add(rules(SQS, S3, SNS), first=True).documents
    assert [SQS, SNS, S3] == store.documents()


def test_add_what_is_there(store):
    """A rule that equals one in the list is not appended, nor one that equals another added."""
    store.replace(rules(S3, S3))

    assert [S3, S3, SQS] == store.add(
        rules({"region": "*", **S3}, SQS, SQS, {"after": 0, **SQS})
    ).documents


def test_add_goes_on(store, clock):
    """Rules that are there go on as they were when others are added: budget, time and id."""
    store.replace(rules(TWICE, SHORT))
    entry = fire(store)
    clock.advance(4)

    store.add(rules(TWICE, SQS))

    assert entry is store.entries()[0]
    assert (1, 1) == (entry.lifecycle.hits, entry.lifecycle.hits_left)
    assert clock.now + 1 == store.entries()[1].lifecycle.ends_at
    assert ["r1", "r2", "r3"] == ids(store)


def test_add_what_is_over(store):
    """A rule that is spent is not in the list any more, so that it can be added again."""
    store.replace(rules(ONCE))
    fire(store)

    assert [ONCE] == store.add(rules(ONCE)).documents
    assert 1 == store.entries()[0].lifecycle.hits_left


def test_remove(store):
    """All rules that equal one of those given are taken out; others go on as they were."""
    store.replace(rules(S3, SQS, {"region": "*", **S3}, TWICE))
    kept = store.entries()[1]

    assert [SQS, TWICE] == store.remove(rules({"probability": 1, **S3}, SNS)).documents
    assert kept is store.entries()[0]
    assert [SQS, TWICE] == store.remove(rules(S3, SNS)).documents


def test_ids(store):
    """No two rules of a store ever have the same id."""
    store.replace(rules(S3, S3))
    store.add(rules(SQS))
    seen = ids(store)
    store.replace(rules(S3))
    store.remove(rules(S3))
    store.add(rules(S3))
    seen += ids(store)

    assert len(set(seen)) == len(seen) == 4


def test_revision(store):
    """The revision grows with every change of the list, also when a rule leaves by itself."""
    revisions = [store.revision]
    for change in (
        lambda: store.replace(rules(ONCE)),
        lambda: store.add(rules(SQS)),
        lambda: store.remove(rules(SQS)),
        lambda: fire(store) and store.entries(),
    ):
        change()
        revisions.append(store.revision)

    assert sorted(set(revisions)) == revisions


def test_looking_changes_nothing(store):
    """Looking at the list is no change of it."""
    store.replace(rules(S3))
    before, revision = store.snapshot, store.revision

    store.entries()
    store.documents()
    store.departed()

    assert before is store.snapshot
    assert revision == store.revision


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda store, dry: store.replace(rules(SNS), dry_run=dry), [SNS]),
        (lambda store, dry: store.replace([], dry_run=dry), []),
        (lambda store, dry: store.add(rules(S3, SNS), dry_run=dry), [S3, SQS, SNS]),
        (lambda store, dry: store.add(rules(SNS), first=True, dry_run=dry), [SNS, S3, SQS]),
        (lambda store, dry: store.remove(rules(S3), dry_run=dry), [SQS]),
    ],
)
def test_dry_run(store, change, expected):
    """A dry run says what the list would be, just as the change does, and changes nothing."""
    told = []
    store.replace(rules(ONCE, S3, SQS))
    spent = fire(store)
    store.entries()
    before, revision, departed = store.snapshot, store.revision, store.departed()
    store.subscribe(told.append)

    assert expected == change(store, True).documents

    assert before is store.snapshot
    assert revision == store.revision
    assert departed == store.departed()
    assert [] == told
    assert not any(e.lifecycle.hold.is_released for e in (spent, *store.entries()))
    assert expected == change(store, False).documents == store.documents()


def test_too_many_rules(store):
    """A list that would grow too long is refused, and nothing has changed."""
    store.replace(rules(*({"service": f"a{i}"} for i in range(MAX_RULES - 1))))
    store.add(rules(S3, S3))
    before, revision = store.snapshot, store.revision

    for dry_run in (False, True):
        with pytest.raises(InvalidRules) as caught:
            store.add(rules(SQS, SNS, {"service": "a0"}), dry_run=dry_run)
        assert "the list would have 20002 rules; at most 20000 are taken" == caught.value.message

    assert before is store.snapshot
    assert revision == store.revision
    assert MAX_RULES == len(store.add(rules(S3, {"service": "a0"})).documents)


def test_spent_rules_leave(store):
    """A rule that is spent leaves the list."""
    store.replace(rules(ONCE, SQS))
    fire(store)

    assert [SQS] == store.documents()
    assert [(ONCE, "spent", store.clock())] == departures(store)


def test_finished_sequences_leave(store):
    """A sequence that has come to its end leaves the list."""
    document = {"sequence": ["pass", "internal"]}
    store.replace(rules(document))
    fire(store)

    assert [document] == store.documents()

    fire(store)

    assert [] == store.documents()
    assert [(document, "spent", store.clock())] == departures(store)


def test_ended_rules_leave(store, clock):
    """A rule whose time is up leaves the list without any call, at the moment that it was up."""
    store.replace(rules(SHORT, SQS))
    start = clock.now
    clock.advance(4.5)

    assert [SHORT, SQS] == store.documents()

    clock.advance(0.5)

    assert [SQS] == store.documents()
    clock.advance(100)
    assert [(SHORT, "ended", start + 5)] == departures(store)


def test_departures_are_seen_without_a_look_at_the_list(store, clock):
    """Whoever asks first what left the list gets all that did."""
    store.replace(rules(SHORT))
    clock.advance(100)

    assert [(SHORT, "ended", clock.now - 95)] == departures(store)


def test_deleted_rules(store, clock):
    """Rules that were taken out or replaced were deleted, the last one comes first."""
    store.replace(rules(S3, SQS, SNS))
    start = clock.now
    clock.advance(1)
    store.remove(rules(SQS))
    clock.advance(1)
    store.replace(rules(SNS))
    clock.advance(1)

    assert [
        (SNS, "deleted", start + 2),
        (S3, "deleted", start + 2),
        (SQS, "deleted", start + 1),
    ] == departures(store)


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.replace([]),
        lambda store: store.replace(rules(SQS)),
        lambda store: store.remove(rules(ONCE, SHORT)),
        lambda store: store.add(rules(SQS)),
        lambda store: store.close(),
    ],
    ids=["clear", "replace", "remove", "add", "close"],
)
def test_over_before_it_is_deleted(store, clock, change):
    """A rule that was over before a change was not deleted by it, whether or not anyone looked."""
    store.replace(rules(ONCE, SHORT))
    fire(store)
    start = clock.now
    clock.advance(10)

    change(store)

    left = sorted(departures(store), key=lambda departure: departure[1])
    assert [(SHORT, "ended", start + 5), (ONCE, "spent", clock.now)] == left


def test_departures_are_in_order_of_time(store, clock):
    """Of the rules that left since anyone looked, the one that left last comes first."""
    late, early = {"duration": 5}, {"duration": 3}
    store.replace(rules(late, early))
    clock.advance(10)

    assert [late, early] == [d.entry.document for d in store.departed()]


def test_departures_are_bounded(store):
    """The last hundred rules that left are remembered."""
    store.replace(rules(*({"service": f"s{i}"} for i in range(MAX_DEPARTED + 50))))
    store.replace([])

    left = [d.entry.document["service"] for d in store.departed()]

    assert 100 == MAX_DEPARTED == len(left)
    assert "s149" == left[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.replace([]),
        lambda store: store.replace(rules(S3)),
        lambda store: store.remove(rules(S3)),
        lambda store: store.close(),
    ],
    ids=["clear", "replace", "remove", "close"],
)
def test_released(store, change):
    """Calls that wait on a rule go on when it is deleted, replaced, even by an equal one, or closed."""
    store.replace(rules(S3))
    (entry,) = store.entries()

    change(store)

    assert entry.lifecycle.hold.is_released


def test_not_released(store, clock):
    """Calls that wait on a rule wait on when others come and go, and when it is spent or over."""
    store.replace(rules(ONCE, SHORT, S3, SQS))
    entries = store.entries()
    fire(store)
    clock.advance(10)

    store.add(rules(SNS, S3))
    store.remove(rules(SQS))
    store.latency_ms = 5

    assert [False, False, False, True] == [e.lifecycle.hold.is_released for e in entries]


@pytest.mark.parametrize("looked", [True, False])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda store: store.replace([]), True),
        (lambda store: store.replace(rules(SQS)), True),
        (lambda store: store.remove(rules({"region": "*", **ONCE})), True),
        (lambda store: store.close(), True),
        (lambda store: store.remove(rules(S3)), False),
        (lambda store: store.add(rules(ONCE)), False),
    ],
)
def test_spent_rules_are_released(store, looked, change, expected):
    """A spent rule whose calls still wait is released by a replacement or the removal of its equal."""
    store.replace(rules(ONCE, S3, SQS))
    spent = fire(store)
    if looked:
        store.entries()

    change(store)

    assert expected is spent.lifecycle.hold.is_released


@pytest.mark.parametrize("change", [lambda s: s.replace([]), lambda s: s.remove(rules(SHORT))])
def test_ended_rules_are_released(store, clock, change):
    """A rule whose time was up while its calls still wait is released like a spent one."""
    store.replace(rules(SHORT))
    entry = fire(store)
    clock.advance(60)
    store.entries()

    change(store)

    assert entry.lifecycle.hold.is_released


def test_latency(store):
    """The delay of every call is no rule, and makes the store not empty."""
    store.latency_ms = 250

    assert (250, 250, []) == (store.latency_ms, store.snapshot.latency_ms, store.documents())
    assert not store.snapshot.is_empty

    store.latency_ms = 0

    assert store.snapshot.is_empty


def test_latency_stays(store, clock):
    """The delay of every call stays whatever happens to the rules."""
    store.latency_ms = 250
    store.replace(rules(SHORT))
    store.add(rules(SQS))
    store.remove(rules(SQS))
    clock.advance(10)

    assert [] == store.documents()
    assert 250 == store.snapshot.latency_ms


def test_latency_leaves_rules(store):
    """Rules go on as they were when the delay of every call is changed."""
    store.replace(rules(TWICE))
    entry = fire(store)

    store.latency_ms = 250

    assert (entry,) == store.entries()
    assert 1 == entry.lifecycle.hits_left


@pytest.mark.parametrize("value", [0, 10])
@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda store: None,
        lambda store: store.add(rules(SQS)),
        lambda store: store.replace(rules(SQS)),
        lambda store: store.remove(rules(S3)),
        lambda store: store.clock.advance(10) or store.entries(),
    ],
    ids=["nothing", "add", "replace", "remove", "end"],
)
def test_latency_is_released(store, meanwhile, value):
    """Calls that wait for the delay of every call go on when it changes, and not before."""
    store.replace(rules(S3, SHORT))
    store.latency_ms = 250
    waited_on = store.snapshot.latency_hold

    meanwhile(store)

    assert not waited_on.is_released

    store.latency_ms = value

    assert waited_on.is_released
    assert not store.snapshot.latency_hold.is_released


def test_close(store):
    """Closing drops everything and lets every waiting call go on."""
    store.replace(rules(S3))
    store.latency_ms = 250
    snapshot, (entry,) = store.snapshot, store.entries()

    store.close()

    assert store.snapshot.is_empty
    assert entry.lifecycle.hold.is_released
    assert snapshot.latency_hold.is_released


def test_news(store):
    """Whoever wants to know of new rules is told when they are in force, and only then."""
    told = []
    store.subscribe(lambda change: change.added and told.append(store.documents()))

    store.replace(rules(S3))
    store.add(rules(S3))
    store.add(rules(SQS))
    store.remove(rules(S3))
    store.replace([])
    store.latency_ms = 5

    assert [[S3], [S3, SQS]] == told


def test_candidates(store):
    """The rules that match are found in order, with their places, each time anew after a change."""
    store.replace(rules(S3, SQS, {"region": "us-*"}))
    one, _, three = store.entries()
    before = store.snapshot

    assert [(0, one), (2, three)] == before.candidates(KEY)

    store.remove(rules(S3))

    assert [(1, three)] == store.snapshot.candidates(KEY)
    assert [(0, one), (2, three)] == before.candidates(KEY)


def test_changes_from_threads(store):
    """Threads that add and remove rules of their own lose nothing of each other's."""
    threads, each = 16, 20
    barrier = threading.Barrier(threads)

    def change(thread):
        mine = [{"service": f"s{thread}", "operation": f"o{i}"} for i in range(each)]
        barrier.wait(10)
        for document in mine:
            store.add(rules(document))
        for document in mine[::2]:
            store.remove(rules(document))
        return mine[1::2]

    with ThreadPoolExecutor(threads) as pool:
        expected = list(itertools.chain(*pool.map(change, range(threads))))

    actual = store.documents()
    for thread in range(threads):
        mine = [d for d in expected if d["service"] == f"s{thread}"]
        assert mine == [d for d in actual if d["service"] == f"s{thread}"]
    assert len(expected) == len(actual) == threads * each / 2
    assert store.revision >= threads * (each + each / 2)


def test_no_half_lists(store):
    """A request sees the old list or the new one, never a mixture, however often it changes."""
    lists = [rules(*[{"description": str(n)}] * 5) for n in range(2)]
    store.replace(lists[0])
    done = threading.Event()
    mixed = []

    def look():
        while not done.is_set():
            seen = {e.rule.description for _, e in store.snapshot.candidates(KEY)}
            if len(seen) != 1:
                mixed.append(seen)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(look)
        for i in range(300):
            store.replace(lists[i % 2])
        done.set()

    assert [] == mixed


# Owners


MINE, YOURS = "tests/test_mine.py::test_it", "yours"


def owners(store):
    """Give the owner of each rule in the list."""
    return [entry.owner for entry in store.entries()]


def test_replace_what_an_owner_has(store):
    """An owner replaces its own rules alone, and puts them last or first; others go on."""
    store.replace(rules(S3))
    store.add(rules(S3, SQS), owner=MINE)
    store.add(rules(S3), owner=YOURS)
    others = [entry for entry in store.entries() if entry.owner != MINE]

    assert [SNS] == store.replace(rules(SNS), owner=MINE).documents
    assert [None, YOURS, MINE] == owners(store)
    assert [SQS, SNS] == store.replace(rules(SQS, SNS), owner=MINE, first=True).documents
    assert [MINE, MINE, None, YOURS] == owners(store)
    assert others == list(store.entries()[2:])
    assert [] == store.replace([], owner=MINE).documents
    assert [None, YOURS] == owners(store)


def test_replace_whoever_owns(store):
    """Without an owner the whole list is replaced, by rules that nobody owns."""
    store.add(rules(S3), owner=MINE)

    assert [SQS] == store.replace(rules(SQS)).documents
    assert [None] == owners(store)


def test_add_for_an_owner(store):
    """A rule is added unless its owner has an equal one; what others have does not matter."""
    store.replace(rules(S3))

    assert [S3] == store.add(rules(S3, S3), owner=MINE).documents
    assert [S3] == store.add(rules(S3), owner=MINE).documents
    assert [SQS, S3] == store.add(rules(SQS), owner=MINE, first=True).documents
    assert [MINE, None, MINE] == owners(store)
    assert 3 == len(store.add(rules(S3)).documents)
    store.remove(None, owner=MINE)
    store.add(rules(SNS), owner=MINE)
    assert 3 == len(store.add(rules(SNS)).documents)


def test_remove_what_an_owner_has(store):
    """An owner removes its own rules alone, all or those that are equal; without one, all equal."""
    store.add(rules(S3, SQS), owner=MINE)
    store.add(rules(S3, SQS), owner=YOURS)
    store.add(rules(S3))

    assert [SQS] == store.remove(rules(S3), owner=MINE).documents
    assert [] == store.remove(None, owner=MINE).documents
    assert [YOURS, YOURS, None] == owners(store)
    assert [SQS] == store.remove(rules(S3)).documents


def test_waiting_calls_of_an_owner(store):
    """What an owner changes releases the calls that wait on its rules, spent or not, and no others."""
    store.add(rules(ONCE, SQS), owner=MINE)
    store.add(rules(ONCE, SQS), owner=YOURS)
    entries = store.entries()
    for entry in entries[::2]:
        entry.lifecycle.fire(CALL, store.clock())

    store.replace([], owner=MINE)

    assert [True, True, False, False] == [e.lifecycle.hold.is_released for e in entries]


def test_too_many_rules_with_an_owner(store):
    """An owner's rules that would make the list too long are refused, and nothing has changed."""
    store.replace(rules(*({"service": f"a{i}"} for i in range(MAX_RULES - 1))))
    store.add(rules(ONCE), owner=MINE)
    (spent,) = [entry for entry in store.entries() if entry.owner == MINE]

    with pytest.raises(InvalidRules, match="20001 rules"):
        store.replace(rules(S3, SQS), owner=MINE)

    assert (spent,) == store.owned(MINE).entries
    assert not spent.lifecycle.hold.is_released


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda store, dry: store.replace(rules(SNS), owner=MINE, dry_run=dry), [SNS]),
        (lambda store, dry: store.add(rules(S3, SNS), owner=MINE, dry_run=dry), [S3, SNS]),
        (lambda store, dry: store.add(rules(SNS), owner=MINE, first=True, dry_run=dry), [SNS, S3]),
        (lambda store, dry: store.remove(rules(S3), owner=MINE, dry_run=dry), []),
        (lambda store, dry: store.remove(None, owner=MINE, dry_run=dry), []),
    ],
)
def test_dry_run_for_an_owner(store, change, expected):
    """A dry run says what the owner would have, and changes nothing."""
    store.replace(rules(SQS))
    store.add(rules(S3), owner=MINE)
    before = store.snapshot

    assert expected == change(store, True).documents
    assert before is store.snapshot
    assert expected == change(store, False).documents == store.listing(MINE).documents


# One rule


def test_find(store):
    """A rule is found by its id."""
    store.replace(rules(S3, SQS))

    assert store.entries()[1] is store.find("r2")


def test_edit(store, clock):
    """An edited rule keeps id, owner and place, and starts anew; others go on as they were."""
    store.add(rules(TWICE, SQS), owner=MINE)
    before, other = store.entries()
    fire(store)
    clock.advance(10)

    after = store.edit("r1", rules(SHORT)[0])

    assert (after, other) == store.entries()
    assert ("r1", MINE, SHORT, 0) == (after.id, after.owner, after.document, after.lifecycle.hits)
    assert clock.now + 5 == after.lifecycle.ends_at
    assert before.lifecycle.hold.is_released
    assert not other.lifecycle.hold.is_released
    assert () == store.departed()


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (0, ["r2", "r1", "r3"]),
        (1, ["r1", "r2", "r3"]),
        (2, ["r1", "r3", "r2"]),
        (99, ["r1", "r3", "r2"]),
    ],
)
def test_move(store, position, expected):
    """A rule is moved to a place, at most to the end; it and all others go on as they were."""
    store.replace(rules(S3, TWICE, SQS))
    entries = store.entries()
    revision = store.revision

    moved = store.move("r2", position)

    assert moved is entries[1]
    assert expected == ids(store)
    assert set(entries) == set(store.entries())
    assert (position != 1) == (store.revision != revision)
    assert not any(entry.lifecycle.hold.is_released for entry in entries)


def test_end(store):
    """One of several equal rules is taken out."""
    store.replace(rules(S3, S3))
    first, second = store.entries()

    departed = store.end("r1")

    assert (first, "deleted", store.clock()) == (departed.entry, departed.why, departed.at)
    assert (second,) == store.entries()
    assert (departed,) == store.departed()
    assert [True, False] == [e.lifecycle.hold.is_released for e in (first, second)]


@pytest.mark.parametrize(
    "change",
    [
        lambda store, rule_id: store.find(rule_id),
        lambda store, rule_id: store.edit(rule_id, rules(S3)[0]),
        lambda store, rule_id: store.move(rule_id, 0),
        lambda store, rule_id: store.end(rule_id),
    ],
)
def test_unknown_rules(store, clock, change):
    """What became of a rule that is not in the list is said, where it is known."""
    store.replace(rules(ONCE, SHORT, SQS))
    fire(store)
    store.remove(rules(SQS))
    clock.advance(7.5)
    revision = store.revision

    for rule_id, expected in (
        ("r1", "rule 'r1' fired as often as it may, and left 7.5 s ago"),
        ("r2", "rule 'r2' ended 2.5 s ago"),
        ("r3", "rule 'r3' was deleted 7.5 s ago"),
        ("r4", "no rule has the id 'r4'; /outages/status lists those that there are"),
    ):
        with pytest.raises(UnknownRule) as caught:
            change(store, rule_id)
        assert expected == caught.value.message

    assert revision + 1 >= store.revision


# Revisions


CHANGES = [
    lambda store, revision: store.replace(rules(SNS), if_revision=revision),
    lambda store, revision: store.add(rules(SNS), if_revision=revision),
    lambda store, revision: store.remove(rules(S3), if_revision=revision),
    lambda store, revision: store.edit("r1", rules(SNS)[0], if_revision=revision),
    lambda store, revision: store.move("r1", 9, if_revision=revision),
    lambda store, revision: store.end("r1", if_revision=revision),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_for_a_revision(store, change):
    """A change that is made for another list is refused, and nothing has changed."""
    store.replace(rules(S3, SQS))
    before, revision = store.snapshot, store.revision

    with pytest.raises(PreconditionFailed, match=f"at revision {revision}, not {revision - 1}"):
        change(store, revision - 1)

    assert before is store.snapshot
    assert not any(entry.lifecycle.hold.is_released for entry in before.entries)

    change(store, revision)

    assert revision + 1 == store.revision


def test_a_rule_that_left_makes_another_list(store, clock):
    """A change is refused also where a rule has left by itself, whether or not anyone looked."""
    store.replace(rules(SHORT))
    revision = store.listing().revision
    clock.advance(5)

    with pytest.raises(PreconditionFailed):
        store.add(rules(S3), if_revision=revision)


def test_what_changes_nothing_makes_no_other_list(store):
    """The list stays the one it is where nothing is added, removed or moved."""
    store.replace(rules(S3, SQS))
    before = store.snapshot

    store.add(rules(S3))
    store.remove(rules(SNS))
    store.move("r1", 0)
    store.replace([], owner=MINE)

    assert before is store.snapshot


# Listeners


def test_changes_are_told(store, clock):
    """A listener is told what was added, edited, and what left, until its subscription ends."""
    told = []
    unsubscribe = store.subscribe(told.append)

    store.replace(rules(SHORT, S3))
    store.edit("r2", rules(SQS)[0])
    clock.advance(5)
    store.entries()
    store.end("r2")
    unsubscribe()
    store.replace(rules(S3))

    assert [
        (["r1", "r2"], []),
        (["r2"], []),
        ([], [("r1", "ended")]),
        ([], [("r2", "deleted")]),
    ] == [([e.id for e in c.added], [(d.entry.id, d.why) for d in c.departed]) for c in told]


def test_listeners_are_told_outside_the_lock(store):
    """A listener may look at the list, and change it."""
    store.subscribe(lambda change: store.documents() == [S3] and store.add(rules(SQS)))

    store.replace(rules(S3))

    assert [S3, SQS] == store.documents()


def test_a_listener_that_fails_harms_nobody(store, caplog):
    """The change is in force, and the other listeners are told of it."""
    told = []
    store.subscribe(lambda change: 1 / 0)
    store.subscribe(told.append)

    assert [S3] == store.replace(rules(S3)).documents
    assert 1 == len(told)
    assert "A listener failed on a change of the rules: division by zero" in caplog.text


def test_a_refused_change_tells_what_left(store, clock):
    """Rules that left by themselves are told of also where the change that noticed is refused."""
    told = []
    store.replace(rules(SHORT))
    store.subscribe(told.append)
    clock.advance(5)

    with pytest.raises(UnknownRule):
        store.end("r1")

    assert ["r1"] == [d.entry.id for change in told for d in change.departed]


# What an owner had


def owned(store, owner=MINE):
    """Give the ids of an owner's rules: in the list, departed, and how many are forgotten."""
    found = store.owned(owner)
    return found and (
        [entry.id for entry in found.entries],
        [one.entry.id for one in found.departed],
        found.forgotten,
    )


def test_what_an_owner_had(store, clock):
    """An owner's rules are kept for ten minutes after its last one left; others' are not among them."""
    store.add(rules(ONCE, SHORT, SQS), owner=MINE)
    store.add(rules(S3), owner=YOURS)
    fire(store)

    assert (["r2", "r3"], ["r1"], 0) == owned(store)

    clock.advance(1000)
    assert (["r3"], ["r2", "r1"], 0) == owned(store)

    store.remove(None, owner=MINE)
    clock.advance(599)
    assert ([], ["r3", "r2", "r1"], 0) == owned(store)
    with pytest.raises(UnknownRule, match="rule 'r1' fired"):
        store.find("r1")

    clock.advance(1)
    assert owned(store) is None
    assert (["r4"], [], 0) == owned(store, YOURS)
    assert store.owned("nobody") is None


def test_an_owner_that_comes_back(store, clock):
    """An owner that has rules again keeps what it had before."""
    store.add(rules(S3), owner=MINE)
    store.remove(None, owner=MINE)
    clock.advance(599)
    store.add(rules(S3), owner=MINE)
    clock.advance(1000)

    assert (["r2"], ["r1"], 0) == owned(store)


def test_an_owner_has_more_than_the_status_shows(store):
    """All rules of an owner are kept, though the status shows the last hundred that left."""
    store.add(rules(*({"description": str(n)} for n in range(150))), owner=MINE)
    store.replace([])

    assert 150 == len(store.owned(MINE).departed)
    assert 100 == len(store.departed())
    with pytest.raises(UnknownRule, match="was deleted"):
        store.find("r1")


def test_what_owners_had_is_bounded(store):
    """Where there is no more room, the rules that left first are forgotten, and that is said."""
    store._departures = Departures(rules=3, owners=2)
    store.add(rules(S3, SQS), owner=MINE)
    store.add(rules(S3, SQS, SNS), owner=YOURS)
    store.remove(None, owner=MINE)
    store.remove(rules(S3, SQS), owner=YOURS)

    assert ([], ["r2"], 1) == owned(store)
    assert (["r5"], ["r4", "r3"], 0) == owned(store, YOURS)

    for owner in ("third", "fourth"):
        store.add(rules(S3), owner=owner)
        store.remove(None, owner=owner)

    assert owned(store) is None
    assert ([], ["r6"], 0) == owned(store, "third")


def test_an_edited_rule_is_still_its_owners(store):
    """A rule that was edited leaves once, as it is then."""
    store.add(rules(S3), owner=MINE)
    store.edit("r1", rules(SQS)[0])
    store.end("r1")

    assert [SQS] == [one.entry.document for one in store.owned(MINE).departed]
