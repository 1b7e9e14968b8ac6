"""An outage for as long as a ``with`` block lasts, and what it did: for tests and scripts.

The module has over 300 lines because all that a test asks of an outage is a method of one class, each with
its documentation.
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, Self

from localstack_outages.schema.errors import CannotKnow, NoControlApi, UnknownOwner, Unreachable
from localstack_outages.schema.rules import Rule

from .assertions import (
    assert_hit,
    assert_no_entries_lost,
    assert_not_repeated,
    assert_recovered,
    assert_retried,
)
from .rule_like import ALL

if TYPE_CHECKING:
    from localstack_outages.schema.documents import (
        Event,
        EventsDocument,
        EvidenceDocument,
        StatusDocument,
        Verdict,
        VerdictsDocument,
    )


LOG = logging.getLogger(__name__)

STOP_SECONDS = 30
"""How long an end keeps trying where LocalStack is there but does not answer."""

_RETRY_SECONDS = 0.2
_PAGE = 10_000
_VERDICTS = 5000
_RESTARTED = "LocalStack was restarted meanwhile: the rules are gone with all that it knew."


class Control(Protocol):
    """What an outage needs of a client of the control API. See ``OutagesClient``."""

    account: str
    account_hint: str

    def add(self, rules: Sequence[Rule], *, first: bool, owner: str) -> list[Rule]:
        """Add rules."""

    def clear(self, *, owner: str) -> None:
        """End all rules of an owner."""

    def status(self) -> "StatusDocument":
        """Tell how the rules are doing."""

    def evidence(self, owner: str) -> "EvidenceDocument":
        """Tell what the rules of an owner did."""

    def events(self, *, owner: str, account: str, limit: int) -> "EventsDocument":
        """Give calls that rules touched."""

    def calls(self, after: int, *, account: str, limit: int) -> "EventsDocument":
        """Give the last calls."""

    def verdicts(self, limit: int, *, owner: str, account: str) -> "VerdictsDocument":
        """Judge how clients retried."""


class Outage:
    """Rules that are in force while a block lasts, before all other rules.

    It adds its own rules, and takes out its own only, whatever happens in the block; outages nest,
    and the innermost decides. Made by ``OutagesClient.outage()``::

        with client.outage("dynamodb", operation="PutItem", error="throttling", times=2) as outage:
            application.save(item)
        assert outage.hits == 2

    What it did can be asked for within the block and for ten minutes after it. A LocalStack that is
    restarted within the block has none of its rules any more: they are not put there again.

    :param client: the client to the control API
    :param rules: the rules
    :param owner: who owns them in the control API; nobody else may have this name
    """

    def __init__(self, client: Control, rules: Sequence[Rule], owner: str) -> None:
        self.client = client
        self.rules = tuple(rules)
        """The rules."""
        self.owner = owner
        """Who owns the rules in the control API."""
        self.is_in_force = False
        """Whether it was begun and not yet ended."""
        self.may_hit_nothing = False
        """Whether it was expected to hit nothing: otherwise one that hits nothing tests nothing."""
        self._instance = ""
        self._first_call = 0
        self._known: EvidenceDocument | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Put the rules into force.

        :raises OutagesError: where that cannot be done; no rule is in force then
        """
        if self.is_in_force:
            raise RuntimeError("the outage has begun already")
        self._first_call = self.client.calls(-1, account=ALL, limit=1)["next"]
        try:
            self.is_in_force = True
            self._put_into_force()
            self._known = self.client.evidence(self.owner)
            self._instance = self._known["instance"]
        except BaseException:
            self.stop()
            raise

    def _put_into_force(self) -> None:
        self.client.add(self.rules, first=True, owner=self.owner)

    def stop(self) -> None:
        """Take the rules out; nothing where that was done already.

        A LocalStack that is gone, or was restarted, has no rules: that is no error.

        :raises OutagesError: where LocalStack is there but does not answer
        """
        if not self.is_in_force:
            return
        deadline = time.monotonic() + STOP_SECONDS
        never = threading.Event()
        while self.is_in_force:
            try:
                self.client.clear(owner=self.owner)
                self.is_in_force = False
                self._look()
            except (Unreachable, NoControlApi) as e:  # the latter while LocalStack starts
                if isinstance(e, Unreachable) and e.is_gone:
                    LOG.warning("An outage ended with LocalStack itself: %s", e)
                    self.is_in_force = False
                elif time.monotonic() > deadline:
                    raise
                never.wait(_RETRY_SECONDS)

    @property
    def was_begun(self) -> bool:
        """Whether its rules were put into force, be it that they are not any more."""
        return self._known is not None

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The ids by which this LocalStack knows the rules."""
        return () if self._known is None else tuple(rule["id"] for rule in self._known["rules"])

    @property
    def hits(self) -> int:
        """How many calls its rules fired on until now."""
        try:
            self._look()
        except Unreachable:  # what is known of an outage that is over
            if self.is_in_force:
                raise
        return 0 if self._known is None else self._known["hits"]

    @property
    def events(self) -> "list[Event]":
        """The calls that its rules touched, in the order in which they ended; those that are kept of
        the last 10,000 that any rule touched.
        """
        if self.was_restarted:
            return []
        return self.client.events(owner=self.owner, account=ALL, limit=_PAGE)["events"]

    @property
    def verdicts(self) -> "list[Verdict]":
        """What clients made of the calls that its rules touched, the newest first; those that are kept
        of the last 5,000 that any rule touched.
        """
        if self.was_restarted:
            return []
        return self.client.verdicts(_VERDICTS, owner=self.owner, account=ALL)["verdicts"]

    @property
    def calls(self) -> "list[Event]":
        """The calls since it began, touched or not, of the account that the client is for; the last
        1,000 at most.
        """
        if self.was_restarted:
            return []
        account = self.client.account
        return self.client.calls(self._first_call, account=account, limit=_PAGE)["events"]

    @property
    def was_restarted(self) -> bool:
        """Whether LocalStack is another one now than when it began, without its rules."""
        if not self._instance:
            return False
        try:
            return self._instance != self.client.evidence(self.owner)["instance"]
        except UnknownOwner:
            return self._instance != self.client.status()["instance"]

    def rule(self, rule_id: str) -> Rule:
        """Give the rule that LocalStack knows by an id.

        :raises KeyError: where it is none of this outage
        """
        known = () if self._known is None else self._known["rules"]
        by_id = {rule["id"]: rule["rule"] for rule in known}
        return Rule.model_validate(by_id[rule_id])

    def evidence(self) -> "EvidenceDocument":
        """Give what its rules did until now, counted as it happened.

        :raises AssertionError: where LocalStack was restarted
        :raises CannotKnow: where LocalStack has forgotten it
        """
        if not self._look():
            if self.was_restarted:
                raise AssertionError(_RESTARTED)
            raise CannotKnow(
                "what the outage did", "it is over for more than ten minutes, or was never begun"
            )
        assert self._known is not None  # noqa: S101 # for the type checker
        return self._known

    def explain(self) -> str:
        """Tell what happened while it was in force: its rules, the calls that came, and why each rule
        did or did not apply to each.
        """
        from .explanation import Scene, explain  # few need it: an assertion that holds does not

        self._look()
        if self.was_restarted:
            return _RESTARTED
        page = self.client.calls(self._first_call, account=ALL, limit=_PAGE)
        return explain(
            Scene(
                rules=() if self._known is None else self._known["rules"],
                calls=page["events"],
                missed=page["missed"],
                account=self.client.account,
                account_hint=self.client.account_hint,
            )
        )

    def assert_hit(self, times: int | None = None, *, at_least: int = 1, within: float = 0) -> None:
        """Expect its rules to have fired.

        :param times: exactly so often
        :param at_least: where ``times`` is left out, so often or more
        :param within: how long to wait for it, seconds
        :raises AssertionError: where it is not so
        :raises CannotKnow: where LocalStack has forgotten it
        """
        __tracebackhide__ = True
        self.may_hit_nothing = (at_least if times is None else times) == 0
        assert_hit(self, times, at_least, within)

    def assert_retried(self, at_least: int = 1, *, backoff: bool = False) -> None:
        """Expect each call that it hit to have been retried, be it by the SDK or by the application:
        invocations that are after the same are taken together.

        :param at_least: how many retries, beside the first attempt
        :param backoff: whether to expect a pause before each
        :raises AssertionError: where it is not so, or where it hit no call
        :raises CannotKnow: where LocalStack could not follow all calls to their end
        """
        __tracebackhide__ = True
        assert_retried(self, at_least, backoff=backoff)

    def assert_not_repeated(self) -> None:
        """Expect that nothing was carried out twice: no write whose answer was lost or late, such as
        by ``phase="after"``, ``connection="truncate"`` or a ``latency`` over the client's time-out,
        was sent and carried out again. Operations that come to the same, such as ``PutObject``, may
        be, and requests that the service knows again by a token.

        :raises AssertionError: where it is not so, or where it hit no call
        :raises CannotKnow: where LocalStack could not follow all calls to their end
        """
        __tracebackhide__ = True
        assert_not_repeated(self)

    def assert_recovered(self, within: float = 10) -> None:
        """Expect each operation that it failed to work again: a later call of the same service,
        operation, region and account is answered well. Waits for that.

        :param within: in so many seconds after the last failure
        :raises AssertionError: where it is not so, or where it hit no call
        :raises CannotKnow: where LocalStack could not watch all operations
        """
        __tracebackhide__ = True
        assert_recovered(self, within)

    def assert_no_entries_lost(self, within: float = 10) -> None:
        """Expect each entry of a batch that it failed (``partial``) to have been sent again, and carried
        out then, in whatever batch. Waits for that.

        :param within: in so many seconds after the entry failed, for the last time where it failed
            several times
        :raises AssertionError: where it is not so, or where it failed no entry
        :raises CannotKnow: where LocalStack could not follow all entries
        """
        __tracebackhide__ = True
        assert_no_entries_lost(self, within)

    def _look(self) -> bool:
        """Learn what the rules did; say whether LocalStack knows it."""
        if not self.was_begun:
            return False
        try:
            evidence = self.client.evidence(self.owner)
        except UnknownOwner:
            return False
        if evidence["instance"] == self._instance:
            self._known = evidence
        return True
