"""Every command of the original extension's documentation works as it stands there."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .helpers import ONCE, OUT, outcome

pytestmark = pytest.mark.host("localstack", reason="its transcript begins with LocalStack")

POST = """
curl --location --request POST 'http://outages.localhost.localstack.cloud:4566/outages' \\
--header 'Content-Type: application/json' \\
--data '
[
    {
        "service": "kms",
        "region": "us-east-1"
    },
    {
        "service": "s3",
        "region": "us-*"
    },
    {
        "service": "lambda",
        "region": "*"
    }
]'
"""
CLEAR = """
curl --location --request POST 'http://outages.localhost.localstack.cloud:4566/outages' \\
--header 'Content-Type: application/json' \\
--data '[]'
"""
GET = "curl --location --request GET 'http://outages.localhost.localstack.cloud:4566/outages'"
PATCH = """
curl --location --request PATCH 'http://outages.localhost.localstack.cloud:4566/outages' \\
--header 'Content-Type: application/json' \\
--data '[{"service": "transcribe", "region": "us-west-1"}]'
"""
DELETE = """
curl --location --request DELETE 'http://outages.localhost.localstack.cloud:4566/outages' \\
--header 'Content-Type: application/json' \\
--data '[{"service": "transcribe", "region": "us-west-1"}]'
"""
MAKE_BUCKET = "awslocal s3 mb s3://test-bucket --region {region}"
FAILED = (
    "make_bucket failed: s3://test-bucket An error occurred (ServiceUnavailableException) when "
    "calling the CreateBucket operation (reached max retries: 4): "
    "Service 's3' not accessible in 'us-east-1' region due to an outage"
)
RULES = [
    {"service": "kms", "region": "us-east-1"},
    {"service": "s3", "region": "us-*"},
    {"service": "lambda", "region": "*"},
]
TRANSCRIBE = {"service": "transcribe", "region": "us-west-1"}

Shell = Callable[[str], str]


@pytest.fixture
def shell(endpoint: str, tmp_path: Path) -> Shell:
    """A function that runs a command as it stands, but for the port; gives all that it prints."""
    port = urlsplit(endpoint).port
    host = "outages.localhost.localstack.cloud"
    # DNS may be absent where tests run, and a proxy in the way.
    (tmp_path / ".curlrc").write_text(
        f'resolve = "{host}:{port}:127.0.0.1"\nnoproxy = "*"\nsilent\n'
    )
    env = {
        **os.environ,
        "CURL_HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        # As at the time of the document: the CLI's retry mode, and awslocal without a notice.
        "AWS_RETRY_MODE": "legacy",
        "DISABLE_DEPRECATION_NOTICE": "1",
    }

    def run(command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command.replace("4566", str(port))],
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return (done.stdout + done.stderr).strip()

    return run


def test_post_starts_outages(shell: Shell) -> None:
    """The document's first request is answered with the list of rules as they were sent."""
    assert RULES == json.loads(shell(POST))


@pytest.mark.usefixtures("no_test_bucket")
def test_the_transcript(shell: Shell) -> None:
    """Making a bucket fails in us-east-1, word for word, and works in eu-central-1."""
    shell(POST)

    assert FAILED == shell(MAKE_BUCKET.format(region="us-east-1"))
    assert "make_bucket: test-bucket" == shell(MAKE_BUCKET.format(region="eu-central-1"))


@pytest.mark.parametrize(
    ("service", "call", "region", "expected"),
    [
        ("kms", "list_keys", "us-east-1", OUT),
        ("kms", "list_keys", "us-east-2", "ok"),
        *[
            ("s3", "list_buckets", f"us-{place}", OUT)
            for place in ("east-1", "east-2", "west-1", "west-2", "gov-east-1", "gov-west-1")
        ],
        ("s3", "list_buckets", "eu-central-1", "ok"),
        ("s3", "list_buckets", "ca-central-1", "ok"),
        *[
            ("lambda", "list_functions", region, OUT)
            for region in ("us-east-1", "eu-central-1", "ap-southeast-2", "us-gov-west-1")
        ],
        ("sqs", "list_queues", "us-east-1", "ok"),
    ],
)
def test_affected_services_and_regions(
    shell: Shell, client, service: str, call: str, region: str, expected: str
) -> None:
    """The rules of the document hit the services and regions that it lists, and no other."""
    shell(POST)

    assert expected == outcome(getattr(client(service, region, retries=ONCE), call))


def test_get_returns_the_list(shell: Shell) -> None:
    """GET gives the rules in their order, with and without rules."""
    shell(POST)
    assert RULES == json.loads(shell(GET))

    shell(CLEAR)
    assert [] == json.loads(shell(GET))


def test_an_empty_list_clears(shell: Shell, client) -> None:
    """After the empty list nothing is out any more."""
    shell(POST)

    assert [] == json.loads(shell(CLEAR))
    assert "ok" == outcome(client("s3", retries=ONCE).list_buckets)


def test_patch_adds_and_delete_removes(shell: Shell, client) -> None:
    """PATCH appends the rule, once; DELETE takes it out, and again without complaint."""
    transcribe = client("transcribe", "us-west-1", retries=ONCE)
    shell(POST)

    assert [*RULES, TRANSCRIBE] == json.loads(shell(PATCH))
    assert [*RULES, TRANSCRIBE] == json.loads(shell(PATCH))
    assert OUT == outcome(transcribe.list_transcription_jobs)
    assert RULES == json.loads(shell(DELETE))
    assert RULES == json.loads(shell(DELETE))
    assert OUT == outcome(client("kms", retries=ONCE).list_keys)
