"""Tells, in text, what happened while an outage was in force: its rules, the calls that came, and why
each rule did or did not apply to each.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.explain.why import describe, reason
from localstack_outages.schema.rules import Rule

from .assertions import listed
from .rule_like import ALL

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Event, RuleEvidence


_SHOWN_CALLS = 20
"""How many calls are shown: the last ones."""

_SHOWN_RULES = 10
"""How many rules are shown: the first ones. A reader finds no more useful."""

_SHOWN_NAMES = 3


class Scene(NamedTuple):
    """What is to be told."""

    rules: "Sequence[RuleEvidence]"
    calls: "Sequence[Event]"
    """All calls since the outage began that are kept, of all accounts, in the order in which they
    ended."""
    missed: int
    """How many calls are not among them, for they are not kept."""
    account: str
    """The account that the outage is for; ``*`` for all."""
    account_hint: str
    """What to ask where all calls came from other accounts."""


def explain(scene: Scene) -> str:
    """Tell what happened."""
    account = "" if scene.account == ALL else f", all for account {scene.account}"
    told_rules = [f"{rule['id']} {shown(_model(rule), scene.account)}" for rule in scene.rules]
    if len(told_rules) > _SHOWN_RULES:
        left_out = len(told_rules) - _SHOWN_RULES
        told_rules[_SHOWN_RULES:] = [f"({left_out} more are left out)"]
    return (
        f"the rules of the outage{account}:\n{listed(told_rules)}\n"
        f"the calls that came:\n{listed(_calls(scene))}"
    )


def shown(rule: Rule, account: str, hidden: frozenset[str] = frozenset()) -> str:
    """Write a rule, without what goes without saying.

    :param account: that of the outage, which is told once for all its rules
    :param hidden: other fields to leave out
    """
    own = {"account"} if rule.account == account else set()
    return rule.model_dump_json(by_alias=True, exclude_unset=True, exclude=own | hidden)


def _calls(scene: Scene) -> Iterator[str]:
    own = [call for call in scene.calls if scene.account in (ALL, call["account"])]
    left_out = len(own) - _SHOWN_CALLS
    if scene.missed:
        yield f"(more than {len(scene.calls)} calls came since then; earlier ones are not kept)"
    if left_out > 0:
        yield f"({left_out} earlier ones are left out)"
    if not own:
        yield _nothing_came(scene)
    rules = _Rules(scene.rules, scene.calls)
    for call in own[-_SHOWN_CALLS:]:
        yield describe(call, account=scene.account)
        yield from rules.about(call)


def _nothing_came(scene: Scene) -> str:
    others = [call for call in scene.calls if call["origin"] == "external"]
    if not others:
        return "none: does the application call this LocalStack at all?"
    accounts = Counter(call["account"] for call in others)
    told = [f"none of account {scene.account}"]
    for account, count in accounts.most_common(_SHOWN_NAMES):
        names = Counter(
            f"{call['service']}.{call['operation']}"
            for call in others
            if call["account"] == account
        )
        most = ", ".join(name for name, _ in names.most_common(_SHOWN_NAMES))
        more = ", ..." if len(names) > _SHOWN_NAMES else ""
        told.append(f"{count} of {account} ({most}{more})")
    return f"{'; '.join(told)}: {scene.account_hint}"


class _Rules:
    """The rules of an outage, and when each was spent.

    :param rules: the rules
    :param calls: all calls that are known
    """

    def __init__(self, rules: "Sequence[RuleEvidence]", calls: "Sequence[Event]") -> None:
        self._rules = {rule["id"]: _model(rule) for rule in rules}
        self._first = tuple(self._rules)[:_SHOWN_RULES]
        self._spent = {rule["id"] for rule in rules if rule["state"] == "spent"}
        self._last_hits = {call["ruleId"]: call["offsetMs"] for call in calls}

    def about(self, call: "Event") -> Iterator[str]:
        """Say of each rule why it did or did not apply to a call."""
        told = [*self._first]
        if call["ruleId"] in self._rules and call["ruleId"] not in told:
            told.append(call["ruleId"])
        by_reason: dict[str, list[str]] = {}
        for rule_id in told:
            spent = self._was_spent(rule_id, call)
            why = reason(rule_id, self._rules[rule_id], call, was_spent=spent)
            by_reason.setdefault(why, []).append(rule_id)
        for why, (first, *others) in by_reason.items():
            more = f" (and {len(others)} more)" if others else ""
            yield f"    {first}{more} {why}"

    def _was_spent(self, rule_id: str, call: "Event") -> bool | None:
        """Whether a rule was spent when a call came; None where that is not known."""
        if rule_id not in self._spent:
            return False
        last_hit = self._last_hits.get(rule_id)
        return None if last_hit is None else call["offsetMs"] > last_hit


def _model(rule: "RuleEvidence") -> Rule:
    return Rule.model_validate(rule["rule"])
