"""What is written of an experiment: log records in CloudWatch Logs and S3, and its report."""

import json
import logging
import re

import pytest

from localstack_outages.control.fis.emulator import EmulatorError
from localstack_outages.control.fis.pdf import pdf

ROLE = "arn:aws:iam::123456789012:role/app"
TARGETS = {"Role": {"resourceType": "aws:iam:role", "resourceArns": [ROLE], "selectionMode": "ALL"}}
THROTTLE = {
    "actionId": "aws:fis:inject-api-throttle-error",
    "parameters": {
        "duration": "PT1M",
        "service": "kinesis",
        "operations": "PutRecord",
        "percentage": "100",
    },
    "targets": {"Roles": "Role"},
}
RING = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:ring"
ASSERT = {
    "actionId": "aws:cloudwatch:assert-alarm-state",
    "parameters": {"alarmArns": RING, "alarmStates": "OK"},
}


def to_s3(version=2, **configuration):
    """Give a configuration of logs that go to a bucket."""
    return {
        "s3Configuration": {"bucketName": "logs", **configuration},
        "logSchemaVersion": version,
    }


def report(**parts):
    """Give a configuration of a report that goes to a bucket."""
    return {"outputs": {"s3Configuration": {"bucketName": "reports"}}, **parts}


def objects(fis):
    """Give the objects that were written: key and body."""
    return [
        (given["Bucket"], given["Key"], given["Body"])
        for name, given in fis.emulator.calls
        if name == "s3:PutObject"
    ]


def records(body):
    """Give the records of a log, without what is the same in all."""
    found = [json.loads(line) for line in body.decode().splitlines()]
    return [(record["log_type"], record["details"]) for record in found]


def run(fis, clock, **parts):
    """Run an experiment to its end; give its id."""
    experiment = fis.start(**parts)
    fis.fis.tick()
    clock.advance(60)
    fis.fis.tick()
    return experiment


def test_log_in_s3(fis, clock):
    """The log is one object, at AWS's place below the prefix, with AWS's fields."""
    fis.emulator.answers = {"s3:PutObject": {}}

    experiment = run(
        fis,
        clock,
        actions={"throttle": THROTTLE},
        targets=TARGETS,
        logConfiguration=to_s3(prefix="fis/"),
    )

    ((bucket, key, body),) = objects(fis)
    assert "logs" == bucket
    ended = fis.get(experiment)["endTime"]
    path = f"fis/AWSLogs/123456789012/fis/eu-west-1/{experiment}/{ended:%Y/%m/%d}/123456789012"
    name = f"awsfislogs_eu-west-1_{experiment}_{ended:%Y%m%d%H%M}Z"
    assert re.fullmatch(rf"{path}_{name}_[0-9a-f]{{8}}\.log", key)
    found = records(body)
    assert [
        "experiment-start",
        "target-resolution-start",
        "target-resolution-detail",
        "target-resolution-end",
        "action-start",
        "action-end",
        "experiment-end",
    ] == [log_type for log_type, _ in found]
    details = dict(found)
    time = details["experiment-start"]["experiment_start_time"]
    assert {
        "target_resolution_end_time": time,
        "target_name": "Role",
        "target_type": "aws:iam:role",
        "account_id": "123456789012",
        "resolved_targets_count": 1,
        "status": "completed",
    } == details["target-resolution-detail"]
    assert {
        "target_resolution_end_time": time,
        "target_name": "Role",
        "target_type": "aws:iam:role",
        "resolved_targets": [{"arn": ROLE}],
        "page": 1,
        "total_pages": 1,
    } == details["target-resolution-end"]


def test_first_version_of_the_schema(fis, clock):
    """The first version lists ARNs, and has no records for single accounts."""
    fis.emulator.answers = {
        "s3:PutObject": {},
        "cloudwatch:DescribeAlarms": {"MetricAlarms": [{"StateValue": "ALARM"}]},
    }

    run(
        fis,
        clock,
        actions={"assert": ASSERT, "throttle": THROTTLE},
        targets=TARGETS,
        logConfiguration=to_s3(version=1),
    )

    ((_, key, body),) = objects(fis)
    assert key.startswith("AWSLogs/")
    found = records(body)
    assert [ROLE] == dict(found)["target-resolution-end"]["resolved_targets"]
    assert not {"target-resolution-detail", "action-error"}.intersection(dict(found))
    ended = {d["action_name"]: d["action_state"]["status"] for t, d in found if t == "action-end"}
    assert {"assert": "failed", "throttle": "stopped"} == ended


def test_failed_action(fis, clock):
    """An action that fails is an error of its account."""
    fis.emulator.answers = {
        "s3:PutObject": {},
        "cloudwatch:DescribeAlarms": {"MetricAlarms": [{"StateValue": "ALARM"}]},
    }

    run(fis, clock, actions={"assert": ASSERT}, logConfiguration=to_s3())

    details = dict(records(objects(fis)[0][2]))
    assert ("123456789012", "failed") == (
        details["action-error"]["account_id"],
        details["action-error"]["action_state"]["status"],
    )
    assert "action-end" not in details


