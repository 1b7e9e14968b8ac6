"""What FIS keeps over a restart of its host, as plain data: templates, experiments that have ended or
were cut off, safety levers.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from .experiment import Experiment
from .moments import Clocks
from .names import Place
from .space import Lever, Space, Template
from .states import ActionRun, Happening, State
from .targets import Resource

Document = dict[str, Any]
T = TypeVar("T")

VERSION = 1

_CUT_OFF = "Experiment failed: the emulator ended while it ran."


class Memory(Protocol):
    """Keeps a document over a restart of the host."""

    def load(self, read: Callable[[Document], T]) -> T | None:
        """Give what was kept.

        :param read: makes something of it; where it cannot, nothing was kept
        """

    def save(self, document: Document) -> None:
        """Keep a document in place of the one before."""


def to_document(spaces: Iterable[Space]) -> Document:
    """Write down what is to be kept."""
    return {"version": VERSION, "spaces": [_space(space) for space in spaces]}


def from_document(document: Document, clocks: Clocks) -> dict[Place, Space]:
    """Read what was kept. An experiment that had not ended has failed: its host is gone, and its rules
    with it.

    :raises ValueError: where another version wrote it
    """
    if document["version"] != VERSION:
        raise ValueError(f"it is of version {document['version']!r}, not {VERSION}")
    spaces = [_read_space(data, clocks) for data in document["spaces"]]
    return {space.place: space for space in spaces}


def _space(space: Space) -> Document:
    return {
        "place": space.place,
        "lever": [space.lever.status, space.lever.reason],
        "templates": [
            {
                "id": template.id,
                "document": template.document,
                "tags": template.tags,
                "created": template.created,
                "updated": template.updated,
                "accounts": template.accounts,
            }
            for template in space.templates.values()
        ],
        "experiments": [_experiment(experiment) for experiment in space.experiments],
    }


def _read_space(data: Document, clocks: Clocks) -> Space:
    space = Space(Place(*data["place"]))
    space.lever = Lever(space.place, *data["lever"])
    for template in data["templates"]:
        space.templates[template["id"]] = Template(place=space.place, **template)
    for experiment in data["experiments"]:
        space.keep(_read_experiment(experiment, space.place, clocks))
    return space


def _experiment(experiment: Experiment) -> Document:
    def wall(at: float | None) -> float | None:
        return None if at is None else experiment.wall(at)

    return {
        "id": experiment.id,
        "template": experiment.template,
        "options": experiment.options,
        "tags": experiment.tags,
        "accounts": experiment.accounts,
        "state": experiment.state,
        "started": wall(experiment.started_at),
        "ended": wall(experiment.ended_at),
        "actions": {
            run.name: [run.state, wall(run.began_at), wall(run.ended_at)]
            for run in experiment.runs.values()
        },
        "resolved": {
            name: [[resource.arn, resource.place] for resource in resources]
            for name, resources in experiment.resolved.items()
        },
        "report": experiment.report,
        "hasLogStream": experiment.has_log_stream,
        "keptRecords": list(experiment.kept_records),
    }


def _read_experiment(data: Document, place: Place, clocks: Clocks) -> Experiment:
    now = clocks.steady()

    def steady(wall: float | None) -> float | None:
        return None if wall is None else now + wall - data["started"]

    found = Experiment(
        data["id"],
        place,
        data["template"],
        options=data["options"],
        tags=data["tags"],
        accounts=data["accounts"],
        at=(now, data["started"]),
        place_rules=lambda *_: None,  # it has ended
        end_rules=lambda _: None,
    )
    found.state, found.ended_at = State(*data["state"]), steady(data["ended"])
    for name, (state, began, ended) in data["actions"].items():
        run = found.runs[name]
        run.state, run.began_at, run.ended_at = State(*state), steady(began), steady(ended)
    found.resolved = {
        name: [Resource(arn, Place(*where)) for arn, where in resources]
        for name, resources in data["resolved"].items()
    }
    found.report, found.has_log_stream = data["report"], data["hasLogStream"]
    found.kept_records = [(at, record) for at, record in data["keptRecords"]]
    found.happenings = []
    if not found.is_over:
        _cut_off(found, now + clocks.wall() - data["started"])
    return found


def _cut_off(experiment: Experiment, at: float) -> None:
    def end(old: State, new: State, run: ActionRun | None = None) -> State:
        experiment.happenings.append(Happening(at, old, new, run))
        return new

    for run in experiment.runs.values():
        if run.is_over:
            continue
        if run.began_at is None:
            run.state = end(run.state, State("cancelled", "Action was cancelled."), run)
        else:
            run.state = end(run.state, State("stopped", "Action was stopped."), run)
        run.ended_at = at
    error = {"accountId": experiment.place.account, "code": "EmulatorEnded"}
    experiment.state = end(experiment.state, State("failed", _CUT_OFF, error))
    experiment.ended_at = at
