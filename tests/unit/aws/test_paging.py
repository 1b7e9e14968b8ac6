"""Which page of a listing a call asks for, as botocore's paginators do."""

import pytest

from localstack_outages.aws.paging import has_cursor, paging_of


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("s3", "ListObjectsV2", {"Bucket": "b"}, None),
        ("s3", "ListObjectsV2", {"Bucket": "b", "ContinuationToken": "t"}, ("t",)),
        ("s3", "ListObjectVersions", {"KeyMarker": "k"}, ("k", None)),
        ("dynamodb", "Scan", {"ExclusiveStartKey": {"id": {"S": "1"}}}, ({"id": {"S": "1"}},)),
        ("lambda", "ListFunctions", {"Marker": ""}, None),
    ],
)
def test_token(service, operation, parameters, expected):
    """A call for the first page has no token."""
    assert expected == paging_of(service)[operation].token_of(parameters)


def test_not_in_pages():
    """An operation that lists nothing has no pages, and nor has a service that botocore lacks."""
    assert "GetObject" not in paging_of("s3")
    assert {} == paging_of("no-such-service")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("kinesis", "GetRecords", {"ShardIterator": "i"}, True),
        ("dynamodbstreams", "GetRecords", {"ShardIterator": "i"}, True),
        ("kinesis", "PutRecord", {}, False),
        ("sqs", "ListQueues", {"NextToken": "t"}, True),
        ("sqs", "ListQueues", {}, False),
    ],
)
def test_cursor(service, operation, parameters, expected):
    """The iterator of a stream and the token of a page are cursors."""
    assert expected == has_cursor(service, operation, parameters)
