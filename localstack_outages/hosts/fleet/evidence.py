"""The evidence of all replicas, which comes together at each of them.

Calls that a rule touched, and those that matter for what is told of them, go to all replicas, which keep
and judge them as their own. Of other calls the counts go there, and a few calls a second, so that a test
sees all of its own at any replica. What was set, such as a mark, goes the same way.
"""

import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from redis.exceptions import RedisError

from localstack_outages.engine.injection import Injector
from localstack_outages.engine.store import Store
from localstack_outages.evidence.ledger import Ledger
from localstack_outages.evidence.marks import Marks
from localstack_outages.evidence.record import Observed, Observer, Sink
from localstack_outages.evidence.traffic import Traffic
from localstack_outages.evidence.verdicts import Verdicts

from .connection import Client, Connection, Gone
from .counts import Counts
from .inbox import Inbox
from .outbox import MarkSet, Outbox
from .records import FleetClock

if TYPE_CHECKING:
    from localstack_outages.schema.documents import FleetEvidence

LOG = logging.getLogger(__name__)

BEAT = 1.0
"""Seconds after which a replica says at the latest that it is there."""

PAUSE = 0.02
"""Seconds between two batches, so that many calls are sent by few, and read by few."""

CATCH_UP_SECONDS = 1.0
"""So long a replica that is asked waits at most for what the others know. They tell in some 20 ms; one that
was killed is waited for until it is known to be gone."""

_LOOK_SECONDS = 0.02

CLOCK_SECONDS = 10
"""How often the clock of Redis is asked for."""

UNTOUCHED_A_SECOND = 100
"""So many calls a second go to all replicas though they do not matter for what is told of outages: the
last calls can be asked for at any replica."""

EVIDENCE = (
    "calls",
    "events",
    "evidence",
    "load",
    "marks",
    "reports",
    "status",
    "traffic",
    "verdicts",
)
"""What is told by what all replicas know, by the first part of its path below ``/outages``. A mark that is
set parts what they know from what comes later."""


class Kept(NamedTuple):
    """What keeps the evidence of this replica."""

    store: Store
    verdicts: Verdicts
    ledger: Ledger
    traffic: Traffic
    marks: Marks
    journals: tuple[Sink, ...]
    """What else is told of the calls of other replicas."""
    injector: Injector


class _Waiter:
    """One that is asked, and asks the others."""

    def __init__(self, others: set[str]) -> None:
        self.missing = others
        self.done = threading.Event()


