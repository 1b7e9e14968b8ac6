"""What kombu's documentation shows of queues, with its transport for SQS."""

import uuid
from queue import Empty

import pytest
from kombu import Connection, Exchange, Producer, Queue


@pytest.fixture
def broker(outages_endpoint, outages_credentials):
    key, secret = outages_credentials.values()
    with Connection(
        f"sqs://{key}:{secret}@{outages_endpoint.partition('//')[2]}",
        transport_options={"region": "us-east-1", "is_secure": False, "wait_time_seconds": 0},
    ) as broker:
        yield broker


@pytest.fixture
def name():
    return f"letters-{uuid.uuid4()}"


def test_puts_and_gets(broker, name):
    with broker.SimpleQueue(name) as queue:
        queue.put({"to": "Ada"})
        message = queue.get(block=True, timeout=2)
        message.ack()

    assert message.payload == {"to": "Ada"}


def test_is_acknowledged_once(broker, name):
    with broker.SimpleQueue(name) as queue:
        queue.put("x")
        queue.get(block=True, timeout=2).ack()
        with pytest.raises(Empty):
            queue.get(block=False)


def test_publishes_through_an_exchange(broker, name):
    exchange = Exchange("post", type="direct")
    inbox = Queue(name, exchange, routing_key="letters")
    with broker.channel() as channel:
        producer = Producer(channel, exchange)
        producer.publish({"to": "Ada"}, routing_key="letters", declare=[inbox])
        message = inbox(channel).get()
        message.ack()

    assert message.payload == {"to": "Ada"}


def test_purges(broker, name):
    with broker.SimpleQueue(name) as queue:
        queue.put("x")
        queue.clear()
