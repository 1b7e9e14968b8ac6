"""What host names say."""

import pytest

from localstack_outages.aws.names import services
from localstack_outages.aws.wire.hostnames import Hostname, read_host

HOSTS = [
    ("s3.amazonaws.com", "s3", None, None),
    ("S3.EU-WEST-1.amazonaws.com:443", "s3", "eu-west-1", None),
    ("s3-us-west-2.amazonaws.com", "s3", "us-west-2", None),
    ("bucket.s3-us-west-2.amazonaws.com", "s3", "us-west-2", "bucket"),
    ("my.bucket.s3.dualstack.eu-west-1.amazonaws.com", "s3", "eu-west-1", "my.bucket"),
    ("bucket.s3-accelerate.amazonaws.com", "s3", None, "bucket"),
    ("bucket.s3-fips.us-gov-west-1.amazonaws.com", "s3", "us-gov-west-1", "bucket"),
    ("point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com", "s3", "eu-west-1", "point-123456789012"),
    ("b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", "s3", "us-east-1", "b--use1-az4--x-s3"),
    ("s3express-control.us-east-1.amazonaws.com", "s3", "us-east-1", None),
    ("bucket.s3.cn-north-1.amazonaws.com.cn", "s3", "cn-north-1", "bucket"),
    ("123456789012.s3-control.eu-west-1.amazonaws.com", "s3control", "eu-west-1", None),
    ("bucket.s3.localhost.localstack.cloud:4566", "s3", None, "bucket"),
    ("bucket.s3.eu-west-1.localhost.localstack.cloud", "s3", "eu-west-1", "bucket"),
    ("sqs.eu-west-1.localhost.localstack.cloud:4566", "sqs", "eu-west-1", None),
    ("streams.dynamodb.eu-west-1.amazonaws.com", "dynamodbstreams", "eu-west-1", None),
    ("123456789012.ddb.us-east-1.amazonaws.com", None, "us-east-1", None),
    ("dynamodb-fips.us-east-1.amazonaws.com", "dynamodb", "us-east-1", None),
    ("datazone.eu-west-1.api.aws", "datazone", "eu-west-1", None),
    ("data-servicediscovery.eu-west-1.amazonaws.com", "servicediscovery", "eu-west-1", None),
    ("management.deadline.eu-west-1.amazonaws.com", "deadline", "eu-west-1", None),
    ("g-1.eu-west-1.neptune-graph.amazonaws.com", "neptune-graph", "eu-west-1", None),
    ("eu-west-1.signin.aws.amazon.com", "signin", "eu-west-1", None),
    ("bucket.localhost:4566", None, None, "bucket"),
    ("bucket.s3.example.org:9000", "s3", None, "bucket"),
    ("localhost:4566", None, None, None),
    ("127.0.0.1:4566", None, None, None),
    ("[::1]:4566", None, None, None),
    ("example.org", None, None, None),
    ("amazonaws.com", None, None, None),
    ("..amazonaws.com", None, None, None),
    (".", None, None, None),
    ("", None, None, None),
    (None, None, None, None),
    ("a" * 10_000, None, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("host", "service", "region", "bucket"), HOSTS)
def test_hosts(host, service, region, bucket):
    """A host of AWS or of an emulator names the service, the region, the bucket."""
    if service is not None and service not in services():
        pytest.skip(f"this botocore does not know {service}")
    found = read_host(host)

    assert service == (found.services[0].name if found.services else None)
    assert (region, bucket) == (found.region, found.bucket)
    assert not found.is_data_plane


@pytest.mark.parametrize(
    "host",
    [
        "bucket.s3-website.eu-west-1.amazonaws.com",
        "bucket.s3-website-us-east-1.amazonaws.com",
        "abc.execute-api.eu-west-1.amazonaws.com",
        "abc.execute-api.localhost.localstack.cloud:4566",
        "abc.lambda-url.eu-west-1.on.aws",
        "name-1.eu-west-1.elb.amazonaws.com",
    ],
)
def test_data_plane(host):
    """Behind some hosts stands an application and no API."""
    assert read_host(host).is_data_plane


def test_nothing():
    """No host says nothing."""
    assert Hostname() == read_host(None)
