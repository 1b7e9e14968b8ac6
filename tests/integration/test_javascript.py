"""What the AWS SDK for JavaScript makes of faults. Its packages are got by npm into .console/, once; where
there is no Node.js, or npm cannot get them, the tests are skipped.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

VERSION = "3.1175.0"
PACKAGES = [f"@aws-sdk/client-{service}@{VERSION}" for service in ("s3", "sqs")]
FOLDER = Path(__file__).parents[2] / ".console" / f"aws-sdk-{VERSION}"

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


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the SDK is."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("there is no Node.js")
    if FOLDER.is_dir():
        return FOLDER
    FOLDER.parent.mkdir(exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=FOLDER.parent))
    options = ["--silent", "--no-save", "--no-package-lock", "--prefix", str(half)]
    got = subprocess.run([npm, "install", *options, *PACKAGES], check=False, timeout=240)
    if got.returncode:
        shutil.rmtree(half)
        pytest.skip(f"npm cannot get {' '.join(PACKAGES)}")
    try:
        half.rename(FOLDER)  # nobody finds half of it
    except OSError:  # another worker was faster
        shutil.rmtree(half)
    return FOLDER


@pytest.fixture
def attempts(folder: Path, endpoint: str) -> Callable[[], dict[str, list[int]]]:
    """A function that makes calls, and gives how many attempts each took."""

    def run() -> dict[str, list[int]]:
        command = ["node", "--input-type=module", "-", endpoint]
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        done = subprocess.run(
            command, input=CALLS, cwd=folder, env=env,
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
