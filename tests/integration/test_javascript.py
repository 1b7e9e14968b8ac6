"""What the AWS SDK for JavaScript makes of faults."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CALLS = """
import { S3Client, ListBucketsCommand } from "@aws-sdk/client-s3";
import { SQSClient, ListQueuesCommand } from "@aws-sdk/client-sqs";

const [endpoint] = process.argv.slice(2);
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const config = { endpoint, credentials, region: "us-east-1", forcePathStyle: true };
const attempts = {};
for (const [name, client, Command] of [
  ["s3", new S3Client(config), ListBucketsCommand],
  ["sqs", new SQSClient(config), ListQueuesCommand],
]) {
  attempts[name] = [];
  for (let call = 0; call < 3; call += 1) {
    const answer = await client.send(new Command({}));
    attempts[name].push(answer.$metadata.attempts);
  }
}
console.log(JSON.stringify(attempts));
"""
"""Makes three calls with each client, and prints how many attempts each took."""


@pytest.fixture
def attempts(javascript_sdk: Path, endpoint: str) -> Callable[[], dict[str, list[int]]]:
    """A function that makes calls, and gives how many attempts each took."""

    def run() -> dict[str, list[int]]:
        command = ["node", "--input-type=module", "-", endpoint]
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        done = subprocess.run(
            command, input=CALLS, cwd=javascript_sdk, env=env,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert 0 == done.returncode, done.stderr
        found: dict[str, list[int]] = json.loads(done.stdout)
        return found

    return run


@pytest.mark.parametrize("skew", [3600, -3600])
def test_skewed(outages: Any, attempts: Callable[[], dict[str, list[int]]], skew: int) -> None:
    """A client corrects its clock by the first answer: its second attempt succeeds, and so does each
    later call at once.
    """
    outages.post([{"error": "skewed", "skew": skew}])

    assert {"s3": [2, 1, 1], "sqs": [2, 1, 1]} == attempts()


def test_call(outages: Any, attempts: Callable[[], dict[str, list[int]]]) -> None:
    """The attempts of its calls are told apart: the second call has a failure, and recovers from it."""
    outages.post([{"service": "sqs", "call": 2, "error": "unavailable", "times": 1}])

    assert {"s3": [1, 1, 1], "sqs": [1, 2, 1]} == attempts()


SUITE = """
import test from "node:test";
import { SQSClient, CreateQueueCommand } from "@aws-sdk/client-sqs";

test("opens a queue", async () => {
  const sqs = new SQSClient({ region: "us-east-1" });
  try {
    await sqs.send(new CreateQueueCommand({ QueueName: "mail" }));
  } catch {
    console.log("no queue");
  }
});
"""


@pytest.mark.slow
def test_sweep(javascript_sdk: Path, endpoint: str, tmp_path: Path) -> None:
    """A sweep of a suite of Node.js finds the write that is silently missing."""
    (tmp_path / "node_modules").symlink_to(javascript_sdk / "node_modules")
    (tmp_path / "mail.test.mjs").write_text(SUITE)
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [
            sys.executable, "-m", "localstack_outages", "--json", "sweep", "--",
            str(shutil.which("node")), "--test", "mail.test.mjs",
        ],
        cwd=tmp_path, env={**env, "OUTAGES_ENDPOINT": endpoint},
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip

    assert 1 == done.returncode, done.stderr
    found = json.loads(done.stdout)
    assert [
        ("internal", "silent", "the command passes, and sqs:CreateQueue did not happen"),
        ("reset", "silent", "the command passes, and sqs:CreateQueue did not happen"),
        ("denied", "silent", "the command passes, and sqs:CreateQueue did not happen"),
        ("after", "absorbed", "the command passes"),
        ("transient", "absorbed", "the command passes"),
    ] == [(point["fault"], point["outcome"], point["why"]) for point in found["points"]]
    assert {"aws-sdk-js standard"} == {point["client"] for point in found["points"]}
