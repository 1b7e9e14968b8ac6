"""Nothing that a client sends makes reading fail, or take longer than it is long."""

import contextlib
import string
import time

import pytest
from hypothesis import given, settings, strategies as st

from localstack_outages.aws.wire.cbor import InvalidCbor, read_cbor
from localstack_outages.aws.wire.forms import upload_fields
from localstack_outages.aws.wire.messages import AwsCall, HttpRequest
from localstack_outages.aws.wire.parameters import needs_body, read_parameters
from localstack_outages.aws.wire.reading import needs_form, read_call
from localstack_outages.aws.wire.remembering import RememberedCalls

ANY = st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))
NAMES = (
    "authorization", "host", "user-agent", "x-amz-target", "x-amz-region-set", "smithy-protocol",
    "content-type", "content-length", "content-encoding", "x-amz-copy-source", "x-amz-meta-a",
)  # fmt: skip
SIGNED_NAMES = (
    "s3",
    "rds",
    "execute-api",
    "sqs",
    "ec2",
    "chime",
    "lex",
    "route53",
    "lambda",
    "geo-maps",
)
WORDS = st.sampled_from(
    [
        *(
            "AWS4-HMAC-SHA256 Credential=a/20261123/eu-west-1/s3/aws4_request, ",
            "Bearer a",
            "AWS a:b",
        ),
        *("localhost:4566", "a.s3.eu-west-1.amazonaws.com", "a..b.localhost", "[::1]:1", ".s3."),
        *(
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/cbor",
        ),
        *("application/x-amz-json-1.1", "gzip", "rpc-v2-cbor", "DynamoDB_20120810.PutItem", "12"),
        *("api/s3#1", "*"),
        *(f"AWS4-HMAC-SHA256 Credential=a/20261123/a/{n}/aws4_request, " for n in SIGNED_NAMES),
    ]
)
PARTS = st.lists(
    ANY
    | st.sampled_from(["/", "//", "%", "%2F", "..", "bucket", "2015-03-31", "functions", "tags"]),
    max_size=12,
)
QUERIES = st.lists(
    ANY | st.sampled_from(["&", "=", "Action=", "list-type=2", "X-Amz-Credential=", "uploadId=1"]),
    max_size=12,
).map("".join)
HEADERS = st.dictionaries(
    st.sampled_from(NAMES) | ANY, WORDS | ANY | st.builds("{}{}".format, WORDS, ANY)
)
METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]) | ANY
REQUESTS = st.builds(
    lambda method, path, query, headers: HttpRequest(method, "/" + "".join(path), query, headers),
    METHODS, PARTS, QUERIES, HEADERS,
)  # fmt: skip
BODIES = (
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                *(b"Action=CreateTags&Version=2016-11-15", b"&", b"=", b".", b"Tag.1.Key=a", b"member"),
                *(b"{", b"}", b"[", b"]", b'"', b":", b"1", b"null", b'{"TableName":1}', b"\xbf\xff"),
                *(b"<a>", b"</a>", b"<!DOCTYPE a [", b"<?xml version='1.0'?>", b"\x9f", b"\xa1\x61a"),
                *(b"\r\n", b'content-disposition: form-data; name="key"', b"\xff", b"\x00"),
            ]
        ),
        max_size=30,
    ).map(b"".join)
)  # fmt: skip


@settings(max_examples=500)
@given(REQUESTS, BODIES)
def test_any_request(request, body):
    """Any bytes are read as some call or as none, from memory too, and never raise."""
    call = read_call(request, body if needs_form(request) else b"")
    memory = RememberedCalls()
    form = body if needs_form(request) else b""

    assert call == memory.read(request, form) == memory.read(request, form)
    if call is not None:
        needs_body(call)
        assert isinstance(read_parameters(call, request, body), dict)


CALLS = [
    AwsCall(service, (service,), operation, "us-east-1", "000000000000", None, protocol)
    for service, operation, protocol in (
        ("dynamodb", "BatchWriteItem", "json"),
        ("cloudwatch", "PutMetricData", "smithy-rpc-v2-cbor"),
        ("ec2", "RunInstances", "ec2"),
        ("cloudformation", "CreateStack", "query"),
        ("sqs", "SendMessageBatch", "query"),
        ("s3", "PutBucketLifecycleConfiguration", "rest-xml"),
        ("s3", "PutObjectAcl", "rest-xml"),
        ("lex-runtime", "PostContent", "rest-json"),
        ("lambda", "CreateFunction", "rest-json"),
        ("kms", "NoSuchOperation", "json"),
    )
]


@settings(max_examples=500)
@given(st.sampled_from(CALLS), REQUESTS, BODIES)
def test_any_parameters(call, request, body):
    """Any body of any protocol is read as some parameters or none."""
    assert isinstance(read_parameters(call, request, body), dict)


@given(st.binary(max_size=500))
def test_any_cbor(data):
    """Bytes are CBOR or they are refused."""
    with contextlib.suppress(InvalidCbor):
        read_cbor(data)


LONG = 1 << 20


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "part",
    [
        "/",
        "a",
        "/a",
        "%2F",
        "%",
        "/%41",
        "//",
        "/service/a/operation/",
        "/@connections",
        ".",
        "&a",
        "&Action=",
    ],
)
@pytest.mark.parametrize("name", ["s3", "execute-api", "lambda", "chime"])
def test_long_heads(part, name):
    """A megabyte in any part of the head takes well under a second."""
    text = part * (LONG // len(part))
    signed = f"AWS4-HMAC-SHA256 Credential=a/20261123/a/{name}/aws4_request, "
    for path, query, headers in (
        (f"/{text}", "", {}),
        ("/a", text, {}),
        ("/", "", {"host": text, "user-agent": text, "x-amz-target": text, "content-type": text}),
        ("/", "", {"authorization": text}),
    ):
        request = HttpRequest("GET", path, query, {"authorization": signed, **headers})
        started = time.perf_counter()
        read_call(request)
        call = AwsCall("s3", ("s3",), "GetObject", "a", "1", None, "rest-xml")
        read_parameters(call, request)

        assert time.perf_counter() - started < 10


@pytest.mark.timeout(60)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
@pytest.mark.parametrize(
    "part",
    [b"[", b'{"a":', b"&a.b", b"&Tag.1", b"&Action=", b"<a>", b"\x9f", b"\xc0", b"\xbf\x61", b"9"],
)
def test_long_bodies(call, part):
    """A megabyte in the body, however it is nested, takes well under ten seconds."""
    request = HttpRequest("POST", "/", "", {"content-type": "application/cbor"})
    for headers in ({}, request.headers):
        body = part * (LONG // len(part))

        assert isinstance(read_parameters(call, request._replace(headers=headers), body), dict)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    [
        b"content-disposition:",
        b'content-disposition: form-data; name="a"',
        b'content-disposition: form-data; name="a"\r\n',
        b'content-disposition: form-data; name="a"\r\n\r\n',
        b"content-disposition:" + b" " * 1000,
        string.printable.encode(),
    ],
)
def test_long_uploads(part):
    """Nor does a form that is no form."""
    upload_fields(part * (LONG // len(part)))
