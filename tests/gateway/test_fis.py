"""AWS Fault Injection Service in the gateway, with moto behind it: the gateway as a process."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")
boto3 = pytest.importorskip("boto3")
Config = pytest.importorskip("botocore.config").Config
ClientError = pytest.importorskip("botocore.exceptions").ClientError

from localstack_outages.control.http import Guard  # noqa: E402 - after what is optional

from .processes import READY, gateway  # noqa: E402 - the same

COMMAND = (sys.executable, "-m", "localstack_outages.hosts.gateway", "--listen", "127.0.0.1:0")
ROLE = "arn:aws:iam::123456789012:role/fis"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a gateway before moto."""
    with gateway() as found:
        yield found


@pytest.fixture
def client(url: str) -> Any:
    """A function that makes a boto3 client."""

    def make(service: str) -> Any:
        return boto3.client(
            service, "eu-west-1", endpoint_url=url, aws_access_key_id="123456789012",
            aws_secret_access_key="secret", config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip

    return make


def start(fis: Any, actions: dict[str, Any], targets: dict[str, Any], **parts: Any) -> str:
    """Make a template and start it; give the id of the experiment."""
    made = fis.create_experiment_template(
        description="test", roleArn=ROLE, stopConditions=[{"source": "none"}], targets=targets,
        actions=actions, tags={"Name": "mine"}, **parts,
    )  # fmt: skip
    template = made["experimentTemplate"]["id"]
    assert template in [t["id"] for t in fis.list_experiment_templates()["experimentTemplates"]]
    return str(fis.start_experiment(experimentTemplateId=template)["experiment"]["id"])


def wait_for(condition: Any) -> None:
    """Ask until the answer is true."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rules(url: str) -> Any:
    """Give the rules in force."""
    with urllib.request.urlopen(f"{url}/_extension/outages/outages") as answer:
        return json.load(answer)


@pytest.mark.slow
def test_api_errors(client, url):
    """An experiment makes calls fail before the upstream is asked, until it is stopped."""
    fis, kinesis = client("fis"), client("kinesis")
    kinesis.list_streams()
    experiment = start(
        fis,
        {
            "throttle": {
                "actionId": "aws:fis:inject-api-throttle-error",
                "parameters": {
                    "duration": "PT5M",
                    "service": "kinesis",
                    "percentage": "100",
                    "operations": "ListStreams",
                },
                "targets": {"Roles": "Role"},
            }
        },
        {"Role": {"resourceType": "aws:iam:role", "resourceArns": [ROLE], "selectionMode": "ALL"}},
    )

    with pytest.raises(ClientError):
        kinesis.list_streams()
    found = fis.get_experiment(id=experiment)["experiment"]
    assert "running" == found["state"]["status"]
    assert abs(found["startTime"].timestamp() - time.time()) < 60
    fis.stop_experiment(id=experiment)
    kinesis.list_streams()
    assert [] == rules(url)


@pytest.mark.slow
def test_call_into_the_emulator(client):
    """Instances of moto are stopped and started again; a subnet is cut off and put back."""
    fis, ec2 = client("fis"), client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
    acl = [{"Name": "association.subnet-id", "Values": [made["SubnetId"]]}]

    def state() -> str:
        answer = ec2.describe_instances(InstanceIds=[made["InstanceId"]])
        return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])

    def acl_id() -> str:
        return str(ec2.describe_network_acls(Filters=acl)["NetworkAcls"][0]["NetworkAclId"])

    before, base = acl_id(), "arn:aws:ec2:eu-west-1:123456789012:"
    experiment = start(
        fis,
        {
            "stop": {
                "actionId": "aws:ec2:stop-instances",
                "parameters": {"startInstancesAfterDuration": "PT3S"},
                "targets": {"Instances": "I"},
            },
            "cut": {
                "actionId": "aws:network:disrupt-connectivity",
                "parameters": {"duration": "PT3S", "scope": "all"},
                "targets": {"Subnets": "S"},
            },
        },
        {
            "I": {
                "resourceType": "aws:ec2:instance",
                "resourceArns": [f"{base}instance/{made['InstanceId']}"],
                "selectionMode": "ALL",
            },
            "S": {
                "resourceType": "aws:ec2:subnet",
                "resourceArns": [f"{base}subnet/{made['SubnetId']}"],
                "selectionMode": "ALL",
            },
        },
    )

    wait_for(lambda: state() == "stopped" and acl_id() != before)
    wait_for(lambda: state() == "running" and acl_id() == before)
    wait_for(
        lambda: fis.get_experiment(id=experiment)["experiment"]["state"]["status"] == "completed"
    )


@pytest.mark.slow
def test_tasks_by_tag(client):
    """ECS tasks of moto are found by tag, cluster, service and filter, and stopped."""
    fis, ecs = client("fis"), client("ecs")
    ecs.register_task_definition(
        family="worker", containerDefinitions=[{"name": "main", "image": "none", "memory": 64}]
    )
    for cluster in ("mine", "other"):
        ecs.create_cluster(clusterName=cluster)

    def run(cluster: str, env: str, **more: Any) -> str:
        made = ecs.run_task(
            cluster=cluster, taskDefinition="worker", launchType="FARGATE",
            tags=[{"key": "env", "value": env}], **more,
        )  # fmt: skip
        return str(made["tasks"][0]["taskArn"])

    wanted = run("mine", "test", group="service:api")
    others = [
        run("mine", "test", group="service:web"),
        run("mine", "production", group="service:api"),
        run("other", "test", group="service:api"),
    ]

    experiment = start(
        fis,
        {"stop": {"actionId": "aws:ecs:stop-task", "targets": {"Tasks": "T"}}},
        {
            "T": {
                "resourceType": "aws:ecs:task",
                "resourceTags": {"env": "test"},
                "parameters": {"cluster": "mine", "service": "api"},
                "filters": [{"path": "LaunchType", "values": ["FARGATE"]}],
                "selectionMode": "ALL",
            }
        },
    )

    wait_for(
        lambda: fis.get_experiment(id=experiment)["experiment"]["state"]["status"] == "completed"
    )
    found = fis.list_experiment_resolved_targets(experimentId=experiment)["resolvedTargets"]
    assert [wanted] == [target["targetInformation"]["arn"] for target in found]
    stopped = ecs.describe_tasks(cluster="mine", tasks=[wanted])["tasks"][0]
    assert ("STOPPED", "Stopped by AWS FIS") == (stopped["desiredStatus"], stopped["stoppedReason"])
    for arn in others:
        left = ecs.describe_tasks(cluster=arn.split("/")[1], tasks=[arn])["tasks"][0]
        assert ("RUNNING", "") == (left["desiredStatus"], left["stoppedReason"])


@pytest.mark.slow
def test_log_and_report(client):
    """The log and the report of an experiment are objects in buckets of moto."""
    fis, s3 = client("fis"), client("s3")
    for bucket in ("fis-logs", "fis-reports"):
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    experiment = start(
        fis,
        {"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT0.2S"}}},
        {},
        logConfiguration={"s3Configuration": {"bucketName": "fis-logs"}, "logSchemaVersion": 2},
        experimentReportConfiguration={
            "outputs": {"s3Configuration": {"bucketName": "fis-reports", "prefix": "mine"}}
        },
    )

    def report() -> Any:
        return fis.get_experiment(id=experiment)["experiment"]["experimentReport"]

    wait_for(lambda: report()["state"]["status"] == "completed")
    key = report()["s3Reports"][0]["arn"].removeprefix("arn:aws:s3:::fis-reports/")
    written = s3.get_object(Bucket="fis-reports", Key=key)
    assert f"mine/{experiment}/report.pdf" == key
    assert "application/pdf" == written["ContentType"]
    assert b"(State             completed: Experiment completed)" in written["Body"].read()
    (log,) = s3.list_objects_v2(Bucket="fis-logs")["Contents"]
    assert log["Key"].startswith(f"AWSLogs/123456789012/fis/eu-west-1/{experiment}/")
    lines = s3.get_object(Bucket="fis-logs", Key=log["Key"])["Body"].read().splitlines()
    assert ["experiment-start", "action-start", "action-end", "experiment-end"] == [
        json.loads(line)["log_type"] for line in lines
    ]


@pytest.mark.slow
def test_errors_and_tags(client):
    """Errors have AWS's codes; ARNs in paths are read."""
    fis = client("fis")
    with pytest.raises(fis.exceptions.ResourceNotFoundException):
        fis.get_experiment(id="EXPnone")
    with pytest.raises(fis.exceptions.ValidationException):
        fis.list_actions(nextToken="x", maxResults=5)
    template = fis.list_experiment_templates(maxResults=1)["experimentTemplates"][0]
    fis.tag_resource(resourceArn=template["arn"], tags={"a": "b", "c": "d"})
    fis.untag_resource(resourceArn=template["arn"], tagKeys=["c", "Name"])
    assert {"a": "b"} == fis.list_tags_for_resource(resourceArn=template["arn"])["tags"]


@pytest.mark.slow
def test_crash(tmp_path):
    """With a folder for its state, a gateway that was killed knows its templates and experiments
    again, and what ran then has failed.
    """
    environment = {**os.environ, "OUTAGES_FIS_STATE": str(tmp_path)}
    command = (*COMMAND, "--upstream", "http://127.0.0.1:9")  # nobody is asked

    @contextlib.contextmanager
    def gateway() -> Iterator[Any]:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert process.stderr is not None
        try:
            ready = (READY.search(line) for line in process.stderr)
            url = next(match[1] for match in ready if match)
            yield boto3.client(
                "fis", "eu-west-1", endpoint_url=url, aws_access_key_id="123456789012",
                aws_secret_access_key="secret",
            )  # fmt: skip
        finally:
            process.kill()
            process.stderr.close()
            process.wait(20)

    with gateway() as fis:
        wait = {"actionId": "aws:fis:wait", "parameters": {"duration": "PT5H"}}
        experiment = start(fis, {"wait": wait}, {})
        before = fis.list_experiment_templates()["experimentTemplates"]
        assert "running" == fis.get_experiment(id=experiment)["experiment"]["state"]["status"]
    with gateway() as fis:
        assert before == fis.list_experiment_templates()["experimentTemplates"]
        (found,) = fis.list_experiments()["experiments"]
        assert (experiment, "failed") == (found["id"], found["state"]["status"])


def test_guard(play):
    """Who may not use the control API may not use FIS either: neither a foreign page, nor somebody
    without the token.
    """

    async def scene(setup):
        ask = "GET /actions?maxResults=1"
        assert 200 == (await setup.call("fis", ask))[0]
        status, headers, body = await setup.call("fis", ask, "Origin: https://example.com")
        assert (403, "AccessDeniedException") == (status, json.loads(body)["__type"])
        assert "AccessDeniedException" == headers["x-amzn-errortype"]
        setup.app.guard = Guard(token="secret")
        assert 403 == (await setup.call("fis", ask))[0]
        assert 403 == (await setup.call("fis", ask, "X-Amz-Security-Token: other"))[0]
        assert 200 == (await setup.call("fis", ask, "X-Amz-Security-Token: secret"))[0]
        assert [] == setup.got

    play(scene)
