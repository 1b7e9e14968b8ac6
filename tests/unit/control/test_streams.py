"""Long polls and streams: what ends them, how many there may be, and what a client may do to them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from localstack_outages.control import streams
from localstack_outages.control.http import Guard, Peer
from localstack_outages.control.streams import Events, Readers
from localstack_outages.control.verdict_routes import VerdictRoutes
from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.journal import Journal
from localstack_outages.evidence.marks import Marks
from localstack_outages.evidence.verdicts import Verdicts
from localstack_outages.schema.errors import ForeignPage, InvalidQuery, TooManyReaders
from tests.unit.evidence.samples import SAMPLE

from .asking import request

HIT = SAMPLE._replace(
    status=503,
    outcome="injected",
    injected=Injected("r1", 0, code="ServiceUnavailable", status=503),
    invocation_id="i-1",
    attempt=1,
    max_attempts=3,
)
STREAM = {"Accept": "text/event-stream"}


class Client(Peer):
    """A client that does as a test says."""

    def __init__(self):
        self.gone = self.behind = False

    def is_gone(self):
        return self.gone

    def is_behind(self):
        return self.behind


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    """Let nobody wait long for a look at the client."""
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.01)


@pytest.fixture
def readers():
    """Give room for two that wait; they are freed at the end."""
    readers = Readers(2)
    yield readers
    readers.close()


@pytest.fixture
def journal():
    """Give an empty journal of five calls."""
    return Journal(5)


@pytest.fixture
def events(journal, readers):
    """Give what answers requests for its events."""
    return Events(journal, readers, Guard())


@pytest.fixture
def pool():
    """Give threads for those that wait."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


def poll(pool, events, query, **options):
    """Let a thread ask, and give its answer to come."""
    return pool.submit(events.get, request(query=query, **options))


def until(condition):
    """Wait for something."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def waiting(readers, count):
    """Wait until so many wait."""
    until(lambda: len(readers._waiting) == count)


def numbers(page):
    """Give the numbers of a page's events."""
    return [event["sequence"] for event in page["events"]]


def test_a_poll_ends_with_an_event(pool, events, journal, readers):
    """A reader that waits gets the first event that fits; others do not wake it for good."""
    answer = poll(pool, events, "wait=30&service=sqs")
    waiting(readers, 1)

    journal.record(HIT)
    journal.record(HIT._replace(service="sqs"))

    assert [2] == numbers(answer.result(10))
    waiting(readers, 0)


def test_a_poll_ends_with_time(events, journal):
    """A reader that waits in vain gets an empty page, from which it can read on."""
    for _ in range(3):
        journal.record(HIT)
    began = time.monotonic()

    assert {"events": [], "next": 3, "missed": 0} == events.get(request(query="after=3&wait=0.05"))
    assert time.monotonic() - began >= 0.05


def test_a_poll_for_what_comes(pool, events, journal, readers):
    """A reader that asks for what comes from now on gets the next event, and none before."""
    journal.record(HIT)
    answer = poll(pool, events, "after=-1&wait=30")
    waiting(readers, 1)

    journal.record(HIT)

    assert [2] == numbers(answer.result(10))


def test_no_wait(events, journal):
    """A reader that asks to wait for no time gets what there is at once."""
    assert [] == numbers(events.get(request()))

    journal.record(HIT)

    assert [1] == numbers(events.get(request()))


def test_what_was_missed_before_a_wait_is_not_forgotten(pool, events, journal, readers):
    """What a reader missed is said with the event that it waited for."""
    for _ in range(7):
        journal.record(HIT)
    answer = poll(pool, events, "service=sqs&wait=30")
    waiting(readers, 1)

    journal.record(HIT._replace(service="sqs"))

    assert ([8], 2) == (numbers(answer.result(10)), answer.result()["missed"])


def test_closing_frees_those_that_poll(pool, events, readers):
    """When the control API is closed, those that wait go on, and nobody waits any more."""
    answers = [poll(pool, events, "wait=60") for _ in range(2)]
    waiting(readers, 2)

    readers.close()

    assert [[], []] == [numbers(answer.result(10)) for answer in answers]
    assert [] == numbers(events.get(request(query="wait=60")))


