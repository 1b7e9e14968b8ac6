"""What s3fs's documentation shows."""

import uuid

import boto3
import pytest
from s3fs import S3FileSystem


@pytest.fixture
def connection(outages_endpoint, outages_credentials):
    return {"region_name": "us-east-1", "endpoint_url": outages_endpoint, **outages_credentials}


@pytest.fixture
def bucket(connection):
    name = f"s3fs-{uuid.uuid4()}"
    s3 = boto3.client("s3", **connection)
    s3.create_bucket(Bucket=name)
    for key in ("a", "b"):
        s3.put_object(Bucket=name, Key=f"letters/{key}", Body=key.encode())
    return name


@pytest.fixture
def fs(connection):
    return S3FileSystem(
        key=connection["aws_access_key_id"],
        secret=connection["aws_secret_access_key"],
        endpoint_url=connection["endpoint_url"],
        client_kwargs={"region_name": connection["region_name"]},
        skip_instance_cache=True,
        use_listings_cache=False,
    )


def test_writes_and_reads(fs, bucket):
    with fs.open(f"{bucket}/poem.txt", "w") as file:
        file.write("first\nsecond\n")

    with fs.open(f"{bucket}/poem.txt") as file:
        assert file.read() == b"first\nsecond\n"


def test_writes_a_large_file(fs, bucket):
    with fs.open(f"{bucket}/large", "wb", block_size=5 * 2**20) as file:
        file.write(b"0123456789" * 600_000)  # two parts

    assert fs.size(f"{bucket}/large") == 6_000_000


def test_lists(fs, bucket):
    assert fs.ls(f"{bucket}/letters") == [f"{bucket}/letters/a", f"{bucket}/letters/b"]


def test_tells_what_is_there(fs, bucket):
    assert fs.exists(bucket)
    assert fs.exists(f"{bucket}/letters/a")
    assert not fs.exists(f"{bucket}/letters/c")


def test_removes_a_folder(fs, bucket):
    fs.rm(f"{bucket}/letters", recursive=True)


def test_lists_buckets(fs, bucket):
    assert bucket in fs.ls("")
