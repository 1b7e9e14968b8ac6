"""The region that a request was signed for, in all forms of signatures."""

import string
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, strategies as st

from localstack_outages.signature import read_signature

SIGNATURE = "Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"
V4 = "AWS4-HMAC-SHA256 Credential=AKIA/20261123/{}/s3/aws4_request, SignedHeaders=host, " + SIGNATURE
V4A = "AWS4-ECDSA-P256-SHA256 Credential=AKIA/20261123/s3/aws4_request, SignedHeaders=host, Signature=30"
V2 = "AWS AKIAIOSFODNN7EXAMPLE:qgk2+6Sv9/oM7G3qLEjTH1a1l1g="

REGIONS = [
    "us-east-1",
    "ap-southeast-4",
    "us-gov-west-1",
    "us-gov-east-1",
    "cn-north-1",
    "cn-northwest-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
    "us-isof-south-1",
    "aws-global",
    "mars-central-1",
]

AUTHORIZATIONS = {
    V4.format("eu-west-1"): "eu-west-1",
    V4.format("eu-west-1").replace(", ", ","): "eu-west-1",
    V4.format("eu-west-1").replace(", ", " , "): "eu-west-1",
    "AWS4-HMAC-SHA256 SignedHeaders=host," + SIGNATURE + ",Credential=A/20261123/eu-west-1/s3/aws4_request": "eu-west-1",
    V2: None,
    "AWS /20261123/eu-west-1:qgk2": None,
    "Bearer eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IV7pAx_Zmeo": None,
    "Basic dXNlcjpwYXNz": None,
    "AWS4-HMAC-SHA256 Credential=AKIA/2026112/eu-west-1/s3/aws4_request": None,
    "AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-west-1/s3/aws5_request": None,
    "AWS4-HMAC-SHA256 Credential=AKIA/20261123//s3/aws4_request": None,
    "AWS4-HMAC-SHA256 Credential=": None,
    "AWS4-HMAC-SHA256": None,
    "////////": None,
    " ": None,
}

REGION_SETS = {
    "eu-west-1": "eu-west-1",
    "eu-west-1,us-east-1": "eu-west-1",
    "eu-west-1, us-east-1": "eu-west-1",
    " us-gov-west-1 ,us-east-1": "us-gov-west-1",
    "*,eu-west-1": "eu-west-1",
    "us-*,eu-west-1": "eu-west-1",
    "eu-west-?": None,
    "*": None,
    "us-*": None,
    "us-*,eu-*": None,
    ",,": None,
    "": None,
    None: None,
}

QUERIES = {
    "X-Amz-Credential=AKIA%2F20261123%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Expires=60": "eu-west-1",
    "X-Amz-Credential=AKIA/20261123/eu-west-1/s3/aws4_request": "eu-west-1",
    "a=%2F&X-Amz-Credential=AKIA%2f20261123%2fcn-north-1%2fs3%2faws4_request": "cn-north-1",
    "X-Amz-Credential=AKIA%2F20261123%2Fs3%2Faws4_request&X-Amz-Region-Set=eu-west-1%2Cus-east-1": "eu-west-1",
    "X-Amz-Region-Set=%2A&X-Amz-Credential=AKIA%2F20261123%2Fs3%2Faws4_request": None,
    "X-Amz-Credential=AKIA%2F20261123%2Fs3%2Faws4_request": None,
    "AWSAccessKeyId=AKIA&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1795427040": None,
    "prefix=AKIA%2F20261123%2Feu-west-1%2Fs3%2Faws4_request": None,
    "X-Amz-Credential=": None,
    "X-Amz-Credential": None,
    "X-Amz-Credential=%ff%fe": None,
    "list-type=2": None,
    "": None,
}

FORMS = [
    ({"x-amz-credential": "AKIA/20261123/eu-west-1/s3/aws4_request", "key": "a"}, "eu-west-1"),
    (
        {
            "x-amz-credential": "AKIA/20261123/s3/aws4_request",
            "x-amz-region-set": "us-*,eu-west-1",
        },
        "eu-west-1",
    ),
    ({"x-amz-credential": "AKIA/20261123/s3/aws4_request"}, None),
    ({"awsaccesskeyid": "AKIA", "signature": "NpgC", "policy": "eyJl"}, None),
    ({"x-amz-credential": ""}, None),
    ({"key": "a"}, None),
]


