"""Runs scenarios: each as rules of an owner of its own, first in the list.

Nothing here watches the clock. The rules of a run start and end by themselves, and how far the run
is follows from them: it runs while its owner has a rule in the list.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from secrets import token_hex
from typing import Any, NamedTuple

from localstack_outages.engine.shared import Note
from localstack_outages.engine.snapshot import Entry
from localstack_outages.engine.store import Store
from localstack_outages.schema.documents import CallFigures
from localstack_outages.schema.errors import InvalidScenario, UnknownScenario
from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.scenario import ParsedScenario, ScenarioPhase, parse_scenario
from localstack_outages.schema.scenario_documents import PhaseState, PhaseStatus, ScenarioStatus
from localstack_outages.schema.scenario_files import packaged_names, packaged_scenario
from localstack_outages.schema.scenario_rules import compile_scenario, phases_to_run

MAX_RUNS = 20
"""How many runs are remembered that are over, the newest."""


class Before(NamedTuple):
    """How things were when a run began, for its report."""

    goodput: float | None = None
    """Good answers a second in the minute before; None where there were none."""
    calls: CallFigures | None = None
    """What the verdicts have counted for the owner, of runs before this one."""


LookBefore = Callable[[Sequence[str], str], Before]
"""Looks how things are. It is given globs on the services that the run is about, and the owner."""


def _see_nothing(services: Sequence[str], owner: str) -> Before:  # noqa: ARG001 - as of LookBefore
    return Before()


class Run(NamedTuple):
    """A run of a scenario, which goes on or is over."""

    parsed: ParsedScenario
    speed: float
    phase: str | None
    owner: str
    """Of its rules."""
    started_at: float
    """By the clock of the store, seconds."""
    services: tuple[str, ...]
    """Globs on the services of its rules."""
    before: Before = Before()
    ended_at: float | None = None
    """When none of its rules was left in the list; None while it goes on."""
    name: str = ""
    """Tells it from other runs."""

    @property
    def phases(self) -> list[ScenarioPhase]:
        """Its phases, in the order in which they start; times are those of the scenario."""
        return phases_to_run(self.parsed, self.phase)


def owner_of(name: str) -> str:
    """Give the owner of a scenario's rules, where nobody else starts it for purposes of its own."""
    return f"scenario {name}"


class Scenarios:
    """Starts and ends scenarios, and tells how far they are.

    :param store: the rules
    :param look_before: looks how things are before a run begins
    """

    def __init__(self, store: Store, look_before: LookBefore = _see_nothing) -> None:
        self._store = store
        self._look_before = look_before
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}
        self._past: list[Run] = []
        self._known: set[str] = set()

    def start(
        self,
        parsed: ParsedScenario,
        *,
        speed: float = 1,
        phase: str | None = None,
        account: str | None = None,
        owner: str | None = None,
    ) -> ScenarioStatus:
        """Put a scenario's rules before all others. One that runs for the same owner starts anew.

        :param speed: by how much phases start sooner and are shorter
        :param phase: the name of a phase that is wanted alone
        :param account: the account that rules are for which name none
        :param owner: whose rules they are; ``scenario NAME`` where left out
        :raises InvalidScenario: where it cannot be run so
        :raises InvalidRules: where the list would grow too long
        """
        name = parsed.scenario.name
        owner = owner_of(name) if owner is None else owner
        rules = compile_scenario(parsed, speed=speed, phase=phase, account=account)
        if not rules:
            raise InvalidScenario(f"'{phase or name}' has no rules: there is nothing to run")
        services = tuple(sorted({rule.get("service", "*") for rule in rules}))
        before = self._look_before(services, owner)
        with self._lock:
            self._running()
            now = self._store.clock()
            self._end(owner, now)
            run = Run(parsed, speed, phase, owner, now, services, before, name=token_hex(8))
            self._store.replace(parse_rules(rules), owner=owner, first=True, note=_note_of(run))
            self._known.add(run.name)
            self._runs[owner] = run
        return _status(run, now, now, len(rules))

    def stop(self, name: str, owner: str | None = None) -> ScenarioStatus:
        """End a scenario: take its rules out of the list.

        :param owner: whose run of it is meant; ``scenario NAME`` where left out
        :return: how far it was
        :raises UnknownScenario: where it does not run
        """
        owner = owner_of(name) if owner is None else owner
        with self._lock:
            status = self._running().get(owner)
            if status is None or status["name"] != name:
                raise UnknownScenario(_not_running(name, self._running()))
            self._store.remove(None, owner=owner)
            self._end(owner, self._store.clock())
        return status

    def running(self) -> list[ScenarioStatus]:
        """Tell how far the scenarios are that run, the last one started first."""
        with self._lock:
            return list(reversed(self._running().values()))

    def run(self, name: str, owner: str | None = None) -> Run:
        """Give the newest run of a scenario, which goes on or is over.

        :param owner: whose run of it is meant; anybody's where left out
        :raises UnknownScenario: where none is remembered
        """
        with self._lock:
            self._running()
            runs = [*self._runs.values(), *reversed(self._past)]
        found = [r for r in runs if r.parsed.scenario.name == name and owner in (None, r.owner)]
        if not found:
            raise UnknownScenario(f"scenario '{name}' has not run since the start")
        return max(found, key=lambda run: run.started_at)

    def begun_phases(self) -> Iterator[tuple[Run, ScenarioPhase, float, float]]:
        """Give each phase of a run that is remembered and has begun, with when it started and ended,
        or will end, by the clock of the store.
        """
        with self._lock:
            self._running()
            runs = [*self._past, *self._runs.values()]
        now = self._store.clock()
        for run in runs:
            for phase in run.phases:
                start, end = phase_times(run, phase)
                if start <= now and start < end:
                    yield run, phase, start, end

    def find(self, name: str) -> ParsedScenario:
        """Give a scenario that runs, or that comes with the package.

        :raises UnknownScenario: where there is none of that name
        """
        with self._lock:
            self._running()
            found = [run.parsed for run in self._runs.values()]
        return next((p for p in found if p.scenario.name == name), None) or packaged_scenario(name)

    def _running(self) -> dict[str, ScenarioStatus]:
        """Look which runs have rules in the list, and forget the others."""
        self._learn()
        entries, now = self._store.entries(), self._store.clock()
        owned: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.owner in self._runs:
                owned.setdefault(entry.owner, []).append(entry)
        for owner in [owner for owner in self._runs if owner not in owned]:
            self._end(owner, self._last_departure(owner, now))
        return {
            owner: _status(run, _begin_of(owned[owner]), now, len(owned[owner]))
            for owner, run in self._runs.items()
        }

    def _learn(self) -> None:
        """Take note of runs that other hosts have started, where the list is shared."""
        notes = {o: n for o, n in self._store.notes().items() if n.document.get("kind") == _KIND}
        for owner, note in notes.items():
            if note.document["name"] not in self._known:
                self._end(owner, note.at)
                self._runs[owner] = _run_of(owner, note)
        self._known = {note.document["name"] for note in notes.values()}

    def _last_departure(self, owner: str, now: float) -> float:
        """Give when the last rule of an owner left the list."""
        owned = self._store.owned(owner)
        return max((departed.at for departed in owned.departed), default=now) if owned else now

    def _end(self, owner: str, at: float) -> None:
        """Remember that a run is over, if there is one: at its time, or before it."""
        run = self._runs.pop(owner, None)
        if run is not None:
            end = run.started_at + _length_of(run)
            self._past = [*self._past, run._replace(ended_at=min(end, at))][-MAX_RUNS:]


