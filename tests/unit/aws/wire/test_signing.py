"""Signatures are those that botocore makes."""

from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localstack_outages.aws.wire.endpoints import endpoint_of
from localstack_outages.aws.wire.signing import (
    EMPTY_HASH,
    Keys,
    Target,
    is_presigned,
    signed_headers,
    without_signature,
)

AT = datetime(2026, 11, 25, 7, 0, 0, tzinfo=UTC)
KEYS = Keys("AKIDEXAMPLE", "secret", "token")
PATHS = ["/", "/a//b/../c%20d+e/", "/%C3%A9%2Fa:b@c", "/a/./b", "/2015-03-31/functions/arn%3Aaws"]
QUERIES = ["", "list-type=2&prefix=a%2Fb&acl", "b=2&a=1&a=0&c=x%20y", "marker=%C3%A9~"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("is_s3", [True, False])
def test_like_botocore(path, query, is_s3):
    """The signature of a request is the one that botocore makes of it."""
    name = "s3" if is_s3 else "lambda"
    url = f"https://example.amazonaws.com{path}{'?' if query else ''}{query}"
    request = AWSRequest("PUT", url, {"Content-Type": "a/b", "X-Amz-Meta-A": " a  b "}, b"")
    if is_s3:
        request.headers["X-Amz-Content-SHA256"] = EMPTY_HASH
    auth = (S3SigV4Auth if is_s3 else SigV4Auth)(Credentials(*KEYS), name, "eu-west-1")
    with (
        patch("botocore.auth.get_current_datetime", return_value=AT.replace(tzinfo=None)),
        patch.object(auth, "payload", return_value=EMPTY_HASH),
    ):
        auth.add_auth(request)
    headers = {"host": "example.amazonaws.com", "content-type": "a/b", "x-amz-meta-a": " a  b "}
    target = Target("eu-west-1", name, is_s3)
    signed = signed_headers("PUT", path, query, headers, EMPTY_HASH, target, KEYS, AT)

    assert request.headers["Authorization"] == signed["authorization"]
    assert request.headers["X-Amz-Date"] == signed["x-amz-date"]


def test_presigned_urls():
    """What signs a URL is taken out, and nothing else."""
    query = "a=1&X-Amz-Algorithm=x&X-Amz-Signature=00&X-Amz-Meta=2"
    old = "AWSAccessKeyId=a&Signature=b&Expires=1&versionId=2"

    assert is_presigned(query)
    assert is_presigned(old)
    assert not is_presigned("a=1&versionId=2")
    assert "a=1&X-Amz-Meta=2" == without_signature(query)
    assert "versionId=2" == without_signature(old)


@pytest.mark.parametrize(
    ("service", "region", "url", "signed_for"),
    [
        ("s3", "eu-west-1", "https://s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ("iam", "eu-west-1", "https://iam.amazonaws.com", "us-east-1"),
        ("dynamodb", "cn-north-1", "https://dynamodb.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("acm", "us-east-1", "https://acm.us-east-1.amazonaws.com", "us-east-1"),
    ],
)
def test_endpoints(monkeypatch, service, region, url, signed_for):
    """A call goes where botocore would send it, and is signed for the region that AWS wants there."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    found = endpoint_of(service, region)

    assert (url, signed_for) == (found.url, found.signing_region)


def test_own_endpoints(monkeypatch):
    """The SDKs' own settings name other endpoints, that of a service before that of all."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "http://localhost:2/")

    assert "http://localhost:1" == endpoint_of("dynamodb", "eu-west-1").url
    assert "http://localhost:2" == endpoint_of("dynamodbstreams", "eu-west-1").url


def test_every_service():
    """Each service of botocore's data has an endpoint."""
    from localstack_outages.aws.wire.catalog import catalog

    for service in catalog().by_name:
        assert endpoint_of(service, "us-east-1").url.startswith("https://")
