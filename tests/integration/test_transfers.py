"""Large objects by what moves them for users: s3transfer, the AWS CLI."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from boto3.s3.transfer import TransferConfig

from .helpers import outcome, unique

PART = 5 * 2**20
MULTIPART = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=4)


@pytest.fixture
def bucket(client: Callable) -> Iterator[str]:
    """A bucket that is removed with what is in it."""
    name, s3 = unique("transfers"), client("s3")
    s3.create_bucket(Bucket=name)
    yield name
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", ()):
        s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of four parts, the last of which is short."""
    path = tmp_path / "sent"
    path.write_bytes(os.urandom(3 * PART + 12_345))
    return path


@pytest.mark.parametrize("fault", [{"error": "throttling"}, {"connection": "reset"}], ids=str)
def test_a_multipart_upload_survives(
    outages, client: Callable, bucket: str, file: Path, fault: dict
) -> None:
    """Parts that fail are sent again, and what comes back is what was sent."""
    s3 = client("s3", retries={"mode": "standard", "total_max_attempts": 4})
    outages.post([{"service": "s3", "operation": "UploadPart", "times": 2, **fault}])
    s3.upload_file(str(file), bucket, "key", Config=MULTIPART)
    left = outages.get()
    got = file.with_name("got")
    s3.download_file(bucket, "key", str(got), Config=MULTIPART)

    assert (200, []) == left  # it hit as often as it could
    assert file.read_bytes() == got.read_bytes()


def test_a_multipart_upload_that_fails_leaves_nothing(
    outages, client: Callable, bucket: str, file: Path
) -> None:
    """Where parts go on to fail, the upload ends with an error and is taken back."""
    s3 = client("s3", retries={"mode": "standard", "total_max_attempts": 2})
    outages.post([{"service": "s3", "operation": "UploadPart"}])

    content = io.BytesIO(file.read_bytes())
    failed = outcome(lambda: s3.upload_fileobj(content, bucket, "key", Config=MULTIPART))
    assert "ok" != failed
    assert [] == s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    assert 0 == s3.list_objects_v2(Bucket=bucket)["KeyCount"]


def test_the_aws_cli(outages, aws: Callable, bucket: str, file: Path) -> None:
    """It moves a large file both ways, through an outage of a few calls."""
    env = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "4", "AWS_DEFAULT_REGION": "us-east-1"}
    outages.post([{"service": "s3", "operation": "UploadPart", "error": "throttling", "times": 2}])
    up = aws("s3", "cp", str(file), f"s3://{bucket}/key", **env)
    down = aws("s3", "cp", f"s3://{bucket}/key", str(file.with_name("got")), **env)

    assert (0, 0) == (up.returncode, down.returncode), up.stderr + down.stderr
    assert (200, []) == outages.get()  # the rule hit as often as it could
    assert file.read_bytes() == file.with_name("got").read_bytes()


def test_the_aws_cli_says_what_failed(outages, aws: Callable) -> None:
    """It prints the error of the service."""
    outages.post([{"service": "sts", "error": "throttling"}])
    env = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}
    done = aws("sts", "get-caller-identity", **env)

    assert 0 != done.returncode
    assert "(Throttling)" in done.stderr
