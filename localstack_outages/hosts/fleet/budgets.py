"""The budgets of rules that all replicas of a fleet have in common: hits, draws, token buckets, calls."""

import threading
import time
from collections.abc import Callable
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from localstack_outages.engine.call_numbers import MAX_CALLS
from localstack_outages.engine.changes import Change
from localstack_outages.engine.shared import BudgetUnknown, RuleKey
from localstack_outages.engine.shared_state import SharedLifecycle
from localstack_outages.engine.snapshot import Entry
from localstack_outages.schema.faults import action_of
from localstack_outages.schema.faults.throttle import MAX_BUCKETS

from . import scripts
from .connection import PREFIX, Client, Connection, Gone

if TYPE_CHECKING:
    from localstack_outages.schema.rules import Rule

MAX_LEFT = 1_000
"""Of so many rules that left the list hits are told."""

LATE = 10.0
"""So many seconds after a rule left calls may still be under way that it hits."""

_BATCH = 500
"""So many commands go to Redis at once, so that it answers in time."""

_UNSETTLED = -2

T = TypeVar("T")


def text_of(key: RuleKey) -> str:
    """Write the key of a rule as Redis has it."""
    return f"{key[0]}:{key[1]:.6f}"


def needs_budget(rule: "Rule") -> bool:
    """Whether a rule counts something that replicas cannot count each for itself."""
    if rule.times is not None or rule.call is not None or rule.seed is not None:
        return True
    action = action_of(rule)
    return action.steps is not None or action.keeps_buckets


class Budgets:
    """The budgets of all rules.

    :param connection: to Redis
    :param is_open: whether rules count for themselves while it is gone
    """

    def __init__(self, connection: Connection, *, is_open: bool) -> None:
        self.connection = connection
        self.is_open = is_open
        self._made: WeakValueDictionary[str, Budget] = WeakValueDictionary()
        self._lock = threading.Lock()
        self._there: dict[str, _Tally] = {}
        self._left: dict[str, _Tally] = {}  # the one that left first comes first
        self._keys: dict[str, str] = {}  # of those that are there, by their ids
        self._version: bytes | None = None
        self._sharing = threading.Lock()
        script = connection.client().register_script
        self.count = script(scripts.COUNT)
        self.give_back = script(scripts.GIVE_BACK)
        self.draw = script(scripts.DRAW)
        self.take = script(scripts.TAKE)
        self.number = script(scripts.NUMBER)
        self._raise = script(scripts.RAISE)

    def of(self, rule: "Rule", key: RuleKey) -> "Budget | None":
        """Give the budget of a rule; None where it needs none."""
        if not needs_budget(rule):
            return None
        budget = self._made[text_of(key)] = Budget(self, text_of(key))
        return budget

    def has(self, key: str) -> bool:
        """Whether the rule of a key has a budget."""
        return key in self._made

    def on_change(self, change: Change) -> None:
        """Tell of the hits of new rules too; a listener of the store."""
        with self._lock:
            for entry in change.added:
                if text_of(entry.key) not in self._left:
                    self._leave(self._there.pop(self._keys.get(entry.id, ""), None))  # edited
                    self._there[text_of(entry.key)] = _Tally(entry)
                    self._keys[entry.id] = text_of(entry.key)
            self._version = None  # others may have hits of these
            for entry in (one.entry for one in change.departed):
                self._leave(self._there.pop(text_of(entry.key), None) or _Tally(entry))
                self._keys.pop(entry.id, None)
            while len(self._left) > MAX_LEFT:
                del self._left[next(iter(self._left))]

    def _leave(self, tally: "_Tally | None") -> None:
        if tally is not None:
            tally.left_at = time.monotonic()
            self._left[tally.key] = tally

    def put_back(self, client: Client) -> None:
        """Tell a Redis that has come back what is known of the budgets, where it knows less."""
        with self._lock:
            tallies = [*self._there.values(), *self._left.values()]
        for start in range(0, len(tallies), _BATCH):
            pipeline = client.pipeline(transaction=False)
            for tally in tallies[start : start + _BATCH]:
                budget = self._made.get(tally.key)
                known = [] if budget is None else budget.known()
                if known or tally.known:
                    keys = [f"{PREFIX}rule:{tally.key}", f"{PREFIX}rule:{tally.key}:buckets"]
                    arguments = [tally.key, "hits", tally.known, *known]
                    self._raise(keys=keys, args=arguments, client=pipeline)
            pipeline.execute()
        self._version = None

    def push(self, client: Client) -> None:
        """Tell how often rules hit here that count for themselves, and learn how often they did
        elsewhere.
        """
        with self._sharing:
            counted = [(tally, tally.unshared) for tally in self._hitting()]
            told = [(tally, count) for tally, count in counted if count]
            for start in range(0, len(told), _BATCH):
                batch = told[start : start + _BATCH]
                pipeline = client.pipeline()
                for tally, count in batch:
                    pipeline.hincrby(f"{PREFIX}hits", tally.key, count)
                pipeline.incr(f"{PREFIX}hits:version")
                totals = pipeline.execute()
                for (tally, count), total in zip(batch, totals, strict=False):
                    tally.share(int(total), count)

    def pull(self, client: Client, version: bytes | None) -> None:
        """Learn how often rules hit, unless the hits are at a version that is known."""
        if version is None or version == self._version:
            return
        with self._sharing:  # what is being told must not be taken for that of others
            totals = client.hgetall(f"{PREFIX}hits")
            with self._lock:
                self._version = version
                tallies = {**self._left, **self._there}
                found = [(tallies.get(key.decode()), int(n)) for key, n in totals.items()]
            for tally, total in found:
                if tally is not None:
                    tally.share(total, 0)

    def _hitting(self) -> "list[_Tally]":
        """Give the rules that may have hit since this was last asked."""
        since = time.monotonic() - LATE
        with self._lock:
            late = takewhile(lambda tally: tally.left_at > since, reversed(self._left.values()))
            return [*self._there.values(), *late]