def test_log_that_cannot_be_written(fis, clock, caplog):
    """The host's log says why a log is missing, and the experiment goes on."""
    caplog.set_level(logging.WARNING)
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:fis:*"

    experiment = run(
        fis,
        clock,
        logConfiguration={**to_s3(), "cloudWatchLogsConfiguration": {"logGroupArn": group}},
    )

    assert "completed" == fis.state(experiment)
    assert [
        f"The log of FIS experiment {experiment} is not complete: {call} failed with "
        "InternalFailure: not included"
        for call in ("logs:CreateLogStream", "s3:PutObject")
    ] == caplog.messages


def test_report(fis, clock):
    """A report is pending, then there is a PDF that tells what was done."""
    fis.emulator.answers = {"s3:PutObject": {}}
    experiment = fis.start(
        description="What (does) it do?",
        actions={"throttle": THROTTLE},
        targets=TARGETS,
        experimentReportConfiguration=report(),
    )
    assert "pending" == fis.get(experiment)["experimentReport"]["state"]["status"]
    clock.advance(60)
    assert "running" == fis.get(experiment)["experimentReport"]["state"]["status"]

    fis.fis.tick()

    ((bucket, key, body),) = objects(fis)
    assert ("reports", f"{experiment}/report.pdf") == (bucket, key)
    found = fis.get(experiment)
    assert {
        "state": {"status": "completed", "reason": "The report was written."},
        "s3Reports": [{"arn": f"arn:aws:s3:::reports/{key}", "reportType": "PDF"}],
    } == found["experimentReport"]
    times = [found[name].isoformat(timespec="milliseconds") for name in ("startTime", "endTime")]
    began, ended = [time.replace("+00:00", "Z") for time in times]
    for line in (
        rb"(What \(does\) it do?)",
        b"(State             completed: Experiment completed)",
        b"(throttle: aws:fis:inject-api-throttle-error)",
        f"(  {began} to {ended})".encode(),
        b"(  operations = PutRecord)",
        b"(  arn:aws:iam::123456789012:role/app)",
    ):
        assert line in body
    fis.fis.tick()
    assert 1 == len(objects(fis))


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        (report(), "s3:PutObject failed with NoSuchBucket: none"),
        ({}, None),
        (
            {"preExperimentDuration": "PT5M"},
            "The report has no bucket: outputs.s3Configuration.bucketName is missing.",
        ),
        (
            report(dataSources={"cloudWatchDashboards": [{"dashboardIdentifier": "arn:mine"}]}),
            "The graphs of CloudWatch dashboards cannot be drawn in this emulator. Without "
            "dataSources the report is written.",
        ),
    ],
)
def test_no_report(fis, clock, configuration, expected):
    """A report that cannot be written fails, and its state says why. The experiment does not fail."""
    fis.emulator.answers = {
        "s3:PutObject": EmulatorError("s3:PutObject failed with NoSuchBucket: none")
    }

    experiment = fis.get(run(fis, clock, experimentReportConfiguration=configuration))

    state = experiment.get("experimentReport", {}).get("state", {})
    assert (expected, "completed") == (state.get("reason"), experiment["state"]["status"])
    assert expected is None or ("failed", True) == (state["status"], bool(state["error"]["code"]))


def test_no_report_of_a_preview(fis):
    """A preview and an experiment that the safety lever cancels have no report."""
    template = fis.template(experimentReportConfiguration=report())

    def state(**options):
        started = fis("StartExperiment", experimentTemplateId=template, **options)
        fis.fis.tick()
        return fis.get(started["experiment"]["id"])["experimentReport"]["state"]["status"]

    assert "cancelled" == state(experimentOptions={"actionsMode": "skip-all"})
    fis("UpdateSafetyLeverState", id="default", state={"status": "engaged", "reason": "test"})
    assert "cancelled" == state()
    assert [] == objects(fis)


@pytest.mark.parametrize("count", [0, 1, 62, 63, 500])
def test_pdf(count):
    """A PDF has its pages, and a table that says where each of its objects begins."""
    found = pdf(["ü — 猫"] * count)

    table = found[int(found.rsplit(b"startxref\n", 1)[1].split()[0]) :]
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", table)]
    for number, place in enumerate(places, 1):
        assert found[place:].startswith(b"%d 0 obj\n" % number)
    assert max(1, -(-count // 62)) == found.count(b"/Type /Page /")
    assert count == found.count("(ü — ?) '".encode("cp1252"))
    contents = rb"(?s)/Length (\d+) >>\nstream\n(.*?)\nendstream"
    for length, stream in re.findall(contents, found):
        assert int(length) == len(stream)