def test_polls_are_bounded(pool, events, readers):
    """One poll too many is answered at once; there is room again when another has ended."""
    clients = [Client(), Client()]
    answers = [poll(pool, events, "wait=60", peer=client) for client in clients]
    waiting(readers, 2)

    assert [] == numbers(events.get(request(query="wait=60")))

    clients[0].gone = True
    answers[0].result(10)
    waiting(readers, 1)


def test_a_poll_ends_when_its_client_is_gone(pool, events):
    """Nobody waits for a client that has hung up."""
    client = Client()
    answer = poll(pool, events, "wait=60", peer=client)

    client.gone = True

    assert [] == numbers(answer.result(10))


def test_a_stream(events, journal):
    """A stream begins with what there is, and each part after it with what came since."""
    journal.record(HIT)
    answer = events.get(request(**STREAM))
    first, page = next(answer.body), next(answer.body)
    journal.record(HIT)

    assert (200, "text/event-stream; charset=utf-8") == (
        answer.status,
        answer.headers["Content-Type"],
    )
    assert b": calls, as they end\n\n" == first
    assert page.startswith(b"id: 1\nevent: call\ndata: {")
    assert next(answer.body).startswith(b"id: 2\n")


def test_a_stream_goes_on_where_it_was(events, journal):
    """A browser that comes back gets what it has not seen, and is told what it missed."""
    for _ in range(7):
        journal.record(HIT)

    body = events.get(request(Last_Event_ID="6", **STREAM)).body
    assert next(body).startswith(b":")
    assert next(body).startswith(b"id: 7\n")
    body = events.get(request(Last_Event_ID="1", **STREAM)).body
    next(body)
    assert next(body).startswith(b'event: missed\ndata: {"missed": 1}\n\nid: 3\n')
    with pytest.raises(InvalidQuery, match="'x' is no event's number"):
        events.get(request(Last_Event_ID="x", **STREAM))


def test_a_silent_stream_says_that_it_is_alive(events, journal, monkeypatch):
    """A comment comes from time to time, with the number to go on after."""
    monkeypatch.setattr(streams, "KEEP_ALIVE_SECONDS", 0.02)
    journal.record(HIT)
    body = events.get(request(query="after=-1", **STREAM)).body
    next(body)

    assert [b": alive\nid: 1\n\n"] * 2 == [next(body), next(body)]


def test_streams_are_bounded(events, readers):
    """One stream too many is refused; there is room again when another was closed."""
    first, _ = (events.get(request(**STREAM)).body for _ in range(2))

    with pytest.raises(TooManyReaders):
        events.get(request(**STREAM))

    first.close()
    assert 200 == events.get(request(**STREAM)).status


@pytest.mark.parametrize("begun", [True, False])
def test_closing_a_stream_frees_its_thread(pool, events, journal, readers, begun):
    """A stream that is closed while a thread waits for its next part ends."""
    body = events.get(request(**STREAM)).body
    if begun:
        next(body)
    parts = pool.submit(list, body)

    body.close()

    assert [b": calls, as they end\n\n"] * (not begun) == parts.result(10)
    waiting(readers, 0)
    assert () == journal._listeners


def test_a_stream_ends_when_its_client_is_gone(pool, events, readers):
    """Nobody waits for a client that has hung up, or that does not read."""
    client = Client()
    parts = pool.submit(list, events.get(request(peer=client, **STREAM)).body)

    client.gone = True

    assert 1 == len(parts.result(10))
    waiting(readers, 0)


def test_a_stream_waits_for_a_client_that_is_behind(pool, events, journal, monkeypatch):
    """What a client does not read is not written: it misses it, or is left after a while."""
    client = Client()
    body = events.get(request(peer=client, **STREAM)).body
    next(body)
    journal.record(HIT)
    next(body)
    client.behind = True
    later = pool.submit(next, body)
    for _ in range(20):
        journal.record(HIT)

    with pytest.raises(TimeoutError):
        later.result(0.1)

    client.behind = False
    assert later.result(10).startswith(b'event: missed\ndata: {"missed": 15}')

    client.behind = True
    monkeypatch.setattr(streams, "BEHIND_SECONDS", 0.05)
    assert [] == list(body)


class Reading(Peer):
    """A client that is behind after each page, and has read it when it is looked at again."""

    def __init__(self):
        self.looks = 0

    def is_behind(self):
        self.looks += 1
        return self.looks % 2


