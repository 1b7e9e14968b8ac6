"""Failure coverage of a test run."""

import json
import re

import pytest

from .conftest import RunPytest

APPLICATION = """
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

class Shop:
    def __init__(self, **connection):
        config = Config(retries={"mode": "standard", "total_max_attempts": 3})
        self.sqs, self.s3, self.kms = (
            boto3.client(name, "us-east-1", config=config, **connection)
            for name in ("sqs", "s3", "kms")
        )
        config = config.merge(Config(read_timeout=1.5))
        self.eager = boto3.client(
            "sqs", "us-east-1", config=Config(retries={"total_max_attempts": 1}), **connection
        )
        self.impatient = boto3.client("sqs", "us-east-1", config=config, **connection)

    def set_up(self, bucket):
        self.bucket = bucket
        self.s3.create_bucket(Bucket=bucket)
        self.queue = self.sqs.create_queue(QueueName="orders")["QueueUrl"]

    def send(self, text):
        self.impatient.send_message(QueueUrl=self.queue, MessageBody=text)

    def send_all(self, *texts):
        entries = [{"Id": text, "MessageBody": text} for text in texts]
        return self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)

    def write(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def read(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def upload(self, path):
        self.s3.upload_file(path, self.bucket, "file")

    def keys(self):
        return self.kms.list_keys()

    def messages(self):
        while True:
            try:
                return self.eager.receive_message(QueueUrl=self.queue).get("Messages", [])
            except ClientError:
                pass
"""

TESTS = """
import secrets

import pytest
from app import Shop
from botocore.exceptions import BotoCoreError, ClientError

from localstack_outages import OutagesClient

@pytest.fixture
def shop(outages_endpoint, outages_credentials):
    shop = Shop(endpoint_url=outages_endpoint, **outages_credentials)
    shop.set_up(f"shop-{secrets.token_hex(6)}")
    shop.s3.list_buckets()
    return shop

def test_fixture(shop, outages):
    with outages.outage("sqs", operation="SendMessage", error="throttling", times=2):
        shop.send("one")
    with outages.outage("sqs", operation="SendMessage", latency=2500, times=1):
        shop.send("late")
    with outages.outage("sqs", operation="SendMessageBatch", partial={"count": 1}, times=1):
        assert shop.send_all("a", "b")["Failed"]

@pytest.mark.outage("sqs", operation="SendMessage")
def test_marker(shop):
    with pytest.raises(ClientError):
        shop.send("one")

def test_client(shop, outages_endpoint, outages_credentials):
    account = outages_credentials["aws_access_key_id"]
    with OutagesClient(outages_endpoint, account=account) as client:
        with client.outage("s3", operation="PutObject", error="internal", phase="after", times=1):
            shop.write("a", b"x" * 100_000)
        with client.outage("s3", operation="GetObject", payload={"truncate": 9}, times=1):
            with pytest.raises(BotoCoreError):
                shop.read("a")

@pytest.mark.outage_scenario("kms-down", phase="down")
def test_scenario(shop):
    with pytest.raises(ClientError):
        shop.keys()

@pytest.mark.outage("sqs", operation="ReceiveMessage", times=3)
def test_tries(shop):
    shop.messages()

@pytest.mark.outage("s3", operation="PutObject", connection="reset", times=1)
def test_threads(shop, tmp_path):
    (tmp_path / "file").write_text("x")
    shop.upload(str(tmp_path / "file"))
"""

NOT_MET = [
    ("s3.CreateBucket", "create_bucket", 6, {}, (0, 0, 0)),
    ("sqs.CreateQueue", "create_queue", 6, {}, (0, 0, 0)),
]
MET = [
    ("sqs.SendMessage", "send_message", 3, {"throttled": 1, "timedOut": 1, "failed": 1}, (3, 2, 1)),
    ("sqs.SendMessageBatch", "send_message_batch", 1, {"partial": 1}, (0, 0, 1)),
    ("s3.PutObject", "put_object", 1, {"doneButFailed": 1}, (1, 1, 0)),
    ("s3.GetObject", "get_object", 1, {"cut": 1}, (0, 0, 1)),
    ("s3.PutObject", "upload_file", 1, {"cut": 1}, (1, 1, 0)),
    ("kms.ListKeys", "list_keys", 1, {"failed": 1}, (1, 0, 1)),
    ("sqs.ReceiveMessage", "receive_message", 4, {"failed": 3}, (3, 3, 3)),
]
"""Operation, what its line says, calls, failures, and how many were retried, recovered and surfaced."""

