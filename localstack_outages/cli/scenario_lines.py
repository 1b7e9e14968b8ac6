"""What the commands of ``scenario`` print for people. Documents in, text out."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from localstack_outages.explain.words import in_words
from localstack_outages.schema.durations import format_duration, format_roughly
from localstack_outages.schema.rules import Rule

from .printing import visible
from .rendering import counted, table_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from localstack_outages.schema.scenario import ParsedScenario, ScenarioPhase
    from localstack_outages.schema.scenario_documents import (
        PhaseStatus,
        ScenarioOutline,
        ScenarioStatus,
    )
    from localstack_outages.schema.scenario_fields import Document

_STATE_STYLES = {"active": "red", "waiting": "yellow", "ended": "dim"}


def list_parts(outlines: "list[ScenarioOutline]") -> "Iterator[RenderableType]":
    """Show which scenarios there are."""
    table = table_of("NAME", "LENGTH", "PHASES", "WHAT HAPPENS")
    table.columns[2].justify = "right"
    table.columns[0].no_wrap = True
    for one in outlines:
        length = format_duration(one["length"])
        table.add_row(one["name"], length, str(len(one["phases"])), one["title"])
    yield table


def story_lines(parsed: "ParsedScenario", speed: float, only: str | None) -> Iterator[str]:
    """Tell a scenario: its phases in the order in which they start, and what fails in each.

    :param only: the name of a phase that is wanted alone
    """
    scenario = parsed.scenario
    yield f"{scenario.name}: {scenario.title}"
    if scenario.summary:
        yield ""
        yield scenario.summary.strip()
    pairs = zip(scenario.phases, parsed.rules, strict=True)
    for phase, rules in sorted(pairs, key=lambda pair: pair[0].at):
        if only in (None, phase.name):
            yield ""
            yield f"{phase.name}, {_when(phase, speed, scenario.began, only)}: {phase.text}"
            if phase.note:
                yield f"  note: {phase.note}"
            yield from (f"  {_without_end(rule)}" for rule in rules)
    if scenario.sources:
        yield ""
        yield "sources:"
        yield from (f"  {source}" for source in scenario.sources)


def _without_end(rule: "Document") -> str:
    """Write a rule of a phase in one line: how long it lasts says the phase."""
    timed = Rule.model_validate({**rule, "duration": 1.0})
    return in_words(timed.model_copy(update={"duration": None}))


def _when(phase: "ScenarioPhase", speed: float, began: str | None, only: str | None) -> str:
    at = 0.0 if only else phase.at / speed
    played = f"from {format_duration(at)} for {format_duration(phase.length / speed)}"
    if began is None:
        return played
    start = datetime.fromisoformat(began) + timedelta(seconds=phase.at)
    end = start + timedelta(seconds=phase.length)
    return f"{start:%d %b %H:%M} to {end:%d %b %H:%M} UTC, {played}"


def started_line(status: "ScenarioStatus") -> str:
    """Say that a scenario was started."""
    phases = counted(len(status["phases"]), "phase")
    return (
        f"Started {status['name']}: {phases} in {format_duration(status['timeLeft'])}"
        f"{_at_speed(status['speed'])}, {counted(status['rules'], 'rule')}"
    )


def phase_line(phase: "PhaseStatus", ago: float) -> str:
    """Say that a phase of a run has begun.

    :param ago: seconds since the run was started
    """
    left = format_roughly(phase["timeLeft"])
    return f"{format_roughly(ago):>6}  {phase['name']}, for {left}: {phase['text']}"


def stopped_line(status: "ScenarioStatus") -> str:
    """Say that a scenario was ended before it was over."""
    after = format_roughly(status["startedAgo"])
    return f"Ended {status['name']} after {after}; its rules are gone."


def status_parts(running: "list[ScenarioStatus]") -> "Iterator[RenderableType]":
    """Show how far the scenarios are that run."""
    if not running:
        yield visible("No scenario runs.")
    for number, status in enumerate(running):
        if number:
            yield visible("")
        length = format_roughly(status["startedAgo"] + status["timeLeft"])
        yield visible(
            f"{status['name']} (owner: {status['owner']}): {format_roughly(status['startedAgo'])} "
            f"of {length}{_at_speed(status['speed'])}"
        )
        table = table_of("PHASE", "STATE", "TIME", "WHAT HAPPENS")
        for phase in status["phases"]:
            state = visible(phase["state"], _STATE_STYLES[phase["state"]])
            table.add_row(phase["name"], state, _time(phase), visible(phase["text"]))
        yield table


def _time(phase: "PhaseStatus") -> str:
    if phase["state"] == "waiting":
        return f"in {format_roughly(phase['startsIn'])}"
    return format_roughly(phase["timeLeft"]) if phase["state"] == "active" else ""


def _at_speed(speed: float) -> str:
    return "" if speed == 1 else f" at speed {speed:g}"
