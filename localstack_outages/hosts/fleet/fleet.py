"""One replica of a fleet: what a host shares with others, put together."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from localstack_outages.engine.store import Store
from localstack_outages.schema.errors import NotShared

from .budgets import Budgets
from .connection import PREFIX, Connection
from .evidence import Kept, SharedEvidence
from .rules import Listener, Rules
from .settings import Share

if TYPE_CHECKING:
    from localstack_outages.schema.documents import FleetStatus

LOG = logging.getLogger(__name__)

REPLICAS = f"{PREFIX}replicas"

SILENT = 3.0
"""A replica that has said nothing for so many seconds is not counted."""


class Fleet:
    """What this host shares with others.

    :param share: where they meet
    :param replica: names this one
    :param store: its rules
    :param named: is told the name of the fleet, whenever it is another one
    """

    def __init__(
        self, share: Share, replica: str, store: Store, named: Callable[[str], None]
    ) -> None:
        self.share = share
        self.replica = replica
        self.connection = Connection(share)
        self._store = store
        self._named = named
        self._first_rules: Callable[[], None] | None = None
        self._replicas = 1
        self._evidence: SharedEvidence | None = None
        self._budgets = budgets = Budgets(self.connection, is_open=share.without == "open")
        self._rules = Rules(self.connection, store, budgets, replica)
        self._listener = Listener(self.connection, store)
        store.share(self._rules)
        store.subscribe(budgets.on_change)
        self.connection.on_back(self._join)
        self.connection.on_beat(self._beat)

    def share_evidence(self, kept: Kept) -> SharedEvidence:
        """Have what is kept of calls come together with that of the others.

        :return: what is to be told of each call
        """
        self._evidence = evidence = SharedEvidence(self.connection, self.replica, kept)
        evidence.before_answer = self._budgets.push
        return evidence

    def catch_up(self, path: str) -> None:
        """Wait until what the others know is known here too, where a request asks for it.

        :param path: of a request to the control API
        """
        if self._evidence is not None:
            self._evidence.catch_up(path)

    def start(self, first_rules: Callable[[], None]) -> None:
        """Meet the others, now or as soon as Redis answers.

        :param first_rules: sets the rules of a fleet whose list was never changed
        """
        self._first_rules = first_rules
        self.connection.start()
        if self.connection.is_up:
            self._begin()
        self._listener.start()
        if self._evidence is not None:
            self._evidence.start()

    def status(self) -> "FleetStatus":
        """Tell how it is doing."""
        since = self.connection.gone_since
        assert self._evidence is not None  # noqa: S101 # a host shares it before it serves
        return {
            "replica": self.replica,
            "replicas": self._replicas,
            "redis": "connected" if since is None else "gone",
            "goneSince": None if since is None else f"{datetime.fromtimestamp(since, UTC):%FT%TZ}",
            "without": self.share.without,
            "evidence": self._evidence.document(),
        }

    def close(self) -> None:
        """Leave. The list stays with the others."""
        if self._evidence is not None:
            self._evidence.close()
        if self.connection.is_up:
            try:
                self._rules.beat()
                self.connection.client().zrem(REPLICAS, self.replica)
            except (RedisError, OSError) as e:
                LOG.debug("The others are not told that this replica leaves: %s", e)
        self.connection.close()
        self._listener.close()

    def _join(self) -> None:
        before = self._rules.fleet
        self._rules.join()
        if self._rules.fleet != before:
            self._named(self._rules.fleet)
        self._count_replicas()

    def _beat(self) -> None:
        self._rules.beat()
        self._begin()
        self._count_replicas()

    def _begin(self) -> None:
        """Put the rules given at start into force, once it is known whether there are others."""
        if self._first_rules is None:
            return
        try:
            self._store.current()
        except NotShared as e:
            LOG.error("This replica is on its own: %s", e)
            return
        first, self._first_rules = self._first_rules, None
        if first is not None:  # another thread was faster
            first()

    def _count_replicas(self) -> None:
        now = self._rules.to_shared(self._store.clock())
        pipeline = self.connection.client().pipeline()
        pipeline.zadd(REPLICAS, {self.replica: now})
        pipeline.zremrangebyscore(REPLICAS, "-inf", now - SILENT)
        pipeline.zcard(REPLICAS)
        self._replicas = pipeline.execute()[2]
