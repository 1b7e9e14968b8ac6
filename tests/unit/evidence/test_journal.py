"""The journal: numbering, bounds and reading."""

import threading

import pytest
from hypothesis import given, strategies as st

from localstack_outages.aws.sdk_headers import Sdk
from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.journal import Journal
from localstack_outages.evidence.selection import Selection

from .samples import SAMPLE

CALL = SAMPLE._replace(
    time=SAMPLE.time + 0.123,
    at=12.5,
    duration_ms=1.5,
    status=503,
    outcome="injected",
    error_code="SlowDown",
    injected=Injected("r7", 2, code="SlowDown", status=503, delay_ms=0.5, owner="me"),
    access_key="AKIA1",
    request_id="q-1",
    client=Sdk("boto3", "1.42.5", "standard"),
    invocation_id="i-1",
    attempt=2,
    max_attempts=3,
)


def journal_of(count, size=100):
    """Give a journal after a number of calls, each with its number as the request id."""
    journal = Journal(size)
    for number in range(1, count + 1):
        journal.record(CALL._replace(request_id=str(number)))
    return journal


def numbers(page):
    """Give the numbers of a page's events."""
    return [event["sequence"] for event in page.events]


def test_event():
    """An event has all that is known of the call, with the offset from the journal's start."""
    journal = Journal(clock=lambda: 10.0)

    journal.record(CALL)

    assert journal.after().events == [
        {
            "sequence": 1,
            "time": "2026-11-23T09:44:00.123Z",
            "offsetMs": 2500.0,
            "durationMs": 1.5,
            "service": "s3",
            "operation": "GetObject",
            "region": "us-east-1",
            "account": "000000000000",
            "origin": "external",
            "accessKey": "AKIA1",
            "principal": None,
            "requestId": "q-1",
            "outcome": "injected",
            "statusCode": 503,
            "errorCode": "SlowDown",
            "ruleId": "r7",
            "rulePosition": 2,
            "owner": "me",
            "injected": {
                "error": {"code": "SlowDown", "statusCode": 503},
                "delayMs": 0.5,
                "connection": None,
                "done": False,
            },
            "client": {
                "name": "boto3",
                "version": "1.42.5",
                "retryMode": "standard",
                "invocationId": "i-1",
                "attempt": 2,
                "maxAttempts": 3,
            },
        }
    ]


def test_event_of_a_broken_connection():
    """An event without an AWS error says so, and names what happened to the connection."""
    journal = Journal()

    journal.record(
        CALL._replace(status=None, error_code=None, injected=Injected("r1", 0, connection="reset"))
    )

    (event,) = journal.after().events
    assert event["statusCode"] is None
    assert event["injected"] == {"error": None, "delayMs": 0, "connection": "reset", "done": False}


def test_untouched_calls_are_left_out():
    """A call that no rule touched is not in the journal and takes no number."""
    journal = Journal()

    journal.record(CALL._replace(injected=None))
    journal.record(CALL)

    assert numbers(journal.after()) == [1]
    assert journal.last == 1


@pytest.mark.parametrize(
    ("count", "after", "limit", "expected", "following", "missed"),
    [
        (0, 0, 10, [], 0, 0),
        (3, 0, 10, [1, 2, 3], 3, 0),
        (3, 2, 10, [3], 3, 0),
        (3, 3, 10, [], 3, 0),
        (3, 0, 2, [1, 2], 2, 0),
        (3, 0, 0, [], 0, 0),
        (5, 0, 10, [1, 2, 3, 4, 5], 5, 0),
        (6, 0, 10, [2, 3, 4, 5, 6], 6, 1),
        (9, 2, 10, [5, 6, 7, 8, 9], 9, 2),
        (9, 2, 3, [5, 6, 7], 7, 2),
        (9, 4, 10, [5, 6, 7, 8, 9], 9, 0),
        (3, 99, 10, [1, 2, 3], 3, 0),
        (3, -5, 10, [1, 2, 3], 3, 0),
        (0, 99, 10, [], 0, 0),
    ],
)
def test_reading(count, after, limit, expected, following, missed):
    """A reader gets what came after the number it gives, and is told how many it missed."""
    page = journal_of(count, size=5).after(after, limit=limit)

    assert numbers(page) == expected
    assert page.next == following
    assert page.missed == missed


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), [1, 2, 3]),
        (Selection("s3"), [1, 3]),
        (Selection("s*", "eu-*"), [2, 3]),
        (Selection("S3"), []),
        (Selection(region="eu-west-1"), [2, 3]),
        (Selection("sqs", "us-east-1"), []),
        (Selection(account="1*"), [3]),
        (Selection(rule_ids=frozenset(("r2",))), [2]),
        (Selection("s3", rule_ids=frozenset(("r1", "r2"))), [1]),
        (Selection(owner="r2's"), [2]),
        (Selection(owner="r2's", rule_ids=frozenset(("r1",))), []),
        (Selection(owner="nobody"), []),
    ],
)
def test_filters(selection, expected):
    """Only what is asked for is given; what is left out is read all the same."""
    journal = Journal()
    for service, region, account, rule in (
        ("s3", "us-east-1", "000000000000", "r1"),
        ("sqs", "eu-west-1", "000000000000", "r2"),
        ("s3", "eu-west-1", "123456789012", "r3"),
    ):
        place = CALL._replace(service=service, region=region, account=account)
        journal.record(place._replace(injected=Injected(rule, 0, delay_ms=1, owner=f"{rule}'s")))

    page = journal.after(0, selection)

    assert numbers(page) == expected
    assert page.next == 3


