"""AWS as the upstream: each call is signed again. moto stands for AWS, and checks signatures."""

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")
pytest.importorskip("boto3")

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .processes import COMMAND, gateway, moto_that_checks


class Aws:
    """moto, which checks signatures, and a gateway before it with credentials that moto knows."""

    def __init__(self, direct: str, url: str) -> None:
        self.direct = direct
        self.url = url

    def client(self, service: str, *, direct: bool = False, **config):
        """Give a client whose credentials nobody knows."""
        return boto3.client(
            service,
            "eu-west-1",
            endpoint_url=self.direct if direct else self.url,
            aws_access_key_id="AKIAUNKNOWNUNKNOWN00",
            aws_secret_access_key="wrong",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """Both, as processes of their own."""
    with moto_that_checks() as (direct, keys):
        environ = {
            **os.environ,
            **{name.upper(): value for name, value in keys.items()},
            "AWS_ENDPOINT_URL": direct,
        }
        with gateway("--upstream", "aws", env=environ) as url:
            yield Aws(direct, url)


# moto checks the signatures of some services only, and right ones of Lambda it refuses.
CALLS = {
    "query": ("sns", "list_topics"),
    "ec2": ("ec2", "describe_vpcs"),
    "json": ("dynamodb", "list_tables"),
    "rest-json": ("batch", "describe_job_queues"),
    "S3": ("s3", "list_buckets"),
    "query-compatible": ("sqs", "list_queues"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_protocols(aws, call):
    """A call that AWS would refuse for its signature passes, signed again."""
    service, method = call
    with pytest.raises(ClientError) as refused:
        getattr(aws.client(service, direct=True), method)()

    assert refused.value.response["Error"]["Code"] in (
        "403",
        "AuthFailure",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    )
    assert 200 == getattr(aws.client(service), method)()["ResponseMetadata"]["HTTPStatusCode"]


def test_objects(aws):
    """Objects pass with keys that have to be encoded, whole and in parts."""
    s3 = aws.client("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    key, body = "a//b c+d=é&f", b"x" * 300_000
    s3.put_object(Bucket="bucket", Key=key, Body=body)
    upload = s3.create_multipart_upload(Bucket="bucket", Key="parts")["UploadId"]
    of_parts = {"Bucket": "bucket", "Key": "parts", "UploadId": upload}
    part = s3.upload_part(PartNumber=1, Body=body, **of_parts)
    done = [{"PartNumber": 1, "ETag": part["ETag"]}]
    s3.complete_multipart_upload(MultipartUpload={"Parts": done}, **of_parts)

    assert body == s3.get_object(Bucket="bucket", Key=key)["Body"].read()
    assert ["a//b c+d=é&f", "parts"] == [
        one["Key"] for one in s3.list_objects_v2(Bucket="bucket")["Contents"]
    ]


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls(aws, version):
    """A presigned URL of either kind passes, and not once it has expired, though the gateway could
    sign it again.
    """
    s3 = aws.client("s3", signature_version=version)
    bucket = f"presigned-{version}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=bucket, Key="key", Body=b"hello")
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "key"})
    expired = re.sub(r"X-Amz-Date=\d{8}", "X-Amz-Date=20200101", url)
    expired = re.sub(r"&Expires=\d+", "&Expires=1577836800", expired)
    path = url.removeprefix(aws.url)

    assert (200, b"hello") == request(aws, {}, path=path)
    status, body = request(aws, {}, path=expired.removeprefix(aws.url))
    assert 403 == status
    assert b"Request has expired" in body


def test_faults(aws):
    """Rules make calls to AWS fail as they do before an emulator."""
    rules = [{"service": "sqs", "error": "throttling", "times": 1}]
    path = f"{aws.url}/_extension/outages/outages"
    request = urllib.request.Request(path, json.dumps(rules).encode(), method="POST")
    urllib.request.urlopen(request).close()
    sqs = aws.client("sqs")
    with pytest.raises(ClientError, match="Throttl"):
        sqs.list_queues()

    assert 200 == sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"]


def request(aws, headers, body=b"", path="/"):
    """Send a request, and give the status and the body of its answer."""
    asked = urllib.request.Request(aws.url + path, body or None, headers)
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, answer.read()
    except urllib.request.HTTPError as e:
        with e:
            return e.code, e.read()


SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIAUNKNOWNUNKNOWN00/20261123/eu-west-1/{}/aws4_request, "
    "SignedHeaders=host, Signature=00"
)
LIST = {
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "Content-Type": "application/x-amz-json-1.0",
}


def test_what_nobody_signed(aws):
    """A request without a signature is not given one."""
    status, body = request(aws, LIST, b"{}")

    assert status >= 400
    assert b"TableNames" not in body


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://example.org"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "example.org", "User-Agent": "Mozilla/5.0"},
    ],
)
def test_web_pages(aws, headers):
    """A web page of another origin cannot have its requests signed."""
    headers = {**LIST, **headers, "Authorization": SIGNED.format("dynamodb")}
    status, body = request(aws, headers, b"{}")

    assert (403, "AccessDenied") == (status, json.loads(body)["__type"])


def test_signed_chunks(aws):
    """Chunks that were signed one by one are refused with an error that says what to do."""
    headers = {
        "Authorization": SIGNED.format("s3"),
        "X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    }
    status, body = request(aws, headers, path="/bucket/key")

    assert 501 == status
    assert b"<Code>NotImplemented</Code>" in body
    assert b"--tls-cert" in body


@pytest.mark.parametrize(
    ("arguments", "environ", "expected"),
    [
        (["--listen", "127.0.0.1:0"], {}, "--upstream aws has no credentials to sign with"),
        (["--listen", "0.0.0.0:0", "--token", "t"], {}, "could use your credentials"),
        (
            ["--listen", "127.0.0.1:4599"],
            {"AWS_ENDPOINT_URL_S3": "http://localhost:4599"},
            "AWS_ENDPOINT_URL_S3=http://localhost:4599 leads to the gateway itself",
        ),
        (
            ["--listen", "127.0.0.1:0"],
            {"AWS_CA_BUNDLE": "/nowhere"},
            "AWS_CA_BUNDLE=/nowhere cannot",
        ),
    ],
)
def test_mistakes(tmp_path, arguments, environ, expected):
    """What would not work, or not be safe, is told in one line."""
    names = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    clean |= dict.fromkeys(names, str(tmp_path / "none"))
    clean |= {"AWS_EC2_METADATA_DISABLED": "true", **environ}
    done = subprocess.run(
        [*COMMAND, *arguments, "--upstream", "aws"],
        capture_output=True, text=True, timeout=60, env=clean,
    )  # fmt: skip

    assert 2 == done.returncode
    assert expected in done.stderr
    assert 1 == len(done.stderr.splitlines())
