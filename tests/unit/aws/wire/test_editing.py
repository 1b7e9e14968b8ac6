"""Tests of requests and answers whose bodies are edited."""

import base64
import hashlib
import json
import zlib
from xml.etree import ElementTree

import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from localstack_outages.aws.batches import BATCHES, batch_of
from localstack_outages.aws.wire.cbor import CborTime, read_cbor, write_cbor
from localstack_outages.aws.wire.editing import CannotEdit, Exchange
from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.schema.effect import AwsError
from tests.unit.aws.test_batches import NO_ERROR_IN_ANSWER, SAMPLES

ERROR = AwsError("InternalError", 500, "<try> again & again")
QUERY = {
    "SendMessageBatch": {"MessageBody": "a b&c=ü"},
    "DeleteMessageBatch": {"ReceiptHandle": "h+/="},
    "ChangeMessageVisibilityBatch": {"ReceiptHandle": "h", "VisibilityTimeout": "0"},
}


def operation_of(service, operation):
    return botocore.session.get_session().get_service_model(service).operation_model(operation)


def serialized(service, operation, parameters):
    """Give the request that botocore writes."""
    model = operation_of(service, operation)
    serializer = create_serializer(model.service_model.protocol, include_validation=False)
    given = serializer.serialize_to_request(parameters, model)
    path, _, query = given["url_path"].partition("?")
    body = given["body"]
    prepared = AWSRequest(
        method=given["method"], url="http://aws", headers=given["headers"], data=body
    ).prepare()
    raw = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
    headers = {name.lower(): value for name, value in prepared.headers.items()}
    return HttpRequest(given["method"], path, query, headers), raw


def parsed(service, operation, answer):
    """Give what botocore reads from an answer."""
    model = operation_of(service, operation)
    parser = create_parser(model.service_model.protocol)
    headers = {name.lower(): value for name, value in answer.headers}
    read = parser.parse(
        {"body": answer.body, "headers": headers, "status_code": answer.status}, model.output_shape
    )
    read.pop("ResponseMetadata")
    return read


def sqs_form(operation, entries):
    """Give a request of the former Query API of SQS."""
    name = f"{operation}RequestEntry"
    fields = [("Action", operation), ("Version", "2012-11-05"), ("QueueUrl", "http://q")]
    for number, entry in enumerate(entries, 1):
        fields += [(f"{name}.{number}.{key}", value) for key, value in entry.items()]
    request = AWSRequest(method="POST", url="http://aws", data=dict(fields)).prepare()
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return HttpRequest("POST", "/", "", headers), request.body.encode()


@pytest.mark.parametrize("key", BATCHES, ids=".".join)
def test_service_gets_the_rest(key):
    """The request without an entry is the one that botocore writes for the others alone."""
    parameters, batch = SAMPLES[key][0], batch_of(*key)
    head, body = serialized(*key, parameters)

    edited = Exchange(*key, head, body).edit_request(lambda sent: batch.without(sent, {0, 2}))

    rest = serialized(*key, batch.without(parameters, {0, 2}))[1]
    if body.startswith(b"<"):
        assert ElementTree.canonicalize(rest) == ElementTree.canonicalize(edited.body)
    elif body.startswith(b"{"):
        assert json.loads(rest) == json.loads(edited.body)
    else:
        assert sorted(rest.split(b"&")) == sorted(edited.body.split(b"&"))
    assert str(len(edited.body)) == edited.headers["content-length"]


@pytest.mark.parametrize("key", BATCHES.keys() - NO_ERROR_IN_ANSWER, ids=".".join)
def test_answer_of_no_service(key):
    """Where no entry is left, botocore reads the answer that AWS gives then."""
    parameters, batch = SAMPLES[key][0], batch_of(*key)
    exchange = Exchange(*key, *serialized(*key, parameters))

    answer = exchange.answer(lambda sent, _: batch.answer(sent, {0, 1, 2}, None, ERROR), "the-id")

    expected = batch.answer(parameters, {0, 1, 2}, None, ERROR)
    read = parsed(*key, answer)
    assert {k: v for k, v in expected.items() if v != []} == {
        k: v for k, v in read.items() if v != []
    }


@pytest.mark.parametrize("operation", QUERY)
def test_former_query_api_of_sqs(operation):
    """A form loses the entry that fails, the others are numbered anew, and the answer has both."""
    batch = batch_of("sqs", operation)
    entries = [{"Id": n, **QUERY[operation]} for n in "abc"]
    head, body = sqs_form(operation, entries)
    exchange = Exchange("sqs", operation, head, body)

    edited = exchange.edit_request(lambda sent: batch.without(sent, {1}))
    result = "".join(f"<{operation}ResultEntry><Id>{n}</Id></{operation}ResultEntry>" for n in "ac")
    answer = exchange.edit_answer(
        {"content-type": "text/xml"},
        f'<?xml version="1.0"?><{operation}Response xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
        f"<{operation}Result>{result}</{operation}Result><ResponseMetadata><RequestId>r</RequestId>"
        f"</ResponseMetadata></{operation}Response>".encode(),
        lambda sent, result: batch.answer(sent, {1}, result, ERROR),
    )

    assert sqs_form(operation, [entries[0], entries[2]])[1] == edited.body
    failed = (
        "<BatchResultErrorEntry><Id>b</Id><Code>InternalError</Code>"
        "<Message>&lt;try&gt; again &amp; again</Message><SenderFault>false</SenderFault>"
        "</BatchResultErrorEntry>"
    )
    assert f"{result}{failed}</{operation}Result><ResponseMetadata>" in answer.body.decode()


