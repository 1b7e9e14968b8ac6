"""The list of rules that the replicas of a fleet have in common."""

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError as Disconnected, RedisError

from localstack_outages.engine.departures import KEPT_SECONDS
from localstack_outages.engine.shared import (
    Note,
    Outdated,
    RuleKey,
    SharedBudget,
    SharedDeparture,
    SharedRule,
    SharedState,
)
from localstack_outages.engine.store import Store
from localstack_outages.schema.errors import InvalidRules, NotShared

from . import scripts
from .budgets import Budgets, text_of
from .connection import PREFIX, Client, Connection, Gone

if TYPE_CHECKING:
    from localstack_outages.schema.reading import ParsedRule
    from localstack_outages.schema.rules import Rule

LOG = logging.getLogger(__name__)

CHANGED = f"{PREFIX}changed"
RELEASED = f"{PREFIX}released"

_OTHER_VERSION = "the fleet has hosts of another version: run the same at all of them"

_REMEMBERED = 8
"""More than the one is needed where a list is read and cannot be taken over."""

_LOST, _UNSETTLED, _OUTDATED = -1, -2, 0


class Rules:
    """The list, as Redis has it.

    :param connection: to Redis
    :param store: the list of this replica
    :param budgets: what rules share
    :param fleet: names the fleet, unless it has a name
    """

    def __init__(self, connection: Connection, store: Store, budgets: Budgets, fleet: str) -> None:
        self._connection = connection
        self._store = store
        self._budgets = budgets
        self.fleet = fleet
        """Names the fleet: another one after Redis and all replicas have forgotten it."""
        self._revisions = {0: "0"}
        """The last ones as Redis has them, by their numbers."""
        self._offset = time.time() - store.clock()
        script = connection.client().register_script
        self._join = script(scripts.JOIN)
        self._fetch = script(scripts.FETCH)
        self._commit = script(scripts.COMMIT)

    def join(self) -> None:
        """Meet the others: put back what Redis has lost, and learn what they have.

        :raises RedisError: where Redis does not answer
        """
        client = self._connection.client()
        self._measure_time(client, 3)
        state = self._store.state_for(self)
        revision = self._revisions[state.revision]
        given = [self._connection.run_id, self.fleet, revision, _write(state)]
        self.fleet = self._join(args=given, client=self._connection.patient_client()).decode()
        self._budgets.put_back(client)
        self._budgets.push(client)

    def beat(self) -> None:
        """Tell and learn what is not told at once."""
        client = self._connection.client()
        self._measure_time(client, 1)
        self._budgets.push(client)
        self._store.current()  # a message may have been lost

    # What follows is asked by the store, which holds its lock.

    def newer(self, revision: int) -> SharedState | None:
        """Give the list where it is another one."""
        ours = self._revisions[revision]
        try:
            found = self._connection.ask(
                lambda _: self._fetch(args=[ours], client=self._connection.patient_client())
            )
        except Gone:
            return None
        if found[0] == _LOST:
            self._connection.failed(Disconnected("it has lost the rules"))
            return None
        state = None
        if found[0]:
            try:
                state = _read(*found[2:])
            except (KeyError, TypeError, ValueError) as e:
                raise NotShared(f"{_OTHER_VERSION} (its list cannot be read: {e})") from None
            self._remember(state.revision, found[2].decode())
        try:
            self._connection.ask(lambda client: self._budgets.pull(client, found[1]))
        except Gone:
            LOG.debug("The hits of others are not known")
        return state

    def commit(
        self,
        before: int,
        state: SharedState,
        departed: Sequence[SharedDeparture],
        edited: Sequence[RuleKey],
    ) -> None:
        """Make a change for all."""
        after = f"{state.revision}:{secrets.token_hex(4)}"
        changed = [text_of(key) for key in edited]
        over = [*(text_of(one.rule.key) for one in departed), *changed]
        over = [key for key in over if self._budgets.has(key)]
        told = [_write_departure(one) for one in departed[-scripts.MAX_DEPARTED :]]
        texts = [self._revisions[before], after, _write(state)]
        counts = [KEPT_SECONDS, len(over), len(changed)]
        connection = self._connection
        try:
            done = connection.ask(
                lambda _: self._commit(
                    args=[connection.run_id, *texts, *counts, *over, *changed, *told],
                    client=connection.patient_client(),
                )
            )
        except Gone as e:
            raise NotShared(self._why_not(is_known=e.__cause__ is None)) from None
        if done == _LOST:
            connection.failed(Disconnected("it has lost the rules"))
            raise NotShared(self._why_not())
        if done == _UNSETTLED:
            raise NotShared(
                "Redis was started anew, and the hosts of the fleet put back what they know: nothing "
                "has changed; try again in two seconds"
            )
        if done == _OUTDATED:
            raise Outdated
        self._remember(state.revision, after)

    def release(self, keys: Iterable[RuleKey]) -> None:
        """Let calls go on that wait at other replicas."""
        text = json.dumps(list(keys))
        try:
            self._connection.ask(lambda client: client.publish(RELEASED, text))
        except Gone:
            LOG.debug("Calls that wait at other replicas go on waiting")

    def read(self, document: Mapping[str, Any]) -> "ParsedRule":
        """Read the document of a rule."""
        from localstack_outages.schema.reading import parse_rule

        try:
            return parse_rule(document)
        except InvalidRules as e:
            raise NotShared(f"{_OTHER_VERSION} (a rule cannot be read: {e})") from None

    def budget(self, rule: "Rule", key: RuleKey) -> SharedBudget | None:
        """Give what is shared of a rule."""
        return self._budgets.of(rule, key)

    def to_shared(self, at: float) -> float:
        """Turn a time of the store's clock into Redis's."""
        return at + self._offset

    def to_local(self, at: float) -> float:
        """Turn a time of Redis's into the store's."""
        return at - self._offset

    def _remember(self, number: int, revision: str) -> None:
        self._revisions[number] = revision
        while len(self._revisions) > _REMEMBERED:
            del self._revisions[min(self._revisions)]

    def _measure_time(self, client: Client, samples: int) -> None:
        """Compare Redis's clock with the store's. The faster the answer, the more exact it is."""
        found = []
        for _ in range(samples):
            before = self._store.clock()
            seconds, micros = client.time()
            after = self._store.clock()
            found.append((after - before, seconds + micros / 1e6 - (before + after) / 2))
        self._offset = (
            min(found)[1] if samples > 1 else self._offset + (0.1 * (found[0][1] - self._offset))
        )

    def _why_not(self, *, is_known: bool = True) -> str:
        since = self._connection.gone_since
        text = "" if since is None else f" since {datetime.fromtimestamp(since, UTC):%H:%M:%S} UTC"
        return (
            f"the rules are shared by {self._connection.name}, which is gone{text}: "
            + ("nothing has changed; " if is_known else "it may have heard of the change, or not; ")
            + "try again when it is back"
        )


