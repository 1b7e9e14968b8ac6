"""What ``export envoy`` prints, run by a real Envoy before moto: boto3 meets the faults of the rules."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")

import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

from localstack_outages.aws.names import services

from .processes import envoy, gateway, installed, moto

EXPORT = (sys.executable, "-m", "localstack_outages", "export", "envoy")
RULES = [
    {"service": "sqs", "operation": "Send*", "error": "unavailable", "region": "eu-*"},
    {"service": "sqs", "times": 1},
    {"service": "s3", "error": "throttling", "header": {"x-test-id": "run-7"}},
    {"service": "dynamodb", "latency": 300, "account": "111111111111"},
    {"service": "sns", "error": {"statusCode": 502, "code": "Bad"}, "probability": 0.5},
    {"service": "sns", "error": "internal"},
]


def export(tmp_path: Path, rules: list[dict[str, Any]], *options: str) -> tuple[int, str, str]:
    """Run the command; give its exit code, its output and what it warns of."""
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    done = subprocess.run(
        [*EXPORT, *options, str(tmp_path / "rules.json")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


class Aws(NamedTuple):
    """An Envoy with the rules before moto."""

    url: str

    def client(self, service: str, region: str = "us-east-1", key: str = "111111111112") -> Any:
        """Make a client that makes one attempt."""
        return boto3.client(
            service, region, endpoint_url=self.url,
            aws_access_key_id=key, aws_secret_access_key="secret",
            config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip


@pytest.fixture(scope="module")
def aws(tmp_path_factory) -> Iterator[Aws]:
    """Both, as processes of their own."""
    installed("envoy")
    with moto({}) as upstream:
        code, text, warned = export(tmp_path_factory.mktemp("rules"), RULES, "--upstream", upstream)
        assert 0 == code, warned
        with envoy(yaml.safe_load(text)) as url:
            yield Aws(url)


def status_of(call: Any, **parameters: Any) -> int:
    """Make a call; give the HTTP status of its answer."""
    try:
        answer = call(**parameters)
    except ClientError as e:
        answer = e.response
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


def test_scope(aws):
    """A rule is for its service, region and operation, as they are signed and sent."""
    here, there = aws.client("sqs", "eu-west-1"), aws.client("sqs")
    queue = {"QueueUrl": f"{aws.url}/111111111112/q", "MessageBody": "hello"}
    there.create_queue(QueueName="q")

    assert 503 == status_of(here.send_message, **queue)
    assert 200 == status_of(here.list_queues)
    assert 200 == status_of(there.send_message, **queue)


def test_headers(aws):
    """A rule with a header is for the requests that have it."""
    s3 = aws.client("s3")
    passed = status_of(s3.list_buckets)
    s3.meta.events.register("before-send", add_header)

    assert (200, 503) == (passed, status_of(s3.list_buckets))


def test_latency(aws):
    """A fixed delay comes before the answer, for the account of the access key alone."""
    took = []
    for key in ("111111111111", "111111111112"):
        dynamodb = aws.client("dynamodb", key=key)
        begin = time.monotonic()
        dynamodb.list_tables()
        took.append(time.monotonic() - begin)

    assert took[0] > 0.3 > took[1] / 2


def test_chance_and_order(aws):
    """Where the chance of a rule says no, the next one is asked."""
    sns = aws.client("sns")
    statuses = Counter(status_of(sns.list_topics) for _ in range(40))

    assert {500, 502} == set(statuses)


def add_header(request: Any, **_: Any) -> None:
    """Have a request be one of a test run."""
    request.headers["x-test-id"] = "run-7"


@pytest.mark.parametrize(("service", "operation"), [("s3", "list_buckets"), ("sns", "list_topics")])
def test_an_sdk_tries_again(aws, service, operation):
    """An SDK retries an aborted call, though the answer is none of AWS: its code is the status."""
    client = boto3.client(
        service, "us-east-1", endpoint_url=aws.url,
        aws_access_key_id="111111111112", aws_secret_access_key="secret",
        config=Config(retries={"mode": "standard", "total_max_attempts": 2}),
    )  # fmt: skip
    client.meta.events.register("before-send", add_header)
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)()
    answer = caught.value.response

    assert 1 == answer["ResponseMetadata"]["RetryAttempts"]
    assert str(answer["ResponseMetadata"]["HTTPStatusCode"]) == answer["Error"]["Code"]


def test_what_is_left_out(tmp_path):
    """Comments and warnings name a rule that is left out; with --strict the exit code does."""
    code, text, warned = export(tmp_path, RULES, "--strict")

    assert (1, 0) == (code, export(tmp_path, RULES)[0])
    reason = "'times': Envoy does not count how often a fault was injected."
    assert f"# Left out: rule 2, sqs: 503 ServiceUnavailableException, once. {reason}" in text
    assert (
        f"warning: rule 2, sqs: 503 ServiceUnavailableException, once, is left out. {reason}"
        in warned
    )


def test_rules_in_force(tmp_path):
    """Without a file the rules of a gateway are exported, here as JSON."""
    (tmp_path / "rules.json").write_text(json.dumps(RULES[:2]))
    with gateway("--upstream", "http://127.0.0.1:9", "--rules", f"{tmp_path}/rules.json") as url:
        done = subprocess.run(
            [*EXPORT, "--endpoint", url, "--json"], capture_output=True, text=True, check=True
        )
    document = json.loads(done.stdout)

    assert {"configuration", "leftOut", "notes"} == set(document)
    assert [1] == [one["position"] for one in document["leftOut"]]
    assert [] == document["notes"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--listen", "4566"], "'4566' is not an address; write it as 127.0.0.1:10000"),
        (["--upstream", "localhost"], "'localhost' is no endpoint; write it as http://127.0.0.1:4566"),
        (["--upstream", "http://h/path"], "'http://h/path' is no endpoint; write it as"),
    ],
)  # fmt: skip
def test_bad_options(options, message):
    """An option that is not valid is refused, with what would be right."""
    done = subprocess.run([*EXPORT, *options], capture_output=True, text=True, check=False)

    assert (2, "") == (done.returncode, done.stdout)
    assert message in done.stderr


def test_envoy_takes_all_that_is_exported(tmp_path):
    """Envoy finds nothing wrong with a rule for each service, and with globs on many."""
    command = installed("envoy")
    rules = [
        *({"service": service, "latency": 1} for service in services()[::10]),
        {"service": "[a-f]*", "region": "eu-*-[12]", "account": "123456789012"},
        {"operation": "*", "header": {"x-a": "[*]?.(|"}},
    ]
    _, text, _ = export(tmp_path, rules, "--upstream", "https://localhost")
    (tmp_path / "envoy.yaml").write_text(text)
    done = subprocess.run(
        [command, "--mode", "validate", "-c", str(tmp_path / "envoy.yaml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert 0 == done.returncode, done.stderr[-2000:]
    assert text.count("name: rule-") > 40
