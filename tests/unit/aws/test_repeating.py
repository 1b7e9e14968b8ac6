"""Which operations may be carried out twice."""

import pytest

from localstack_outages.aws.repeating import is_read, matters_twice


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("sqs", "SendMessage"), ("sns", "Publish"), ("ec2", "RunInstances"), ("kinesis", "PutRecord"),
        ("events", "PutEvents"), ("dynamodb", "UpdateItem"), ("lambda", "Invoke"),
        ("stepfunctions", "StartExecution"), ("s3", "CreateMultipartUpload"),
    ],
)  # fmt: skip
def test_what_adds_something_matters(service, operation):
    """Two messages are not one."""
    assert matters_twice(service, operation)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("s3", "PutObject"), ("s3", "GetObject"), ("s3", "UploadPart"),
        ("s3", "CompleteMultipartUpload"), ("dynamodb", "PutItem"),
        ("dynamodb", "Query"), ("sqs", "DeleteMessage"), ("sqs", "ReceiveMessage"), ("kms", "Decrypt"),
        ("ec2", "ModifyInstanceAttribute"), ("iam", "TagRole"), ("dynamodb", "BatchWriteItem"),
        ("s3", "CreateBucket"), ("sqs", "CreateQueue"), ("sns", "CreateTopic"),
    ],
)  # fmt: skip
def test_what_reads_or_sets_does_not(service, operation):
    """It comes to the same."""
    assert not matters_twice(service, operation)


def test_what_only_reads():
    """What changes nothing is told from what does, by its name."""
    reads = ("GetObject", "Query", "ReceiveMessage", "AssumeRole", "GenerateDataKey", "HeadBucket")
    writes = ("PutObject", "UpdateItem", "SendMessage", "DeleteItem", "CompleteMultipartUpload")

    assert [] == [operation for operation in reads if not is_read(operation)]
    assert [] == [operation for operation in writes if is_read(operation)]
