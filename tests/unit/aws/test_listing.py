"""Pages of listings that are emptied, and requests for short ones."""

import json

import pytest

from localstack_outages.aws.paging import paging_of
from localstack_outages.aws.wire.editing import Exchange
from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.aws.wire.shapes import least_of

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("service", "operation", "result", "expected"),
    [
        ("ssm", "GetParametersByPath", {"Parameters": [1], "NextToken": "t"}, {"Parameters": []}),
        ("dynamodb", "Scan", {"Items": [1], "Count": 1, "LastEvaluatedKey": {"a": 1}},
         {"Items": [], "Count": 0}),
        ("cloudfront", "ListDistributions", {"DistributionList": {"Items": [1], "NextMarker": "m"}},
         {"DistributionList": {"Items": [], "NextMarker": "m"}}),
    ],
)  # fmt: skip
def test_emptied(service, operation, result, expected):
    """The items go, their number is 0, and the token stays."""
    assert {**result, **expected} == paging_of(service)[operation].emptied(result)


@pytest.mark.parametrize(
    ("service", "operation", "result"),
    [
        ("ssm", "GetParametersByPath", {"Parameters": [1]}),
        ("s3", "ListObjects", {"Contents": [{"Key": "a"}], "IsTruncated": True}),
    ],
)
def test_no_token(service, operation, result):
    """A page that would have no token without its items stays as it is."""
    assert result == paging_of(service)[operation].emptied(result)


@pytest.mark.parametrize(
    ("parameters", "least", "expected"),
    [({}, 1, 1), ({"MaxKeys": 10}, 1, 5), ({"MaxKeys": 1}, 1, 1), ({"MaxKeys": "8"}, 5, 5)],
)
def test_short(parameters, least, expected):
    """A short page has half of the items that are asked for, and no fewer than are allowed."""
    assert expected == paging_of("s3")["ListObjectsV2"].short(parameters, least)


def test_least():
    """The least number is that of the model."""
    assert (5, 1, 1) == (
        least_of("ec2", "DescribeVpcs", "MaxResults"),
        least_of("s3", "ListObjectsV2", "MaxKeys"),
        least_of("ssm", "GetParametersByPath", "MaxResults"),
    )


@pytest.mark.parametrize(
    ("call", "head", "body", "expected"),
    [
        (("s3", "ListObjectsV2"), HttpRequest("GET", "/b", "list-type=2&max-keys=9&prefix=a%2F", {}),
         b"", ("list-type=2&prefix=a%2F&max-keys=4", b"")),
        (("s3", "ListObjectsV2"), HttpRequest("GET", "/b", "list-type=2", {}), b"",
         ("list-type=2&max-keys=4", b"")),
        (("iam", "ListUsers"), HttpRequest("POST", "/", "", FORM), b"Action=ListUsers&MaxItems=9",
         ("", b"Action=ListUsers&MaxItems=4")),
        (("ssm", "GetParametersByPath"), HttpRequest("POST", "/", "", {}), b'{"Path": "/"}',
         ("", b'{"Path": "/", "MaxResults": 4}')),
    ],
)  # fmt: skip
def test_limits(call, head, body, expected):
    """The number of items is put where the protocol has it."""
    limit = paging_of(call[0])[call[1]].limit

    edited = Exchange(*call, head, body).edit_request(lambda sent: sent, {limit: 4})

    assert expected == (edited.query, edited.body)


def test_names_on_the_wire():
    """An answer whose members are called otherwise than by botocore is emptied too."""
    paging = paging_of("apigateway")["GetRestApis"]
    exchange = Exchange("apigateway", "GetRestApis", HttpRequest("GET", "/restapis", "", {}), b"")

    answer = exchange.edit_answer(
        {"content-type": "application/json"},
        b'{"item": [{"id": "a"}], "position": "p", "other": 1}',
        lambda _, result: paging.emptied(result),
    )

    assert {"item": [], "position": "p", "other": 1} == json.loads(answer.body)


def test_xml():
    """Items of XML go, and all else stays."""
    paging = paging_of("iam")["ListUsers"]
    head = HttpRequest("POST", "/", "", FORM)
    came = (
        '<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult>{}'
        "<IsTruncated>true</IsTruncated><Marker>m</Marker></ListUsersResult></ListUsersResponse>"
    )

    answer = Exchange("iam", "ListUsers", head, b"Action=ListUsers").edit_answer(
        {"content-type": "text/xml"},
        came.format("<Users><member><UserName>a</UserName></member></Users>").encode(),
        lambda _, result: paging.emptied(result),
    )

    assert answer.body.decode().endswith(came.format("<Users />"))
