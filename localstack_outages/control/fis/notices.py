"""What is told of an experiment outside of FIS's own API: EventBridge events and CloudWatch log records.

Both are best effort, as they are in AWS: an emulator without these services is not told.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any

from .emulator import Emulator, EmulatorError
from .experiment import Experiment
from .moments import written
from .names import Place, read_arn
from .states import ActionRun, Happening

LOG = logging.getLogger(__name__)

Document = dict[str, Any]


class Notices:
    """Tells what happens to experiments.

    :param emulator: has EventBridge and CloudWatch Logs
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def tell(self, experiment: Experiment, happenings: Iterable[Happening]) -> None:
        """Tell of what happened."""
        told = list(happenings)
        events = [_event(experiment, happening) for happening in told if happening.action is None]
        if events:
            self._try("events", "PutEvents", experiment.place, Entries=events)
        group = _log_group(experiment)
        if group is not None:
            records = [record for one in told for record in _records(experiment, one)]
            self._log(experiment, *group, records)

    def _log(
        self,
        experiment: Experiment,
        place: Place,
        group: str,
        records: list[tuple[float, Document]],
    ) -> None:
        stream = {"logGroupName": group, "logStreamName": f"/aws/fis/{experiment.id}"}
        if experiment.has_log_stream or self._try("logs", "CreateLogStream", place, **stream):
            experiment.has_log_stream = True
            events = [
                {"timestamp": round(at * 1000), "message": json.dumps(record)}
                for at, record in sorted(records, key=lambda pair: pair[0])
            ]
            self._try("logs", "PutLogEvents", place, **stream, logEvents=events)

    def _try(self, service: str, operation: str, place: Place, **parameters: Any) -> bool:
        try:
            self._emulator.call(service, operation, place.account, place.region, **parameters)
        except EmulatorError as e:
            LOG.debug("FIS could not tell of an experiment: %s", e)
            return False
        return True


def _event(experiment: Experiment, happening: Happening) -> Document:
    detail = {
        "experiment-id": experiment.id,
        "experiment-template-id": experiment.template["id"],
        "new-state": {"status": happening.new.status, "reason": happening.new.reason},
        "old-state": {"status": happening.old.status, "reason": happening.old.reason},
    }
    return {
        "Time": experiment.wall(happening.at),
        "Source": "aws.fis",
        "DetailType": "FIS Experiment State Change",
        "Resources": [experiment.arn],
        "Detail": json.dumps(detail),
    }


def _log_group(experiment: Experiment) -> tuple[Place, str] | None:
    configuration = experiment.template.get("logConfiguration", {})
    arn = read_arn(configuration.get("cloudWatchLogsConfiguration", {}).get("logGroupArn", ""))
    if arn is None or not arn.resource.startswith("log-group:"):
        return None
    name = arn.resource.removeprefix("log-group:").removesuffix(":*")
    return Place(arn.account, arn.region), name


def _records(experiment: Experiment, happening: Happening) -> Iterator[tuple[float, Document]]:
    at = experiment.wall(happening.at)
    if happening.action is not None:
        found = _of_action(happening.action, happening, written(at))
        if found is not None:
            yield at, _record(experiment, at, *found)
    elif happening.new.status == "initiating":
        details = {
            "experiment_template_id": experiment.template["id"],
            "experiment_start_time": written(at),
        }
        yield at, _record(experiment, at, "experiment-start", details)
        for log_type, of_target in _of_targets(experiment, written(at)):
            yield at, _record(experiment, at, log_type, of_target)
    elif experiment.is_over and happening.new is experiment.state:
        state = {"status": happening.new.status, "reason": happening.new.reason}
        details = {"experiment_end_time": written(at), "experiment_state": state}
        yield at, _record(experiment, at, "experiment-end", details)


def _of_targets(experiment: Experiment, time: str) -> Iterator[tuple[str, Document]]:
    for name, resources in experiment.resolved.items():
        named = {"target_name": name}
        yield "target-resolution-start", {"target_resolution_start_time": time, **named}
        arns = [{"arn": resource.arn} for resource in resources]
        yield "target-resolution-detail", {"target_resolution_end_time": time, **named, "page": 1, "total_pages": 1, "resolved_targets": arns}  # fmt: skip
        yield "target-resolution-end", {"target_resolution_end_time": time, **named}


def _of_action(run: ActionRun, happening: Happening, time: str) -> tuple[str, Document] | None:
    status = happening.new.status
    named: Document = {"action_name": run.name, "action_id": run.document["actionId"]}
    if status == "running":
        targets, parameters = run.document.get("targets", {}), run.document.get("parameters", {})
        more = {"action_targets": targets, "parameters": parameters}
        return "action-start", {**named, "action_start_time": time, **more}
    state = {"status": status, "reason": happening.new.reason}
    if status == "failed":
        return "action-error", {**named, "action_end_time": time, "action_state": state}
    if status in ("completed", "stopped", "cancelled", "skipped"):
        return "action-end", {**named, "action_end_time": time, "action_state": state}
    return None


def _record(experiment: Experiment, at: float, log_type: str, details: Document) -> Document:
    return {
        "id": experiment.id,
        "log_type": log_type,
        "event_timestamp": written(at),
        "version": str(experiment.template["logConfiguration"].get("logSchemaVersion", 2)),
        "details": details,
    }