class Listener:
    """Hears of changes by other replicas, in a thread of its own.

    :param connection: to Redis
    :param store: the list of this replica
    """

    def __init__(self, connection: Connection, store: Store) -> None:
        self._connection = connection
        self._store = store
        self._heard: dict[bytes, Callable[[bytes], object]] = {
            CHANGED.encode(): lambda _: store.current(),
            RELEASED.encode(): lambda data: store.release([(k, at) for k, at in json.loads(data)]),
        }
        self._thread = threading.Thread(target=self._run, name="outages-fleet-news", daemon=True)

    def start(self) -> None:
        """Begin to listen, whenever Redis is there."""
        self._thread.start()

    def close(self) -> None:
        """Wait for the thread, once the connection is closed."""
        if self._thread.is_alive():
            self._thread.join(2)

    def _run(self) -> None:
        while self._connection.wait_until_up():
            try:
                self._listen()
            except (RedisError, OSError, ValueError, AttributeError) as e:
                self._connection.failed(e)  # the last two come of a connection that is closed

    def _listen(self) -> None:
        with self._connection.listener().pubsub(ignore_subscribe_messages=True) as news:
            news.subscribe(CHANGED, RELEASED)
            self._hear(CHANGED.encode(), b"")
            while self._connection.is_up:
                message = news.get_message(timeout=0.5)
                if message is not None and message["type"] == "message":
                    self._hear(message["channel"], message["data"])

    def _hear(self, channel: bytes, data: bytes) -> None:
        try:
            self._heard[channel](data)
        except (RedisError, OSError):
            raise
        except NotShared as e:
            LOG.debug("A change cannot be taken over; the next beat says why: %s", e)
        except Exception:
            LOG.exception("A change of the fleet's rules cannot be taken over")


def _write(state: SharedState) -> str:
    document = {
        "nextId": state.next_id,
        "latencyMs": state.latency_ms,
        "rules": [rule._asdict() for rule in state.rules],
        "notes": {owner: note._asdict() for owner, note in state.notes.items()},
    }
    return json.dumps(document, separators=(",", ":"))


def _write_departure(one: SharedDeparture) -> str:
    rule = one.rule._asdict()
    return json.dumps({"key": text_of(one.rule.key), "rule": rule, "why": one.why, "at": one.at})


def _read(revision: bytes, text: bytes, departed: list[bytes]) -> SharedState:
    document = json.loads(text)
    left = [json.loads(one) for one in departed]
    left.sort(key=lambda one: (one["at"], int(one["rule"]["id"][1:])))
    return SharedState(
        int(revision.partition(b":")[0]),
        document["nextId"],
        document["latencyMs"],
        tuple(SharedRule(**rule) for rule in document["rules"]),
        tuple(SharedDeparture(SharedRule(**one["rule"]), one["why"], one["at"]) for one in left),
        {owner: Note(**note) for owner, note in document["notes"].items()},
    )
