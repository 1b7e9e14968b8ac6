"""The reports of experiments: a PDF in S3, as "Experiment report configurations" in the user guide of AWS
FIS has it. The graphs of CloudWatch dashboards are what no emulator draws.
"""

from collections.abc import Iterator
from typing import Any

from .emulator import Emulator, EmulatorError
from .experiment import Experiment
from .moments import written
from .names import key_below
from .pdf import pdf
from .states import ActionRun

Document = dict[str, Any]

_NO_DASHBOARDS = (
    "The graphs of CloudWatch dashboards cannot be drawn in this emulator. Without dataSources the "
    "report is written."
)
_NO_BUCKET = "The report has no bucket: outputs.s3Configuration.bucketName is missing."


class Reports:
    """Writes the reports of experiments.

    :param emulator: has S3
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def write(self, experiment: Experiment) -> None:
        """Write the report of an experiment that has ended, and note what became of it."""
        configuration = experiment.template["experimentReportConfiguration"]
        output = configuration.get("outputs", {}).get("s3Configuration", {})
        bucket = output.get("bucketName")
        if configuration.get("dataSources", {}).get("cloudWatchDashboards"):
            experiment.report = _failed("DashboardNotAvailable", _NO_DASHBOARDS)
        elif bucket is None:
            experiment.report = _failed("BucketMissing", _NO_BUCKET)
        else:
            key = key_below(output.get("prefix", ""), f"{experiment.id}/report.pdf")
            experiment.report = self._put(experiment, bucket, key)

    def _put(self, experiment: Experiment, bucket: str, key: str) -> Document:
        try:
            self._emulator.call(
                "s3", "PutObject", *experiment.place,
                Bucket=bucket, Key=key, Body=pdf(_lines(experiment)), ContentType="application/pdf",
            )  # fmt: skip
        except EmulatorError as e:
            return _failed("DeliveryFailed", str(e))
        return {
            "state": {"status": "completed", "reason": "The report was written."},
            "s3Reports": [{"arn": f"arn:aws:s3:::{bucket}/{key}", "reportType": "PDF"}],
        }


def _failed(code: str, reason: str) -> Document:
    return {"state": {"status": "failed", "reason": reason[:512], "error": {"code": code}}}


def _lines(experiment: Experiment) -> Iterator[str]:
    template, state = experiment.template, experiment.state
    account, region = experiment.place
    yield f"AWS FIS experiment report: {experiment.id}"
    yield ""
    yield template["description"]
    yield ""
    yield f"Template          {template['id']}"
    yield f"Account, region   {account}, {region}"
    yield f"Role              {template['roleArn']}"
    yield f"Started           {_time(experiment, experiment.started_at)}"
    yield f"Ended             {_time(experiment, experiment.ended_at)}"
    yield f"State             {state.status}: {state.reason}"
    for condition in template["stopConditions"]:
        yield f"Stop condition    {condition.get('value', condition['source'])}"
    yield ""
    yield "Actions"
    for run in experiment.runs.values():
        yield from _action(experiment, run)
    yield ""
    yield "Targets"
    for name, resources in experiment.resolved.items():
        yield f"{name}: {template['targets'][name]['resourceType']}, {len(resources)} found"
        yield from (f"  {resource.arn}" for resource in resources)


def _action(experiment: Experiment, run: ActionRun) -> Iterator[str]:
    yield f"{run.name}: {run.document['actionId']}"
    yield f"  {run.state.status}: {run.state.reason}"
    if run.began_at is not None:
        times = _time(experiment, run.began_at), _time(experiment, run.ended_at)
        yield f"  {times[0]} to {times[1]}"
    for name, value in run.document.get("parameters", {}).items():
        yield f"  {name} = {value}"
    for key, target in run.document.get("targets", {}).items():
        yield f"  {key}: {target}"


def _time(experiment: Experiment, at: float | None) -> str:
    return "" if at is None else written(experiment.wall(at))
