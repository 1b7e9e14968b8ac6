"""AWS Fault Injection Service in LocalStack, by boto3 and the AWS CLI."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from .helpers import ONCE, outcome, unique, wait_until

ROLE = "arn:aws:iam::000000000000:role/fis"
NO_ALARM = [{"source": "none"}]
ROLES = {
    "Role": {
        "resourceType": "aws:iam:role",
        "resourceArns": ["arn:aws:iam::000000000000:role/application"],
        "selectionMode": "ALL",
    }
}


class Fis:
    """A client of FIS that cleans up."""

    def __init__(self, client: BaseClient) -> None:
        self.client = client
        self.templates: list[str] = []

    def template(self, actions: dict[str, Any], **parts: Any) -> str:
        """Make a template; give its id."""
        sent = {"description": "test", "roleArn": ROLE, "stopConditions": NO_ALARM, "targets": {}}
        made = self.client.create_experiment_template(**{**sent, "actions": actions, **parts})
        self.templates.append(made["experimentTemplate"]["id"])
        return self.templates[-1]

    def start(self, actions: dict[str, Any], **parts: Any) -> str:
        """Make a template and start it; give the id of the experiment."""
        started = self.client.start_experiment(experimentTemplateId=self.template(actions, **parts))
        return str(started["experiment"]["id"])

    def get(self, experiment: str) -> dict[str, Any]:
        """Give an experiment."""
        found: dict[str, Any] = self.client.get_experiment(id=experiment)["experiment"]
        return found

    def wait_for(self, experiment: str, status: str) -> dict[str, Any]:
        """Wait for a state; give the experiment."""
        wait_until(lambda: self.get(experiment)["state"]["status"] == status)
        return self.get(experiment)

    def clean_up(self) -> None:
        """Stop all experiments and delete all templates."""
        for experiment in self.client.list_experiments()["experiments"]:
            self.client.stop_experiment(id=experiment["id"])
        for template in self.templates:
            self.client.delete_experiment_template(id=template)


@pytest.fixture
def fis(client: Callable[..., BaseClient]) -> Iterator[Fis]:
    """FIS without experiments."""
    fis = Fis(client("fis"))
    yield fis
    fis.clean_up()


def api_error(kind: str = "throttle", **parameters: str) -> dict[str, Any]:
    """Give an action that fails calls."""
    given = {"duration": "PT5M", "service": "kinesis", "operations": "ListStreams"}
    return {
        "actionId": f"aws:fis:inject-api-{kind}-error",
        "parameters": {**given, "percentage": "100", **parameters},
        "targets": {"Roles": "Role"},
    }


def test_api_errors(fis: Fis, client: Callable[..., BaseClient], outages: Any) -> None:
    """An experiment makes calls fail until it is stopped; the status shows it as an owner of rules."""
    kinesis = client("kinesis", retries=ONCE)
    experiment = fis.start({"throttle": api_error()}, targets=ROLES)

    assert "LimitExceededException" != outcome(kinesis.list_streams) != "ok"
    _, status = outages.status()
    assert [f"fis {experiment}"] == [rule["owner"] for rule in status["rules"]]
    stopping = fis.client.stop_experiment(id=experiment)["experiment"]["state"]
    assert {"status": "stopping", "reason": "Stopping Experiment."} == stopping
    assert "ok" == outcome(kinesis.list_streams)
    assert "stopped" == fis.get(experiment)["state"]["status"]
    assert (200, []) == outages.get()


@pytest.mark.host("localstack", reason="the gateway does not know who calls")
def test_role(fis: Fis, client: Callable[..., BaseClient], endpoint: str) -> None:
    """Once the role was assumed, only its calls are hit."""
    role = "arn:aws:iam::000000000000:role/application"
    assumed = client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    of_role = boto3.client(
        "kinesis", "us-east-1", endpoint_url=endpoint, config=Config(retries=ONCE),
        aws_access_key_id=assumed["AccessKeyId"], aws_secret_access_key="x",
        aws_session_token=assumed["SessionToken"],
    )  # fmt: skip

    fis.start({"throttle": api_error()}, targets=ROLES)

    assert "ok" == outcome(client("kinesis", retries=ONCE).list_streams)
    assert "ok" != outcome(of_role.list_streams)


def test_region_and_fis_itself(fis: Fis, client: Callable[..., BaseClient], outages: Any) -> None:
    """Other regions are left alone, and an outage of everything leaves FIS alone."""
    fis.start({"throttle": api_error(service="sts", operations="*")}, targets=ROLES)
    assert "ok" == outcome(client("sts", "eu-west-1", retries=ONCE).get_caller_identity)

    outages.post([{}])

    assert fis.client.list_experiments()["experiments"]


def test_ends_by_itself(fis: Fis, client: Callable[..., BaseClient], outages: Any) -> None:
    """An experiment that is shorter than AWS allows is over by itself, and its rule with it."""
    action = {
        "actionId": "outages:rule",
        "parameters": {"duration": "PT0.5S", "service": "sqs", "error": "throttling"},
    }
    experiment = fis.start({"rule": action})

    found = fis.wait_for(experiment, "completed")

    assert "completed" == found["actions"]["rule"]["state"]["status"]
    assert (200, []) == outages.get()


def test_instances(fis: Fis, client: Callable[..., BaseClient]) -> None:
    """Instances with a tag are stopped, and started again after a time."""
    ec2 = client("ec2")
    tag = unique("fis")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(
        ImageId=image, MinCount=2, MaxCount=2, InstanceType="t3.nano",
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "env", "Value": tag}]}],
    )  # fmt: skip
    ids = [one["InstanceId"] for one in made["Instances"]]

    def states() -> set[str]:
        found = ec2.describe_instances(InstanceIds=ids)["Reservations"]
        return {one["State"]["Name"] for r in found for one in r["Instances"]}

    wait_until(lambda: states() == {"running"})
    target = {
        "resourceType": "aws:ec2:instance",
        "resourceTags": {"env": tag},
        "filters": [{"path": "State.Name", "values": ["running"]}],
        "selectionMode": "ALL",
    }
    experiment = fis.start(
        {
            "stop": {
                "actionId": "aws:ec2:stop-instances",
                "parameters": {"startInstancesAfterDuration": "PT2S"},
                "targets": {"Instances": "Mine"},
            }
        },
        targets={"Mine": target},
    )

    wait_until(lambda: states() == {"stopped"})
    fis.wait_for(experiment, "completed")
    wait_until(lambda: states() == {"running"})
    listed = fis.client.list_experiment_resolved_targets(experimentId=experiment)
    found = {t["targetInformation"]["arn"].rpartition("/")[2] for t in listed["resolvedTargets"]}
    assert set(ids) == found


@pytest.mark.host("localstack", reason="what an emulator lacks is its own")
def test_not_available(fis: Fis) -> None:
    """A service that this LocalStack lacks fails the action, with that reason."""
    arn = "arn:aws:rds:us-east-1:000000000000:db:mine"
    target = {"resourceType": "aws:rds:db", "resourceArns": [arn], "selectionMode": "ALL"}
    experiment = fis.start(
        {"reboot": {"actionId": "aws:rds:reboot-db-instances", "targets": {"DBInstances": "Db"}}},
        targets={"Db": target},
    )

    found = fis.wait_for(experiment, "failed")

    assert "rds:RebootDBInstance failed with InternalFailure" in found["state"]["reason"]


def test_stop_condition(fis: Fis, client: Callable[..., BaseClient], outages: Any) -> None:
    """An alarm that rings halts the experiment."""
    cloudwatch, name = client("cloudwatch"), unique("alarm")
    cloudwatch.put_metric_alarm(
        AlarmName=name, MetricName="Errors", Namespace="Mine", Period=3600, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", Statistic="Sum",
        TreatMissingData="ignore",
    )  # fmt: skip
    arn = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"]
    experiment = fis.start(
        {"throttle": api_error()},
        targets=ROLES,
        stopConditions=[{"source": "aws:cloudwatch:alarm", "value": arn}],
    )
    assert "running" == fis.get(experiment)["state"]["status"]

    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

    found = fis.wait_for(experiment, "stopped")
    assert "Experiment halted by stop condition." == found["state"]["reason"]
    assert (200, []) == outages.get()


@pytest.mark.host("localstack", reason="moto delivers no events")
def test_events_and_logs(fis: Fis, client: Callable[..., BaseClient]) -> None:
    """Its states come as EventBridge events, its records in CloudWatch Logs and S3, and its report in
    S3.
    """
    sqs, events, logs, name = client("sqs"), client("events"), client("logs"), unique("fis")
    s3 = client("s3")
    s3.create_bucket(Bucket=name)
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.fis"]}))
    target = {"Id": "1", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule=name, Targets=[target])
    logs.create_log_group(logGroupName=name)
    group = f"arn:aws:logs:us-east-1:000000000000:log-group:{name}:*"
    wait = {"actionId": "aws:fis:wait", "parameters": {"duration": "PT0.1S"}}
    experiment = fis.start(
        {"wait": wait},
        logConfiguration={
            "cloudWatchLogsConfiguration": {"logGroupArn": group},
            "s3Configuration": {"bucketName": name, "prefix": "log"},
            "logSchemaVersion": 2,
        },
        experimentReportConfiguration={
            "outputs": {"s3Configuration": {"bucketName": name, "prefix": "report"}}
        },
    )
    fis.wait_for(experiment, "completed")
    states: list[str] = []

    def has_come() -> bool:
        for message in sqs.receive_message(QueueUrl=queue).get("Messages", ()):
            event = json.loads(message["Body"])
            assert [experiment] == [event["detail"]["experiment-id"]]
            assert "FIS Experiment State Change" == event["detail-type"]
            states.append(event["detail"]["new-state"]["status"])
        return len(states) == 3

    wait_until(has_come)
    assert {"initiating", "running", "completed"} == set(states)
    stream = {"logGroupName": name, "logStreamName": f"/aws/fis/{experiment}"}
    wait_until(lambda: len(logs.get_log_events(**stream)["events"]) == 4)
    records = [json.loads(e["message"]) for e in logs.get_log_events(**stream)["events"]]
    assert ["experiment-start", "action-start", "action-end", "experiment-end"] == [
        record["log_type"] for record in records
    ]
    wait_until(lambda: fis.get(experiment)["experimentReport"]["state"]["status"] == "completed")
    log, report = (one["Key"] for one in s3.list_objects_v2(Bucket=name)["Contents"])
    assert log.startswith(f"log/AWSLogs/000000000000/fis/us-east-1/{experiment}/")
    assert f"report/{experiment}/report.pdf" == report
    lines = s3.get_object(Bucket=name, Key=log)["Body"].read().splitlines()
    assert records == [json.loads(line) for line in lines]
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)


def test_every_operation(fis: Fis) -> None:
    """boto3 gets an answer of each operation that it takes, also in pages."""
    client = fis.client
    options = {"accountTargeting": "multi-account"}
    wait = {"actionId": "aws:fis:wait", "parameters": {"duration": "PT5M"}}
    templates = [fis.template({"wait": wait}, experimentOptions=options) for _ in range(3)]
    template = {"experimentTemplateId": templates[0]}
    account = {"accountId": "111122223333"}
    pages = client.get_paginator("list_experiment_templates").paginate(
        PaginationConfig={"PageSize": 2}
    )
    found = [one["id"] for page in pages for one in page["experimentTemplates"]]
    assert set(templates) <= set(found)
    client.update_experiment_template(id=templates[0], description="changed")
    assert "changed" == client.get_experiment_template(id=templates[0])["experimentTemplate"]["description"]  # fmt: skip
    client.create_target_account_configuration(**template, **account, roleArn=ROLE)
    client.update_target_account_configuration(**template, **account, description="other")
    client.get_target_account_configuration(**template, **account)
    client.list_target_account_configurations(**template)
    experiment = client.start_experiment(**template)["experiment"]
    of_it = {"experimentId": experiment["id"]}
    client.get_experiment_target_account_configuration(**of_it, **account)
    client.list_experiment_target_account_configurations(**of_it)
    client.list_experiment_resolved_targets(**of_it)
    assert [experiment["id"]] == [
        one["id"]
        for one in client.list_experiments(experimentTemplateId=templates[0])["experiments"]
    ]
    client.stop_experiment(id=experiment["id"])
    client.delete_target_account_configuration(**template, **account)
    client.tag_resource(resourceArn=experiment["arn"], tags={"a/b": "c d"})
    assert {"a/b": "c d"} == client.list_tags_for_resource(resourceArn=experiment["arn"])["tags"]
    client.untag_resource(resourceArn=experiment["arn"], tagKeys=["a/b"])
    assert {} == client.get_experiment(id=experiment["id"])["experiment"]["tags"]
    actions = client.get_paginator("list_actions").paginate(PaginationConfig={"PageSize": 20})
    names = [one["id"] for page in actions for one in page["actions"]]
    assert "aws:fis:wait" in names
    assert client.get_action(id="aws:fis:wait")["action"]["parameters"]["duration"]["required"]
    client.list_target_resource_types()
    client.get_target_resource_type(resourceType="aws:ec2:subnet")
    engaged = {"status": "engaged", "reason": "test"}
    client.update_safety_lever_state(id="default", state=engaged)
    assert engaged == client.get_safety_lever(id="default")["safetyLever"]["state"]
    client.update_safety_lever_state(id="default", state={"status": "disengaged", "reason": "x"})


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda c: c.get_experiment(id="EXPnone"), ("ResourceNotFoundException", 404)),
        (lambda c: c.list_actions(nextToken="x"), ("ValidationException", 400)),
        (
            lambda c: c.update_safety_lever_state(
                id="default", state={"status": "disengaged", "reason": "x"}
            ),
            ("ConflictException", 409),
        ),
    ],
)
def test_errors(fis: Fis, call: Callable[[Any], Any], expected: tuple[str, int]) -> None:
    """Errors have the code and the status of AWS."""
    with pytest.raises(ClientError) as caught:
        call(fis.client)

    response = caught.value.response
    assert expected == (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])
    assert response["Error"]["Message"]
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert "application/json" == headers["content-type"]


def test_status_of_the_command_line(fis: Fis, endpoint: str) -> None:
    """``localstack-outages status`` shows an experiment as the owner of its rules."""
    experiment = fis.start({"throttle": api_error()}, targets=ROLES)

    done = subprocess.run(
        [sys.executable, "-m", "localstack_outages", "status", "--owner", f"fis {experiment}", "--json"],
        env={**os.environ, "OUTAGES_ENDPOINT": endpoint},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    (rule,) = json.loads(done.stdout)["rules"]
    assert (f"fis {experiment}", "active") == (rule["owner"], rule["state"])
