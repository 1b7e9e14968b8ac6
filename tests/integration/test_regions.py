"""A rule for one region never touches a request that is signed for another."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from botocore import UNSIGNED

from .helpers import ONCE, OUT, outcome, signed, unique

REGIONS = (
    "us-east-1",
    "eu-west-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "cn-north-1",
    "us-iso-east-1",
)
BUCKET = "regions"
KEY = "a key/with?signs"

Ask = Callable[[str], int]
"""Sends a request that is signed for a region; gives the HTTP status."""


@pytest.fixture
def bucket(client) -> str:
    """A bucket with an object."""
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    return BUCKET


def status_of(call: Callable[[], Any]) -> int:
    """Make a call by boto3; give 503 in an outage and 200 where it works."""
    return {"ok": 200, OUT: 503}[outcome(call)]


def header_v4(client, endpoint: str) -> Ask:
    """Signature Version 4 in the header."""
    return lambda region: status_of(client("s3", region, retries=ONCE).list_buckets)


def header_v4_json(client, endpoint: str) -> Ask:
    """Signature Version 4 in the header, of another protocol."""
    return lambda region: status_of(client("sqs", region, retries=ONCE).list_queues)


def header_v4_unspaced(client, endpoint: str) -> Ask:
    """Signature Version 4 in a header without spaces after its commas, as some SDKs write it."""

    def ask(region: str) -> int:
        scope = f"test/20260101/{region}/s3/aws4_request"
        value = f"AWS4-HMAC-SHA256 Credential={scope},SignedHeaders=host,Signature=0"
        url = f"{endpoint}/{BUCKET}"
        return requests.get(url, headers={"Authorization": value}, timeout=30).status_code

    return ask


def header_v4a(client, endpoint: str) -> Ask:
    """Signature Version 4A in the header, as the AWS common runtime writes it."""
    pytest.importorskip("awscrt")

    def ask(region: str) -> int:
        s3 = client("s3", region, retries=ONCE, signature_version="s3v4a")
        s3.meta.events.register("choose-signer.s3", lambda **_: "s3v4a")
        seen = []
        s3.meta.events.register("before-send.s3", lambda request, **_: seen.append(request.headers))
        status = status_of(lambda: s3.get_object(Bucket=BUCKET, Key=KEY))
        assert region.encode() == seen[0]["X-Amz-Region-Set"]
        return status

    return ask


def header_v4a_of_several_regions(client, endpoint: str) -> Ask:
    """Signature Version 4A for a set of regions, the first of which is named."""

    def ask(region: str) -> int:
        credential = "test/20260101/s3/aws4_request"
        names = "host;x-amz-region-set"
        headers = {
            "Authorization": f"AWS4-ECDSA-P256-SHA256 Credential={credential}, "
            f"SignedHeaders={names}, Signature=0",
            "X-Amz-Region-Set": f"{region},ap-south-1",
        }
        return requests.get(f"{endpoint}/{BUCKET}", headers=headers, timeout=30).status_code

    return ask


def presigned_v4(client, endpoint: str) -> Ask:
    """A presigned URL, Signature Version 4."""

    def ask(region: str) -> int:
        s3 = client("s3", region, signature_version="s3v4")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": KEY})
        return requests.get(url, timeout=30).status_code

    return ask


def presigned_put(client, endpoint: str) -> Ask:
    """A presigned URL for an upload."""

    def ask(region: str) -> int:
        s3 = client("s3", region, signature_version="s3v4")
        url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": KEY})
        return requests.put(url, data=b"x", timeout=30).status_code

    return ask


def presigned_sts(client, endpoint: str) -> Ask:
    """A presigned GetCallerIdentity, as EKS's authenticator makes it."""

    def ask(region: str) -> int:
        url = client("sts", region).generate_presigned_url("get_caller_identity")
        return requests.get(url, timeout=30).status_code

    return ask


def browser_form(client, endpoint: str) -> Ask:
    """A browser's upload to S3, signed in its form."""

    def ask(region: str) -> int:
        s3 = client("s3", region, signature_version="s3v4")
        form = s3.generate_presigned_post(BUCKET, unique("upload"))
        files = {"file": ("name", b"content")}
        return requests.post(form["url"], data=form["fields"], files=files, timeout=30).status_code

    return ask


WITH_REGION = [
    header_v4,
    header_v4_json,
    header_v4_unspaced,
    header_v4a,
    header_v4a_of_several_regions,
    presigned_v4,
    presigned_put,
    presigned_sts,
    browser_form,
]


