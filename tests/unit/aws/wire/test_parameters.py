"""The parameters of a call, where a protocol or a service has a way of its own.

Each operation of each service is in ``test_every_operation.py``.
"""

import gzip
import json

import pytest

from localstack_outages.aws.wire.messages import AwsCall, HttpRequest
from localstack_outages.aws.wire.parameters import needs_body, read_parameters
from localstack_outages.aws.wire.values import NOT_READ


def call_of(service, operation, protocol, bucket=None):
    """Make a call."""
    return AwsCall(
        service, (service,), operation, "us-east-1", "000000000000", None, protocol, bucket
    )


def read(call, target="/", body=b"", method="POST", **headers):
    """Read the parameters of a request."""
    path, _, query = target.partition("?")
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_parameters(call, HttpRequest(method, path, query, headers), body)


PUT = call_of("s3", "PutObject", "rest-xml")
SEND = call_of("sqs", "SendMessageBatch", "query")
PUT_ITEM = call_of("dynamodb", "PutItem", "json")


@pytest.mark.parametrize(
    ("target", "bucket", "expected"),
    [
        ("/bucket/a%20key", None, ("bucket", "a key")),
        ("/a/b", "bucket", ("bucket", "a/b")),
        ("/bucket//a//b/", None, ("bucket", "/a//b/")),
        ("/bucket/a%2Fb/..", None, ("bucket", "a/b/..")),
        ("/bucket/a+b%2B", None, ("bucket", "a+b+")),
        ("/bucket/%ff", None, ("bucket", "\N{REPLACEMENT CHARACTER}")),
    ],
)
def test_key(target, bucket, expected):
    """S3's keys are read as they are, slashes and all, in both styles."""
    call = PUT._replace(bucket=bucket)
    parameters = read(call, target, method="PUT", content_length="5")

    assert expected == (parameters["Bucket"], parameters["Key"])
    assert parameters["Body"] is NOT_READ


def test_streams_are_not_asked_for():
    """The body is wanted only where parameters stand in it."""
    assert not needs_body(PUT)
    assert not needs_body(call_of("lambda", "Invoke", "rest-json"))
    assert not needs_body(call_of("s3", "GetObject", "rest-xml"))
    assert needs_body(call_of("s3", "DeleteObjects", "rest-xml"))
    assert needs_body(PUT_ITEM)
    assert needs_body(SEND)


def test_headers_and_query():
    """What stands in headers and in the query is of the type that the model says."""
    parameters = read(
        PUT, "/b/k?x-id=PutObject", method="PUT", content_length="5", x_amz_meta_a="1",
        x_amz_tagging="a=b", x_amz_server_side_encryption_bucket_key_enabled="true",
    )  # fmt: skip
    listing = read(
        call_of("s3", "ListObjectsV2", "rest-xml"), "/b?list-type=2&max-keys=5&prefix=a%2F"
    )

    assert {"a": "1"} == parameters["Metadata"]
    assert "a=b" == parameters["Tagging"]
    assert 5 == parameters["ContentLength"]
    assert parameters["BucketKeyEnabled"] is True
    assert {"Bucket": "b", "MaxKeys": 5, "Prefix": "a/"} == listing


def test_delete_objects():
    """The keys that a call of S3 deletes stand in XML."""
    body = (
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a</Key></Object>'
        b"<Object><Key>b</Key><VersionId>1</VersionId></Object><Quiet>true</Quiet></Delete>"
    )
    parameters = read(call_of("s3", "DeleteObjects", "rest-xml"), "/b?delete", body)

    objects = [{"Key": "a"}, {"Key": "b", "VersionId": "1"}]
    assert {"Bucket": "b", "Delete": {"Objects": objects, "Quiet": True}} == parameters


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><Delete><Object><Key>&b;</Key></Object></Delete>',
        b"<Delete><Object>",
        b"",
        b"\xff\xfe<",
    ],
)
def test_bad_xml(body):
    """XML with a document type, which could define entities without end, is not read, nor is what is
    no XML.
    """
    parameters = read(call_of("s3", "DeleteObjects", "rest-xml"), "/b?delete", body)

    assert {"Bucket": "b"} == parameters


