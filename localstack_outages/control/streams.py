"""Those who wait: long polls, and streams of Server-Sent Events.

Each holds the thread that it runs in, so that their number is bounded.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from localstack_outages.evidence.journal import Journal, Page
from localstack_outages.evidence.ledger import Ledger
from localstack_outages.evidence.selection import Selection, selection_of
from localstack_outages.schema.documents import EvidenceDocument
from localstack_outages.schema.errors import InvalidQuery, TooManyReaders
from localstack_outages.schema.parameters import EventsQuery, EvidenceQuery

from .http import ControlAnswer, ControlRequest, Guard, Peer, Stream, read_query

T = TypeVar("T")

MAX_READERS = 100
"""How many may wait at once, far fewer than a gateway has threads. Beyond it a long poll answers at
once, and a stream is refused."""

KEEP_ALIVE_SECONDS = 10
"""How often a silent stream says that it is alive, by which a client that is gone is noticed."""

LOOK_SECONDS = 1.0
"""How often it is looked whether a client is gone, and whether efforts are still open."""

FIRST_LOOK_SECONDS = 0.005
"""When it is first looked whether a client that was behind has read on; then less and less often."""

BEHIND_SECONDS = 60
"""How long a stream waits for a client that does not read; then it ends."""

PAGE_EVENTS = 100
"""So many events of a stream are written at once. What a client has not read yet is kept by the server,
so that this bounds it."""


class Reader:
    """One who waits.

    :param peer: the client that waits
    :param on_leave: called when it waits no more
    """

    def __init__(self, peer: Peer, on_leave: Callable[["Reader"], None]) -> None:
        self._peer = peer
        self._on_leave = on_leave
        self._news = threading.Event()
        self._left = threading.Event()

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return not self._left.is_set()

    def wake(self) -> None:
        """Say that there may be something to read."""
        self._news.set()

    def leave(self) -> None:
        """Wait no more."""
        self._left.set()
        self._news.set()
        self._on_leave(self)

    def wait(self, seconds: float) -> bool:
        """Wait for news.

        :return: whether there may be some; false when the time is up, and where it waits no more
        """
        until = time.monotonic() + seconds
        while self.is_open and (left := until - time.monotonic()) > 0:
            if self._news.wait(min(left, LOOK_SECONDS)):
                self._news.clear()
                return self.is_open
            if self._peer.is_gone():
                self.leave()
        return False

    def wait_until_read(self) -> None:
        """Wait while the client is behind. One that stays so is left."""
        until = time.monotonic() + BEHIND_SECONDS
        seconds = FIRST_LOOK_SECONDS
        while self._peer.is_behind() and not self._left.wait(seconds):
            seconds = min(2 * seconds, LOOK_SECONDS)
            if time.monotonic() >= until or self._peer.is_gone():
                self.leave()


class Readers:
    """Counts those who wait, and lets them go.

    :param size: how many may wait at once
    """

    def __init__(self, size: int = MAX_READERS) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._waiting: set[Reader] = set()
        self._is_closed = False

    def enter(self, peer: Peer) -> Reader | None:
        """Give one who may wait, and must leave; None where too many do, or when it is closed."""
        with self._lock:
            if self._is_closed or len(self._waiting) >= self._size:
                return None
            reader = Reader(peer, self._forget)
            self._waiting.add(reader)
        return reader

    def close(self) -> None:
        """Let all that wait go on, now and from now on."""
        with self._lock:
            self._is_closed = True
            waiting = tuple(self._waiting)
        for reader in waiting:
            reader.leave()

    def _forget(self, reader: Reader) -> None:
        with self._lock:
            self._waiting.discard(reader)


class Events:
    """Answers the requests to ``/outages/events`` or ``/outages/calls``.

    :param journal: the journal
    :param readers: those who wait
    :param guard: says who may wait
    """

    def __init__(self, journal: Journal, readers: Readers, guard: Guard) -> None:
        self._journal = journal
        self._readers = readers
        self._guard = guard

    def get(self, request: ControlRequest) -> object:
        """Give the events that a request asks for, as a stream where it accepts one."""
        query = read_query(request, EventsQuery)
        if "text/event-stream" in request.headers.get("Accept", ""):
            self._guard.check_origin(request)
            return self._stream(query, request)
        if query.wait:
            self._guard.check_origin(request)
        return self._poll(query, request.peer)._asdict()

    def _poll(self, query: EventsQuery, peer: Peer) -> Page:
        """Give a page; where there is nothing to read, wait for the first event."""
        selection = selection_of(query)
        if query.is_newest:
            page = self._journal.newest(query.limit, selection)
        else:
            page = self._journal.after(query.after, selection, query.limit)
        if page.events or not query.wait:
            return page
        reader = self._readers.enter(peer)
        if reader is None:
            return page
        until = time.monotonic() + query.wait
        missed = page.missed
        unsubscribe = self._journal.subscribe(reader.wake)
        try:
            while True:
                page = self._journal.after(page.next, selection, query.limit)
                missed += page.missed
                if page.events or not reader.wait(until - time.monotonic()):
                    return page._replace(missed=missed)
        finally:
            unsubscribe()
            reader.leave()

    def _stream(self, query: EventsQuery, request: ControlRequest) -> ControlAnswer:
        """Answer with a stream; a browser that comes back says which event it saw last."""
        after = query.after
        last_event_id = request.headers.get("Last-Event-ID")
        if last_event_id:
            if not last_event_id.isdecimal():
                raise InvalidQuery(f"'{last_event_id}' is no event's number", "Last-Event-ID")
            after = int(last_event_id)
        reader = self._readers.enter(request.peer)
        if reader is None:
            raise TooManyReaders("too many clients wait for events; close a stream, or poll")
        unsubscribe = self._journal.subscribe(reader.wake)

        def close() -> None:
            unsubscribe()
            reader.leave()

        headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        parts = self._parts(selection_of(query), after, reader, close)
        return ControlAnswer(200, headers, Stream(parts, close))

    def _parts(
        self, selection: Selection, after: int, reader: Reader, close: Callable[[], None]
    ) -> Iterator[bytes]:
        try:
            yield b": calls, as they end\n\n"
            while reader.is_open:
                page = self._journal.after(after, selection, PAGE_EVENTS)
                after = page.next
                if page.events or page.missed:
                    yield _messages(page)
                    reader.wait_until_read()
                elif not reader.wait(KEEP_ALIVE_SECONDS) and reader.is_open:
                    yield f": alive\nid: {after}\n\n".encode()
        finally:
            close()


def _messages(page: Page) -> bytes:
    parts = []
    if page.missed:
        parts.append(f"event: missed\ndata: {json.dumps({'missed': page.missed})}\n\n")
    parts.extend(
        f"id: {event['sequence']}\nevent: call\ndata: {json.dumps(event)}\n\n"
        for event in page.events
    )
    return "".join(parts).encode()


class Evidence:
    """Answers the requests to ``/outages/evidence``.

    :param ledger: keeps what the rules of each owner did
    :param readers: those who wait
    :param guard: says who may wait
    """

    def __init__(self, ledger: Ledger, readers: Readers, guard: Guard) -> None:
        self._ledger = ledger
        self._patience = Patience(readers, guard)

    def get(self, request: ControlRequest) -> EvidenceDocument:
        """Give what the rules of an owner did; where efforts are open, wait until none is."""
        query = read_query(request, EvidenceQuery)
        return self._patience.wait(
            request,
            query.wait,
            lambda: self._ledger.document(query.owner),
            lambda document: document["calls"]["endings"]["open"] > 0,
        )


class Patience:
    """Has requests wait until efforts are not open any more.

    :param readers: those who wait
    :param guard: says who may wait
    """

    def __init__(self, readers: Readers, guard: Guard) -> None:
        self._readers = readers
        self._guard = guard

    def wait(
        self,
        request: ControlRequest,
        seconds: float,
        report: Callable[[], T],
        is_open: Callable[[T], bool],
    ) -> T:
        """Make a report; where it has open efforts, make it again and again until it has none.

        :param seconds: how long to wait for that
        """
        if seconds:
            self._guard.check_origin(request)
        found = report()
        reader = self._readers.enter(request.peer) if seconds and is_open(found) else None
        if reader is None:
            return found
        until = time.monotonic() + seconds
        try:
            while is_open(found) and time.monotonic() < until and reader.is_open:
                reader.wait(min(LOOK_SECONDS, until - time.monotonic()))
                found = report()
        finally:
            reader.leave()
        return found
