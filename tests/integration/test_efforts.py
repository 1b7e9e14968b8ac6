"""Verdicts against botocore's own log: what real applications did, by SDK and by themselves."""

import contextlib
import io
import logging
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from localstack_outages.client.client import OutagesClient
from localstack_outages.client.outage import Outage
from localstack_outages.schema.documents import Verdict
from localstack_outages.testing.threads import name_threads

from .helpers import ONCE, outcome, unique, wait_until

THREE = {"mode": "standard", "total_max_attempts": 3}
RETRIES = pytest.mark.parametrize("retries", [ONCE, THREE], ids=["off", "on"])
FAULTS = pytest.mark.parametrize(
    "fault", [{"connection": "truncate"}, {"connection": "reset"}, {"error": "throttling"}], ids=str
)
MANY_BYTES = 50_000_000
PART = 8 * 1024 * 1024
Aws = (BotoCoreError, ClientError)


class Log(logging.Handler):
    """Reads the requests out of botocore's log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.requests: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a line."""
        text = record.getMessage()
        if text.startswith("Sending http request"):
            self.requests.append(text)

    def invocations(self, needle: str = "") -> Counter[str]:
        """Give how many attempts each invocation has whose requests have a text in them."""
        found = (
            re.search(r"amz-sdk-invocation-id': b?'([^']+)'", r)
            for r in self.requests
            if needle in r
        )
        return Counter(match[1] for match in found if match)


@pytest.fixture
def log() -> Iterator[Log]:
    """What botocore logs meanwhile."""
    logger, handler = logging.getLogger("botocore.endpoint"), Log()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture
def api(endpoint: str) -> OutagesClient:
    """The client."""
    return OutagesClient(endpoint)


@pytest.fixture
def account() -> str:
    """An account that nobody else uses: callers are told apart by it."""
    return f"{next(_ACCOUNTS):012}"


_ACCOUNTS = count(710_000_000_000)


def only(outage: Outage) -> Verdict:
    """Give the one verdict that there is."""
    (verdict,) = outage.verdicts
    return verdict


def told(verdicts: list[Verdict]) -> list[tuple[int, int]]:
    """Give tries and attempts of each effort, in order."""
    return sorted((verdict["tries"], verdict["attempts"]) for verdict in verdicts)


@RETRIES
@pytest.mark.parametrize("has_backoff", [True, False])
def test_tenacity(api, client, log, account, retries, has_backoff: bool) -> None:
    """An application that tries again above its SDK is judged by all that it does."""
    tenacity = pytest.importorskip("tenacity")
    sqs = client("sqs", retries=retries, access_key=account)
    wait = tenacity.wait_fixed(0.2) if has_backoff else tenacity.wait_none()
    attempts = retries["total_max_attempts"]
    failing = 3 if has_backoff else 12  # on a busy machine few pauses prove nothing
    again = tenacity.retry(wait=wait, stop=tenacity.stop_after_attempt(20))
    with api.outage("sqs", times=failing * attempts) as outage:
        again(sqs.list_queues)()
    verdict = only(outage)

    invocations = log.invocations()
    assert (len(invocations), invocations.total()) == (verdict["tries"], verdict["attempts"])
    assert (failing + 1, failing * attempts + 1) == (verdict["tries"], verdict["attempts"])
    assert "recovered" == verdict["ending"]
    assert has_backoff is all(gap is not None and gap >= 150 for gap in verdict["tryGapsMs"])
    expected = set() if has_backoff else {"noBackoff", "retryStorm"}
    assert expected | ({"amplified"} if attempts > 1 else set()) == set(verdict["flags"])
    outage.assert_retried(at_least=3)
    outage.assert_recovered()


@RETRIES
def test_a_hot_loop(api, client, log, account, retries) -> None:
    """A loop without a pause is a retry storm, and not many calls that were never retried."""
    sqs = client("sqs", retries=retries, access_key=account)
    attempts = retries["total_max_attempts"]
    with api.outage("sqs", times=20 * attempts) as outage:
        while outcome(sqs.list_queues) != "ok":
            pass
    verdict = only(outage)

    invocations = log.invocations()
    assert (len(invocations), invocations.total()) == (verdict["tries"], verdict["attempts"])
    assert {"noBackoff", "retryStorm"} <= set(verdict["flags"])
    assert ("amplified" in verdict["flags"]) is (attempts > 1)
    with pytest.raises(AssertionError, match=f"in {len(invocations)} tries"):
        outage.assert_retried(backoff=True)