def test_xml_that_was_not_known_stays():
    """What botocore does not know of an answer goes out as it came."""
    batch = batch_of("s3", "DeleteObjects")
    head, body = serialized("s3", "DeleteObjects", SAMPLES["s3", "DeleteObjects"][0])
    came = (
        '<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><New a="1">x</New>'
        "<Deleted><Key>1</Key><New>y\u00fc</New></Deleted></DeleteResult>"
    )

    answer = Exchange("s3", "DeleteObjects", head, body).edit_answer(
        {"content-type": "application/xml"},
        came.encode(),
        lambda sent, result: batch.answer(sent, {2}, result, ERROR),
    )

    assert came.removesuffix("</DeleteResult>") in answer.body.decode()
    assert b"<Error><Key>2</Key><Code>InternalError</Code>" in answer.body


def test_check_sums_are_renewed():
    """S3 gets a check sum of the body that it gets, and no other one."""
    key = ("s3", "DeleteObjects")
    head, body = serialized(*key, SAMPLES[key][0])
    headers = {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-sdk-checksum-algorithm": "CRC32"}
    head = head._replace(headers={**head.headers, **headers, "x-amz-content-sha256": "0" * 64})

    edited = Exchange(*key, head, body).edit_request(lambda sent: batch_of(*key).without(sent, {0}))

    digest = hashlib.md5(edited.body, usedforsecurity=False).digest()
    assert base64.b64encode(digest).decode() == edited.headers["content-md5"]
    assert hashlib.sha256(edited.body).hexdigest() == edited.headers["x-amz-content-sha256"]
    assert edited.headers["x-amz-checksum-crc32"] is None
    assert edited.headers["x-amz-sdk-checksum-algorithm"] is None


def test_check_sum_of_dynamodb_is_renewed():
    """An answer whose SDK compares a check sum has one of its new body."""
    key = ("dynamodb", "BatchWriteItem")
    exchange = Exchange(*key, *serialized(*key, SAMPLES[key][0]))

    answer = exchange.edit_answer(
        {"content-type": "application/x-amz-json-1.0", "x-amz-crc32": "1"},
        b'{"UnprocessedItems": {}, "ConsumedCapacity": [1.50]}',
        lambda sent, result: batch_of(*key).answer(sent, {0}, result, ERROR),
    )

    assert str(zlib.crc32(answer.body)) == answer.headers["x-amz-crc32"]
    assert [1.5] == json.loads(answer.body)["ConsumedCapacity"]


def test_packed_bodies_are_unpacked():
    """A body that came packed goes on as it is, and its header does not say otherwise."""
    key = ("dynamodb", "BatchWriteItem")
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(b'{"UnprocessedItems": {}}') + packer.flush()
    exchange = Exchange(*key, *serialized(*key, SAMPLES[key][0]))

    answer = exchange.edit_answer(
        {"content-type": "application/x-amz-json-1.0", "content-encoding": "gzip"},
        packed,
        lambda sent, result: batch_of(*key).answer(sent, {0}, result, ERROR),
    )

    assert ["a"] == list(json.loads(answer.body)["UnprocessedItems"])
    assert answer.headers["content-encoding"] is None


def test_cbor():
    """Requests and answers of Kinesis in CBOR are edited as those in JSON are."""
    key = ("kinesis", "PutRecords")
    sent = {
        "StreamName": "s",
        "Records": [{"Data": bytes([n]), "PartitionKey": "p"} for n in (0, 255)],
    }
    head = HttpRequest("POST", "/", "", {"content-type": "application/x-amz-cbor-1.1"})
    exchange = Exchange(*key, head, write_cbor(sent))

    edited = exchange.edit_request(lambda sent: batch_of(*key).without(sent, {0}))
    answer = exchange.edit_answer(
        head.headers,
        write_cbor({"FailedRecordCount": 0, "Records": [{"SequenceNumber": "1"}]}),
        lambda sent, result: batch_of(*key).answer(sent, {0}, result, ERROR),
    )

    assert {**sent, "Records": sent["Records"][1:]} == read_cbor(edited.body)
    assert ["InternalError", None] == [
        place.get("ErrorCode") for place in read_cbor(answer.body)["Records"]
    ]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        23,
        24,
        -1,
        -500,
        1 << 40,
        1.5,
        "ü",
        b"\x00\xff",
        [1, [2]],
        {"a": {"b": []}},
    ],
)
def test_cbor_is_read_as_it_was_written(value):
    """What is written as CBOR is the same when it is read."""
    assert value == read_cbor(write_cbor(value))


def test_times_stay_times():
    """A time of CBOR is still marked as one when it is written again."""
    came = b"\xc1\xfb" + b"A\xda\x00\x00\x00\x00\x00\x00"

    assert isinstance(read_cbor(came), CborTime)
    assert came == write_cbor(read_cbor(came))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({"content-type": "application/json"}, b"{nonsense"),
        ({"content-type": "application/xml"}, b"<!DOCTYPE x><x/>"),
        ({"content-type": "application/json", "content-encoding": "br"}, b"{}"),
        ({"content-type": "application/cbor"}, b"\xff"),
    ],
)
def test_what_cannot_be_edited(headers, body):
    """A body that is not what it seems to be is refused with a ValueError."""

    def edit():
        head = HttpRequest("POST", "/", "", headers)
        Exchange("sqs", "SendMessageBatch", head, body).edit_request(lambda sent: sent)

    assert issubclass(CannotEdit, ValueError)
    with pytest.raises(ValueError, match="body"):
        edit()
