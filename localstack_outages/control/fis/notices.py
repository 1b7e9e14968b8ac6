"""What is told of an experiment outside of FIS's own API: EventBridge events, and log records in
CloudWatch Logs and S3.

All are best effort, as they are in AWS. Events are for whoever listens, so that an emulator without
EventBridge is not told. Logs were asked for, so that the host's log tells where they cannot be written.
"""

import json
import logging
import secrets
from collections.abc import Iterable
from typing import Any

from .emulator import Emulator, EmulatorError
from .experiment import Experiment
from .log_records import Record, log_records
from .moments import moment
from .names import Place, key_below, read_arn
from .states import Happening

LOG = logging.getLogger(__name__)

Document = dict[str, Any]


class Notices:
    """Tells what happens to experiments.

    :param emulator: has EventBridge, CloudWatch Logs and S3
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def tell(self, experiment: Experiment, happenings: Iterable[Happening]) -> None:
        """Tell of what happened."""
        told = list(happenings)
        events = [_event(experiment, happening) for happening in told if happening.action is None]
        if events:
            try:
                self._emulator.call("events", "PutEvents", *experiment.place, Entries=events)
            except EmulatorError as e:
                LOG.debug("FIS could not tell of an experiment: %s", e)
        if "logConfiguration" in experiment.template:
            records = [record for one in told for record in log_records(experiment, one)]
            records.sort(key=lambda record: record[0])
            ends = any(one.is_end and one.action is None for one in told)
            self._to_cloudwatch(experiment, records)
            self._to_s3(experiment, records, is_last=ends)

    def _to_cloudwatch(self, experiment: Experiment, records: list[Record]) -> None:
        group = _log_group(experiment)
        if group is None or not records:
            return
        place, name = group
        stream = {"logGroupName": name, "logStreamName": f"/aws/fis/{experiment.id}"}
        if experiment.has_log_stream is None:
            experiment.has_log_stream = self._log(
                experiment, "logs", "CreateLogStream", place, **stream
            )
        if experiment.has_log_stream:
            events = [
                {"timestamp": round(at * 1000), "message": json.dumps(record)}
                for at, record in records
            ]
            self._log(experiment, "logs", "PutLogEvents", place, **stream, logEvents=events)

    def _to_s3(self, experiment: Experiment, records: list[Record], *, is_last: bool) -> None:
        """Write an object with all records when the experiment ends: AWS takes minutes, too."""
        configuration = experiment.template["logConfiguration"].get("s3Configuration")
        if configuration is None:
            return
        experiment.kept_records += records
        if is_last:
            lines = [json.dumps(record) for _, record in experiment.kept_records]
            self._log(
                experiment, "s3", "PutObject", experiment.place,
                Bucket=configuration["bucketName"],
                Key=_log_key(experiment, configuration.get("prefix", ""), records[-1][0]),
                Body="".join(f"{line}\n" for line in lines).encode(),
            )  # fmt: skip
            experiment.kept_records = []

    def _log(
        self, experiment: Experiment, service: str, operation: str, place: Place, **given: Any
    ) -> bool:
        try:
            self._emulator.call(service, operation, *place, **given)
        except EmulatorError as e:
            LOG.warning("The log of FIS experiment %s is not complete: %s", experiment.id, e)
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


def _log_key(experiment: Experiment, prefix: str, at: float) -> str:
    """Give the key of the object with its log."""
    account, region = experiment.place
    time = moment(at)
    run = f"{region}_{experiment.id}_{time:%Y%m%d%H%M}Z"
    name = f"{account}_awsfislogs_{run}_{secrets.token_hex(4)}"
    folder = f"AWSLogs/{account}/fis/{region}/{experiment.id}/{time:%Y/%m/%d}"
    return key_below(prefix, f"{folder}/{name}.log")