@pytest.fixture(scope="module")
def content() -> bytes:
    """The content of a large object."""
    return bytes(range(256)) * (MANY_BYTES // 256)


@RETRIES
@FAULTS
def test_download(api, client, log, account, content, retries, fault) -> None:
    """boto3's transfer manager fetches parts again that were cut off; its SDK does where parts fail."""
    s3, bucket = client("s3", retries=retries, access_key=account), unique("download")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=content)
    log.requests.clear()
    target = io.BytesIO()
    with api.outage("s3", operation="GetObject", times=2, **fault) as outage:
        try:
            s3.download_fileobj(
                bucket, "k", target, Config=TransferConfig(multipart_chunksize=PART)
            )
        except Aws:
            is_done = False
        else:
            is_done = target.getvalue() == content
    touched = outage.verdicts

    hit = {event["client"]["invocationId"] for event in outage.events}
    parts = parts_of(log.requests, hit)
    assert sorted(parts) == told(touched)
    assert is_done or retries is ONCE
    if is_done:
        assert {"recovered"} == {verdict["ending"] for verdict in touched}
        assert not any("neverRetried" in verdict["flags"] for verdict in touched)
        outage.assert_retried()


def parts_of(requests: list[str], hit: set[str | None]) -> list[tuple[int, int]]:
    """Give tries and attempts for each part of an object that was hit, from botocore's log."""
    ids_by_part: dict[str, list[str]] = {}
    for request in requests:
        part = re.search(r"'Range': b?'(bytes=[^']+)'|partNumber=(\d+)", request)
        invocation = re.search(r"amz-sdk-invocation-id': b?'([^']+)'", request)
        if part and invocation:
            ids_by_part.setdefault(part[1] or part[2], []).append(invocation[1])
    return [(len(set(ids)), len(ids)) for ids in ids_by_part.values() if hit & set(ids)]


@RETRIES
@FAULTS
def test_upload(api, client, log, account, content, tmp_path: Path, retries, fault) -> None:
    """Each part of an upload is an effort of its own, with the attempts that botocore made."""
    s3, bucket = client("s3", retries=retries, access_key=account), unique("upload")
    s3.create_bucket(Bucket=bucket)
    (tmp_path / "file").write_bytes(content)
    log.requests.clear()
    with api.outage("s3", operation="UploadPart", times=2, **fault) as outage:
        try:
            s3.upload_file(
                str(tmp_path / "file"), bucket, "k", Config=TransferConfig(multipart_chunksize=PART)
            )
        except Exception:  # noqa: BLE001 - boto3 raises S3UploadFailedError, or what it got
            assert retries is ONCE
    touched = outage.verdicts

    hit = {event["client"]["invocationId"] for event in outage.events}
    assert sorted(parts_of(log.requests, hit)) == told(touched)
    if retries is THREE:
        assert {"recovered"} == {verdict["ending"] for verdict in touched}
        assert {()} == {tuple(verdict["flags"]) for verdict in touched}


@pytest.mark.host("localstack", reason="refuses to complete an upload twice, as AWS does")
def test_a_completion_whose_answer_is_lost(api, client, account) -> None:
    """The upload is complete, its answer is lost, and the retry is refused: the application fails."""
    s3, bucket = client("s3", retries=THREE, access_key=account), unique("complete")
    s3.create_bucket(Bucket=bucket)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    with api.outage(
        "s3", operation="CompleteMultipartUpload", connection="reset", phase="after", times=1
    ) as outage:
        code = outcome(
            lambda: s3.complete_multipart_upload(
                Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts
            )
        )
    verdict = only(outage)

    assert "NoSuchUpload" == code == verdict["lastErrorCode"]
    assert ("failed", ["failedAfterRetry"]) == (verdict["ending"], verdict["flags"])


