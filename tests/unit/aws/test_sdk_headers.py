"""What is read from the headers of AWS SDKs."""

import pytest
from hypothesis import given, strategies as st

from localstack_outages.aws.sdk_headers import (
    MAX_INVOCATION_ID_LENGTH,
    Sdk,
    SdkRequest,
    read_invocation_id,
    read_sdk,
    read_sdk_request,
)

USER_AGENTS = {
    "Boto3/1.42.5 md/Botocore#1.42.5 ua/2.1 os/linux#6.8 lang/python#3.11.7 cfg/retry-mode#standard": (
        "boto3",
        "1.42.5",
        "standard",
    ),
    "Boto3/1.20.0 Python/3.8.10 Linux/5.4 Botocore/1.23.0": ("boto3", "1.20.0", None),
    "aws-cli/1.44.5 md/Botocore#1.42.5 ua/2.1 cfg/retry-mode#legacy": (
        "aws-cli",
        "1.44.5",
        "legacy",
    ),
    "aws-cli/2.15.0 Python/3.11.6 Linux/6.5 exe/x86_64.ubuntu.22 prompt/off command/s3.ls": (
        "aws-cli",
        "2.15.0",
        None,
    ),
    "aws-sdk-java/2.31.0 md/io#sync md/http#Apache ua/2.1 lang/java#17 m/D,N": (
        "aws-sdk-java",
        "2.31.0",
        "legacy",
    ),
    "aws-sdk-java/2.20.0 Linux/5.10 OpenJDK_64-Bit_Server_VM/17 cfg/retry-mode/legacy": (
        "aws-sdk-java",
        "2.20.0",
        "legacy",
    ),
    "aws-sdk-js/3.650.0 ua/2.0 os/linux#6.8 lang/js md/nodejs#20.1 api/s3#3.650.0 m/E": (
        "aws-sdk-js",
        "3.650.0",
        "standard",
    ),
    "aws-sdk-nodejs/2.1692.0 linux/v20.1 promise": ("aws-sdk-nodejs", "2.1692.0", None),
    "aws-sdk-go-v2/1.30.3 ua/2.1 os/linux lang/go#1.22 api/s3#1.58.0 m/F": (
        "aws-sdk-go-v2",
        "1.30.3",
        "adaptive",
    ),
    "APN/1.0 HashiCorp/1.0 Terraform/1.5.7 (+https://www.terraform.io) aws-sdk-go-v2/1.30.3": (
        "aws-sdk-go-v2",
        "1.30.3",
        None,
    ),
    "aws-sdk-go/1.44.0 (go1.19; linux; amd64)": ("aws-sdk-go", "1.44.0", None),
    "aws-sdk-dotnet-coreclr/3.7.300.2 ua/2.0 os/linux cfg/retry-mode#standard": (
        "aws-sdk-dotnet-coreclr",
        "3.7.300.2",
        "standard",
    ),
    "my-app/3 Boto3/1.42.5": ("boto3", "1.42.5", None),
    "curl/8.5.0": ("curl", "8.5.0", None),
    "MinIO (Linux; x86_64) minio-go/v7.0.1": ("minio", None, None),
    "just words": ("just", None, None),
    "   ": (None, None, None),
    "": (None, None, None),
    None: (None, None, None),
}

ATTEMPTS = {
    "attempt=1; max=3": (1, 3),
    "attempt=12;max=10": (12, 10),
    "ttl=20261123T094400Z; attempt=2; max=3": (2, 3),
    "max=5; attempt=4": (4, 5),
    "Attempt = 2 ; MAX = 4": (2, 4),
    "attempt=2": (2, None),
    "attempt=0; max=0": (None, None),
    "attempt=one; max=3": (None, 3),
    "attempt=-1; max=3": (None, 3),
    "attempt=1.5; max=3": (None, 3),
    "attempt=99999999999999999999; max=3": (None, 3),
    "noise": (None, None),
    "": (None, None),
    None: (None, None),
}


@pytest.mark.parametrize(("user_agent", "expected"), USER_AGENTS.items())
def test_user_agents(user_agent, expected):
    """The SDK, its version and its retry mode are read, in old notations and new ones."""
    assert read_sdk(user_agent) == Sdk(*expected)


@pytest.mark.parametrize(("header", "expected"), ATTEMPTS.items())
def test_attempts(header, expected):
    """The number and the maximum of attempts are read; what is no number from 1 on is None."""
    assert read_sdk_request(header) == SdkRequest(*expected)


@given(st.text(max_size=3000))
def test_any_text_is_read(text):
    """No text, however strange, makes reading a header fail."""
    client, attempt = read_sdk(text), read_sdk_request(text)

    assert client.name is None or client.name
    assert attempt.number is None or attempt.number >= 1


@pytest.mark.timeout(5)
@pytest.mark.parametrize("part", ["aws-sdk-", "a", " ", "m/", "attempt=", ";", "attempt=1"])
def test_long_headers_take_no_time(part):
    """A header of a megabyte is read as quickly as a short one."""
    for n in range(20):
        read_sdk(part * 1_000_000 + str(n))
        read_sdk_request(part * 1_000_000 + str(n))


def test_invocation_ids():
    """An invocation id is taken as it is, unless it is longer than any SDK's."""
    uuid = "5a9f6c3e-2d0b-4d7e-8e5b-0a8ce1a0f1d3"

    assert read_invocation_id(uuid) == uuid
    assert read_invocation_id("x" * (MAX_INVOCATION_ID_LENGTH + 1)) is None
    assert read_invocation_id("") is None
    assert read_invocation_id(None) is None
