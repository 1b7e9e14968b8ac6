"""Who signed a request, and for which region, in all forms of signatures."""

import string
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, strategies as st

from localstack_outages.aws.signature import Signature, read_signature

SIGNATURE = "Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"
V4 = (
    "AWS4-HMAC-SHA256 Credential=AKIA/20261123/{}/s3/aws4_request, SignedHeaders=host, " + SIGNATURE
)
V4_CREDENTIAL_LAST = (
    f"AWS4-HMAC-SHA256 {SIGNATURE},Credential=AKIA/20261123/eu-west-1/s3/aws4_request"
)
V4A = "AWS4-ECDSA-P256-SHA256 Credential=AKIA/20261123/s3/aws4_request, SignedHeaders=host, Signature=30"
V2 = "AWS AKIAIOSFODNN7EXAMPLE:qgk2+6Sv9/oM7G3qLEjTH1a1l1g="

ANY_TEXT = st.text(st.characters())
QUERY_NAMES = ["X-Amz-Credential", "X-Amz-Region-Set", "AWSAccessKeyId"]

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

# text of the header: (access key, region)
AUTHORIZATIONS = {
    V4.format("eu-west-1"): ("AKIA", "eu-west-1"),
    V4.format("eu-west-1").replace(", ", ","): ("AKIA", "eu-west-1"),
    V4.format("eu-west-1").replace(", ", " , "): ("AKIA", "eu-west-1"),
    V4_CREDENTIAL_LAST: ("AKIA", "eu-west-1"),
    V2: ("AKIAIOSFODNN7EXAMPLE", None),
    "AWS :qgk2": (None, None),
    "AWS AKIA": (None, None),
    "Bearer eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IV7pAx_Zmeo": (None, None),
    "Basic dXNlcjpwYXNz": (None, None),
    "AWS4-HMAC-SHA256 Credential=AKIA/2026112/eu-west-1/s3/aws4_request": (None, None),
    "AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-west-1/s3/aws5_request": (None, None),
    "AWS4-HMAC-SHA256 Credential=AKIA/20261123//s3/aws4_request": (None, None),
    "AWS4-HMAC-SHA256 Credential=": (None, None),
    "AWS4-HMAC-SHA256": (None, None),
    "////////": (None, None),
    " ": (None, None),
    "": (None, None),
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

# query string: (access key, region)
QUERIES = {
    "X-Amz-Credential=AKIA%2F20261123%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Expires=60": (
        "AKIA",
        "eu-west-1",
    ),
    "X-Amz-Credential=AKIA/20261123/eu-west-1/s3/aws4_request": ("AKIA", "eu-west-1"),
    "a=%2F&X-Amz-Credential=AKIA%2f20261123%2fcn-north-1%2fs3%2faws4_request": (
        "AKIA",
        "cn-north-1",
    ),
    "X-Amz-Credential=AKIA%2F20261123%2Fs3%2Faws4_request&X-Amz-Region-Set=eu-west-1%2Cus-east-1": (
        "AKIA",
        "eu-west-1",
    ),
    "X-Amz-Region-Set=%2A&X-Amz-Credential=AKIA%2F20261123%2Fs3%2Faws4_request": ("AKIA", None),
    "X-Amz-Credential=AKIA%2F20261123%2Fs3%2Faws4_request": ("AKIA", None),
    "AWSAccessKeyId=AKIA&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1795427040": (
        "AKIA",
        None,
    ),
    "prefix=AKIA%2F20261123%2Feu-west-1%2Fs3%2Faws4_request": (None, None),
    "X-Amz-Credential=": (None, None),
    "X-Amz-Credential": (None, None),
    "X-Amz-Credential=%ff%fe": (None, None),
    "AWSAccessKeyId=": (None, None),
    "list-type=2": (None, None),
    "": (None, None),
}

FORMS = [
    (
        {"x-amz-credential": "AKIA/20261123/eu-west-1/s3/aws4_request", "key": "a"},
        ("AKIA", "eu-west-1"),
    ),
    (
        {
            "x-amz-credential": "AKIA/20261123/s3/aws4_request",
            "x-amz-region-set": "us-*,eu-west-1",
        },
        ("AKIA", "eu-west-1"),
    ),
    ({"x-amz-credential": "AKIA/20261123/s3/aws4_request"}, ("AKIA", None)),
    ({"awsaccesskeyid": "AKIA", "signature": "NpgC", "policy": "eyJl"}, ("AKIA", None)),
    ({"x-amz-credential": "", "awsaccesskeyid": "AKIA"}, ("AKIA", None)),
    ({"x-amz-credential": ""}, (None, None)),
    ({"awsaccesskeyid": ""}, (None, None)),
    ({"key": "a"}, (None, None)),
    ({}, (None, None)),
]


def region_of(headers, query="", form=None):
    """Give the region that a request was signed for."""
    return read_signature(headers, query, form or {}).region


def scopes():
    """Make (scope, access key, region) of all shapes that a signature can have."""
    word = string.ascii_lowercase + string.digits
    key = st.text(string.ascii_letters + string.digits, min_size=1, max_size=128)
    date = st.text("0123456789", min_size=8, max_size=8)
    part = st.text(word, min_size=1, max_size=12)
    region = st.lists(part, min_size=1, max_size=4).map("-".join)
    service = st.lists(part, min_size=1, max_size=3).map("-".join)
    return st.builds(
        lambda k, d, r, s: (f"{k}/{d}/{r}/{s}/aws4_request", k, r), key, date, region, service
    )


@pytest.mark.parametrize("region", REGIONS)
def test_regions(region):
    """Regions of every partition, and those that AWS does not have, are read as they were signed."""
    assert region == region_of({"Authorization": V4.format(region)})


@pytest.mark.parametrize(("authorization", "expected"), AUTHORIZATIONS.items())
def test_header(authorization, expected):
    """Version 4 names key and region, Version 2 the key, anything else nothing."""
    assert expected == read_signature({"Authorization": authorization}, "", {})


def test_no_signature():
    """A request without a signature names nothing."""
    assert Signature(None, None) == Signature() == read_signature({}, "", {})


@pytest.mark.parametrize(("region_set", "expected"), REGION_SETS.items())
def test_region_set(region_set, expected):
    """A Signature Version 4A names the first of its regions that is no pattern."""
    headers = {"Authorization": V4A}
    if region_set is not None:
        headers["X-Amz-Region-Set"] = region_set

    assert ("AKIA", expected) == read_signature(headers, "", {})


def test_region_set_of_a_plain_signature():
    """A region set means nothing beside a signature that names its region itself."""
    headers = {"Authorization": V4.format("eu-west-1"), "X-Amz-Region-Set": "us-east-1"}

    assert "eu-west-1" == region_of(headers)


@pytest.mark.parametrize(("query", "expected"), QUERIES.items())
def test_presigned(query, expected):
    """A presigned URL says in its query, encoded or not, what a header would say."""
    assert expected == read_signature({}, query, {})


@pytest.mark.parametrize(("form", "expected"), FORMS)
def test_form(form, expected):
    """A browser's POST to S3 says in its form what a header would say."""
    assert expected == read_signature({}, "", form)


def test_header_comes_first():
    """The header is asked before the query, the query before the form."""
    query = "X-Amz-Credential=AKIA%2F20261123%2Feu-west-2%2Fs3%2Faws4_request"
    form = {"x-amz-credential": "AKIA/20261123/eu-west-3/s3/aws4_request"}

    assert "eu-west-1" == region_of({"Authorization": V4.format("eu-west-1")}, query, form)
    assert "eu-west-2" == region_of({"Authorization": ""}, query, form)
    assert "eu-west-3" == region_of({"Authorization": ""}, "", form)


@given(scopes())
def test_every_scope(parts):
    """The key and the region of any well-formed scope are found, wherever it stands."""
    scope, *expected = parts
    expected = tuple(expected)
    header = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, {SIGNATURE}"
    query = urlencode({"a": "b", "X-Amz-Credential": scope})

    assert expected == read_signature({"Authorization": header}, "", {})
    assert expected == read_signature({"Authorization": header.replace(", ", ",")}, "", {})
    assert expected == read_signature({}, query, {})
    assert expected == read_signature({}, f"X-Amz-Credential={quote(scope)}", {})
    assert expected == read_signature({}, "", {"x-amz-credential": scope})


@given(
    ANY_TEXT,
    st.none() | ANY_TEXT,
    ANY_TEXT | st.builds("{}={}".format, st.sampled_from(QUERY_NAMES), ANY_TEXT),
    st.dictionaries(st.sampled_from([name.lower() for name in QUERY_NAMES]), ANY_TEXT),
)
def test_any_text(authorization, region_set, query, form):
    """No text makes it fail, and neither key nor region is ever empty."""
    headers = {"Authorization": authorization}
    if region_set is not None:
        headers["X-Amz-Region-Set"] = region_set

    for signature in (read_signature(headers, query, form), read_signature({}, "", form)):
        assert "" not in signature


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ["a", "/", "a/", "/20261123", "/20261123/a", "a/20261123/a/", ","])
def test_long_text_takes_no_time(part):
    """A long text that is no signature is passed over quickly."""
    text = part * (64_000 // len(part))

    assert region_of({"Authorization": text}) is None
    assert region_of({}, f"X-Amz-Credential={text}") is None
    assert region_of({}, "", {"x-amz-credential": text}) is None