def scopes():
    """Make (scope, region) of all shapes that a signature can have."""
    word = string.ascii_lowercase + string.digits
    key = st.text(string.ascii_letters + string.digits, min_size=1, max_size=40)
    date = st.text("0123456789", min_size=8, max_size=8)
    part = st.text(word, min_size=1, max_size=12)
    region = st.lists(part, min_size=1, max_size=4).map("-".join)
    service = st.lists(part, min_size=1, max_size=3).map("-".join)
    return st.builds(
        lambda k, d, r, s: (f"{k}/{d}/{r}/{s}/aws4_request", r), key, date, region, service
    )


@pytest.mark.parametrize("region", REGIONS)
def test_regions(region):
    """Regions of every partition, and those that AWS does not have, are found as they were signed."""
    assert region == read_signature({"Authorization": V4.format(region)}, "", {}).region


@pytest.mark.parametrize(("authorization", "expected"), AUTHORIZATIONS.items())
def test_header(authorization, expected):
    """A Signature Version 4 in the header names its region, anything else names none."""
    assert expected == read_signature({"Authorization": authorization}, "", {}).region


@pytest.mark.parametrize(("region_set", "expected"), REGION_SETS.items())
def test_region_set(region_set, expected):
    """A Signature Version 4A names the first of its regions that is no pattern."""
    headers = {"Authorization": V4A}
    if region_set is not None:
        headers["X-Amz-Region-Set"] = region_set

    assert expected == read_signature(headers, "", {}).region


def test_region_set_of_a_plain_signature():
    """A region set means nothing beside a signature that names its region itself."""
    headers = {"Authorization": V4.format("eu-west-1"), "X-Amz-Region-Set": "us-east-1"}

    assert "eu-west-1" == read_signature(headers, "", {}).region


@pytest.mark.parametrize(("query", "expected"), QUERIES.items())
def test_presigned(query, expected):
    """A presigned URL names its region in the query, encoded or not; Version 2 names none."""
    assert expected == read_signature({}, query, {}).region


@pytest.mark.parametrize(("form", "expected"), FORMS)
def test_form(form, expected):
    """A browser's POST to S3 names its region in the form; Version 2 names none."""
    assert expected == read_signature({}, "", form).region


def test_header_comes_first():
    """The header is asked before the query, the query before the form."""
    query = "X-Amz-Credential=AKIA%2F20261123%2Feu-west-2%2Fs3%2Faws4_request"
    form = {"x-amz-credential": "AKIA/20261123/eu-west-3/s3/aws4_request"}

    assert "eu-west-1" == read_signature({"Authorization": V4.format("eu-west-1")}, query, form).region
    assert "eu-west-2" == read_signature({"Authorization": ""}, query, form).region
    assert "eu-west-3" == read_signature({"Authorization": ""}, "", form).region


@given(scopes())
def test_every_scope(scope_and_region):
    """The region of any well-formed scope is found, wherever it stands."""
    scope, region = scope_and_region
    header = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, {SIGNATURE}"

    assert region == read_signature({"Authorization": header}, "", {}).region
    assert region == read_signature({}, urlencode({"a": "b", "X-Amz-Credential": scope}), {}).region
    assert region == read_signature({}, f"X-Amz-Credential={quote(scope)}", {}).region
    assert region == read_signature({}, "", {"x-amz-credential": scope}).region


@given(
    st.text(st.characters()),
    st.none() | st.text(st.characters()),
    st.text(st.characters()) | st.text(st.characters()).map("X-Amz-Credential={}".format),
    st.dictionaries(
        st.sampled_from(["x-amz-credential", "x-amz-region-set", "key"]), st.text(st.characters())
    ),
)
def test_any_text(authorization, region_set, query, form):
    """No text makes it fail, and a region is never empty."""
    headers = {"Authorization": authorization}
    if region_set is not None:
        headers["X-Amz-Region-Set"] = region_set

    region = read_signature(headers, query, form).region

    assert region is None or region


@pytest.mark.timeout(5)
@pytest.mark.parametrize("part", ["a", "/", "a/", "/20261123", "/20261123/a", "a/20261123/a/", ","])
def test_long_text_takes_no_time(part):
    """A signature of a megabyte that is none is passed over as quickly as a short one."""
    text = part * (1_000_000 // len(part))

    assert read_signature({"Authorization": text}, "", {}).region is None
    assert read_signature({}, "", {"x-amz-credential": text}).region is None
