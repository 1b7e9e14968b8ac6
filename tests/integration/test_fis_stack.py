"""``AWS::FIS::ExperimentTemplate`` in stacks of CloudFormation."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from .helpers import unique

pytestmark = pytest.mark.host(
    "localstack", reason="CloudFormation of LocalStack makes the template"
)


def stack_template(description: str, duration: str, **more: Any) -> str:
    """Write a stack with an experiment template."""
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
        "Tags": {"Name": "stack"},
        **more,
    }
    resource = {"Type": "AWS::FIS::ExperimentTemplate", "Properties": properties}
    return json.dumps(
        {
            "Resources": {"Experiment": resource},
            "Outputs": {
                "Ref": {"Value": {"Ref": "Experiment"}},
                "Id": {"Value": {"Fn::GetAtt": ["Experiment", "Id"]}},
            },
        }
    )


def test_stack(client: Callable[..., BaseClient]) -> None:
    """A stack makes a template, changes it in place, and deletes it."""
    cloudformation, fis, name = client("cloudformation"), client("fis"), unique("fis")
    cloudformation.create_stack(StackName=name, TemplateBody=stack_template("first", "PT1M"))
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

    cloudformation.update_stack(StackName=name, TemplateBody=stack_template("second", "PT2M"))
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    changed = fis.get_experiment_template(id=template_id)["experimentTemplate"]
    assert ("second", "PT2M") == (
        changed["description"],
        changed["actions"]["myThrottling"]["parameters"]["duration"],
    )

    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    with pytest.raises(fis.exceptions.ResourceNotFoundException):
        fis.get_experiment_template(id=template_id)