@pytest.mark.parametrize(
    ("fault", "config"),
    [
        pytest.param(
            {"latency": 5000},
            {"read_timeout": 3},
            marks=pytest.mark.host("localstack", reason="carries out a call whose client has gone"),
        ),
        ({"connection": "reset", "phase": "after"}, {}),
    ],
)
def test_a_message_that_is_sent_twice(api, client, account, fault, config) -> None:
    """A write whose answer was late or lost is carried out again."""
    sqs = client("sqs", retries=THREE, access_key=account, **config)
    url = sqs.create_queue(QueueName=unique("twice"))["QueueUrl"]
    with api.outage("sqs", operation="SendMessage", times=1, **fault) as outage:
        sqs.send_message(QueueUrl=url, MessageBody="order")
        # The slow attempt ends after the one that was answered.
        verdict = wait_until(lambda: [v for v in outage.verdicts if v["attempts"] == 2])[0]

    assert ["carriedOutTwice"] == verdict["flags"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert "2" == found["Attributes"]["ApproximateNumberOfMessages"]
    with pytest.raises(AssertionError, match="nothing to be carried out twice, but not so"):
        outage.assert_not_repeated()


def test_a_read_that_is_carried_out_twice(api, client, account) -> None:
    """A read may be repeated."""
    sqs = client("sqs", retries=THREE, access_key=account)
    with api.outage("sqs", connection="reset", phase="after", times=1) as outage:
        sqs.list_queues()

    outage.assert_not_repeated()


@RETRIES
def test_a_pool_of_threads(api, client, log, account, retries) -> None:
    """Sixteen threads that do the same to other keys make sixteen efforts, however they share
    connections.
    """
    s3, bucket = (
        client("s3", retries=retries, access_key=account, max_pool_connections=16),
        unique("pool"),
    )
    s3.create_bucket(Bucket=bucket)
    log.requests.clear()
    pauses = threading.Event()

    def put(number: int) -> None:
        with contextlib.suppress(ClientError):
            s3.put_object(Bucket=bucket, Key=f"key-{number:02}", Body=b"x")
            return
        pauses.wait(0.05 + 0.02 * (number % 7))
        put(number)

    rule = {"operation": "PutObject", "probability": 0.6, "error": "throttling"}
    with api.outage("s3", **rule) as outage, ThreadPoolExecutor(16) as pool:
        list(pool.map(put, range(16)))
    keys: dict[str, list[str]] = {}
    for request in log.requests:
        key, invocation = (
            re.search(r"key-\d\d", request),
            re.search(r"invocation-id': b?'([^']+)'", request),
        )
        if key and invocation:
            keys.setdefault(key[0], []).append(invocation[1])
    hit = {event["client"]["invocationId"] for event in outage.events}

    expected = [(len(set(ids)), len(ids)) for ids in keys.values() if hit & set(ids)]
    assert sorted(expected) == told(outage.verdicts)
    assert {"recovered"} == {verdict["ending"] for verdict in outage.verdicts}


PROCESS = """
import sys, time, boto3
from botocore.config import Config
from botocore.exceptions import ClientError
endpoint, account, attempts, pause = sys.argv[1:]
sqs = boto3.client("sqs", region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id=account,
    aws_secret_access_key="test",
    config=Config(retries={"mode": "standard", "total_max_attempts": int(attempts)}))
tries = 0
while True:
    tries += 1
    try:
        sqs.list_queues()
    except ClientError:
        if tries == 2:
            print("failing", flush=True)
        time.sleep(float(pause))
    else:
        break
print(tries)
"""


@RETRIES
def test_two_processes(api, endpoint, account, retries) -> None:
    """Two processes with the same credentials that do the same are told apart by their connections."""
    with api.outage("sqs") as outage:
        processes = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    PROCESS,
                    endpoint,
                    account,
                    str(retries["total_max_attempts"]),
                    pause,
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            for pause in ("0.31", "0.37")
        ]
        for process in processes:
            assert process.stdout is not None
            assert "failing\n" == process.stdout.readline()
    tries = [int(process.communicate(timeout=60)[0]) for process in processes]
    verdicts = outage.verdicts

    assert sum(tries) == sum(verdict["tries"] for verdict in verdicts)
    assert sorted(tries) == sorted(verdict["tries"] for verdict in verdicts)
    assert {"recovered"} == {verdict["ending"] for verdict in verdicts}


