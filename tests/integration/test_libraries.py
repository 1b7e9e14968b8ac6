"""Verdicts on libraries with retries of their own, against botocore's own log.

A library is looked for where these tests run, or where ``LIBRARIES_PYTHON`` names another
Python, as ``make test-gateway`` has it do: some of them need another botocore than LocalStack does.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from localstack_outages.client.client import OutagesClient

from .helpers import unique

APPLICATIONS = Path(__file__).parent / "applications"
PYTHON = os.environ.get("LIBRARIES_PYTHON", sys.executable)
ATTEMPTS = pytest.mark.parametrize("attempts", [1, 3])
CONTENT = b"number,text\n" + b"1,0123456789abcdef\n" * 10_525 + b"#" * 13  # 200,000 bytes
CELERY_ENDS = ("RuntimeError: the worker died", "RuntimeError: the worker went deaf")
_ACCOUNTS = count(720_000_000_000)


@cache
def _has(library: str) -> bool:
    # kombu cannot poll SQS without pycurl: the worker dies before its first request.
    modules = "celery, kombu, pycurl, boto3" if library == "celery" else library
    command = [PYTHON, "-c", f"import {modules}"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture
def api(endpoint: str) -> OutagesClient:
    """The client."""
    return OutagesClient(endpoint)


@pytest.fixture
def account() -> str:
    """An account that nobody else uses."""
    return f"{next(_ACCOUNTS):012}"


@pytest.fixture
def bucket(client, account) -> str:
    """A bucket with an object."""
    s3, name = client("s3", access_key=account), unique("library")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=CONTENT)
    return name


class Application:
    """Runs an application in a process of its own.

    :param library: which one
    :param arguments: endpoint, account, attempts of its SDK, and the bucket or queue
    """

    def __init__(self, library: str, *arguments: object) -> None:
        if not _has(library):
            pytest.skip(f"{library} is not installed for {PYTHON}")
        script = str(APPLICATIONS / "libraries.py")
        self._command = [PYTHON, script, library, *map(str, arguments)]

    def run(self) -> tuple[str, Counter[str]]:
        """Run it; give how it ended, and how many requests each of its invocations made."""
        return run(self._command)


def run(command: list[str], **environment: str) -> tuple[str, Counter[str]]:
    """Run a command; give how it ended, and how many requests each of its invocations made."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env, timeout=90)
    told = json.loads(done.stdout)
    return told["ending"], Counter(told["requests"])


def of_hit(outage: Any, requests: Counter[str]) -> tuple[int, int]:
    """Give how many invocations and requests there were from the first that was hit on."""
    hit = {event["client"]["invocationId"] for event in outage.events}
    ids = list(requests)
    first = min(ids.index(one) for one in hit)
    return len(ids) - first, sum(list(requests.values())[first:])


@ATTEMPTS
@pytest.mark.parametrize("library", ["smart_open", "s3fs"])
def test_reading_goes_on(api, endpoint, account, bucket, library, attempts) -> None:
    """A library that reads on where an answer broke off has recovered, by itself."""
    application = Application(library, endpoint, account, attempts, bucket)
    with api.outage("s3", operation="GetObject", connection="truncate", times=1) as outage:
        ending, requests = application.run()
    (verdict,) = outage.verdicts

    assert "ok" == ending
    assert of_hit(outage, requests) == (verdict["tries"], verdict["attempts"])
    assert ("recovered", []) == (verdict["ending"], verdict["flags"])
    outage.assert_retried()


@pytest.mark.parametrize("library", ["smart_open", "s3fs", "awswrangler"])
def test_throttling_is_left_to_the_sdk(api, endpoint, account, bucket, library) -> None:
    """Where a part of an object cannot be had at once, the SDK tries again."""
    application = Application(library, endpoint, account, 3, bucket)
    with api.outage("s3", operation="GetObject", error="throttling", times=1) as outage:
        ending, requests = application.run()
    (verdict,) = outage.verdicts

    assert "ok" == ending
    assert verdict["attempts"] == max(requests.values())
    assert ("recovered", 1, []) == (verdict["ending"], verdict["tries"], verdict["flags"])


def test_throttling_is_repeated_by_s3fs_itself(api, endpoint, account, bucket) -> None:
    """Where the SDK does not try again, s3fs does."""
    application = Application("s3fs", endpoint, account, 1, bucket)
    with api.outage("s3", operation="GetObject", error="throttling", times=1) as outage:
        ending, requests = application.run()
    (verdict,) = outage.verdicts

    assert "ok" == ending
    assert of_hit(outage, requests) == (verdict["tries"], verdict["attempts"])
    assert ("recovered", 2, []) == (verdict["ending"], verdict["tries"], verdict["flags"])


