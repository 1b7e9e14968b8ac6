"""Why a rule did or did not apply to a call, as far as can be told from outside: for whoever wonders
at a test that fails.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.schema.faults import given as faults_of
from localstack_outages.schema.globs import compile_glob
from localstack_outages.schema.rules import Rule

from .words import what_was_done

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Event

_GLOBS = ("service", "region", "operation", "account")
_CHANCES = (
    "principal", "header", "condition", "page", "call", "probability", "times", "after", "duration", "flap",
)  # fmt: skip
"""The fields by which a rule that matches may yet let a call pass, but for its faults."""


class Difference(NamedTuple):
    """One field by which a rule is not for a call."""

    field: str
    actual: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.field} '{self.actual}' is not '{self.wanted}'"


def differences(rule: Rule, call: "Event") -> Iterator[Difference]:
    """Give each field by which a rule is not for a call; none where it matches."""
    actual = {name: str(call[name]) for name in (*_GLOBS, "origin")}  # type: ignore[literal-required] # they are its keys
    for name in _GLOBS:
        wanted: str = getattr(rule, name)
        if not compile_glob(wanted)(actual[name]):
            yield Difference(name, actual[name], wanted)
    if rule.origin not in ("any", actual["origin"]):
        yield Difference("origin", actual["origin"], rule.origin)


def reason(rule_id: str, rule: Rule, call: "Event", *, was_spent: bool | None = None) -> str:
    """Say why a rule did or did not apply to a call.

    :param rule_id: the id of the rule
    :param rule: the rule
    :param call: one of ``/outages/calls`` or ``/outages/events``
    :param was_spent: whether the rule had fired as often as it may when the call came; None where
        that is not known
    """
    if call["ruleId"] == rule_id:
        return f"applied: {what_happened(call)}"
    found = ", ".join(map(str, differences(rule, call)))
    if found:
        return f"is not for it: {found}"
    if call["ruleId"] is not None:
        return f"matches, but {call['ruleId']} decided before it"
    if was_spent:
        return f"matches, but was spent: its '{_budget(rule)}' allows no more hits"
    passing = [fault.name for fault, value in faults_of(rule) if fault.lets_pass(value)]
    given = [
        name
        for name in (*_CHANCES, *passing)
        if name in rule.model_fields_set and (name != "times" or was_spent is None)
    ]
    if given:
        return f"matches, but did not fire: its {_listed(given)} let it pass"
    return "matches, but was not in the list when the call came"


def what_happened(call: "Event") -> str:
    """Say in a few words what came of a call."""
    injected = call["injected"]
    partial = injected.get("partial")
    return what_was_done(
        delay_ms=injected["delayMs"],
        status=call["statusCode"],
        code=call["errorCode"],
        connection=injected["connection"],
        payload=injected.get("payload"),
        partial=None if partial is None else (partial["failed"], partial["of"]),
        listing=injected.get("listing"),
        done=injected.get("done", False),  # an older server does not tell
    )


def describe(call: "Event", *, account: str | None = None) -> str:
    """Write a call down in one line.

    :param account: the account that goes without saying
    """
    place = f"{call['service']}.{call['operation']} in {call['region']}"
    whose = "" if call["account"] == account else f", account {call['account']}"
    attempt = call["client"]["attempt"]
    number = f", attempt {attempt}" if attempt else ""
    return f"{place}{whose}{number}: {what_happened(call)}"


def _budget(rule: Rule) -> str:
    return "times" if rule.sequence is None else "sequence"


def _listed(names: Iterable[str]) -> str:
    *most, last = [f"'{name}'" for name in names]
    return f"{', '.join(most)} or {last}" if most else last
