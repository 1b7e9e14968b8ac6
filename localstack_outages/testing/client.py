"""The client that a test is given: whatever rules it adds are its own, and go with the test."""

import contextlib
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Unpack

from localstack_outages.client.client import OutagesClient
from localstack_outages.client.explanation import shown
from localstack_outages.client.outage import Outage
from localstack_outages.client.rule_like import ALL, RuleLike, valid_rules
from localstack_outages.client.scenario_control import ScenarioLike
from localstack_outages.client.scenario_outage import ScenarioOutage
from localstack_outages.launch.presence import Presence, has_ended
from localstack_outages.schema.errors import OutagesError, UnknownOwner, Unreachable
from localstack_outages.schema.fields import Fields
from localstack_outages.schema.rules import Rule

if TYPE_CHECKING:
    from localstack_outages.schema.effort_report import Asked

_OWNER = re.compile(r".*\[pytest (?P<process>[0-9a-f]+)\.\d+\]( \d+)?")
"""Who owns the rules of a test: its name, the process that runs it, and its number there. Its outages
have owners of their own, with a number of their own at the end."""

_MOST_OF_A_NAME = 200
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
        self.account_hint = "does the application use outages_credentials?"
        self.marked: tuple[Outage, ...] = ()
        """The outages of the test's markers, the outermost first."""
        self.injected: str | None = None
        """What fails in this run of a sweep, such as ``dynamodb:PutItem#2=internal``; None in a run
        without a sweep, and in the one without a fault."""
        name = "".join(c if c.isprintable() else "?" for c in test)[-_MOST_OF_A_NAME:]
        self.owner = f"{name} [pytest {process.token}.{next(_numbers)}]"
        """Who owns the rules that are added otherwise than by an outage."""
        self._outages: list[Outage] = []

    @property
    def is_for_all_accounts(self) -> bool:
        """Whether its rules are for calls of all accounts."""
        return self.account == ALL

    @property
    def made_outages(self) -> bool:
        """Whether the test has put a rule into force, in whichever way."""
        if any(outage.was_begun for outage in self._outages):
            return True
        try:
            return bool(self.evidence(self.owner)["rules"])
        except UnknownOwner:
            return False

    def rules(self, *, owner: str | None = None) -> list[Rule]:
        """Give the rules of this test that are in the list.

        :param owner: of this owner alone
        """
        if owner is not None:
            return super().rules(owner=owner)
        return [
            Rule.model_validate(entry["rule"])
            for entry in self.status()["rules"]
            if self._is_own(entry["owner"])
        ]

    def replace(
        self, rules: Iterable[RuleLike], *, owner: str | None = None, dry_run: bool = False
    ) -> list[Rule]:
        """Put rules in place of all that this test has. All of them start anew.

        :param owner: in place of those of this owner alone
        :param dry_run: change nothing, only say what the list would be
        :return: the rules of this test, or of the owner
        """
        if owner is not None:
            return super().replace(rules, owner=owner, dry_run=dry_run)
        wanted = valid_rules(rules, self.account)
        if not dry_run:
            self.clear()
            super().replace(wanted, owner=self.owner)
        return wanted

    def add(
        self,
        rules: Iterable[RuleLike],
        *,
        first: bool = False,
        owner: str | None = None,
        dry_run: bool = False,
    ) -> list[Rule]:
        """Add rules that the test does not have yet; those that it has go on as they were.

        :param first: whether they go before all others, and so decide before them
        :param owner: who owns them; the test where left out
        :param dry_run: change nothing, only say what the list would be
        :return: the rules that the owner has
        """
        owner = self.owner if owner is None else owner
        return super().add(rules, first=first, owner=owner, dry_run=dry_run)

    def remove(
        self, rules: Iterable[RuleLike], *, owner: str | None = None, dry_run: bool = False
    ) -> list[Rule]:
        """Remove all rules of this test that are equal to one of these.

        :param owner: of this owner alone
        :param dry_run: change nothing, only say what the list would be
        :return: the rules that are left of this test, or of the owner
        """
        if owner is not None:
            return super().remove(rules, owner=owner, dry_run=dry_run)
        unwanted = tuple(rules)
        remove = super().remove  # before Python 3.12 a comprehension has no super()
        return [
            rule for own in self._owners() for rule in remove(unwanted, owner=own, dry_run=dry_run)
        ]

    def clear(self, *, owner: str | None = None) -> None:
        """End all outages of this test.

        :param owner: those of this owner alone
        """
        for own in self._owners() if owner is None else [owner]:
            super().clear(owner=own)

    def outage(self, service: str | Iterable[RuleLike] = ALL, **fields: Unpack[Fields]) -> Outage:
        """Make an outage for a ``with`` block. As of ``OutagesClient``."""
        outage = super().outage(service, **fields)
        self._outages.append(outage)
        return outage

    def scenario(
        self, scenario: ScenarioLike, *, speed: float = 1, phase: str | None = None
    ) -> ScenarioOutage:
        """Make an outage of a scenario for a ``with`` block. As of ``OutagesClient``."""
        outage = super().scenario(scenario, speed=speed, phase=phase)
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

    def finish(self) -> None:
        """End all that the test has left, and close the client."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.close)
            stack.callback(self._clear_where_there)
            for outage in self._outages:
                stack.callback(outage.stop)

    def asked(self) -> "list[Asked]":
        """Give the rules that it put into force, in words, and how often each fired. What LocalStack
        does not know any more is not among them.
        """
        from localstack_outages.client.effort_reports import asked_of

        asked: list[Asked] = []
        for owner in (self.owner, *(outage.owner for outage in self._outages)):
            try:
                rules = self.evidence(owner)["rules"]
            except UnknownOwner:  # it never had one
                continue
            except OutagesError:
                break
            asked.extend(asked_of(rule["rule"], rule["hits"]) for rule in rules)
        return asked

    def never_hit(self) -> list[str]:
        """Give the outages, and the rules added otherwise, that no call was hit by.

        What LocalStack does not know any more, since it was restarted, is not among them.
        """
        idle = [
            self._told(outage)
            for outage in self._outages
            if outage.was_begun and not outage.may_hit_nothing and self._is_idle(outage.owner)
        ]
        try:
            added = self.evidence(self.owner)["rules"]
        except UnknownOwner:  # none was added
            added = []
        return idle + [
            shown(Rule.model_validate(rule["rule"]), self.account, _HIDDEN)
            for rule in added
            if not rule["hits"]
        ]

    def explain(self) -> Iterator[str]:
        """Tell for each outage that was begun what happened while it was in force."""
        for outage in self._outages:
            if outage.was_begun:
                try:
                    yield outage.explain()
                except OutagesError as e:
                    yield str(e)
                    return

    def _told(self, outage: Outage) -> str:
        if isinstance(outage, ScenarioOutage):
            return outage.title
        return ", ".join(shown(rule, self.account, _HIDDEN) for rule in outage.rules)

    def _is_idle(self, owner: str) -> bool:
        try:
            return not self.evidence(owner)["hits"]
        except UnknownOwner:
            return False

    def _clear_where_there(self) -> None:
        try:
            self.clear()
        except Unreachable as e:
            if not e.is_gone:
                raise

    def _new_owner(self) -> str:
        return f"{self.owner} {len(self._outages) + 1}"

    def _owners(self) -> list[str]:
        """Give the owners that this test has in the list, in the order of their first rules."""
        found = (entry["owner"] for entry in self.status()["rules"])
        return list(dict.fromkeys(owner for owner in found if owner and self._is_own(owner)))

    def _is_own(self, owner: str | None) -> bool:
        return owner is not None and f"{owner} ".startswith(f"{self.owner} ")


_HIDDEN = frozenset(("description",))


def remove_leftovers(endpoint: str, process: Presence) -> None:
    """Remove the rules of tests that could not do so themselves: of processes of this machine that
    were killed, and of tests of this process that are over.

    :param endpoint: the URL of LocalStack
    :param process: this process, which is between two tests
    :raises OutagesError: where LocalStack does not answer
    :raises UnsafeFolder: where it cannot be known which processes run
    """
    with OutagesClient(endpoint) as client:
        owners = dict.fromkeys(entry["owner"] for entry in client.status()["rules"])
        for owner in owners:
            if owner is not None and _is_stale(owner, process):
                client.clear(owner=owner)


def _is_stale(owner: str, process: Presence) -> bool:
    match = _OWNER.fullmatch(owner)
    return match is not None and (match["process"] == process.token or has_ended(match["process"]))