@pytest.mark.parametrize("library", ["smart_open", "awswrangler"])
def test_throttling_is_the_end_without_the_sdk(api, endpoint, account, bucket, library) -> None:
    """Where the SDK does not try again, these libraries give up."""
    application = Application(library, endpoint, account, 1, bucket)
    with api.outage("s3", operation="GetObject", error="throttling", times=1) as outage:
        ending, requests = application.run()
        verdicts = api.verdicts(owner=outage.owner, account="*", wait=45)["verdicts"]
    (verdict,) = verdicts

    assert "ok" != ending
    assert 1 == max(requests.values())
    assert ("failed", 1, 1) == (verdict["ending"], verdict["tries"], verdict["attempts"])
    assert "neverRetried" in verdict["flags"]


@ATTEMPTS
def test_awswrangler_does_not_read_on(api, endpoint, account, bucket, attempts) -> None:
    """awswrangler gives up a read that broke off: the SDK is done when the answer has begun."""
    application = Application("awswrangler", endpoint, account, attempts, bucket)
    with api.outage("s3", operation="GetObject", connection="truncate") as outage:
        ending, _ = application.run()
        verdicts = api.verdicts(owner=outage.owner, account="*", wait=45)["verdicts"]

    assert "ok" != ending
    assert {"failed"} == {verdict["ending"] for verdict in verdicts}
    assert all("neverRetried" in verdict["flags"] for verdict in verdicts[:1])


@ATTEMPTS
def test_celery_does_not_survive_one_throttled_request(api, endpoint, account, attempts) -> None:
    """celery's worker sends ``ReceiveMessage`` without the SDK, whatever that is told about retries.
    Of the first refusal it dies, or once in a while it stays up and never asks again.
    """
    application = Application("celery", endpoint, account, attempts, unique("celery"))
    with api.outage("sqs", operation="ReceiveMessage", error="throttling", times=1) as outage:
        ending, _ = application.run()
        verdicts = api.verdicts(owner=outage.owner, account="*", wait=45)["verdicts"]
    (verdict,) = verdicts

    assert ending in CELERY_ENDS
    assert ("failed", 1, 1) == (verdict["ending"], verdict["tries"], verdict["attempts"])
    assert "neverRetried" in verdict["flags"]


@ATTEMPTS
def test_celery_started_again_recovers(api, endpoint, account, attempts) -> None:
    """A worker whose supervisor starts it again goes on with the same effort."""
    application = Application("celery", endpoint, account, attempts, unique("celery"))
    with api.outage("sqs", operation="ReceiveMessage", error="throttling", times=1) as outage:
        endings = [application.run()[0] for _ in range(2)]
        (verdict,) = outage.verdicts

    assert endings[0] in CELERY_ENDS
    assert "ok" == endings[1]
    assert ("recovered", 2, 2) == (verdict["ending"], verdict["tries"], verdict["attempts"])
    assert [] == verdict["flags"]
    outage.assert_retried()


@ATTEMPTS
def test_aiobotocore(api, endpoint, account, attempts) -> None:
    """A coroutine that tries again above aiobotocore is judged by all that it does."""
    application = Application("aiobotocore", endpoint, account, attempts, "-")
    with api.outage("sqs", error="throttling", times=3 * attempts) as outage:
        ending, requests = application.run()
    (verdict,) = outage.verdicts

    assert "ok" == ending
    assert (len(requests), requests.total()) == (verdict["tries"], verdict["attempts"])
    assert (4, "recovered") == (verdict["tries"], verdict["ending"])
    assert (["amplified"] if attempts > 1 else []) == verdict["flags"]


@ATTEMPTS
def test_javascript(api, endpoint, account, javascript_sdk: Path, attempts) -> None:
    """A loop above the SDK for JavaScript is judged by all that it does."""
    script = str(APPLICATIONS / "javascript.cjs")
    with api.outage("sqs", error="throttling", times=3 * attempts) as outage:
        ending, requests = run(
            ["node", script, endpoint, account, str(attempts)],
            NODE_PATH=str(javascript_sdk / "node_modules"),
        )
    (verdict,) = outage.verdicts

    assert "ok" == ending
    assert (len(requests), requests.total()) == (verdict["tries"], verdict["attempts"])
    assert (4, "recovered") == (verdict["tries"], verdict["ending"])
    assert (["amplified"] if attempts > 1 else []) == verdict["flags"]
