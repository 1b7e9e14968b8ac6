"""The ``fis`` actions of chaostoolkit-aws, unchanged, against the gateway with moto behind it."""

import importlib
import os
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")
pytest.importorskip("chaosaws")
boto3 = pytest.importorskip("boto3")

from .processes import gateway  # noqa: E402 - after what is optional

pytestmark = pytest.mark.slow

ROLE = "arn:aws:iam::123456789012:role/fis"
ZONE = "eu-west-1a"

Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a gateway before moto, in which half an hour takes 30 seconds."""
    with gateway(env={**os.environ, "OUTAGES_FIS_SPEED": "60"}) as found:
        yield found


@pytest.fixture
def client(url: str) -> Client:
    """A function that makes a boto3 client."""
    keys = {"aws_access_key_id": "123456789012", "aws_secret_access_key": "secret"}
    return lambda service: boto3.client(service, "eu-west-1", endpoint_url=url, **keys)


@pytest.fixture
def chaos(url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The actions, for a user of the gateway."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "123456789012")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # chaosaws sets it
    actions = importlib.import_module("chaosaws.fis.actions")
    # Before it starts a scenario it waits for five seconds, until AWS's stores are consistent.
    monkeypatch.setattr(actions, "time", SimpleNamespace(sleep=lambda _: None))
    return actions


def test_start_and_stop(chaos: Any, client: Client) -> None:
    """An experiment is started, looked at, and stopped by its tags, and its template deleted."""
    fis = client("fis")
    template = fis.create_experiment_template(
        description="test", roleArn=ROLE, stopConditions=[{"source": "none"}], targets={},
        actions={"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT5H"}}},
    )["experimentTemplate"]["id"]  # fmt: skip

    def state() -> str:
        probes = importlib.import_module("chaosaws.fis.probes")
        return str(probes.get_experiment(experiment_id=experiment)["experiment"]["state"]["status"])

    started = chaos.start_experiment(experiment_template_id=template, tags={"a": "b"})
    experiment = started["experiment"]["id"]
    assert "running" == state()
    stopped = chaos.stop_experiments_by_tags(tags="a=b", delete_templates=True)
    assert [experiment] == [one["experiment"]["id"] for one in stopped]
    assert "stopped" == state()
    chaos.stop_experiment(experiment_id=experiment)
    with pytest.raises(fis.exceptions.ResourceNotFoundException):
        fis.get_experiment_template(id=template)


def test_zone_without_power(chaos: Any, client: Client) -> None:
    """The scenario of a zone without power runs with what there is: instances stop, and start again
    when it is stopped.
    """
    fis, ec2 = client("fis"), client("ec2")
    tag = {"Key": "AzImpairmentPower", "Value": "StopInstances"}
    made = ec2.run_instances(
        ImageId=ec2.describe_images()["Images"][0]["ImageId"], MinCount=1, MaxCount=1,
        Placement={"AvailabilityZone": ZONE},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [tag]}],
    )["Instances"][0]["InstanceId"]  # fmt: skip

    def wait_for(state: str) -> None:
        deadline = time.monotonic() + 20
        while True:
            (found,) = ec2.describe_instances(InstanceIds=[made])["Reservations"]
            if found["Instances"][0]["State"]["Name"] == state:
                return
            assert time.monotonic() < deadline
            time.sleep(0.05)

    started = chaos.start_availability_zone_power_interruption_scenario(
        az=ZONE, role_arn=ROLE, tags={"of": "scenario"}
    )
    wait_for("stopped")
    found = fis.get_experiment(id=started["experiment"]["id"])["experiment"]
    states = {name: action["state"]["status"] for name, action in found["actions"].items()}
    assert "running" == states.pop("Stop-Instances")
    assert {"skipped"} == set(states.values())

    chaos.stop_experiments_by_tags(tags="of=scenario")
    wait_for("running")


def test_pods(chaos: Any, client: Client) -> None:
    """The scenario for pods is taken, and fails with the reason: there are none to delete."""
    started = chaos.start_stress_pod_delete_scenario(
        label_selector="app=mine", tags={"of": "pods"}, role_arn=ROLE, cluster_identifier="mine",
        log_group_arn="arn:aws:logs:eu-west-1:123456789012:log-group:fis:*",
    )  # fmt: skip

    found = client("fis").get_experiment(id=started["experiment"]["id"])["experiment"]["state"]
    reason = "Resources of type aws:eks:pod cannot be looked for in this emulator"
    assert ("failed", reason) == (found["status"], found["reason"])
