"""What FIS remembers when its host has ended and is there again."""

import json

import pytest

from localstack_outages.control.fis.errors import NotFound
from localstack_outages.engine.store import Store

GROUP = "arn:aws:logs:eu-west-1:123456789012:log-group:fis:*"
ROLE = "arn:aws:iam::123456789012:role/app"
TARGETS = {"Role": {"resourceType": "aws:iam:role", "resourceArns": [ROLE], "selectionMode": "ALL"}}
ACTIONS = {
    "first": {
        "actionId": "aws:fis:inject-api-throttle-error",
        "parameters": {
            "duration": "PT1M",
            "service": "kinesis",
            "operations": "PutRecord",
            "percentage": "100",
        },
        "targets": {"Roles": "Role"},
    },
    "second": {
        "actionId": "aws:fis:wait",
        "parameters": {"duration": "PT1M"},
        "startAfter": ["first"],
    },
}


class Memory:
    """Keeps a document as text, as a file does."""

    def __init__(self):
        self.text = None

    def load(self, read):
        return None if self.text is None else read(json.loads(self.text))

    def save(self, document):
        self.text = json.dumps(document)


@pytest.fixture
def restart(fis, clock):
    """A function that makes another FIS, which remembers, and has none of the rules of the first."""
    memory = Memory()
    fis.make(memory=memory)

    def again():
        fis.store = Store(clock)
        fis.emulator.calls = []
        fis.make(memory=memory)

    return again


def test_templates(fis, restart):
    """Templates are as they were, with tags, accounts and times; so is the safety lever."""
    template = fis.template(
        tags={"a": "b"}, experimentOptions={"accountTargeting": "multi-account"}
    )
    fis(
        "CreateTargetAccountConfiguration",
        experimentTemplateId=template,
        accountId="111122223333",
        roleArn=ROLE,
    )
    gone = fis.template()
    fis("DeleteExperimentTemplate", id=gone)
    fis("UpdateSafetyLeverState", id="default", state={"status": "engaged", "reason": "freeze"})
    before = fis("GetExperimentTemplate", id=template)

    restart()

    assert before == fis("GetExperimentTemplate", id=template)
    accounts = fis("ListTargetAccountConfigurations", experimentTemplateId=template)
    assert ["111122223333"] == [one["accountId"] for one in accounts["targetAccountConfigurations"]]
    assert {"status": "engaged", "reason": "freeze"} == fis("GetSafetyLever", id="default")["safetyLever"]["state"]  # fmt: skip
    with pytest.raises(NotFound):
        fis("GetExperimentTemplate", id=gone)


def test_experiment_that_had_ended(fis, restart, clock):
    """An experiment that had ended is as it was, with its targets."""
    experiment = fis.start(actions=ACTIONS, targets=TARGETS)
    clock.advance(120)
    fis.fis.tick()
    before = fis.get(experiment)
    targets = fis("ListExperimentResolvedTargets", experimentId=experiment)
    assert "completed" == before["state"]["status"]
    clock.advance(1000)

    restart()

    assert before == fis.get(experiment)
    assert targets == fis("ListExperimentResolvedTargets", experimentId=experiment)
    assert fis.fis.tick() is None
    assert [] == fis.emulator.calls


def test_crash(fis, restart, clock):
    """An experiment that ran when the host crashed has failed, and that is told."""
    fis.emulator.answers = {
        "events:PutEvents": {},
        "logs:CreateLogStream": {},
        "logs:PutLogEvents": {},
        "s3:PutObject": {},
    }
    experiment = fis.start(
        actions=ACTIONS,
        targets=TARGETS,
        logConfiguration={
            "cloudWatchLogsConfiguration": {"logGroupArn": GROUP},
            "s3Configuration": {"bucketName": "logs"},
            "logSchemaVersion": 2,
        },
        experimentReportConfiguration={"outputs": {"s3Configuration": {"bucketName": "reports"}}},
    )
    fis.fis.tick()
    clock.advance(10)

    restart()

    found = fis.get(experiment)
    assert ("failed", "Experiment failed: the emulator ended while it ran.") == (
        found["state"]["status"],
        found["state"]["reason"],
    )
    assert 10 == (found["endTime"] - found["startTime"]).total_seconds()
    assert {"first": "stopped", "second": "cancelled"} == fis.actions(experiment)
    fis.fis.tick()
    assert [
        "events:PutEvents",
        "logs:PutLogEvents",
        "s3:PutObject",
        "s3:PutObject",
    ] == fis.emulator.operations()
    log = fis.emulator.calls[2][1]["Body"].decode().splitlines()
    assert ("experiment-start", "experiment-end") == (
        json.loads(log[0])["log_type"],
        json.loads(log[-1])["log_type"],
    )
    assert "completed" == fis.get(experiment)["experimentReport"]["state"]["status"]
    restart()
    assert "failed" == fis.state(experiment)
    assert fis.fis.tick() is None
    assert [] == fis.emulator.calls


def test_end_in_good_order(fis, restart):
    """An experiment that ran when the host ended has been stopped."""
    experiment = fis.start()
    fis.fis.close()

    restart()

    assert ("stopped", "Experiment stopped: the emulator ends.") == (
        fis.state(experiment),
        fis.get(experiment)["state"]["reason"],
    )


def test_another_version(fis):
    """What another version has kept is not read."""
    memory = Memory()
    memory.save({"version": 2, "spaces": []})

    with pytest.raises(ValueError, match="it is of version 2, not 1"):
        fis.make(memory=memory)
