"""Describes experiments as FIS answers them."""

from typing import Any

from .experiment import Experiment
from .moments import moment
from .states import ActionRun

Document = dict[str, Any]


def document(experiment: Experiment) -> Document:
    """Describe an experiment as GetExperiment does."""
    template = experiment.template
    found: Document = {
        **_common(experiment),
        "roleArn": template["roleArn"],
        "targets": template["targets"],
        "actions": {run.name: _action(experiment, run) for run in experiment.runs.values()},
        "stopConditions": template["stopConditions"],
        "startTime": moment(experiment.wall(experiment.started_at)),
        "targetAccountConfigurationsCount": len(experiment.accounts),
    }
    if experiment.ended_at is not None:
        found["endTime"] = moment(experiment.wall(experiment.ended_at))
    if "logConfiguration" in template:
        found["logConfiguration"] = template["logConfiguration"]
    if "experimentReportConfiguration" in template:
        found["experimentReportConfiguration"] = template["experimentReportConfiguration"]
        found["experimentReport"] = _report(experiment)
    return found


def summary(experiment: Experiment) -> Document:
    """Describe an experiment as ListExperiments does."""
    return _common(experiment)


def _common(experiment: Experiment) -> Document:
    return {
        "id": experiment.id,
        "arn": experiment.arn,
        "experimentTemplateId": experiment.template["id"],
        "state": experiment.state.document(),
        "creationTime": moment(experiment.wall(experiment.started_at)),
        "tags": dict(experiment.tags),
        "experimentOptions": experiment.options,
    }


def _action(experiment: Experiment, run: ActionRun) -> Document:
    found = {**run.document, "state": run.state.document()}
    if run.began_at is not None:
        found["startTime"] = moment(experiment.wall(run.began_at))
        if run.ended_at is not None:
            found["endTime"] = moment(experiment.wall(run.ended_at))
    return found


def _report(experiment: Experiment) -> Document:
    """Describe its report. There is none where nothing was carried out, as in AWS."""
    if not experiment.is_over:
        return {"state": {"status": "pending", "reason": "The experiment has not ended."}}
    if experiment.report is not None:
        return experiment.report
    if experiment.awaits_report:
        return {"state": {"status": "running", "reason": "The report is being written."}}
    return {"state": {"status": "cancelled", "reason": "The experiment carried out no action."}}
