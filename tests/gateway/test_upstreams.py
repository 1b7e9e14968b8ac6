"""The gateway stands before any AWS endpoint: a smoke test of each that can be had."""

from typing import Any

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")
pytest.importorskip("boto3")

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from localstack_outages import OutagesClient

from .processes import EMULATORS, emulator, gateway


def client(service: str, url: str, attempts: int = 1) -> Any:
    """Give a client of the gateway."""
    retries = {"mode": "standard", "total_max_attempts": attempts}
    return boto3.client(
        service,
        "us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries=retries, s3={"addressing_style": "path"}),
    )


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    """Give the code of an AWS error."""
    code: str = caught.value.response["Error"]["Code"]
    return code


@pytest.mark.parametrize("command", EMULATORS)
def test_an_upstream(command: str) -> None:
    """Calls pass, are refused, retried, done but reported as failed, and fail in part."""
    with emulator(command) as upstream, gateway("--upstream", upstream) as url:
        outages = OutagesClient(url)
        s3, sqs, sts = client("s3", url), client("sqs", url), client("sts", url, attempts=3)
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="key", Body=b"hello" * 100_000)
        queue = sqs.create_queue(QueueName="queue")["QueueUrl"]

        assert b"hello" * 100_000 == s3.get_object(Bucket="bucket", Key="key")["Body"].read()
        assert sts.get_caller_identity()["Account"]

        outages.replace([{"service": "s3", "error": "throttling"}])
        with pytest.raises(ClientError) as caught:
            s3.get_object(Bucket="bucket", Key="key")
        assert "SlowDown" == code_of(caught)

        outages.replace([{"service": "sts", "times": 2, "error": "unavailable"}])
        assert sts.get_caller_identity()["Account"]
        assert 1 == outages.verdicts(service="sts")["summary"]["endings"]["recovered"]

        outages.replace([{"service": "sqs", "operation": "SendMessage", "phase": "after"}])
        with pytest.raises(ClientError) as caught:
            sqs.send_message(QueueUrl=queue, MessageBody="done")
        assert "ServiceUnavailableException" == code_of(caught)
        assert "done" == sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"]

        outages.replace([{"service": "sqs", "partial": {"indexes": [1]}}])
        entries = [{"Id": name, "MessageBody": name} for name in ("a", "b")]
        answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        assert (["a"], ["b"]) == tuple(
            [entry["Id"] for entry in answer[part]] for part in ("Successful", "Failed")
        )