_KIND = "scenario"


def _note_of(run: Run) -> dict[str, Any]:
    """Write down a run for other hosts."""
    return {
        "kind": _KIND,
        "name": run.name,
        "scenario": run.parsed.document,
        "speed": run.speed,
        "phase": run.phase,
        "services": list(run.services),
        "goodput": run.before.goodput,
        "calls": run.before.calls,
    }


def _run_of(owner: str, note: Note) -> Run:
    """Read a run that another host has written down."""
    told = note.document
    before = Before(told["goodput"], told["calls"])
    parsed, services = parse_scenario(told["scenario"]), tuple(told["services"])
    return Run(
        parsed, told["speed"], told["phase"], owner, note.at, services, before, name=told["name"]
    )


def phase_times(run: Run, phase: ScenarioPhase) -> tuple[float, float]:
    """Give when a phase of a run starts and ends, by the clock of the store; no later than the run."""
    start = run.started_at + phase.at / run.speed
    end = start + phase.length / run.speed
    return (
        (start, end) if run.ended_at is None else (min(start, run.ended_at), min(end, run.ended_at))
    )


def _begin_of(entries: Sequence[Entry]) -> float:
    """Give when the rules of a run were set. One that was changed since was set later."""
    return min(entry.lifecycle.starts_at - entry.rule.after for entry in entries)


def _status(run: Run, begin: float, now: float, rules: int) -> ScenarioStatus:
    end = _length_of(run)
    ago = now - begin
    return {
        "name": run.parsed.scenario.name,
        "title": run.parsed.scenario.title,
        "owner": run.owner,
        "speed": run.speed,
        "phase": run.phase,
        "startedAgo": round(ago, 3),
        "timeLeft": max(0.0, round(end - ago, 3)),
        "rules": rules,
        "phases": [_phase_status(phase, run.speed, ago) for phase in run.phases],
    }


def _length_of(run: Run) -> float:
    """Give how long a run has rules, seconds. What comes after, phases in which nothing fails, leaves
    no trace in the list.
    """
    with_rules = {
        phase.name
        for phase, rules in zip(run.parsed.scenario.phases, run.parsed.rules, strict=True)
        if rules
    }
    ends = (phase.at + phase.length for phase in run.phases if phase.name in with_rules)
    return max(ends) / run.speed


def _phase_status(phase: ScenarioPhase, speed: float, ago: float) -> PhaseStatus:
    starts_in = phase.at / speed - ago
    time_left = starts_in + phase.length / speed
    state: PhaseState = "waiting" if starts_in > 0 else "active" if time_left > 0 else "ended"
    return {
        "name": phase.name,
        "text": phase.text,
        "at": round(phase.at / speed, 3),
        "length": round(phase.length / speed, 3),
        "state": state,
        "startsIn": max(0.0, round(starts_in, 3)),
        "timeLeft": max(0.0, round(time_left, 3)),
    }


def _not_running(name: str, running: dict[str, ScenarioStatus]) -> str:
    if running:
        others = ", ".join(f"'{s['name']}' ({owner})" for owner, s in running.items())
        return f"scenario '{name}' does not run; there runs {others}"
    if name in packaged_names():
        return f"scenario '{name}' does not run; no scenario does"
    return f"scenario '{name}' does not run; no scenario does, and none of the package is called so"
