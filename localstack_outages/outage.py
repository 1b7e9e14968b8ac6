"""An outage for as long as a ``with`` block lasts, and what it did: for tests and scripts."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from .errors import NoControlApi, Unreachable
from .expectations import assert_hit, assert_recovered, assert_retried, explain
from .rules import Rule

if TYPE_CHECKING:
    from .answers import DepartedStatus, Event, RuleStatus, Verdict
    from .client import OutagesClient

LOG = logging.getLogger(__name__)

STOP_SECONDS = 30
"""How long an end keeps trying where LocalStack is there but does not answer."""

_RETRY_SECONDS = 0.2
_MAX_DESCRIPTION = 8192
_PAGE = 10_000
_MOST_IDS = 200


class Outage:
    """Rules that are in force while a block lasts, before all other rules.

    It adds its own rules, and takes out its own only, whatever happens in the block; outages nest,
    and the innermost decides. Made by ``OutagesClient.outage()``::

        with client.outage("dynamodb", operation="PutItem", error="throttling", times=2) as outage:
            application.save(item)
        assert outage.hits == 2

    What it did can be asked for within the block and after it. A LocalStack that is restarted
    within the block has none of its rules any more: they are not put there again.

    :param client: the client to the control API
    :param rules: the rules
    """

    def __init__(self, client: "OutagesClient", rules: Sequence[Rule]) -> None:
        self.client = client
        # A mark of its own keeps an equal rule of somebody else from being taken for ours.
        mark = f"#{secrets.token_hex(4)}"
        self.rules = tuple(_marked(rule, mark) for rule in rules)
        """The rules, as LocalStack knows them: with a mark in the description."""
        self.is_in_force = False
        """Whether it was begun and not yet ended."""
        self.may_hit_nothing = False
        """Whether it was expected to hit nothing: otherwise one that hits nothing tests nothing."""
        self._mark = mark
        self._instance = ""
        self._first_call = 0
        self._by_id: dict[str, Rule] = {}
        self._hits: dict[str, int] = {}

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
        self._first_call = self.client.calls(after=-1)["next"]
        try:
            self.is_in_force = True
            self.client.add(self.rules, first=True)
            self._look()
        except BaseException:
            self.stop()
            raise

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
                self.client.remove(self.rules)
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
    def rule_ids(self) -> tuple[str, ...]:
        """The ids by which this LocalStack knows the rules."""
        return tuple(self._by_id)

    @property
    def hits(self) -> int:
        """How many calls its rules fired on until now."""
        if self.is_in_force:
            self._look()
        return sum(self._hits.values())

    @property
    def events(self) -> "list[Event]":
        """The calls that its rules touched, in the order in which they ended."""
        found = self._ask(lambda ids: self.client.events(rules=ids, limit=_PAGE)["events"])
        return [event for event in found if event["ruleId"] in self._by_id]

    @property
    def verdicts(self) -> "list[Verdict]":
        """What clients made of the calls that its rules touched, the newest first."""
        found = self._ask(lambda ids: self.client.verdicts(rules=ids, limit=5000)["verdicts"])
        return [
            verdict for verdict in found if not self._by_id.keys().isdisjoint(verdict["ruleIds"])
        ]

    @property
    def calls(self) -> "list[Event]":
        """The calls since it began, touched or not, of the account that the client is for; the last
        1,000 at most.
        """
        if self.was_restarted:
            return []
        return self.client.calls(after=self._first_call, limit=_PAGE)["events"]

    @property
    def was_restarted(self) -> bool:
        """Whether LocalStack is another one now than when it began, without its rules."""
        return bool(self._instance) and self._instance != self.client.status()["instance"]

    def rule(self, rule_id: str) -> Rule:
        """Give the rule that LocalStack knows by an id.

        :raises KeyError: where it is none of this outage
        """
        return self._by_id[rule_id]

    def explain(self) -> str:
        """Tell what happened while it was in force: its rules, the calls that came, and why each rule
        did or did not apply to each.
        """
        return explain(self)

    def assert_hit(self, times: int | None = None, *, at_least: int = 1, within: float = 0) -> None:
        """Expect its rules to have fired.

        :param times: exactly so often
        :param at_least: where ``times`` is left out, so often or more
        :param within: how long to wait for it, seconds
        :raises AssertionError: where it is not so
        """
        __tracebackhide__ = True
        self.may_hit_nothing = (at_least if times is None else times) == 0
        assert_hit(self, times, at_least, within)

    def assert_retried(self, at_least: int = 1, *, backoff: bool = False) -> None:
        """Expect each call that it hit to have been retried.

        :param at_least: how many retries, beside the first attempt
        :param backoff: whether to expect a pause before each
        :raises AssertionError: where it is not so, or where it hit no call
        """
        __tracebackhide__ = True
        assert_retried(self, at_least, backoff=backoff)

    def assert_recovered(self, within: float = 10) -> None:
        """Expect each operation that it failed to work again: a later call of the same service,
        operation, region and account is answered well. Waits for that.

        :param within: in so many seconds after the last failure
        :raises AssertionError: where it is not so, or where it hit no call
        """
        __tracebackhide__ = True
        assert_recovered(self, within)

    def _ask(self, question: Callable[[Sequence[str]], list[Any]]) -> list[Any]:
        if not self._by_id or self.was_restarted:
            return []
        # Of more than a URL can hold, all are read, and those of others left out here.
        return question(self.rule_ids if len(self._by_id) <= _MOST_IDS else ())

    def _look(self) -> None:
        """Learn the ids of the rules and how often they fired."""
        status = self.client.status()
        if self._instance and self._instance != status["instance"]:
            return
        self._instance = status["instance"]
        found: list[RuleStatus | DepartedStatus] = [*status["rules"], *status["departed"]]
        for entry in found:
            if str(entry["rule"].get("description", "")).endswith(self._mark):
                self._by_id.setdefault(entry["id"], Rule.model_validate(entry["rule"]))
                self._hits[entry["id"]] = entry["hits"]


def _marked(rule: Rule, mark: str) -> Rule:
    text = f"{rule.description or ''} {mark}".lstrip()
    return rule.model_copy(update={"description": text[-_MAX_DESCRIPTION:]})
