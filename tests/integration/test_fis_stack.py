"""The resources of ``AWS::FIS`` in stacks of CloudFormation."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from .helpers import unique

pytestmark = pytest.mark.host(
    "localstack", reason="CloudFormation of LocalStack makes the resources"
)

ROLE = "arn:aws:iam::111122223333:role/fis"


def stack_template(description: str, duration: str, account: dict[str, Any], **more: Any) -> str:
    """Write a stack with an experiment template and a target account."""
    properties = {
        "Description": description,
        "RoleArn": "arn:aws:iam::000000000000:role/fis",
        "StopConditions": [{"Source": "none"}],
        "Targets": {
            "myRole": {
                "ResourceType": "aws:iam:role",
                "ResourceArns": ["arn:aws:iam::000000000000:role/app"],
                "SelectionMode": "ALL",
            }
        },
        "Actions": {
            "myThrottling": {
                "ActionId": "aws:fis:inject-api-throttle-error",
                "Parameters": {
                    "duration": duration,
                    "service": "kinesis",
                    "operations": "PutRecord",
                    "percentage": 50,
                },
                "Targets": {"Roles": "myRole"},
            }
        },
        "ExperimentOptions": {"AccountTargeting": "multi-account"},
        "Tags": {"Name": "stack"},
        **more,
    }
    resource = {"Type": "AWS::FIS::ExperimentTemplate", "Properties": properties}
    return json.dumps(
        {
            "Resources": {
                "Experiment": resource,
                "Account": {
                    "Type": "AWS::FIS::TargetAccountConfiguration",
                    "Properties": {"ExperimentTemplateId": {"Ref": "Experiment"}, **account},
                },
            },
            "Outputs": {
                "Ref": {"Value": {"Ref": "Experiment"}},
                "Id": {"Value": {"Fn::GetAtt": ["Experiment", "Id"]}},
            },
        }
    )


def test_stack(client: Callable[..., BaseClient]) -> None:
    """A stack makes a template and its target account, changes both, and deletes them."""
    cloudformation, fis, name = client("cloudformation"), client("fis"), unique("fis")
    first = {"AccountId": "111122223333", "RoleArn": ROLE, "Description": "first"}
    second = {"AccountId": "444455556666", "RoleArn": ROLE}

    def accounts() -> list[dict[str, Any]]:
        found = fis.list_target_account_configurations(experimentTemplateId=template_id)
        return list(found["targetAccountConfigurations"])

    def update(body: str) -> None:
        cloudformation.update_stack(StackName=name, TemplateBody=body)
        cloudformation.get_waiter("stack_update_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1}
        )

    cloudformation.create_stack(StackName=name, TemplateBody=stack_template("first", "PT1M", first))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    ids = {output["OutputValue"] for output in outputs}
    assert 1 == len(ids)
    template_id = ids.pop()

    made = fis.get_experiment_template(id=template_id)["experimentTemplate"]
    assert ("first", {"Roles": "myRole"}, "50", "stack") == (
        made["description"],
        made["actions"]["myThrottling"]["targets"],
        made["actions"]["myThrottling"]["parameters"]["percentage"],
        made["tags"]["Name"],
    )

    assert [{"accountId": "111122223333", "roleArn": ROLE, "description": "first"}] == accounts()

    update(stack_template("second", "PT2M", {**first, "Description": "second"}))
    assert ["second"] == [account["description"] for account in accounts()]
    changed = fis.get_experiment_template(id=template_id)["experimentTemplate"]
    assert ("second", "PT2M") == (
        changed["description"],
        changed["actions"]["myThrottling"]["parameters"]["duration"],
    )

    update(stack_template("second", "PT2M", second))
    assert [{"accountId": "444455556666", "roleArn": ROLE}] == accounts()

    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    with pytest.raises(fis.exceptions.ResourceNotFoundException):
        fis.get_experiment_template(id=template_id)
