"""What smart_open's README shows of S3."""

import uuid

import boto3
import pytest
from smart_open import open as smart_open
from smart_open.s3 import iter_bucket


@pytest.fixture
def connection(outages_endpoint, outages_credentials):
    return {"region_name": "us-east-1", "endpoint_url": outages_endpoint, **outages_credentials}


@pytest.fixture
def bucket(connection):
    name = f"smart-open-{uuid.uuid4()}"
    boto3.client("s3", **connection).create_bucket(Bucket=name)
    return name


@pytest.fixture
def params(connection):
    return {"client": boto3.client("s3", **connection)}


def test_writes_and_reads(bucket, params):
    with smart_open(f"s3://{bucket}/poem.txt", "w", transport_params=params) as file:
        file.write("first\nsecond\n")

    with smart_open(f"s3://{bucket}/poem.txt", transport_params=params) as file:
        assert list(file) == ["first\n", "second\n"]


def test_writes_a_large_file(bucket, params):
    written = b"0123456789" * 600_000  # two parts
    large = params | {"min_part_size": 5 * 2**20}
    with smart_open(f"s3://{bucket}/large", "wb", transport_params=large) as file:
        file.write(written)

    assert params["client"].head_object(Bucket=bucket, Key="large")["ContentLength"] == 6_000_000


def test_writes_in_one_part(bucket, params):
    single = params | {"multipart_upload": False}
    with smart_open(f"s3://{bucket}/small", "wb", transport_params=single) as file:
        file.write(b"all at once")

    assert params["client"].head_object(Bucket=bucket, Key="small")["ContentLength"] == 11


def test_seeks(bucket, params):
    params["client"].put_object(Bucket=bucket, Key="digits", Body=b"0123456789")

    with smart_open(f"s3://{bucket}/digits", "rb", transport_params=params) as file:
        assert file.read(3) == b"012"
        file.seek(7)
        assert file.read() == b"789"


def test_iterates_over_a_bucket(bucket, params, connection):
    for name in ("a", "b", "c"):
        params["client"].put_object(Bucket=bucket, Key=name, Body=name.encode())

    found = iter_bucket(bucket, workers=2, client_kwargs=connection)

    assert sorted(found) == [("a", b"a"), ("b", b"b"), ("c", b"c")]
