import uuid

import boto3
import pytest
from orders import Orders

REGION = "us-east-1"


@pytest.fixture
def orders(connection):
    sqs = boto3.client("sqs", REGION, **connection)
    queue = sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    bucket = f"orders-{uuid.uuid4()}"
    boto3.client("s3", REGION, **connection).create_bucket(Bucket=bucket)
    return Orders(queue, bucket, region_name=REGION, **connection)


def test_submits(orders):
    orders.submit("order-1", "a cup")
