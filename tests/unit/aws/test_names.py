"""The names that AWS has."""

import pytest

from localstack_outages.aws import names
from localstack_outages.aws.errors import SERVICE_ALIASES


@pytest.mark.parametrize("found", [names.services(), names.regions(), names.operations("s3")])
def test_names_are_sorted(found):
    """Names come in the order in which they are to be shown, each once."""
    assert sorted(set(found)) == list(found)


def test_services():
    """Services have botocore's names, which LocalStack uses as well."""
    found = set(names.services())

    assert {"s3", "stepfunctions", "logs", "events", "cognito-idp", "es", "opensearch"} <= found
    assert set() == found & {"sqs-query", "step-functions", "S3", ""}
    assert set() == found & SERVICE_ALIASES.keys()
    assert set() == set(SERVICE_ALIASES.values()) - found


def test_regions():
    """Regions are those of all partitions, without the pseudo regions of global services."""
    found = set(names.regions())

    assert {"us-east-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "eusc-de-east-1"} <= found
    assert [] == [name for name in found if name.endswith("-global")]


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("s3", "PutObject"),
        ("s3", "PostObject"),
        ("dynamodb", "BatchWriteItem"),
        ("sqs", "SendMessage"),
        ("ec2", "RunInstances"),
        ("cognito-idp", "ListUserPools"),
    ],
)
def test_operations(service, operation):
    """Operations have the names of the AWS API."""
    assert operation in names.operations(service)


@pytest.mark.parametrize("service", ["", "no-such-service", "../s3", "s3/2006-03-01", "S3", "*"])
def test_unknown_services(service):
    """A service that botocore does not know has no operations and no errors."""
    assert () == names.operations(service)
    assert frozenset() == names.error_codes(service)


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("dynamodb", "ProvisionedThroughputExceededException"),
        ("sqs", "QueueDoesNotExist"),
        ("sns", "Throttled"),
        ("sns", "ThrottledException"),
        ("s3", "NoSuchBucket"),
    ],
)
def test_error_codes(service, code):
    """The codes of a service are those of its model, and the names that the model has for them."""
    assert code in names.error_codes(service)
