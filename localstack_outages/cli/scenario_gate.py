"""Whether a run of a scenario crosses thresholds: what ``scenario run`` stops and fails on."""

import contextlib
import threading
from typing import TYPE_CHECKING

import click

from .exit_codes import NotAsAsked
from .settings import settings

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient
    from localstack_outages.schema.load_documents import ScenarioReport
    from localstack_outages.schema.scenario_documents import ScenarioStatus

    from .thresholds import Threshold

_LOOK_SECONDS = 1.0


def look_out(client: "OutagesClient", begun: "ScenarioStatus", stop_on: "list[Threshold]") -> None:
    """End a run that has crossed a threshold.

    :raises NotAsAsked: where it has
    """
    if not stop_on:
        return
    from localstack_outages.schema.errors import UnknownScenario

    report = _report(client, begun)
    crossed = [threshold for threshold in stop_on if threshold.is_crossed(report)]
    if crossed:
        with contextlib.suppress(UnknownScenario):  # it is over
            client.scenarios.stop(begun["name"], owner=begun["owner"])
        raise NotAsAsked("Stopped", f"{begun['name']} was ended: {_told(crossed, report)}")


def pass_or_fail(
    client: "OutagesClient", begun: "ScenarioStatus", fail_on: "list[Threshold]"
) -> None:
    """Wait until it is known whether a run that is over crosses a threshold.

    :raises NotAsAsked: where it does, or that cannot be known
    """
    never, has_said = threading.Event(), False
    open_ = fail_on
    while open_:
        report = _report(client, begun)
        crossed = [threshold for threshold in fail_on if threshold.is_crossed(report)]
        if crossed:
            raise NotAsAsked("Crossed", _told(crossed, report))
        open_ = [threshold for threshold in open_ if threshold.is_crossed(report) is None]
        overdue = [threshold for threshold in open_ if threshold.is_overdue(report)]
        if overdue:
            raise NotAsAsked("NotKnown", _why_not_known(overdue, report))
        if open_ and not has_said and not settings().json:
            has_said = True
            click.echo(f"Waiting to know: {', '.join(map(str, open_))}", err=True)
        if open_:
            never.wait(_LOOK_SECONDS)


def _report(client: "OutagesClient", begun: "ScenarioStatus") -> "ScenarioReport":
    return client.scenarios.report(begun["name"], owner=begun["owner"])


def _told(crossed: "list[Threshold]", report: "ScenarioReport") -> str:
    return ", ".join(threshold.tell(report) for threshold in crossed)


def _why_not_known(overdue: "list[Threshold]", report: "ScenarioReport") -> str:
    names = ", ".join(map(str, overdue))
    if report["goodputBefore"] is None:
        return (
            f"not known: {names}: no call was answered in the minute before the scenario; "
            "start it while your application works"
        )
    return f"not known: {names}: too few calls came; keep your application working until the command ends"