def test_form_upload():
    """Of a browser's upload to S3 bucket and key are read."""
    body = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na/b\r\n--x--\r\n'
    parameters = read(call_of("s3", "PostObject", "rest-xml"), "/bucket", body)

    assert {"Bucket": "bucket", "Key": "a/b"} == parameters


def test_form():
    """Lists and maps of forms are read, in the order of their numbers."""
    body = (
        b"Action=SendMessageBatch&Version=2012-11-05&QueueUrl=http%3A%2F%2Fq"
        b"&SendMessageBatchRequestEntry.10.Id=c&SendMessageBatchRequestEntry.2.Id=b"
        b"&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.DelaySeconds=5"
    )
    entries = [{"Id": "a", "DelaySeconds": 5}, {"Id": "b"}, {"Id": "c"}]

    assert {"QueueUrl": "http://q", "Entries": entries} == read(SEND, body=body)


def test_map_in_a_form():
    """SQS's Query API has its own names of maps, which its model has no longer."""
    body = b"Action=CreateQueue&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5"
    parameters = read(call_of("sqs", "CreateQueue", "query"), body=body)

    assert {"QueueName": "q", "Attributes": {"DelaySeconds": "5"}} == parameters


def test_form_in_the_query():
    """A form may stand in the query."""
    call = call_of("ec2", "DescribeInstances", "ec2")
    parameters = read(
        call, "/?Action=DescribeInstances&InstanceId.1=i-1&MaxResults=5", method="GET"
    )

    assert {"InstanceIds": ["i-1"], "MaxResults": 5} == parameters


def test_json():
    """JSON is read as it is, but for blobs and nothing; members that botocore does not know are kept."""
    item = {"TableName": "t", "Item": {"a": {"B": "AAEC"}, "b": {"NS": ["1"]}}, "New": {"c": 1}}
    parameters = read(PUT_ITEM, body=json.dumps({**item, "ReturnValues": None}).encode())

    expected = {**item, "Item": {"a": {"B": NOT_READ}, "b": {"NS": ["1"]}}}
    assert expected == parameters


def test_cbor():
    """Kinesis is read in CBOR as in JSON, texts and lists of unknown length included."""
    call = call_of("kinesis", "PutRecord", "json")
    body = b"\xbf\x6aStreamName\x7f\x61a\x61b\xff\x64Data\x43abc\x6cPartitionKey\x61k\xff"
    parameters = read(call, body=body, content_type="application/x-amz-cbor-1.1")

    assert {"StreamName": "ab", "Data": NOT_READ, "PartitionKey": "k"} == parameters


def test_compressed():
    """A body that an SDK compressed is unpacked, one that is not what it says is not read."""
    body = gzip.compress(b'{"TableName": "t"}')

    assert {"TableName": "t"} == read(PUT_ITEM, body=body, content_encoding="gzip")
    assert {} == read(PUT_ITEM, body=b"{}", content_encoding="gzip")


@pytest.mark.timeout(30)
def test_bomb():
    """Of a compressed body that becomes endless only a part is unpacked."""
    body = gzip.compress(b" " * (1 << 28))

    assert {} == read(PUT_ITEM, body=body, content_encoding="gzip")


def test_json_in_a_header():
    """Lex has JSON in base64 in a header."""
    call = call_of("lex-runtime", "PostContent", "rest-json")
    target = "/bot/b/alias/a/user/u/content"
    parameters = read(call, target, x_amz_lex_session_attributes="eyJhIjogImIifQ==")

    assert {"a": "b"} == parameters["sessionAttributes"]
    assert "u" == parameters["userId"]


def test_unknown_operation():
    """An operation that is newer than botocore has the parameters that its request has."""
    as_json = call_of("kms", "NewOperation", "json")
    as_form = call_of("sts", "NewOperation", "query")

    assert {"A": 1} == read(as_json, body=b'{"A": 1}')
    assert {"A": "1"} == read(as_form, body=b"Action=NewOperation&Version=1&A=1")
    assert {} == read(call_of("lambda", None, "rest-json"), "/nowhere")
