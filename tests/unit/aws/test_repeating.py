"""Which operations may be carried out twice."""

import pytest

from localstack_outages.aws.repeating import matters_twice


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("sqs", "SendMessage"), ("sns", "Publish"), ("ec2", "RunInstances"), ("kinesis", "PutRecord"),
        ("events", "PutEvents"), ("dynamodb", "UpdateItem"), ("lambda", "Invoke"),
        ("stepfunctions", "StartExecution"), ("s3", "CreateBucket"),
    ],
)  # fmt: skip
def test_what_adds_something_matters(service, operation):
    """Two messages are not one."""
    assert matters_twice(service, operation)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("s3", "PutObject"), ("s3", "GetObject"), ("s3", "UploadPart"), ("dynamodb", "PutItem"),
        ("dynamodb", "Query"), ("sqs", "DeleteMessage"), ("sqs", "ReceiveMessage"), ("kms", "Decrypt"),
        ("ec2", "ModifyInstanceAttribute"), ("iam", "TagRole"),
    ],
)  # fmt: skip
def test_what_reads_or_sets_does_not(service, operation):
    """It comes to the same."""
    assert not matters_twice(service, operation)
