"""What LocalStack logs in an outage, and what it keeps."""

import re

import pytest
import requests

from .helpers import ONCE, OUT, checks_length, failure, outcome, unique, wait_until


def log_since(host, start: int) -> str:
    """Give what LocalStack has logged from a place in its log on."""
    return host.log.read_bytes()[start:].decode(errors="replace")


@pytest.mark.host("localstack", reason="a line of its own request log")
def test_localstack_logs_a_refused_call_as_any_other(running, outages, client) -> None:
    """The line has service, operation, status and code, and no traceback comes with it."""
    start = running.log.stat().st_size
    outages.post([{"service": "s3"}, {"service": "sts", "error": "throttling"}])
    s3, sts = client("s3", retries=ONCE), client("sts", retries=ONCE)
    failure(lambda: s3.create_bucket(Bucket="b"))
    failure(sts.get_caller_identity)
    wait_until(lambda: "sts.GetCallerIdentity =>" in log_since(running, start))
    log = log_since(running, start)

    assert f"AWS s3.CreateBucket => 503 ({OUT})" in log
    assert "AWS sts.GetCallerIdentity => 400 (Throttling)" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("fault", ["reset", "close", pytest.param("truncate", marks=checks_length)])
def test_a_broken_connection_has_a_line_of_its_own(running, outages, client, fault) -> None:
    """There is no answer to log, so that the extension says what it did."""
    start = running.log.stat().st_size
    outages.post([{"connection": fault}])
    sts = client("sts", retries=ONCE)
    line = f"Outage of sts.GetCallerIdentity in us-east-1: connection {fault} by rule"

    def is_logged() -> bool:
        outcome(sts.get_caller_identity)  # again: in a storm only some of the lines are written
        return line in log_since(running, start)

    wait_until(is_logged)
    assert "Traceback" not in log_since(running, start)


@pytest.mark.host("localstack", reason="the gateway's log has no levels")
def test_a_likely_mistake_is_logged(running, outages) -> None:
    """A service that AWS does not have is taken, and LocalStack's log asks what was meant."""
    start = running.log.stat().st_size
    outages.post([{"service": "step-functions"}])
    wait_until(lambda: "stepfunctions" in log_since(running, start))

    assert re.search(
        r"WARN.*step-functions.*did you mean 'stepfunctions'", log_since(running, start)
    )


def test_state_is_untouched(outages, client) -> None:
    """What was there before an outage is there after it, and refused changes were not made."""
    s3, sqs = client("s3", retries=ONCE), client("sqs", retries=ONCE)
    bucket, queue = unique("kept"), unique("kept")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="before")
    outages.post([{}])
    for call in (
        lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"during"),
        lambda: s3.delete_object(Bucket=bucket, Key="k"),
        lambda: s3.delete_bucket(Bucket=bucket),
        lambda: sqs.send_message(QueueUrl=url, MessageBody="during"),
        lambda: sqs.purge_queue(QueueUrl=url),
    ):
        assert OUT == outcome(call)
    outages.post([])

    assert b"before" == s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert ["before"] == [message["Body"] for message in messages]


@pytest.mark.host("localstack", reason="asks for the services that it has loaded")
def test_a_refused_call_does_not_load_the_service(outages, client, endpoint: str) -> None:
    """A service that was never used is still only available after calls to it were refused."""

    def state() -> str:
        health = requests.get(f"{endpoint}/_localstack/health", timeout=30).json()
        return str(health["services"]["support"])

    assert "available" == state()
    outages.post([{"service": "support"}])
    assert OUT == outcome(client("support", retries=ONCE).describe_services)
    assert "available" == state()


@pytest.mark.host("localstack", reason="the gateway has no request log")
def test_reads_of_the_control_api_are_not_logged(running, outages) -> None:
    """Who looks leaves no line, by either host; a change does."""
    start = running.log.stat().st_size
    outages.get()
    outages.status()
    host = {"Host": "outages.localhost.localstack.cloud"}
    assert requests.get(f"{running.endpoint}/outages", headers=host, timeout=10).ok
    outages.post([])
    wait_until(lambda: "POST /_extension/outages/outages => 200" in log_since(running, start))

    assert "GET " not in log_since(running, start)