def test_a_stream_goes_on_as_soon_as_its_client_has_read(events, journal, monkeypatch):
    """A client that reads a long journal does not wait between pages until the next look is due."""
    monkeypatch.setattr(streams, "LOOK_SECONDS", 60)
    monkeypatch.setattr(streams, "PAGE_EVENTS", 1)
    for _ in range(5):
        journal.record(HIT)
    client = Reading()
    body = events.get(request(peer=client, **STREAM)).body
    started = time.monotonic()
    pages = [next(body) for _ in range(6)]

    assert 5 == sum(page.count(b"event: call") for page in pages)
    assert 2 * 4 == client.looks
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    ("query", "headers"),
    [("", STREAM), ("wait=1", {}), ("wait=1", {"Sec_Fetch_Site": "same-site"})],
)
def test_a_foreign_page_may_not_wait(events, query, headers):
    """A web page of another site holds no thread."""
    with pytest.raises(ForeignPage, match="nor wait for events"):
        events.get(request(query=query, Origin="http://evil.example", **headers))


@pytest.fixture
def judgements(readers):
    """Give what answers requests for verdicts, and a verdict that is open."""
    verdicts = Verdicts(lambda: 1.0)
    verdicts.record(HIT)
    return VerdictRoutes(verdicts, Marks(), readers, Guard())


def test_waiting_for_verdicts(pool, judgements, readers):
    """Who waits gets the report when the last call of those asked for is decided."""
    judgements._verdicts.record(HIT._replace(service="sqs", invocation_id="i-2"))
    answer = poll(pool, judgements, "wait=30&service=s3")
    waiting(readers, 1)

    judgements._verdicts.record(SAMPLE._replace(at=0.1, invocation_id="i-1", attempt=2))

    assert 1 == answer.result(10)["summary"]["endings"]["recovered"]
    waiting(readers, 0)


def test_waiting_for_verdicts_in_vain(judgements):
    """Who waits in vain gets the report as it is."""
    began = time.monotonic()

    report = judgements.get(request(query="wait=0.05"))

    assert 1 == report["summary"]["endings"]["open"]
    assert time.monotonic() - began >= 0.05


@pytest.mark.parametrize("how", ["closed", "gone", "full"])
def test_waiting_for_verdicts_ends(pool, judgements, readers, how):
    """Nobody waits who may not, and nobody when the control API is closed or the client gone."""
    client = Client()
    if how == "full":
        readers.enter(Peer()), readers.enter(Peer())
    answer = poll(pool, judgements, "wait=60", peer=client)

    if how == "closed":
        readers.close()
    client.gone = how == "gone"

    assert 1 == answer.result(10)["summary"]["endings"]["open"]


def test_a_foreign_page_may_not_wait_for_verdicts(judgements):
    """A web page of another site holds no thread."""
    with pytest.raises(ForeignPage):
        judgements.get(request(query="wait=1", Sec_Fetch_Site="cross-site"))


def test_many_come_and_go(pool, events, journal):
    """Threads that read and end while calls are recorded disturb neither them nor each other."""
    done = threading.Event()

    def read():
        while not done.is_set():
            events.get(request(query="after=-1&wait=0.01"))

    reading = [pool.submit(read) for _ in range(3)]
    for _ in range(2000):
        journal.record(HIT)
    done.set()

    assert [None] * 3 == [one.result(10) for one in reading]
    assert () == journal._listeners


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=2", [4, 5]),
        ("limit=2&after=0", [1, 2]),
        ("after=3", [4, 5]),
        ("", [1, 2, 3, 4, 5]),
    ],
)
def test_a_limit_alone_means_the_newest(events, journal, query, expected):
    """A limit gives the newest events; with a number to go on after, the first ones after it."""
    for _ in range(5):
        journal.record(HIT)

    page = events.get(request(query=query))

    assert (expected, expected[-1]) == (numbers(page), page["next"])


def test_a_limit_and_a_wait(pool, events, journal, readers):
    """Where there is no event yet, one who asks for the newest ones waits for the first."""
    answer = poll(pool, events, "limit=1&wait=30")
    waiting(readers, 1)

    journal.record(HIT)

    assert [1] == numbers(answer.result(10))