class SharedEvidence:
    """Has the evidence of all replicas come together.

    It is told of each call of this replica in place of the verdicts, which it tells.

    :param connection: Redis
    :param replica: names this one
    :param kept: what keeps the evidence
    """

    def __init__(self, connection: Connection, replica: str, kept: Kept) -> None:
        self._connection = connection
        self._kept = kept
        self._observer = Observer((*kept.journals, kept.verdicts, kept.ledger))
        self._clock = FleetClock(kept.store.clock)
        self._clock_due = 0.0
        self._counts = Counts(replica, kept.traffic, self._clock)
        self._outbox = Outbox(replica, self._counts.follow)
        self._closed = threading.Event()
        self._inbox = Inbox(replica, self._clock, self, self._closed)
        self._untouched_left = UNTOUCHED_A_SECOND
        self._untouched_until = 0.0
        self._tokens = itertools.count(1)
        self._waiters: dict[int, _Waiter] = {}
        self._is_back = self._is_read_anew = False
        self._is_beat = True
        self._wake = threading.Event()
        self._urgent = threading.Event()
        self._threads = [
            threading.Thread(target=run, name=f"outages-{name}", daemon=True)
            for name, run in (("outbox", self._write), ("inbox", self._read))
        ]
        self.before_answer: Callable[[Client], None] = lambda _client: None
        """Tells what else is to be known to others, before one that asked is told that it knows all."""
        connection.on_back(self._on_back)
        kept.marks.on_set = self._on_mark

    def record(self, observed: Observed) -> None:
        """Take note of a call of this replica."""
        ends_a_wait = self._kept.ledger.awaits(observed)
        if self._kept.verdicts.take(observed) or ends_a_wait:
            self._outbox.put(observed)
            if not self._wake.is_set():
                self._wake.set()
        elif self._untouched_left > 0:
            self._untouched_left -= 1
            self._outbox.put(observed)

    def start(self) -> None:
        """Tell and read from now on."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Tell what is there, leave, and end."""
        self._counts.is_leaving = True
        self._closed.set()
        self._hurry()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(1)

    def catch_up(self, path: str) -> None:
        """Wait until what the others know is known here too, where a request asks for it.

        :param path: of a request to the control API
        """
        parts = path.split("/")
        if parts[1:2] != ["outages"] or not {*parts[2:3]}.intersection(EVIDENCE):
            return
        until = time.monotonic() + CATCH_UP_SECONDS
        while not self._connection.is_up:  # mostly it is back at once
            gone_since = self._connection.gone_since or time.time()
            if time.time() - gone_since > CATCH_UP_SECONDS or self._closed.wait(_LOOK_SECONDS):
                return
        if not (others := self._inbox.others()):
            return
        waiter, token = _Waiter(others), next(self._tokens)
        self._waiters[token] = waiter
        self._counts.ask(token)
        self._hurry()
        waiter.done.wait(until - time.monotonic())
        self._waiters.pop(token, None)

    def document(self) -> "FleetEvidence":
        """Tell how it goes."""
        outbox, inbox = self._outbox, self._inbox
        return {
            "sent": outbox.acknowledged,
            "waiting": outbox.waiting,
            "lost": outbox.lost,
            "received": inbox.received,
            "missed": inbox.missed,
            "unreadable": inbox.unreadable,
        }

    # What the inbox reads.

    def call(self, observed: Observed) -> None:
        """Take a call of another replica."""
        injected = observed.injected
        if injected is not None and injected.partial is not None:
            self._kept.injector.watch_entries(
                (observed.service, observed.region, observed.operation, observed.account)
            )
        self._observer.record(observed)

    def mark(self, mark: MarkSet) -> None:
        """Take a mark that was set at another replica."""
        self._kept.verdicts.begin_afresh()
        self._kept.marks.take(mark.name, mark.at)

    def traffic(
        self, replica: str, second: int, counts: Iterable[tuple[str, str, int, int]]
    ) -> None:
        """Take what another replica counted in a second."""
        self._kept.traffic.take(replica, second, counts)

    def asked(self, replica: str, token: int) -> None:
        """Tell another replica all."""
        with contextlib.suppress(Gone):
            self._connection.ask(self.before_answer)
        self._counts.answer(replica, token)
        self._hurry()

    def answered(self, replica: str, token: int) -> None:
        """Take that another replica has told all."""
        if (waiter := self._waiters.get(token)) is not None:
            waiter.missing.discard(replica)
            if not waiter.missing:
                waiter.done.set()

    def knows(self, owner: str) -> bool:
        """Whether the rules of an owner have come here."""
        return self._kept.store.remembers(owner)

    def _on_mark(self, name: str, at: float) -> None:
        self._outbox.put(MarkSet(name, at))
        self._hurry()

    def _on_back(self) -> None:
        self._is_back = self._is_read_anew = True
        self._wake.set()

    def _hurry(self) -> None:
        self._is_beat = True
        self._wake.set()
        self._urgent.set()

    def _write(self) -> None:
        """Send what is there, until it is closed."""
        while True:
            is_last = self._closed.is_set()
            if not is_last and not self._wake.wait(BEAT):
                self._is_beat = True
            self._wake.clear()
            try:
                self._connection.ask(self._send)
            except Gone:
                self._is_beat = True  # what was to be told is told as soon as Redis is back
            except Exception:
                LOG.exception("This replica cannot tell the others of its calls")
            if is_last:
                return
            self._urgent.wait(PAUSE)
            self._urgent.clear()

    def _send(self, client: Client) -> None:
        now = self._clock.now()
        if self._is_back or now >= self._clock_due:
            self._clock.measure(client.time)
            self._clock_due = self._clock.now() + CLOCK_SECONDS
        clocks = self._clock.clocks
        if clocks is None:
            return
        if now >= self._untouched_until:
            self._untouched_left = UNTOUCHED_A_SECOND
            self._untouched_until = now + 1
        is_beat, self._is_beat = self._is_beat, False
        self._counts.begin()
        if self._is_back:
            self._counts.tell_all_again()
        if is_beat or self._is_back:
            self._outbox.look(client)
            self._is_back = False
        self._outbox.send(client, clocks)
        if is_beat:
            self._counts.send(client)

    def _read(self) -> None:
        """Read what the others tell, until it is closed."""
        while not self._closed.is_set():
            if not self._connection.is_up or self._clock.clocks is None:
                self._closed.wait(PAUSE)
                continue
            if self._is_read_anew:
                self._is_read_anew = False
                self._inbox.read_anew()
            try:
                has_calls = self._inbox.read(self._connection.client())
            except (RedisError, OSError):
                self._closed.wait(PAUSE)  # whether it is gone, others find out
                continue
            except Exception:
                LOG.exception("This replica cannot read what the others tell")
                has_calls = True
            if has_calls:
                self._closed.wait(PAUSE)