LINES = APPLICATION.strip().splitlines()


def shown(site):
    """Give a site in the form of the tables above."""
    (method,) = re.findall(r"\.([a-z]+_[a-z_]+)\(", LINES[site["line"] - 1])
    came = site["retried"], site["recovered"], site["surfaced"]
    operation = f"{site['service']}.{site['operation']}"
    return operation, method, site["calls"], site["failures"], came


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")])
def test_coverage_of_a_run(run_pytest: RunPytest, pytester: pytest.Pytester, workers) -> None:
    """Each line of the application that calls AWS, with the failures that it met, whoever caused them,
    and what came of them; with workers too. Calls of the tests themselves are left out.
    """
    pytester.makepyfile(app=APPLICATION)
    result = run_pytest(TESTS, "--outages-coverage", "--outages-coverage-report=json", *workers)
    report = json.loads((pytester.path / "coverage-outages.json").read_text())

    result.assert_outcomes(passed=6)
    assert NOT_MET + MET == [shown(site) for site in report["sites"]]
    assert ["app.py"] == list({site["file"] for site in report["sites"]})
    assert 77.78 == report["totals"]["percent"]
    assert (6, []) == (report["leftOut"], report["missing"])
    assert ["test_app.py::test_scenario"] == report["sites"][-2]["tests"]
    result.stdout.fnmatch_lines([
        "Call site*Operation*Calls*Failures met*Retried*Recovered*Surfaced*",
        "app.py:*sqs.SendMessage *3*1 throttled, 1 failed, 1 timed out*3*2*1*met",
        "TOTAL*7 of 9 met*78%",
        "Left out: 6 calls that tests made themselves.",
    ])  # fmt: skip


ONE = """
def test_one(outages, call):
    with outages.outage("sqs", times=1):
        call(attempts=3)
    call("s3")

def test_two(outages, call):
    call("sts")
"""


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("50", "Required failure coverage of 50% not reached. Total: 33.33%"),
        ("33.3", "Required failure coverage of 33.3% reached. Total: 33.33%"),
    ],
)
def test_limit(run_pytest: RunPytest, pytester: pytest.Pytester, limit, told) -> None:
    """The run fails where less of the call sites met a failure; the ini file can say all of it. Calls
    of tests count where nothing else makes any.
    """
    pytester.makeini(f"""
        [pytest]
        outages_coverage = true
        outages_coverage_fail_under = {limit}
        outages_coverage_report = page.html
    """)
    result = run_pytest(ONE)

    assert ("not reached" in told) == bool(result.ret)
    result.stdout.fnmatch_lines([f"*{told}"])
    assert "Failure coverage: 33%" in (pytester.path / "page.html").read_text()


def test_a_run_that_calls_nothing(start_pytest: RunPytest) -> None:
    """It says so, and covers nothing."""
    result = start_pytest("def test_one(): pass", "--outages-coverage-fail-under=1")

    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.stdout.fnmatch_lines(["No call by botocore was seen in the process of the tests."])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("report=page.txt", "'page.txt' has no form; let it end in .html, .json, .xml, *"),
        ("fail-under=all", "'all' is no percentage; write a number from 0 to 100"),
    ],
)
def test_options_that_are_not_valid(start_pytest: RunPytest, option, message) -> None:
    """They are refused before any test runs."""
    result = start_pytest("def test_one(): pass", f"--outages-coverage-{option}")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([f"*--outages-coverage-*: {message}"])
