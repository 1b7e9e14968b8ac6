import uuid

import pytest
from receipts import NoReceipt, Receipts

REGIONS = ["us-west-2", "eu-central-1"]


@pytest.fixture
def receipts(outages_endpoint, outages_credentials):
    name = f"receipts-{uuid.uuid4()}"
    receipts = Receipts(name, REGIONS, endpoint_url=outages_endpoint, **outages_credentials)
    for (bucket, s3), region in zip(receipts.clients.items(), REGIONS, strict=True):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    receipts.save("4711", "two coffees")
    return receipts


@pytest.mark.outage("s3", region="us-west-2", error="throttling", times=2)
def test_waits_when_it_is_throttled(receipts, outages):
    assert receipts.read("4711") == "two coffees"

    (throttling,) = outages.marked
    throttling.assert_retried(at_least=2)
    throttling.assert_recovered(within=5)


def test_reads_from_the_next_region(receipts, outages):
    with outages.outage("s3", region="us-west-2") as outage:
        assert receipts.read("4711") == "two coffees"

    outage.assert_hit(times=3)  # all attempts of the first region


def test_says_so_when_all_regions_are_out(receipts, outages):
    with outages.outage("s3", operation="GetObject"), pytest.raises(NoReceipt):
        receipts.read("4711")
