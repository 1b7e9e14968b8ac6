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

from .helpers import unique

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


COMPUTED = {"id", "arn", "creationTime", "lastUpdateTime", "targetAccountConfigurationsCount"}
"""What Terraform's provider does not compare with the configuration."""

DEFAULTS = {"accountTargeting": "single-account", "emptyTargetResolutionMode": "fail"}
"""Of the experiment options: a plan would show a change where one is missing."""

SMALLEST: dict[str, Any] = {
    "description": "example",
    "roleArn": "arn:aws:iam::000000000000:role/fis",
    "stopConditions": [{"source": "none"}],
    "targets": {},
    "actions": {"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}},
}
LARGEST: dict[str, Any] = {
    "description": "example",
    "roleArn": "arn:aws:iam::000000000000:role/fis",
    "stopConditions": [
        {
            "source": "aws:cloudwatch:alarm",
            "value": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:lost",
        }
    ],
    "targets": {
        "some": {
            "resourceType": "aws:ec2:subnet",
            "resourceTags": {"env": "test"},
            "filters": [{"path": "State", "values": ["available"]}],
            "parameters": {"availabilityZoneIdentifier": "us-east-1a"},
            "selectionMode": "PERCENT(50)",
        },
        "role": {
            "resourceType": "aws:iam:role",
            "resourceArns": ["arn:aws:iam::000000000000:role/app"],
            "selectionMode": "ALL",
        },
    },
    "actions": {
        "wait": {
            "actionId": "aws:fis:wait",
            "description": "wait a bit",
            "parameters": {"duration": "PT1M"},
        },
        "cut": {
            "actionId": "aws:network:disrupt-connectivity",
            "parameters": {"duration": "PT5M", "scope": "all"},
            "targets": {"Subnets": "some"},
            "startAfter": ["wait"],
        },
        "throttle": {
            "actionId": "aws:fis:inject-api-throttle-error",
            "parameters": {
                "duration": "PT5M",
                "service": "kinesis",
                "operations": "PutRecord",
                "percentage": "50",
            },
            "targets": {"Roles": "role"},
            "startAfter": ["wait"],
        },
    },
    "experimentOptions": {
        "accountTargeting": "multi-account",
        "emptyTargetResolutionMode": "skip",
    },
    "logConfiguration": {
        "cloudWatchLogsConfiguration": {
            "logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:fis:*"
        },
        "s3Configuration": {"bucketName": "fis-logs", "prefix": "mine"},
        "logSchemaVersion": 2,
    },
    "experimentReportConfiguration": {
        "dataSources": {
            "cloudWatchDashboards": [
                {"dashboardIdentifier": "arn:aws:cloudwatch::000000000000:dashboard/mine"}
            ]
        },
        "outputs": {"s3Configuration": {"bucketName": "fis-reports", "prefix": "mine"}},
        "preExperimentDuration": "PT10M",
        "postExperimentDuration": "PT20M",
    },
    "tags": {"Name": "example"},
}


@pytest.mark.parametrize("configured", [SMALLEST, LARGEST])
def test_terraform_template(client: Callable[..., BaseClient], configured: dict[str, Any]) -> None:
    """``apply``, a ``plan`` without changes, an ``apply`` with changes, another such ``plan``,
    ``destroy``.
    """
    fis = client("fis")
    made = fis.create_experiment_template(**configured, clientToken=unique("terraform"))
    template = {"id": made["experimentTemplate"]["id"]}

    def state() -> dict[str, Any]:
        """Read what the provider compares with the configuration."""
        found = fis.get_experiment_template(**template)["experimentTemplate"]
        return {name: part for name, part in found.items() if name not in COMPUTED}

    expected = {"experimentOptions": DEFAULTS, "tags": {}, **configured}
    assert expected == state()
    assert expected == state()

    role = {"Role": LARGEST["targets"]["role"]}
    parts: dict[str, Any] = {
        "targets": role,
        "actions": {
            "throttle": {**LARGEST["actions"]["throttle"], "targets": {"Roles": "Role"}, "startAfter": []},
        },
    }  # fmt: skip
    fis.update_experiment_template(
        **template,
        **parts,
        description="changed",
        experimentOptions={"emptyTargetResolutionMode": "skip"},
        logConfiguration={},
        experimentReportConfiguration={},
    )
    fis.tag_resource(resourceArn=made["experimentTemplate"]["arn"], tags={"team": "a"})
    changed = {
        **expected,
        **parts,
        "description": "changed",
        "experimentOptions": {
            **expected["experimentOptions"],
            "emptyTargetResolutionMode": "skip",
        },
        "tags": {**expected["tags"], "team": "a"},
    }
    for gone in ("logConfiguration", "experimentReportConfiguration"):
        changed.pop(gone, None)
    assert changed == state()

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
