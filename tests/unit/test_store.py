"""The list of rules: what changes do to it, and what leaves it by itself."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from localstack_outages.errors import InvalidRules
from localstack_outages.matching import Call
from localstack_outages.parsing import MAX_RULES, parse_rules
from localstack_outages.store import MAX_DEPARTED, Store

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

    assert [S3, SQS, S3] == store.replace(rules(S3, SQS, S3))
    assert [S3, SQS, S3] == store.documents()
    assert not store.snapshot.is_empty


def test_replace_by_nothing(store):
    """An empty list ends all outages."""
    store.replace(rules(S3))

    assert [] == store.replace([])
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

    assert [S3, SQS, SNS] == store.add(rules(SQS, SNS))
    assert [S3, SQS, SNS] == store.documents()


def test_add_before_all_others(store):
    """Rules can be put before those that are there, in their order."""
    store.add(rules(S3))

    assert [SQS, SNS, S3] == store.add(rules(SQS, S3, SNS), first=True)
    assert [SQS, SNS, S3] == store.documents()


def test_add_what_is_there(store):
    """A rule that equals one in the list is not appended, nor one that equals another added."""
    store.replace(rules(S3, S3))

    assert [S3, S3, SQS] == store.add(rules({"region": "*", **S3}, SQS, SQS, {"after": 0, **SQS}))


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

    assert [ONCE] == store.add(rules(ONCE))
    assert 1 == store.entries()[0].lifecycle.hits_left


def test_remove(store):
    """All rules that equal one of those given are taken out; others go on as they were."""
    store.replace(rules(S3, SQS, {"region": "*", **S3}, TWICE))
    kept = store.entries()[1]

    assert [SQS, TWICE] == store.remove(rules({"probability": 1, **S3}, SNS))
    assert kept is store.entries()[0]
    assert [SQS, TWICE] == store.remove(rules(S3, SNS))


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
    store.on_new_rules = lambda: told.append("new rules")

    assert expected == change(store, True)

    assert before is store.snapshot
    assert revision == store.revision
    assert departed == store.departed()
    assert [] == told
    assert not any(e.lifecycle.released.is_set() for e in (spent, *store.entries()))
    assert expected == change(store, False) == store.documents()


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
    assert MAX_RULES == len(store.add(rules(S3, {"service": "a0"})))


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

    assert entry.lifecycle.released.is_set()


def test_not_released(store, clock):
    """Calls that wait on a rule wait on when others come and go, and when it is spent or over."""
    store.replace(rules(ONCE, SHORT, S3, SQS))
    entries = store.entries()
    fire(store)
    clock.advance(10)

    store.add(rules(SNS, S3))
    store.remove(rules(SQS))
    store.latency_ms = 5

    assert [False, False, False, True] == [e.lifecycle.released.is_set() for e in entries]


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

    assert expected is spent.lifecycle.released.is_set()


@pytest.mark.parametrize("change", [lambda s: s.replace([]), lambda s: s.remove(rules(SHORT))])
def test_ended_rules_are_released(store, clock, change):
    """A rule whose time was up while its calls still wait is released like a spent one."""
    store.replace(rules(SHORT))
    entry = fire(store)
    clock.advance(60)
    store.entries()

    change(store)

    assert entry.lifecycle.released.is_set()


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
    waited_on = store.snapshot.latency_over

    meanwhile(store)

    assert not waited_on.is_set()

    store.latency_ms = value

    assert waited_on.is_set()
    assert not store.snapshot.latency_over.is_set()


def test_close(store):
    """Closing drops everything and lets every waiting call go on."""
    store.replace(rules(S3))
    store.latency_ms = 250
    snapshot, (entry,) = store.snapshot, store.entries()

    store.close()

    assert store.snapshot.is_empty
    assert entry.lifecycle.released.is_set()
    assert snapshot.latency_over.is_set()


def test_news(store):
    """Whoever wants to know of new rules is told when they are in force, and only then."""
    told = []
    store.on_new_rules = lambda: told.append(store.documents())

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
