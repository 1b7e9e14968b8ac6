"""FIS as its users' tools call it: the AWS CLI's documented examples, and the calls of Terraform's
provider, in their order.

The calls are those of ``internal/service/fis`` in hashicorp/terraform-provider-aws; Terraform itself is
not run.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

Aws = Callable[..., subprocess.CompletedProcess[str]]

# As in awscli/examples/fis/create-experiment-template.rst
DOCUMENTED = {
    "description": "experimentTemplate",
    "stopConditions": [
        {
            "source": "aws:cloudwatch:alarm",
            "value": "arn:aws:cloudwatch:us-west-2:123456789012:alarm:alarmName",
        }
    ],
    "targets": {
        "Instances-Target-1": {
            "resourceType": "aws:ec2:instance",
            "resourceArns": ["arn:aws:ec2:us-west-2:123456789012:instance/i-12a3b4c56d78e9012"],
            "selectionMode": "ALL",
        }
    },
    "actions": {
        "reboot": {
            "actionId": "aws:ec2:reboot-instances",
            "description": "reboot",
            "parameters": {},
            "targets": {"Instances": "Instances-Target-1"},
        }
    },
    "roleArn": "arn:aws:iam::123456789012:role/myRole",
}


def test_cli_examples(aws: Aws, tmp_path: Path) -> None:
    """The examples of the AWS CLI's documentation run, with ids of ours in place of theirs."""
    file = tmp_path / "myfile.json"
    file.write_text(json.dumps(DOCUMENTED))

    def run(*arguments: str) -> Any:
        done = aws("fis", *arguments, AWS_DEFAULT_REGION="us-west-2", AWS_ACCESS_KEY_ID="123456789012")  # fmt: skip
        assert 0 == done.returncode, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    template = run("create-experiment-template", "--cli-input-json", f"file://{file}")
    template = template["experimentTemplate"]
    assert DOCUMENTED == {name: template[name] for name in DOCUMENTED}
    assert template == run("get-experiment-template", "--id", template["id"])["experimentTemplate"]
    assert run("list-experiment-templates")["experimentTemplates"]
    assert any(action["id"] == "aws:fis:wait" for action in run("list-actions")["actions"])
    action = run("get-action", "--id", "aws:ec2:stop-instances")["action"]
    assert {"Instances": {"resourceType": "aws:ec2:instance"}} == action["targets"]
    run("tag-resource", "--resource-arn", template["arn"], "--tags", "key1=value1,key2=value2")
    run("untag-resource", "--resource-arn", template["arn"], "--tag-keys", "key2")
    tags = run("list-tags-for-resource", "--resource-arn", template["arn"])["tags"]
    assert {"key1": "value1"} == tags
    changed = run("update-experiment-template", "--id", template["id"], "--description", "mine")
    assert "mine" == changed["experimentTemplate"]["description"]
    started = run("start-experiment", "--experiment-template-id", template["id"])["experiment"]
    assert "initiating" == started["state"]["status"]
    found = run("get-experiment", "--id", started["id"])["experiment"]
    assert "Target resolution returned empty set" == found["state"]["reason"]
    assert [started["id"]] == [one["id"] for one in run("list-experiments")["experiments"]]
    run("stop-experiment", "--id", started["id"])
    run("delete-experiment-template", "--id", template["id"])


def test_terraform_template(client: Callable[..., BaseClient]) -> None:
    """``apply``, a ``plan`` without changes, an ``apply`` with a change, ``destroy``."""
    fis = client("fis")
    configured: dict[str, Any] = {
        "description": "example",
        "roleArn": "arn:aws:iam::000000000000:role/fis",
        "stopConditions": [{"source": "none"}],
        "targets": {},
        "actions": {
            "wait": {
                "actionId": "aws:fis:wait",
                "description": "wait a bit",
                "parameters": {"duration": "PT1M"},
            }
        },
        "tags": {"Name": "example"},
    }
    made = fis.create_experiment_template(**configured, clientToken="terraform-1")

    read = fis.get_experiment_template(id=made["experimentTemplate"]["id"])["experimentTemplate"]

    assert configured == {name: read[name] for name in configured}
    assert "logConfiguration" not in read
    # Computed by the provider: the plan would show a change where one is missing.
    assert {
        "accountTargeting": "single-account",
        "emptyTargetResolutionMode": "fail",
    } == read["experimentOptions"]
    template = {"id": read["id"]}
    assert read == fis.get_experiment_template(**template)["experimentTemplate"]

    role = {
        "resourceType": "aws:iam:role",
        "resourceArns": ["arn:aws:iam::000000000000:role/app"],
        "selectionMode": "ALL",
    }
    fis.update_experiment_template(
        **template,
        targets={"Role": role},
        experimentOptions={"emptyTargetResolutionMode": "skip"},
        logConfiguration={},
    )
    changed = fis.get_experiment_template(**template)["experimentTemplate"]
    assert ({"Role": role}, "single-account", "skip") == (
        changed["targets"],
        changed["experimentOptions"]["accountTargeting"],
        changed["experimentOptions"]["emptyTargetResolutionMode"],
    )

    fis.delete_experiment_template(**template)
    for call in (fis.get_experiment_template, fis.delete_experiment_template):
        with pytest.raises(fis.exceptions.ResourceNotFoundException):
            call(**template)


def test_terraform_account_and_lever(client: Callable[..., BaseClient]) -> None:
    """The resources for target accounts and for the safety lever are applied and destroyed."""
    fis = client("fis", "eu-north-1")
    template = fis.create_experiment_template(
        description="example",
        roleArn="arn:aws:iam::000000000000:role/fis",
        stopConditions=[{"source": "none"}],
        targets={},
        actions={"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}},
        experimentOptions={"accountTargeting": "multi-account"},
    )["experimentTemplate"]
    named = {"experimentTemplateId": template["id"], "accountId": "111122223333"}
    role = "arn:aws:iam::111122223333:role/fis"
    fis.create_target_account_configuration(**named, roleArn=role, description="other")
    fis.update_target_account_configuration(**named, description="changed")
    found = fis.get_target_account_configuration(**named)["targetAccountConfiguration"]
    assert {"accountId": "111122223333", "roleArn": role, "description": "changed"} == found
    fis.delete_target_account_configuration(**named)
    with pytest.raises(fis.exceptions.ResourceNotFoundException):
        fis.get_target_account_configuration(**named)
    fis.delete_experiment_template(id=template["id"])

    engaged = {"status": "engaged", "reason": "freeze"}
    fis.update_safety_lever_state(id="default", state=engaged)
    assert engaged == fis.get_safety_lever(id="default")["safetyLever"]["state"]
    with pytest.raises(fis.exceptions.ConflictException, match="without a status change"):
        fis.update_safety_lever_state(id="default", state=engaged)
    fis.update_safety_lever_state(id="default", state={"status": "disengaged", "reason": "over"})
