"""The log records of an experiment, as "Experiment logging" in the user guide of AWS FIS has them."""

from collections.abc import Iterator
from typing import Any

from .experiment import Experiment
from .moments import written
from .states import ActionRun, Happening

Document = dict[str, Any]
Record = tuple[float, Document]
"""Seconds since 1970, and what is logged."""


def log_records(experiment: Experiment, happening: Happening) -> Iterator[Record]:
    """Give the records that tell what happened."""
    at = experiment.wall(happening.at)
    for log_type, details in _entries(experiment, happening, written(at)):
        record = {
            "id": experiment.id,
            "log_type": log_type,
            "event_timestamp": written(at),
            "version": str(_version(experiment)),
            "details": details,
        }
        yield at, record


def _entries(
    experiment: Experiment, happening: Happening, time: str
) -> Iterator[tuple[str, Document]]:
    if happening.action is not None:
        yield from _of_action(experiment, happening.action, happening, time)
    elif happening.new.status == "initiating":
        named = {"experiment_template_id": experiment.template["id"]}
        yield "experiment-start", {**named, "experiment_start_time": time}
        yield from _of_targets(experiment, time)
    elif happening.is_end:
        state = {"status": happening.new.status, "reason": happening.new.reason}
        yield "experiment-end", {"experiment_end_time": time, "experiment_state": state}


def _of_targets(experiment: Experiment, time: str) -> Iterator[tuple[str, Document]]:
    is_first = _version(experiment) == 1
    accounts = [one["accountId"] for one in experiment.accounts] or [experiment.place.account]
    for name, resources in experiment.resolved.items():
        ended = {"target_resolution_end_time": time, "target_name": name}
        typed = {**ended, "target_type": experiment.template["targets"][name]["resourceType"]}
        started = {"target_resolution_start_time": time, "target_name": name}
        yield "target-resolution-start", started
        for account in () if is_first else accounts:
            count = sum(resource.place.account == account for resource in resources)
            found = {"resolved_targets_count": count, "status": "completed"}
            yield "target-resolution-detail", {**typed, "account_id": account, **found}
        pages = {"page": 1, "total_pages": 1}
        arns = [resource.arn for resource in resources]
        if is_first:
            yield "target-resolution-end", {**ended, "resolved_targets": arns, **pages}
        else:
            listed = [{"arn": arn} for arn in arns]
            yield "target-resolution-end", {**typed, "resolved_targets": listed, **pages}


def _of_action(
    experiment: Experiment, run: ActionRun, happening: Happening, time: str
) -> Iterator[tuple[str, Document]]:
    status = happening.new.status
    named: Document = {"action_name": run.name, "action_id": run.document["actionId"]}
    state = {"action_state": {"status": status, "reason": happening.new.reason}}
    if status == "running":
        parameters = run.document.get("parameters")
        more = {"parameters": parameters} if parameters else {}
        targets = {"action_targets": run.document.get("targets", {})}
        yield "action-start", {**named, "action_start_time": time, **targets, **more}
    elif status == "failed" and _version(experiment) > 1:
        yield "action-error", {**named, "account_id": experiment.place.account, **state}
    elif happening.is_end:
        yield "action-end", {**named, "action_end_time": time, **state}


def _version(experiment: Experiment) -> int:
    """Give the version of the schema. The first one has no records for single accounts."""
    return int(experiment.template["logConfiguration"].get("logSchemaVersion", 2))
