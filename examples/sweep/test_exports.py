import uuid

import boto3
import pytest
from exports import Exports

REGIONS = ["us-west-2", "eu-central-1"]


@pytest.fixture
def exports(connection):
    exports = Exports(f"exports-{uuid.uuid4()}", REGIONS, **connection)
    for bucket, region in zip(exports.clients, REGIONS, strict=True):
        s3 = boto3.client("s3", region, **connection)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    return exports


def test_writes(exports):
    exports.write("orders.csv", "1,2,3")


def test_publishes(exports):
    exports.publish("orders.csv", "1,2,3")
