"""How clients came through the runs of scenarios, from the load and the verdicts."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from localstack_outages.engine.store import Store
from localstack_outages.evidence.load import MEASURED_SECONDS, Figures, Load, figures_of, total
from localstack_outages.evidence.record import rfc3339
from localstack_outages.evidence.run_report import (
    WINDOW,
    Seconds,
    Span,
    goodput_before,
    judge_run,
)
from localstack_outages.evidence.traffic import KEPT_SECONDS
from localstack_outages.evidence.verdicts import Verdicts
from localstack_outages.schema.scenario import ScenarioPhase

from .scenarios import Before, Run, phase_times

if TYPE_CHECKING:
    from localstack_outages.schema.load_documents import PhaseMark, ReportPhase, ScenarioReport

AFTERWARDS = 60
"""A run is watched for at least so many seconds after it is over and its trigger is gone."""


class RunReports:
    """Reports on runs.

    :param store: the rules
    :param load: tells what clients asked for, and what they got
    :param verdicts: judges how they retried
    """

    def __init__(self, store: Store, load: Load, verdicts: Verdicts) -> None:
        self._store = store
        self._load = load
        self._verdicts = verdicts

    def look_before(self, services: Sequence[str], owner: str) -> Before:
        """Look how things are before a run: what ``Scenarios`` is given."""
        now = self._load.clock()
        load = self._of_services(int(now) - MEASURED_SECONDS, services)
        return Before(goodput_before(load, now), self._verdicts.tally(owner).figures())

    def mark(self, phases: Iterator[tuple[Run, ScenarioPhase, float, float]]) -> "list[PhaseMark]":
        """Mark phases on the time axis of the load."""
        return [
            {
                "scenario": run.parsed.scenario.name,
                "owner": run.owner,
                "phase": phase.name,
                "from": rfc3339(self._load.time_of(start)),
                "until": rfc3339(self._load.time_of(end)),
            }
            for run, phase, start, end in phases
        ]

    def report(self, run: Run) -> "ScenarioReport":
        """Report on a run that goes on or is over."""
        now = self._load.clock()
        span = self._span(run, now)
        kept = int(now) - KEPT_SECONDS + 1
        load = self._of_services(max(int(span.start) - MEASURED_SECONDS, kept), run.services)
        load = {second: figures for second, figures in load.items() if second < span.until}
        scenario, judged = run.parsed.scenario, judge_run(load, span, run.before.goodput)
        lost, still_open, flags = self._calls(run)
        return {
            "scenario": scenario.name,
            "title": scenario.title,
            "owner": run.owner,
            "phase": run.phase,
            "speed": run.speed,
            "startedAt": rfc3339(span.start),
            "isOver": run.ended_at is not None,
            "complete": int(span.start) >= kept,
            "triggerSeconds": round(span.trigger_end - span.trigger_start, 3),
            "secondsSince": max(0.0, round(now - span.trigger_end, 3)),
            "goodputBefore": judged.goodput_before,
            "lowestGoodput": judged.lowest_goodput,
            "goodput": judged.goodput,
            "firstGood": judged.first_good,
            "recovery": judged.recovery,
            "amplification": judged.amplification,
            "metastable": judged.metastable,
            "lost": lost,
            "open": still_open,
            "flags": flags,
            "phases": [self._phase(run, phase, load, span) for phase in run.phases],
            "seconds": [
                {"at": round(second - span.start, 3), **figures_of(figures)}
                for second, figures in load.items()
            ],
        }

    def _of_services(self, first: int, services: Sequence[str]) -> Seconds:
        return {
            s: total(found.values()) for s, found in self._load.by_second(first, services).items()
        }

    def _span(self, run: Run, now: float) -> Span:
        times = [phase_times(run, phase) for phase in _triggers(run)]
        time_of = self._load.time_of
        start, end = min(start for start, _ in times), max(end for _, end in times)
        over = max(end, *(phase_times(run, phase)[1] for phase in run.phases))
        until = time_of(over) + max(AFTERWARDS, end - start + 2 * WINDOW)
        return Span(time_of(run.started_at), time_of(start), time_of(end), min(now, until))

    def _phase(self, run: Run, phase: ScenarioPhase, load: Seconds, span: Span) -> "ReportPhase":
        start, end = (self._load.time_of(at) for at in phase_times(run, phase))
        whole = total(load.get(s, Figures()) for s in range(int(start), int(min(end, span.until))))
        return {
            "name": phase.name,
            "text": phase.text,
            "start": round(start - span.start, 3),
            "end": round(end - span.start, 3),
            "isTrigger": phase in _triggers(run),
            "calls": int(whole.calls),
            "attempts": int(whole.attempts),
            "good": int(whole.good),
        }

    def _calls(self, run: Run) -> tuple[int | None, int | None, dict[str, int]]:
        """Give how many calls of a run are lost and open, and their flags."""
        if not self._store.remembers(run.owner):
            return None, None, {}
        now = self._verdicts.tally(run.owner).figures()
        before = run.before.calls
        failed = now["endings"]["failed"] - (before["endings"]["failed"] if before else 0)
        flags: dict[str, int] = {
            flag: number - (before["flags"].get(flag, 0) if before else 0)
            for flag, number in now["flags"].items()
        }
        found: dict[str, int] = {flag: number for flag, number in flags.items() if number > 0}
        return max(0, failed), now["endings"]["open"], found


def _triggers(run: Run) -> list[ScenarioPhase]:
    """Give the phases in which something fails by more than a throttle: that stands for a service that
    is as strong as ever. Where there are none, all phases with rules.
    """
    rules = dict(zip((p.name for p in run.parsed.scenario.phases), run.parsed.rules, strict=True))
    failing = [p for p in run.phases if any("throttle" not in rule for rule in rules[p.name])]
    return failing or [phase for phase in run.phases if rules[phase.name]]
