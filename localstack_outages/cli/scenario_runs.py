"""The commands ``scenario run``, ``scenario stop`` and ``scenario status``."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from .completing import complete_scenario
from .exit_codes import NotAsAsked
from .printing import print_json, print_text, show
from .scenario_gate import look_out, pass_or_fail
from .scenario_options import FAIL_ON, PHASE, SPEED, STOP_ON
from .settings import Command, settings, usage_error
from .signals import interruptible

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient
    from localstack_outages.schema.scenario_documents import PhaseStatus, ScenarioStatus

    from .thresholds import Threshold

_LOOK_SECONDS = 1.0
"""How often at least ``run`` looks whether the scenario is still there."""

_LEAST_SECONDS = 0.05


@click.command(cls=Command)
@click.argument("scenario", metavar="NAME|FILE", shell_complete=complete_scenario)
@SPEED
@PHASE
@FAIL_ON
@STOP_ON
@click.option(
    "--detach", is_flag=True, help="Start the scenario and return. 'scenario stop' ends it early."
)
def run(
    scenario: str,
    speed: float,
    phase: str | None,
    fail_on: "list[Threshold] | None",
    stop_on: "list[Threshold] | None",
    detach: bool,
) -> None:
    """Play a scenario, and print each phase as it begins.

    NAME is one that 'scenario list' prints. Anything with a dot or a slash in it is a FILE, and '-'
    is the standard input. The command ends when the scenario is over. Ctrl-C ends the scenario and
    removes its rules. The exit code is 1 then, and also when somebody else ends the scenario. With
    --json each line is a JSON object.

    THRESHOLDS are amplification>3 (attempts for each call), recovery>60s (until goodput is back at
    95 % of that before), goodput<0.9 (good answers for each call), lost>0 (calls that failed for
    good) and metastable (goodput stays below half for longer than the trigger lasted), several with
    commas. 'scenario report' shows the figures.
    """
    if detach and (fail_on or stop_on):
        usage_error("--detach", "nobody watches then; leave out --fail-on and --stop-on")
    from .scenario_sources import is_file, read_scenario

    what = read_scenario(scenario).document if is_file(scenario) else scenario
    name = scenario if isinstance(what, str) else str(what["name"])
    client = settings().client()
    with interruptible(), _ended_with_the_command(client, name):
        begun = client.scenarios.start(what, speed=speed, phase=phase)
        _tell_start(begun)
        if not detach:
            _play(client, begun, lambda: look_out(client, begun, stop_on or []))
            pass_or_fail(client, begun, fail_on or [])


@click.command(cls=Command)
@click.argument("scenario", metavar="NAME", shell_complete=complete_scenario)
def stop(scenario: str) -> None:
    """End a running scenario and remove its rules."""
    from .scenario_lines import stopped_line

    ended = settings().client().scenarios.stop(scenario)
    if settings().json:
        print_json(ended)
    else:
        print_text(stopped_line(ended))


@click.command(cls=Command)
def status() -> None:
    """Print which scenarios run, and how far they are."""
    from .scenario_lines import status_parts

    running = settings().client().scenarios.list()["running"]
    if settings().json:
        print_json({"running": running})
    else:
        show(status_parts(running))


@contextlib.contextmanager
def _ended_with_the_command(client: "OutagesClient", name: str) -> Iterator[None]:
    """End a scenario where the command ends before it: by a signal, or since nobody reads on.

    :raises NotAsAsked: where it was interrupted
    """
    from localstack_outages.schema.errors import UnknownScenario

    try:
        yield
    except (KeyboardInterrupt, OSError) as e:
        with contextlib.suppress(UnknownScenario):  # it was not started yet, or is over
            client.scenarios.stop(name)
        if isinstance(e, OSError):
            raise
        raise NotAsAsked(
            "Interrupted", f"interrupted: {name} was ended, and its rules are gone"
        ) from None


def _play(client: "OutagesClient", begun: "ScenarioStatus", on_look: Callable[[], None]) -> None:
    """Tell the phases of a run until it is over.

    :param on_look: called about once a second
    :raises NotAsAsked: where it ended early
    """
    for phase, ago in _phases(client, begun, on_look):
        _tell_phase(phase, ago)
    if settings().json:
        _print_object("over", name=begun["name"])
    else:
        print_text(f"{begun['name']} is over.")


def _phases(
    client: "OutagesClient", begun: "ScenarioStatus", on_look: Callable[[], None]
) -> "Iterator[tuple[PhaseStatus, float]]":
    """Give each phase of a run when it begins, with the seconds since the run was started.

    :raises NotAsAsked: where the run ends before its time
    """
    never = threading.Event()
    told: set[str] = set()
    start = asked = time.monotonic()
    now = begun
    while True:
        for phase in now["phases"]:
            if phase["state"] != "waiting" and phase["name"] not in told:
                told.add(phase["name"])
                yield phase, now["startedAgo"]
        waits = [phase["startsIn"] for phase in now["phases"] if phase["state"] == "waiting"]
        never.wait(max(min([_LOOK_SECONDS, now["timeLeft"], *waits]), _LEAST_SECONDS))
        ends_at = asked + now["timeLeft"]
        asked = time.monotonic()
        found = _look(client, begun)
        if found is None:
            if time.monotonic() < ends_at:
                _check_whether_spent(client, begun, time.monotonic() - start)
            return
        on_look()
        now = found


def _look(client: "OutagesClient", begun: "ScenarioStatus") -> "ScenarioStatus | None":
    running = client.scenarios.list()["running"]
    return next((one for one in running if one["owner"] == begun["owner"]), None)


def _check_whether_spent(client: "OutagesClient", begun: "ScenarioStatus", ago: float) -> None:
    """Look why a run has ended before its time: that of rules with a budget is over early.

    :param ago: seconds since it was started; what left the list before is of an earlier run
    :raises NotAsAsked: where somebody has ended it
    """
    departed = client.status()["departed"]
    states = {
        entry["state"]
        for entry in departed
        if entry["owner"] == begun["owner"] and entry["secondsAgo"] < ago
    }
    if "deleted" in states or not states:
        raise NotAsAsked("Ended", f"{begun['name']} was ended before its time by somebody else")


def _tell_start(begun: "ScenarioStatus") -> None:
    from .scenario_lines import started_line

    if settings().json:
        _print_object("started", run=begun)
    else:
        print_text(started_line(begun))


def _tell_phase(phase: "PhaseStatus", ago: float) -> None:
    from .scenario_lines import phase_line

    if settings().json:
        _print_object("phase", phase=phase, startedAgo=ago)
    else:
        print_text(phase_line(phase, ago))


def _print_object(kind: str, **fields: Any) -> None:
    click.echo(json.dumps({"type": kind, **fields}))