class _Tally:
    """How often a rule hit, here and at all replicas.

    :param entry: the rule
    """

    def __init__(self, entry: Entry) -> None:
        self.key = text_of(entry.key)
        self.left_at = 0.0
        """When it left the list, by ``time.monotonic``; 0 while it is there."""
        self._lifecycle = entry.lifecycle
        self._lock = threading.Lock()
        self._known = 0

    @property
    def _counted(self) -> SharedLifecycle | None:
        lifecycle = self._lifecycle
        is_counted = isinstance(lifecycle, SharedLifecycle) and lifecycle.is_counted
        return lifecycle if is_counted else None  # type: ignore[return-value] # it is one

    @property
    def known(self) -> int:
        """How many hits Redis has been told of, as far as is known."""
        counted = self._counted
        return self._known if counted is None else counted.hits - counted.unshared

    @property
    def unshared(self) -> int:
        """How many hits it has not been told of."""
        counted = self._counted
        return self._lifecycle.hits - self._known if counted is None else counted.unshared

    def share(self, total: int, told: int) -> None:
        """Take over how many hits there are in all.

        :param told: how many of them were ours, and are told just now
        """
        counted = self._counted
        if counted is not None:
            counted.share_hits(total, told)
            return
        with self._lock:
            others = total - self._known - told
            if others < 0:  # some were forgotten, and are put back by those who know
                self._known += told
                return
            self._lifecycle.add_hits(others)
            self._known = total


class Budget:
    """What the replicas share of one rule. It remembers what it was told, so that it can be put back.

    :param budgets: where it belongs
    :param key: of the rule
    """

    def __init__(self, budgets: Budgets, key: str) -> None:
        self._budgets = budgets
        self._key = key
        self._rule = f"{PREFIX}rule:{key}"
        self._draws: dict[str, int] = {}
        self._buckets: dict[str, str] = {}
        self._calls = 0
        self._found: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the rule counts for itself while Redis is gone."""
        return self._budgets.is_open

    def count(self, limit: int) -> int | None:
        """Count a hit, unless there were so many."""
        ask = self._budgets.count
        before = self._ask(lambda run: ask(args=[run, self._key, limit]))
        return None if before == -1 else int(_settled(before))

    def give_back(self) -> None:
        """Take back the last hit."""
        ask = self._budgets.give_back
        self._ask(lambda _: ask(args=[self._key]))

    def draw(self, purpose: str) -> int:
        """Give the number of the next draw for a purpose."""
        field, ask = f"draw:{purpose}", self._budgets.draw
        number = int(_settled(self._ask(lambda run: ask(keys=[self._rule], args=[run, field]))))
        self._draws[field] = number + 1
        return number

    def take(self, bucket: str, rate: float, size: int, *, empties: bool) -> bool:
        """Take a token of a bucket."""
        ask, keys = self._budgets.take, [f"{self._rule}:buckets"]
        given = [bucket, repr(rate), size, int(empties), MAX_BUCKETS]
        found = self._ask(lambda run: ask(keys=keys, args=[run, *given]))
        has_token = bool(_settled(found[0]))
        if len(self._buckets) >= MAX_BUCKETS:
            self._buckets.clear()
        self._buckets[bucket] = found[1].decode()
        return has_token

    def is_wanted_call(self, name: str | None, wanted: int) -> bool:
        """Count a logical call, and say whether it is the one that is wanted."""
        if self._calls >= wanted:  # it was found, and there is nothing more to count
            return name is not None and name == self._found
        ask, keys = self._budgets.number, [self._rule, f"{self._rule}:seen"]
        given = [name or "", wanted, MAX_CALLS]
        found = self._ask(lambda run: ask(keys=keys, args=[run, *given]))
        is_wanted = bool(_settled(found[0]))
        self._calls, self._found = int(found[1]), found[2].decode() or None
        return is_wanted

    def known(self) -> list[str | int]:
        """Give what is known of it, as names and values."""
        pairs: dict[str, str | int] = {**self._draws}
        pairs.update({f"bucket:{name}": bucket for name, bucket in list(self._buckets.items())})
        if self._calls:
            pairs["calls"] = self._calls
            if self._found is not None:
                pairs["found"] = self._found
        return [part for pair in pairs.items() for part in pair]

    def _ask(self, ask: Callable[[str], Any]) -> Any:
        connection = self._budgets.connection
        try:
            return connection.ask(lambda _: ask(connection.run_id))
        except Gone:
            raise BudgetUnknown from None


def _settled(answer: int) -> int:
    if answer == _UNSETTLED:
        raise BudgetUnknown
    return answer