@pytest.mark.parametrize(
    ("count", "limit", "selection", "expected"),
    [
        (0, 3, Selection(), []),
        (2, 3, Selection(), [1, 2]),
        (5, 3, Selection(), [3, 4, 5]),
        (7, 10, Selection(), [3, 4, 5, 6, 7]),
        (7, 3, Selection("sqs"), []),
    ],
)
def test_the_newest(count, limit, selection, expected):
    """The newest calls of those asked for are given in order, with the number to go on after."""
    page = journal_of(count, size=5).newest(limit, selection)

    assert (expected, count, 0) == (numbers(page), page.next, page.missed)


def test_a_journal_of_all_calls():
    """A journal that is to keep all calls numbers those too that no rule touched."""
    journal = Journal(touched_only=False)

    journal.record(CALL._replace(injected=None, outcome="ok"))
    journal.record(CALL)

    first, second = journal.after().events
    assert (1, None, "ok") == (first["sequence"], first["ruleId"], first["outcome"])
    assert (2, "r7") == (second["sequence"], second["ruleId"])


@given(
    size=st.integers(1, 20),
    batches=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), max_size=8),
)
def test_a_reader_sees_each_event_once(size, batches):
    """However a reader and writers take turns: what it reads and what it misses make up all."""
    journal = Journal(size)
    read, missed, seen = [], 0, 0
    for written, limit in batches:
        for _ in range(written):
            journal.record(CALL)
        page = journal.after(seen, limit=limit)
        read += numbers(page)
        missed += page.missed
        seen = page.next

    assert read == sorted(set(read))
    assert len(read) + missed == seen


@pytest.mark.timeout(30)
def test_many_writers():
    """With 32 threads that write and one that reads, no event is lost, doubled or out of order."""
    journal = Journal(10_000)
    threads, each = 32, 250
    start = threading.Barrier(threads)
    news = threading.Event()
    journal.subscribe(news.set)

    def write(thread):
        start.wait()
        for number in range(each):
            journal.record(CALL._replace(access_key=str(thread), request_id=str(number)))

    writers = [threading.Thread(target=write, args=(thread,)) for thread in range(threads)]
    for writer in writers:
        writer.start()
    events, seen = [], 0
    while len(events) < threads * each:
        assert news.wait(10)
        news.clear()
        page = journal.after(seen, limit=threads * each)
        assert page.missed == 0
        events += page.events
        seen = page.next
    for writer in writers:
        writer.join()

    assert [event["sequence"] for event in events] == list(range(1, threads * each + 1))
    for thread in range(threads):
        own = [int(event["requestId"]) for event in events if event["accessKey"] == str(thread)]
        assert own == list(range(each))


def test_news():
    """Whoever subscribes is told of each call that is kept, until the subscription ends."""
    journal, told = Journal(), []
    unsubscribe = journal.subscribe(lambda: told.append(journal.last))

    journal.record(CALL)
    journal.record(CALL._replace(injected=None))
    journal.record(CALL)
    unsubscribe()
    journal.record(CALL)

    assert told == [1, 2]


def test_a_journal_of_nothing_is_refused():
    """A journal that can keep nothing is a mistake in the settings."""
    with pytest.raises(ValueError, match="0 events"):
        Journal(0)
