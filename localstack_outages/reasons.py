"""Why a rule did or did not apply to a call, as far as can be told from outside: for whoever wonders
at a test that fails.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from .matching import compile_glob
from .rules import Rule

if TYPE_CHECKING:
    from .answers import Event

_GLOBS = ("service", "region", "operation", "account")
_CHANCES = ("condition", "probability", "times", "after", "duration", "flap", "throttle")
"""The fields by which a rule that matches may yet let a call pass."""


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


def reason(rule_id: str, rule: Rule, call: "Event") -> str:
    """Say why a rule did or did not apply to a call.

    :param rule_id: the id of the rule
    :param rule: the rule
    :param call: one of ``/outages/calls`` or ``/outages/events``
    """
    if call["ruleId"] == rule_id:
        return f"applied: {what_happened(call)}"
    found = ", ".join(map(str, differences(rule, call)))
    if found:
        return f"is not for it: {found}"
    if call["ruleId"] is not None:
        return f"matches, but {call['ruleId']} decided before it"
    given = [name for name in _CHANCES if name in rule.model_fields_set]
    if given:
        return f"matches, but did not fire: its {_listed(given)} let it pass"
    return "matches, but was not in the list when the call came"


def what_happened(call: "Event") -> str:
    """Say in a few words what came of a call."""
    injected = call["injected"]
    parts = [f"{injected['delayMs']:.0f} ms late"] if injected["delayMs"] else []
    if injected["connection"]:
        parts.append(f"connection {injected['connection']}")
    else:
        parts.append(" ".join(str(p) for p in (call["statusCode"], call["errorCode"]) if p))
    return ", ".join(parts)


def describe(call: "Event") -> str:
    """Write a call down in one line."""
    place = f"{call['service']}.{call['operation']} in {call['region']}"
    attempt = call["client"]["attempt"]
    number = f", attempt {attempt}" if attempt else ""
    return f"{place}, account {call['account']}{number}: {what_happened(call)}"


def _listed(names: Iterable[str]) -> str:
    *most, last = [f"'{name}'" for name in names]
    return f"{', '.join(most)} or {last}" if most else last
