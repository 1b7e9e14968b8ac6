"""The journal: numbering, bounds, reading and waiting."""

import threading
import time

import pytest
from hypothesis import given, strategies as st

from localstack_outages.journal import Journal
from localstack_outages.observation import Fault
from localstack_outages.sdk import Client
from localstack_outages.selection import Selection

from .samples import SAMPLE

CALL = SAMPLE._replace(
    time=SAMPLE.time + 0.123,
    at=12.5,
    duration_ms=1.5,
    status=503,
    outcome="injected",
    error_code="SlowDown",
    fault=Fault("r7", 2, code="SlowDown", status=503, delay_ms=0.5),
    access_key="AKIA1",
    request_id="q-1",
    client=Client("boto3", "1.42.5", "standard"),
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
            "requestId": "q-1",
            "outcome": "injected",
            "statusCode": 503,
            "errorCode": "SlowDown",
            "ruleId": "r7",
            "rulePosition": 2,
            "injected": {
                "error": {"code": "SlowDown", "statusCode": 503},
                "delayMs": 0.5,
                "connection": None,
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
        CALL._replace(status=None, error_code=None, fault=Fault("r1", 0, connection="reset"))
    )

    (event,) = journal.after().events
    assert event["statusCode"] is None
    assert event["injected"] == {"error": None, "delayMs": 0, "connection": "reset"}


def test_untouched_calls_are_left_out():
    """A call that no rule touched is not in the journal and takes no number."""
    journal = Journal()

    journal.record(CALL._replace(fault=None))
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
        journal.record(place._replace(fault=Fault(rule, 0, delay_ms=1)))

    page = journal.after(0, selection)

    assert numbers(page) == expected
    assert page.next == 3


def test_a_journal_of_all_calls():
    """A journal that is to keep all calls numbers those too that no rule touched."""
    journal = Journal(touched_only=False)

    journal.record(CALL._replace(fault=None, outcome="ok"))
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

    def write(thread):
        start.wait()
        for number in range(each):
            journal.record(CALL._replace(access_key=str(thread), request_id=str(number)))

    writers = [threading.Thread(target=write, args=(thread,)) for thread in range(threads)]
    for writer in writers:
        writer.start()
    events, seen = [], 0
    while len(events) < threads * each:
        page = journal.wait(seen, timeout=10)
        assert page.missed == 0
        assert page.events
        events += page.events
        seen = page.next
    for writer in writers:
        writer.join()

    assert [event["sequence"] for event in events] == list(range(1, threads * each + 1))
    for thread in range(threads):
        own = [int(event["requestId"]) for event in events if event["accessKey"] == str(thread)]
        assert own == list(range(each))


@pytest.mark.timeout(10)
def test_waiting_ends_with_an_event():
    """A reader that waits gets the first event that fits; others do not wake it for good."""
    journal = Journal()
    found = []
    reader = threading.Thread(target=lambda: found.append(journal.wait(0, 8, Selection("sqs"))))
    reader.start()

    journal.record(CALL)
    journal.record(CALL._replace(service="sqs"))
    reader.join()

    assert [numbers(page) for page in found] == [[2]]


@pytest.mark.timeout(10)
def test_waiting_ends_with_time():
    """A reader that waits in vain gets an empty page, from which it can read on."""
    journal = journal_of(3)
    began = time.monotonic()

    page = journal.wait(3, timeout=0.05)

    assert (page.events, page.next, page.missed) == ([], 3, 0)
    assert time.monotonic() - began >= 0.05


def test_no_wait():
    """A reader that asks to wait for no time gets what there is at once."""
    assert numbers(journal_of(2).wait(0, timeout=0)) == [1, 2]
    assert numbers(journal_of(0).wait(0, timeout=0)) == []


@pytest.mark.timeout(10)
def test_closing_frees_the_readers():
    """When the journal is closed, those that wait go on, and nobody waits any more."""
    journal = Journal()
    pages = []
    readers = [threading.Thread(target=lambda: pages.append(journal.wait(0, 60))) for _ in range(5)]
    for reader in readers:
        reader.start()

    journal.close()
    for reader in readers:
        reader.join()

    assert [page.events for page in pages] == [[]] * 5
    assert journal.wait(0, 60).events == []
    assert journal.is_closed


def test_a_waiting_reader_is_told_what_it_missed():
    """What a reader missed is said also when it had to wait for an event that fits."""
    journal = journal_of(7, size=5)

    page = journal.wait(0, 0, Selection("sqs"))

    assert (page.events, page.next, page.missed) == ([], 7, 2)


@pytest.mark.timeout(10)
def test_what_was_missed_before_a_wait_is_not_forgotten():
    """What a reader missed is said with the event that it waited for."""
    journal = journal_of(7, size=5)
    pages = []
    reader = threading.Thread(target=lambda: pages.append(journal.wait(0, 8, Selection("sqs"))))
    reader.start()
    while not journal._waiting:
        reader.join(0.001)

    journal.record(CALL._replace(service="sqs"))
    reader.join()

    assert [(numbers(page), page.missed) for page in pages] == [([8], 2)]


def test_a_journal_of_nothing_is_refused():
    """A journal that can keep nothing is a mistake in the settings."""
    with pytest.raises(ValueError, match="0 events"):
        Journal(0)