@pytest.mark.parametrize("form", WITH_REGION, ids=lambda form: form.__name__)
def test_the_region_is_the_one_that_was_signed_for(
    form, outages, client, endpoint: str, bucket: str
) -> None:
    """Whatever the form and place of the signature, a rule hits its own region and no other."""
    ask = form(client, endpoint)
    found = {}
    for out in REGIONS:
        outages.post([{"region": out}])
        found[out] = [region for region in REGIONS if ask(region) == 503]
    outages.post([])
    working = {ask(region) for region in REGIONS}

    assert {region: [region] for region in REGIONS} == found
    assert working <= {200, 204}


def presigned_v2(client, endpoint: str) -> int:
    """A presigned URL, Signature Version 2."""
    s3 = client("s3", "eu-west-1", signature_version="s3")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": KEY})
    assert "AWSAccessKeyId=" in url
    return requests.get(url, timeout=30).status_code


def unsigned(client, endpoint: str) -> int:
    """A request without a signature."""
    s3 = client("s3", "eu-west-1", retries=ONCE, signature_version=UNSIGNED)
    return status_of(lambda: s3.get_object(Bucket=BUCKET, Key=KEY))


def plain_get(client, endpoint: str) -> int:
    """A browser's request for a public object."""
    return requests.get(f"{endpoint}/{BUCKET}/x", timeout=30).status_code


@pytest.mark.host("localstack", reason="a gateway cannot ask where a bucket is")
@pytest.mark.parametrize("form", [presigned_v2, unsigned, plain_get], ids=lambda f: f.__name__)
def test_without_a_region_it_is_where_the_bucket_is(
    form, outages, client, endpoint: str, bucket: str
) -> None:
    """A request whose signature names no region counts in that of the bucket, here us-east-1."""
    outages.post([{"region": region} for region in REGIONS if region != "us-east-1"])
    elsewhere = form(client, endpoint)
    outages.post([{"region": "us-east-1"}])

    assert elsewhere != 503
    assert 503 == form(client, endpoint)


@pytest.mark.host("localstack", reason="a gateway cannot ask where a bucket is")
@pytest.mark.parametrize("form", [presigned_v2, unsigned, plain_get], ids=lambda f: f.__name__)
def test_a_bucket_in_another_region(form, outages, client, endpoint: str, monkeypatch) -> None:
    """Such a request for a bucket that is elsewhere counts there, and nowhere else."""
    s3, name = client("s3", "eu-west-1"), unique("elsewhere")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=name, Key=KEY, Body=b"x")
    monkeypatch.setitem(globals(), "BUCKET", name)
    outages.post([{"region": region} for region in REGIONS if region != "eu-west-1"])
    elsewhere = form(client, endpoint)
    outages.post([{"region": "eu-west-1"}])

    assert elsewhere != 503
    assert 503 == form(client, endpoint)


@pytest.mark.parametrize("form", [presigned_v2, plain_get], ids=lambda f: f.__name__)
def test_a_bucket_that_is_not_there(form, outages, client, endpoint: str, monkeypatch) -> None:
    """Where no bucket tells, such a request counts where LocalStack serves it."""
    monkeypatch.setitem(globals(), "BUCKET", unique("nowhere"))
    outages.post([{"region": "us-east-1"}])

    assert 503 == form(client, endpoint)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("us-*", {"us-east-1", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1"}),
        ("us-gov-*", {"us-gov-east-1", "us-gov-west-1"}),
        ("us-[eg]*", {"us-east-1", "us-gov-east-1", "us-gov-west-1"}),
        ("us-*-?", {"us-east-1", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1"}),
        ("[!u]*", {"eu-west-1", "cn-north-1"}),
        ("cn-*", {"cn-north-1"}),
        ("*", set(REGIONS)),
        ("US-EAST-1", set()),
    ],
)
def test_wildcards(outages, client, pattern: str, expected: set[str]) -> None:
    """A pattern hits the regions that it matches; `us-*` counts those of GovCloud."""
    outages.post([{"service": "sts", "region": pattern}])
    found = {
        region
        for region in REGIONS
        if outcome(client("sts", region, retries=ONCE).get_caller_identity) == OUT
    }

    assert expected == found


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "me-west-1", "mars-north-1"])
def test_the_message_names_the_region_that_was_signed_for(outages, endpoint, region: str) -> None:
    """The message says the client's region, also where LocalStack does not know it."""
    outages.post([{"service": "sts", "region": region}])
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = signed(endpoint, "sts", region, body=body, headers=headers)

    assert (
        f"Service 'sts' not accessible in '{region}' region due to an outage"
        in answer.text.replace("&apos;", "'")
    )
