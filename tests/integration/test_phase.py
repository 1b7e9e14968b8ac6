"""Faults after the fact: the operation is carried out, and its client told otherwise."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from .helpers import ONCE, outcome, unique, wait_until


@pytest.fixture
def sqs(client):
    """A client of SQS that makes one attempt."""
    return client("sqs", retries=ONCE)


@pytest.fixture
def queue(sqs, outages):
    """The URL of an empty queue."""
    return sqs.create_queue(QueueName=unique("phase"))["QueueUrl"]


def messages(sqs, queue):
    """Give how many messages a queue has."""
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


@pytest.mark.parametrize(
    "fault", [{"error": "throttling"}, {"connection": "reset"}, {"connection": "close"}, {}]
)
def test_done_but_failed(outages, sqs, queue, fault):
    """The message is in the queue although its sender was told that it is not."""
    outages.post([{"service": "sqs", "operation": "SendMessage", "phase": "after", **fault}])

    with pytest.raises(Exception, match=r"Throttled|Connection|outage|closed"):
        sqs.send_message(QueueUrl=queue, MessageBody="paid")

    assert 1 == messages(sqs, queue)


def test_refused_by_the_service_is_not_done(outages, sqs):
    """Where the service refuses a call its client gets the rule's error, and nothing claims that it was
    done.
    """
    outages.post([{"service": "sqs", "operation": "DeleteQueue", "phase": "after"}])
    missing = "http://localhost/000000000000/missing"

    assert "ServiceUnavailableException" == outcome(lambda: sqs.delete_queue(QueueUrl=missing))
    assert not outages.send("GET", path="/events?service=sqs")[1]["events"][-1]["injected"]["done"]


def test_done_but_slow(outages, sqs, queue):
    """The message is there before its sender has the answer, which is late and unchanged."""
    outages.post([{"service": "sqs", "operation": "SendMessage", "phase": "after", "latency": 300}])

    assert "MessageId" in sqs.send_message(QueueUrl=queue, MessageBody="paid")
    assert 1 == messages(sqs, queue)


def test_done_but_never_answered(outages, client, sqs, queue):
    """The message is there while its sender waits for an answer; it gives up after its own time."""
    outages.post(
        [{"service": "sqs", "operation": "SendMessage", "phase": "after", "connection": "hang"}]
    )
    rule_id = outages.status()[1]["rules"][0]["id"]
    impatient = client("sqs", retries=ONCE, read_timeout=1)

    assert "ReadTimeoutError" == outcome(
        lambda: impatient.send_message(QueueUrl=queue, MessageBody="paid")
    )
    assert 1 == messages(sqs, queue)

    def hung():
        """Give what was injected into the call that hung, once that is known."""
        events = outages.send("GET", path=f"/events?rules={rule_id}")[1]["events"]
        return [event["injected"] for event in events]

    (injected,) = wait_until(hung)
    assert injected["done"]


def test_a_deleted_rule_lets_the_answer_go(outages, sqs, queue):
    """A sender that waits for the answer to what is done gets it when the rule is deleted."""
    rule = {"service": "sqs", "operation": "SendMessage", "phase": "after", "connection": "hang"}
    outages.post([rule])
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(sqs.send_message, QueueUrl=queue, MessageBody="paid")
        wait_until(lambda: messages(sqs, queue))
        assert not answer.done()
        outages.delete([rule])
        assert "MessageId" in answer.result()

    assert 1 == messages(sqs, queue)


@pytest.mark.parametrize("connection", ["reset", "hang"])
def test_a_retry_does_it_again(outages, client, sqs, queue, connection):
    """An SDK that tries again has the message sent twice."""
    outages.post(
        [
            {
                "service": "sqs",
                "operation": "SendMessage",
                "sequence": [{"phase": "after", "connection": connection}, "pass"],
            }
        ]
    )
    retrying = client("sqs", retries={"mode": "standard", "total_max_attempts": 3}, read_timeout=1)
    retrying.send_message(QueueUrl=queue, MessageBody="paid")

    assert 2 == messages(sqs, queue)


def test_error_of_s3(outages, client):
    """A body that was there to be streamed gives way to the error, and the object can be written anew."""
    s3 = client("s3", retries=ONCE)
    bucket = unique("phase")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"1" * 100_000)
    outages.post(
        [{"service": "s3", "operation": "GetObject", "phase": "after", "error": "throttling"}]
    )

    with pytest.raises(s3.exceptions.ClientError, match="SlowDown"):
        s3.get_object(Bucket=bucket, Key="k")

    outages.post([])
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    assert b"2" == s3.get_object(Bucket=bucket, Key="k")["Body"].read()
