"""One experiment: its states, which follow from the clock whenever somebody looks.

Calls into the emulator take time and can fail, so that they are not made here: they are handed out as
jobs, and what became of them is told back.

The module has over 300 lines because the states of an experiment and of its actions depend on each other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .actions.work import Work
from .names import Place
from .states import DONE, OVER, STOPPING, ActionRun, Happening, State
from .targets import Resource

Document = dict[str, Any]


class Job(NamedTuple):
    """A call into the emulator that is due."""

    experiment: "Experiment"
    run: ActionRun
    carry_out: Callable[[], Any]


class Experiment:
    """An experiment.

    :param experiment_id: its id
    :param place: the account and the region that it belongs to
    :param template: the template's document; ``id`` is that of the template
    :param options: its experiment options, with ``actionsMode``
    :param tags: its tags
    :param accounts: the target account configurations
    :param at: when it starts, by the steady clock and in seconds since 1970
    :param place_rules: puts the rules of actions into force, for so many seconds from so many on
    :param end_rules: takes all its rules out of the list
    """

    def __init__(
        self,
        experiment_id: str,
        place: Place,
        template: Document,
        *,
        options: Document,
        tags: Mapping[str, str],
        accounts: Sequence[Document],
        at: tuple[float, float],
        place_rules: Callable[["Experiment", ActionRun, float], None],
        end_rules: Callable[["Experiment"], None],
    ) -> None:
        self.id = experiment_id
        self.place = place
        self.template = template
        self.options = options
        self.tags = dict(tags)
        self.accounts = list(accounts)
        self.started_at, self._wall = at
        self.ended_at: float | None = None
        self.state = State("initiating", "Experiment is initiating.")
        self.runs = {
            name: ActionRun(name, action, action.get("startAfter", ()))
            for name, action in template["actions"].items()
        }
        self.resolved: dict[str, list[Resource]] = {}
        """What its targets resolved to, by name."""
        self.happenings: list[Happening] = [
            Happening(self.started_at, State("pending", "Experiment is pending."), self.state)
        ]
        """What is still to be told."""
        self.speed = 1.0
        self.is_prepared = False
        """Whether its targets are resolved."""
        self.has_log_stream: bool | None = None
        """Whether the stream of its log records could be made; None where nobody tried."""
        self.kept_records: list[tuple[float, Document]] = []
        """Log records that go to S3 when it has ended, each with its time."""
        self.report: Document | None = None
        """What became of its report, as the API has it; None before that."""
        self._final: State | None = None
        self._place_rules = place_rules
        self._end_rules = end_rules

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.place.arn(f"experiment/{self.id}")

    @property
    def owner(self) -> str:
        """The owner of its rules."""
        return f"fis {self.id}"

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state.status in OVER

    @property
    def awaits_report(self) -> bool:
        """Whether it has ended and its report is still to be written."""
        return (
            self.is_over
            and self.report is None
            and "experimentReportConfiguration" in self.template
            and self.state.status != "cancelled"
            and self.options["actionsMode"] != "skip-all"
        )

    def wall(self, at: float) -> float:
        """Give the seconds since 1970 of a time by the steady clock."""
        return self._wall + at - self.started_at

    def begin(self, works: Mapping[str, Work], skipped: Mapping[str, str], speed: float) -> None:
        """Begin, now that the targets are resolved.

        :param works: what each action comes to
        :param skipped: the actions that are not carried out, each with the reason
        :param speed: by how much actions are shorter than their parameters say
        """
        if self.state.status != "initiating":  # it was stopped meanwhile
            return
        self.speed = speed
        self.is_prepared = True
        for name, reason in skipped.items():
            self._set(self.runs[name], State("skipped", reason), self.started_at)
        for name, work in works.items():
            self.runs[name].work = work
        for run, begins in self._certain():
            run.has_rules = True
            self._place_rules(self, run, begins)

    def refuse(self, state: State) -> None:
        """End before anything has begun."""
        if self.state.status != "initiating":  # it was stopped meanwhile
            return
        for run in self.runs.values():
            self._set(run, State("cancelled", "Action was cancelled."), self.started_at)
        self._enter(state, self.started_at)

    def advance(self, now: float) -> None:
        """Bring the states up to date."""
        if not self.is_prepared and self._final is None:
            return
        if self.state.status == "initiating":
            self._enter(State("running", "Experiment is running."), self.started_at)
        while self.state.status == "running" and (event := self._next(now)) is not None:
            at, run = event
            if run.state.status == "pending":
                self._begin(run, at, now)
            elif run.work.end is not None:
                run.call = "end"
            else:
                self._complete(run, at)
        runs = self.runs.values()
        if self.state.status == "running" and all(run.is_over for run in runs):
            ends = [run.ended_at or self.started_at for run in runs]
            self._enter(State("completed", "Experiment completed"), max(ends, default=now))
        elif self._final is not None and not any(run.call for run in runs):
            self._enter(self._final, now)

    def halt(self, final: State, now: float) -> None:
        """Stop, put back what was done, and end in a state."""
        if self.is_over or self._final is not None:
            return
        self._end_rules(self)
        self._final = final
        self._enter(State("stopping", STOPPING), now)
        for run in self.runs.values():
            if run.state.status == "pending" and run.call is None:
                self._set(run, State("cancelled", "Action was cancelled."), now)
            elif not run.is_over:
                self._put_back(run, now)

    def abandon(self, now: float) -> None:
        """End at once, since the host does: nothing is put back."""
        self.halt(State("stopped", "Experiment stopped: the emulator ends."), now)
        for run in self.runs.values():
            run.call = None
            if not run.is_over:
                self._set(run, State("stopped", "Action was stopped."), now)
        self.advance(now)

    def jobs(self) -> Iterator[Job]:
        """Give the calls that are due, each once."""
        for run in self.runs.values():
            if run.call is None or run.is_handed_out:
                continue
            run.is_handed_out = True
            yield Job(self, run, _call_of(run))

    def finish(self, run: ActionRun, kept: Any, failure: str | None, now: float) -> None:
        """Note what became of a call.

        :param kept: what it gave
        :param failure: why it failed
        """
        call, run.call, run.is_handed_out = run.call, None, False
        if failure is not None:
            self._fail(run, failure, now)
        elif call == "end":
            run.has_begun = False
            if self._final is None:
                self._complete(run, now)
            else:
                self._set(run, State("stopped", "Action was stopped."), now)
        else:
            run.has_begun, run.kept = True, kept
            if self._final is None:
                self._run(run, run.began_at or now, now)
            else:  # the experiment was stopped while the call was under way
                self._put_back(run, now)
        self.advance(now)

    def next_at(self) -> float | None:
        """Give when something happens next by itself; None where a call is awaited, or nothing is."""
        if self.is_over or not self.is_prepared:
            return None
        if self._final is not None:
            return self.started_at
        times = [at for at, run in self._events() if run.call is None]
        return min(times, default=None)

    def _certain(self) -> list[tuple[ActionRun, float]]:
        """Give the actions with rules whose begin no call can change, and when they begin."""
        begins: dict[str, float] = {}
        found = []
        pending = list(self.runs.values())
        for _ in self.runs:
            for run in [r for r in pending if all(o in begins for o in r.after)]:
                pending.remove(run)
                begin = max((begins[o] for o in run.after), default=0.0)
                work = run.work
                if work.failure is None and work.begin is None and work.end is None:
                    begins[run.name] = begin + self._seconds(run)
                    if work.rules and not run.is_over:
                        found.append((run, begin))
        return found

    def _seconds(self, run: ActionRun) -> float:
        return 0.0 if run.state.status == "skipped" else run.work.seconds / self.speed

    def _events(self) -> Iterator[tuple[float, ActionRun]]:
        for run in self.runs.values():
            if run.is_over or run.call is not None:
                continue
            if run.state.status == "running":
                yield (run.began_at or self.started_at) + self._seconds(run), run
            elif all(self.runs[name].state.status in DONE for name in run.after):
                ends = [self.runs[name].ended_at or self.started_at for name in run.after]
                yield max(ends, default=self.started_at), run

    def _next(self, now: float) -> tuple[float, ActionRun] | None:
        due = [event for event in self._events() if event[0] <= now]
        return min(due, key=lambda event: event[0], default=None)

    def _begin(self, run: ActionRun, at: float, now: float) -> None:
        run.began_at = at
        if run.work.failure is not None:
            self._fail(run, run.work.failure, now)
        elif run.work.begin is not None:
            run.call = "begin"
        else:
            self._run(run, at, now)

    def _run(self, run: ActionRun, at: float, now: float) -> None:
        if run.work.rules and not run.has_rules:
            run.has_rules = True
            self._place_rules(self, run, now - self.started_at)
        note = f" {run.work.note}" if run.work.note else ""
        self._set(run, State("running", f"Action is running.{note}"), at)

    def _complete(self, run: ActionRun, at: float) -> None:
        self._set(run, State("completed", "Action was completed."), at)

    def _fail(self, run: ActionRun, reason: str, now: float) -> None:
        run.has_begun = False
        self._set(run, State("failed", reason), now)
        error = {
            "accountId": self.place.account,
            "code": "ActionFailed",
            "location": run.name,
        }
        self.halt(State("failed", f"Action '{run.name}' failed: {reason}", error), now)

    def _put_back(self, run: ActionRun, now: float) -> None:
        if run.call is not None:
            return  # it is told when the call has ended
        if run.work.end is not None and run.has_begun:
            run.call = "end"
            self._set(run, State("stopping", "Action is stopping."), now)
        else:
            self._set(run, State("stopped", "Action was stopped."), now)

    def _set(self, run: ActionRun, state: State, at: float) -> None:
        if state.status in OVER:
            run.ended_at = at
        self.happenings.append(Happening(at, run.state, state, run))
        run.state = state

    def _enter(self, state: State, at: float) -> None:
        self.happenings.append(Happening(at, self.state, state))
        self.state = state
        if self.is_over:
            self.ended_at = at
            self._final = None


def _call_of(run: ActionRun) -> Callable[[], Any]:
    begin, end, kept = run.work.begin, run.work.end, run.kept
    if run.call == "begin" and begin is not None:
        return begin
    if run.call == "end" and end is not None:
        return lambda: end(kept)
    raise RuntimeError(f"action '{run.name}' has no call for {run.call}")
