"""The client that a test is given: whatever rules it adds are its own, and go with the test."""

import contextlib
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any, Unpack

from .client import ALL, Fields, OutagesClient, RuleLike
from .errors import OutagesError, Unreachable
from .liveness import Presence, has_ended
from .outage import Outage
from .rules import Rule

_MARK = re.compile(r"\[pytest (?P<process>[0-9a-f]+)\.\d+\]")
"""What a rule's description says of the test that it belongs to."""

_MOST_OF_A_NAME = 300
_numbers = itertools.count(1)


class TestOutages(OutagesClient):
    """A client whose rules all end with the test, whichever way they were added.

    Example::

        def test_falls_back(outages):
            with outages.outage("s3", region="us-east-1") as outage:
                assert application.read("key") == "from the other region"
            outage.assert_hit()

    It lists and changes the rules of its test alone.

    :param endpoint: the URL of LocalStack
    :param test: the id of the test
    :param process: of the process that runs the test
    :param account: as of ``OutagesClient``
    """

    __test__ = False  # to pytest this is no class of tests

    def __init__(self, endpoint: str, test: str, process: Presence, account: str = ALL) -> None:
        super().__init__(endpoint, account=account)
        self.marked: tuple[Outage, ...] = ()
        """The outages of the test's markers, the outermost first."""
        self._name = test[-_MOST_OF_A_NAME:]
        self._mark = f"[pytest {process.token}.{next(_numbers)}]"
        self._outages: list[Outage] = []

    @property
    def is_for_all_accounts(self) -> bool:
        """Whether its rules are for calls of all accounts."""
        return self.account == ALL

    def rules(self) -> list[Rule]:
        """Give the rules of this test that are in the list."""
        return self._own(super().rules())

    def replace(self, rules: Iterable[RuleLike], *, dry_run: bool = False) -> list[Rule]:
        """Put rules in place of all that this test has. All of them start anew.

        :param dry_run: change nothing, only say what the list would be
        :return: the rules of this test
        """
        wanted = self._valid(rules)
        if dry_run:
            return wanted
        self.clear()
        return self.add(wanted)

    def clear(self) -> None:
        """End all outages of this test."""
        self.remove(self.rules())

    def outage(self, service: str | Iterable[RuleLike] = ALL, **fields: Unpack[Fields]) -> Outage:
        """Make an outage for a ``with`` block. As of ``OutagesClient``."""
        outage = super().outage(service, **fields)
        self._outages.append(outage)
        return outage

    def start(self, service: str | Iterable[RuleLike] = ALL, **fields: Unpack[Fields]) -> Outage:
        """Begin an outage that lasts until the test ends, or until its ``stop()``.

        :param service: glob on the service, or a list of rules
        :param fields: the other fields of the rule
        :raises InvalidRules: where a field is not valid
        """
        outage = self.outage(service, **fields)
        outage.start()
        return outage

    @contextlib.contextmanager
    def marked_in_force(self) -> Iterator[None]:
        """Hold the outages of the markers in force; the innermost decides."""
        with contextlib.ExitStack() as stack:
            for outage in self.marked:
                stack.enter_context(outage)
            yield

    def end(self) -> None:
        """End all that the test has left."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.close)
            stack.callback(self._clear_where_there)
            for outage in self._outages:
                stack.callback(outage.stop)

    def never_hit(self) -> list[str]:
        """Give the outages, and the rules added otherwise, that no call was hit by."""
        begun = [outage for outage in self._outages if outage.rule_ids]
        idle = [o for o in begun if not o.may_hit_nothing and not o.hits]
        known = {rule_id for outage in begun for rule_id in outage.rule_ids}
        status = self.status()
        added = [
            Rule.model_validate(entry["rule"])
            for entry in (*status["rules"], *status["departed"])
            if not entry["hits"] and entry["id"] not in known
        ]
        outages = [", ".join(map(self._shown, outage.rules)) for outage in idle]
        return outages + [self._shown(rule) for rule in self._own(added)]

    def explain(self) -> Iterator[str]:
        """Tell for each outage that was begun what happened while it was in force."""
        for outage in self._outages:
            if outage.rule_ids:
                try:
                    yield outage.explain()
                except OutagesError as e:
                    yield str(e)
                    return

    def _clear_where_there(self) -> None:
        try:
            self.clear()
        except Unreachable as e:
            if not e.is_gone:
                raise

    def _change(self, method: str, rules: Iterable[RuleLike], **params: Any) -> list[Rule]:
        return self._own(super()._change(method, rules, **params))

    def _valid(self, rules: Iterable[RuleLike]) -> list[Rule]:
        return [self._marked(rule) for rule in super()._valid(rules)]

    def _marked(self, rule: Rule) -> Rule:
        if self._is_own(rule):
            return rule
        text = " ".join(filter(None, (rule.description, self._name, self._mark)))
        return rule.model_copy(update={"description": text})

    def _own(self, rules: Iterable[Rule]) -> list[Rule]:
        return [rule for rule in rules if self._is_own(rule)]

    def _is_own(self, rule: Rule) -> bool:
        return self._mark in (rule.description or "")

    def _shown(self, rule: Rule) -> str:
        hidden = {"description"} | ({"account"} if rule.account == self.account else set())
        return rule.model_dump_json(by_alias=True, exclude_unset=True, exclude=hidden)


def remove_leftovers(endpoint: str, process: Presence) -> None:
    """Remove the rules of tests that could not do so themselves: of processes of this machine that
    were killed, and of tests of this process that are over.

    :param endpoint: the URL of LocalStack
    :param process: this process, which is between two tests
    :raises OutagesError: where LocalStack does not answer
    """
    with OutagesClient(endpoint) as client:
        stale = [rule for rule in client.rules() if _is_stale(rule, process)]
        if stale:
            client.remove(stale)


def _is_stale(rule: Rule, process: Presence) -> bool:
    match = _MARK.search(rule.description or "")
    return match is not None and (match["process"] == process.token or has_ended(match["process"]))
