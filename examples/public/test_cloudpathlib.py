"""What cloudpathlib's README shows, with S3."""

import uuid

import boto3
import pytest
from cloudpathlib import S3Client


@pytest.fixture
def root(outages_endpoint, outages_credentials, tmp_path):
    name = f"cloudpathlib-{uuid.uuid4()}"
    connection = {"endpoint_url": outages_endpoint, **outages_credentials}
    s3 = boto3.client("s3", region_name="us-east-1", **connection)
    s3.create_bucket(Bucket=name)
    for key in ("a", "b"):
        s3.put_object(Bucket=name, Key=f"letters/{key}.txt", Body=key.encode())
    client = S3Client(**connection, local_cache_dir=tmp_path)
    return client.CloudPath(f"s3://{name}/")


def test_writes_and_reads(root):
    (root / "poem.txt").write_text("first\nsecond\n")

    assert (root / "poem.txt").read_text() == "first\nsecond\n"


def test_finds(root):
    assert sorted(path.name for path in root.glob("**/*.txt")) == ["a.txt", "b.txt"]


def test_tells_what_is_there(root):
    assert (root / "letters/a.txt").exists()
    assert (root / "letters").is_dir()
    assert not (root / "letters/c.txt").exists()


def test_renames(root):
    (root / "letters/a.txt").rename(root / "letters/c.txt")

    assert not (root / "letters/a.txt").exists()


def test_removes_a_folder(root):
    (root / "letters").rmtree()


def test_writes_once(root):
    path = root / "settings.txt"
    if not path.exists():
        path.write_text("new")

    assert path.read_text() == "new"