def test_threads_that_name_themselves(api, endpoint, account) -> None:
    """Under the pytest plugin it is known which thread makes a call: two threads that do the same on
    connections that they share make two efforts, and nothing is guessed.
    """
    name_threads(endpoint)
    sqs = boto3.session.Session().client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=Config(retries=ONCE),
    )
    pause, tries = threading.Event(), []

    def lists(wait: float) -> None:
        made = 1
        while outcome(sqs.list_queues) != "ok":
            pause.wait(wait)
            made += 1
        tries.append(made)

    with api.outage("sqs", duration=3) as outage, ThreadPoolExecutor(2) as pool:
        list(pool.map(lists, [0.2, 0.31]))

    assert sorted(tries) == sorted(verdict["tries"] for verdict in outage.verdicts)
    assert {"aim"} == {verdict["grouping"] for verdict in outage.verdicts}


def test_a_quota_that_is_used_up(api, client, log, account) -> None:
    """Calls that got no second attempt since the SDK's quota was used up were not never retried."""
    sts = client("sts", retries=THREE, access_key=account)
    with api.outage("sts") as outage:
        for number in range(60):
            outcome(partial(sts.get_session_token, DurationSeconds=900 + number))
        verdicts = api.verdicts(100, owner=outage.owner, account="*", wait=45)["verdicts"]

    by_attempts = Counter(log.invocations().values())
    assert by_attempts == Counter(verdict["attempts"] for verdict in verdicts)
    assert 3 == max(by_attempts)
    assert min(by_attempts) < 3
    for verdict in verdicts:
        assert ([] if verdict["attempts"] == 3 else ["quotaUsedUp"]) == verdict["flags"]


def test_gave_up_while_the_outage_is_in_force(api, client, account) -> None:
    """Who gives up while half of the calls fail did not give up early."""
    sts = client("sts", retries=ONCE, access_key=account)
    with api.outage("sts", error="throttling", probability=0.5, seed=1) as outage:
        for number in range(12):
            outcome(partial(sts.get_session_token, DurationSeconds=900 + number))
        flags = api.verdicts(owner=outage.owner, account="*", wait=45)["summary"]["flags"]

    assert flags["neverRetried"] > 0
    assert 0 == flags["gaveUpEarly"]


@pytest.mark.parametrize("pause", [0.0, 0.3])
def test_a_body_that_takes_long(api, client, account, pause: float) -> None:
    """A pause is the client's own: the second that a body takes to arrive is no part of it."""
    s3, bucket = client("s3", retries=ONCE, access_key=account), unique("slow")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=bytes(80_000))
    slow = {"truncate": 40_000, "bandwidth": 40_000}
    with api.outage("s3", operation="GetObject", payload=slow, times=3) as outage:
        for _ in range(3):
            with pytest.raises(Aws):
                s3.get_object(Bucket=bucket, Key="k")["Body"].read()
            time.sleep(pause)
        s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    verdict = only(outage)

    assert (4, "recovered") == (verdict["tries"], verdict["ending"])
    assert all(attempt["durationMs"] < 800 for attempt in verdict["strip"][:3])
    gaps = [gap for gap in verdict["tryGapsMs"] if gap is not None]
    assert 3 == len(gaps)
    assert all(pause * 1000 <= gap < pause * 1000 + 500 for gap in gaps)


def test_marks(api, client, account) -> None:
    """After a mark nothing from before it is judged, and a new try is a new effort."""
    sts = client("sts", retries=ONCE, access_key=account)
    begin = unique("begin")
    with api.outage("sts", error="throttling") as outage:
        outcome(sts.get_caller_identity)
        api.mark(begin)
        assert 0 == api.verdicts(owner=outage.owner, account="*", mark=begin)["summary"]["calls"]
        outcome(sts.get_caller_identity)

    assert 1 == api.verdicts(owner=outage.owner, account="*", mark=begin)["summary"]["calls"]
    assert 2 == api.verdicts(owner=outage.owner, account="*", since="5m")["summary"]["calls"]
    assert 0 == api.verdicts(owner=outage.owner, account="*", since=0)["summary"]["calls"]
