"""What a test may expect of an outage, in assertions that explain themselves when they fail: they
show the calls that came, the rules, and why each rule did or did not apply.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .reasons import describe, reason
from .rules import Rule

if TYPE_CHECKING:
    from .answers import Event, Verdict
    from .outage import Outage

_POLL_SECONDS = 0.05
_SHOWN = 20
"""How many calls a failure shows: the last ones."""

_Key = tuple[str, str, str, str]


def assert_hit(outage: "Outage", times: int | None, at_least: int, within: float) -> None:
    """See ``Outage.assert_hit``."""
    __tracebackhide__ = True
    wanted = f"at least {_times(at_least)}" if times is None else _times(times)

    def is_met() -> bool:
        hits = outage.hits
        return hits >= at_least if times is None else hits == times

    if not _is_soon(is_met, within):
        _fail(outage, f"expected the outage to hit {wanted}, but it hit {_times(outage.hits)}")


def assert_retried(outage: "Outage", at_least: int, *, backoff: bool) -> None:
    """See ``Outage.assert_retried``."""
    __tracebackhide__ = True
    verdicts = outage.verdicts
    if not verdicts:
        _fail(outage, "expected calls to be retried, but the outage hit none")
    lazy = [verdict for verdict in verdicts if verdict["attempts"] <= at_least]
    if lazy:
        wanted = f"each call that the outage hit to be retried at least {_times(at_least)}"
        _fail(outage, f"expected {wanted}, but not so:\n{_listed(map(_told, lazy))}")
    hasty = [verdict for verdict in verdicts if "noBackoff" in verdict["flags"]]
    if backoff and hasty:
        _fail(
            outage, f"expected a pause before each retry, but not so:\n{_listed(map(_told, hasty))}"
        )


def assert_recovered(outage: "Outage", within: float) -> None:
    """See ``Outage.assert_recovered``."""
    __tracebackhide__ = True
    if not outage.events:
        _fail(outage, "expected the application to recover, but the outage hit no call of it")
    if not _is_soon(lambda: not _still_failing(outage, within), within):
        failing = _listed(
            f"{s}.{o} in {r}, account {a}" for s, o, r, a in _still_failing(outage, within)
        )
        _fail(
            outage,
            f"expected each operation that the outage failed to work again within {within:g} s, "
            f"but not so:\n{failing}",
        )


def _still_failing(outage: "Outage", within: float) -> list[_Key]:
    """Give what the outage failed last at a time after which no call of the kind was answered well,
    or only later than within so many seconds.
    """
    failed_at: dict[_Key, float] = {}
    for event in outage.events:
        if event["outcome"] == "injected":
            failed_at[_key(event)] = _ended_at(event)
    back_at: dict[_Key, float] = {}
    for call in outage.calls:
        key = _key(call)
        if call["outcome"] == "ok" and _ended_at(call) > failed_at.get(key, float("inf")):
            back_at.setdefault(key, _ended_at(call))
    return [
        key
        for key, ended in failed_at.items()
        if back_at.get(key, float("inf")) - ended > within * 1000
    ]


def _key(call: "Event") -> _Key:
    return call["service"], call["operation"], call["region"], call["account"]


def _ended_at(call: "Event") -> float:
    return call["offsetMs"] + call["durationMs"]


def _is_soon(is_met: Callable[[], bool], within: float) -> bool:
    """Whether something is so, or comes to be so in time."""
    deadline = time.monotonic() + within
    never = threading.Event()
    while not is_met():
        if time.monotonic() >= deadline:
            return False
        never.wait(_POLL_SECONDS)
    return True


def _fail(outage: "Outage", message: str) -> None:
    __tracebackhide__ = True
    raise AssertionError(f"{message}\n{explain(outage)}")


def explain(outage: "Outage") -> str:
    """Tell what happened while an outage was in force: its rules, the calls that came, and why each
    rule did or did not apply to each.
    """
    if outage.was_restarted:
        return "LocalStack was restarted meanwhile: the rules are gone with all that it knew."
    rules = [f"{rule_id} {_shown(outage.rule(rule_id))}" for rule_id in outage.rule_ids]
    calls = outage.calls
    seen = [line for call in calls[-_SHOWN:] for line in _about(outage, call)]
    if not calls:
        seen = ["none: does the application call this LocalStack at all?"]
    elif len(calls) > _SHOWN:
        seen.insert(0, f"({len(calls) - _SHOWN} earlier ones are left out)")
    return f"the rules of the outage:\n{_listed(rules)}\nthe calls that came:\n{_listed(seen)}"


def _about(outage: "Outage", call: "Event") -> Iterator[str]:
    yield describe(call)
    for rule_id in outage.rule_ids:
        yield f"    {rule_id} {reason(rule_id, outage.rule(rule_id), call)}"


def _shown(rule: Rule) -> str:
    return rule.model_dump_json(by_alias=True, exclude_unset=True)


def _told(verdict: "Verdict") -> str:
    place = f"{verdict['service']}.{verdict['operation']} in {verdict['region']}"
    gaps = ", ".join("?" if gap is None else f"{gap:.0f}" for gap in verdict["gapsMs"])
    pauses = f", {gaps} ms between them" if gaps else ""
    flags = f" ({', '.join(verdict['flags'])})" if verdict["flags"] else ""
    return f"{place}: attempts: {verdict['attempts']}{pauses}, {verdict['ending']}{flags}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _listed(lines: "Iterator[str] | list[str] | map[str]") -> str:
    return "\n".join(f"  {line}" for line in lines)
