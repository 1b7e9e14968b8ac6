import uuid

import pytest
from exports import Exports

REGIONS = ["us-west-2", "eu-central-1"]


@pytest.fixture
def exports(outages_endpoint, outages_credentials):
    name = f"exports-{uuid.uuid4()}"
    exports = Exports(name, REGIONS, endpoint_url=outages_endpoint, **outages_credentials)
    for (bucket, s3), region in zip(exports.clients.items(), REGIONS, strict=True):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    return exports


def test_writes(exports):
    exports.write("orders.csv", "1,2,3")


def test_publishes(exports):
    exports.publish("orders.csv", "1,2,3")
