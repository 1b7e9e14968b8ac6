"""Tests of what is known of operations that can fail in part."""

from functools import cache

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from localstack_outages.aws.batches import BATCHES, AllFailed, batch_of
from localstack_outages.schema.batch_operations import MOST_ENTRIES
from localstack_outages.schema.effect import AwsError

ERROR = AwsError("InternalError", 500, "try again")
SAMPLES = {
    ("dynamodb", "BatchGetItem"): (
        {
            "RequestItems": {
                "a": {"Keys": [{"id": {"S": "0"}}, {"id": {"S": "1"}}], "ConsistentRead": True},
                "b": {"Keys": [{"id": {"S": "2"}}]},
            }
        },
        {"Responses": {"a": [{"id": {"S": "1"}}], "b": []}, "UnprocessedKeys": {}},
        {
            "Responses": {"a": [{"id": {"S": "1"}}], "b": []},
            "UnprocessedKeys": {
                "a": {"Keys": [{"id": {"S": "0"}}], "ConsistentRead": True},
                "b": {"Keys": [{"id": {"S": "2"}}]},
            },
        },
    ),
    ("dynamodb", "BatchWriteItem"): (
        {
            "RequestItems": {
                "a": [{"DeleteRequest": {"Key": {"id": {"S": n}}}} for n in "01"],
                "b": [{"PutRequest": {"Item": {"id": {"S": "2"}}}}],
            }
        },
        {"UnprocessedItems": {}},
        {
            "UnprocessedItems": {
                "a": [{"DeleteRequest": {"Key": {"id": {"S": "0"}}}}],
                "b": [{"PutRequest": {"Item": {"id": {"S": "2"}}}}],
            }
        },
    ),
    ("events", "PutEvents"): (
        {"Entries": [{"Source": n} for n in "012"]},
        {"FailedEntryCount": 0, "Entries": [{"EventId": "e1"}]},
        {
            "FailedEntryCount": 2,
            "Entries": [
                {"ErrorCode": "InternalError", "ErrorMessage": "try again"},
                {"EventId": "e1"},
                {"ErrorCode": "InternalError", "ErrorMessage": "try again"},
            ],
        },
    ),
    ("events", "PutTargets"): (
        {"Rule": "r", "Targets": [{"Id": n, "Arn": "arn"} for n in "012"]},
        {"FailedEntryCount": 0, "FailedEntries": []},
        {
            "FailedEntryCount": 2,
            "FailedEntries": [
                {"TargetId": n, "ErrorCode": "InternalError", "ErrorMessage": "try again"}
                for n in "02"
            ],
        },
    ),
    ("events", "RemoveTargets"): (
        {"Rule": "r", "Ids": ["0", "1", "2"]},
        {},
        {
            "FailedEntryCount": 2,
            "FailedEntries": [
                {"TargetId": n, "ErrorCode": "InternalError", "ErrorMessage": "try again"}
                for n in "02"
            ],
        },
    ),
    ("firehose", "PutRecordBatch"): (
        {"DeliveryStreamName": "s", "Records": [{"Data": n.encode()} for n in "012"]},
        {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"}]},
        {
            "FailedPutCount": 2,
            "RequestResponses": [
                {"ErrorCode": "InternalError", "ErrorMessage": "try again"},
                {"RecordId": "1"},
                {"ErrorCode": "InternalError", "ErrorMessage": "try again"},
            ],
        },
    ),
    ("kinesis", "PutRecords"): (
        {"StreamName": "s", "Records": [{"Data": b"", "PartitionKey": n} for n in "012"]},
        {"FailedRecordCount": 0, "Records": [{"SequenceNumber": "1", "ShardId": "s0"}]},
        {
            "FailedRecordCount": 2,
            "Records": [
                {"ErrorCode": "InternalError", "ErrorMessage": "try again"},
                {"SequenceNumber": "1", "ShardId": "s0"},
                {"ErrorCode": "InternalError", "ErrorMessage": "try again"},
            ],
        },
    ),
    ("logs", "PutLogEvents"): (
        {"logGroupName": "g", "logEvents": [{"timestamp": n, "message": "m"} for n in range(3)]},
        {"nextSequenceToken": "1"},
        {"nextSequenceToken": "1", "rejectedLogEventsInfo": {"tooOldLogEventEndIndex": 2}},
    ),
    ("s3", "DeleteObjects"): (
        {
            "Bucket": "b",
            "Delete": {"Objects": [{"Key": "0", "VersionId": "v"}, {"Key": "1"}, {"Key": "2"}]},
        },
        {"Deleted": [{"Key": "1"}]},
        {
            "Deleted": [{"Key": "1"}],
            "Errors": [
                {"Key": "0", "VersionId": "v", "Code": "InternalError", "Message": "try again"},
                {"Key": "2", "Code": "InternalError", "Message": "try again"},
            ],
        },
    ),
    ("secretsmanager", "BatchGetSecretValue"): (
        {"SecretIdList": ["0", "1", "2"]},
        {"SecretValues": [{"Name": "1"}]},
        {
            "SecretValues": [{"Name": "1"}],
            "Errors": [
                {"SecretId": n, "ErrorCode": "InternalError", "Message": "try again"} for n in "02"
            ],
        },
    ),
} | {
    ("sqs", operation): (
        {"QueueUrl": "q", "Entries": [{"Id": n, **entry} for n in "012"]},
        {"Successful": [{"Id": "1"}]},
        {
            "Successful": [{"Id": "1"}],
            "Failed": [
                {"Id": n, "Code": "InternalError", "Message": "try again", "SenderFault": False}
                for n in "02"
            ],
        },
    )
    for operation, entry in {
        "ChangeMessageVisibilityBatch": {"ReceiptHandle": "h"},
        "DeleteMessageBatch": {"ReceiptHandle": "h"},
        "SendMessageBatch": {"MessageBody": "m"},
    }.items()
}
SAMPLES["sns", "PublishBatch"] = (
    {"TopicArn": "t", "PublishBatchRequestEntries": [{"Id": n, "Message": "m"} for n in "012"]},
    *SAMPLES["sqs", "SendMessageBatch"][1:],
)
IN_ORDER_OF_TIME = {("logs", "PutLogEvents")}
"""Of these the first entries fail, whichever are chosen."""

NO_ERROR_IN_ANSWER = {("dynamodb", "BatchGetItem"), ("dynamodb", "BatchWriteItem")}


@cache
def shapes(service, operation):
    """Give the shapes of an operation's parameters and result, as botocore has them."""
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    return model.input_shape, model.output_shape


def unknown_names(value, shape: Shape, path=""):
    """Give what a value has and its shape lacks."""
    if isinstance(shape, StructureShape):
        for name, part in value.items():
            if name not in shape.members:
                yield f"{path}.{name}"
            else:
                yield from unknown_names(part, shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for part in value:
            yield from unknown_names(part, shape.member, f"{path}[]")
    elif isinstance(shape, MapShape):
        for name, part in value.items():
            yield from unknown_names(part, shape.value, f"{path}.{name}")


def test_each_row_has_a_sample():
    """Every operation that can fail in part is held by the tests below."""
    assert SAMPLES.keys() == BATCHES.keys()


def test_rules_know_the_rows():
    """What rules can be for is what is known here."""
    assert MOST_ENTRIES.keys() == BATCHES.keys()


@pytest.mark.parametrize("key", SAMPLES, ids=".".join)
def test_names_are_those_of_aws(key):
    """Parameters and results have the names that botocore's model of the operation has."""
    parameters, result, answer = SAMPLES[key]
    takes, gives = shapes(*key)

    assert [] == [*unknown_names(parameters, takes), *unknown_names(result, gives)]
    assert [] == [*unknown_names(answer, gives)]


@pytest.mark.parametrize("key", SAMPLES, ids=".".join)
def test_entries_are_taken_out(key):
    """The service gets the entries that were not chosen, in their order, and nothing else differs."""
    parameters = SAMPLES[key][0]
    batch = batch_of(*key)
    entries = batch.entries(parameters)
    kept = [entries[2 if key in IN_ORDER_OF_TIME else 1]]

    rest = batch.without(parameters, {0, 2})

    assert 3 == len(entries)
    assert kept == list(batch.entries(rest))
    assert 3 == len(batch.entries(parameters))
    assert parameters.keys() == rest.keys()


@pytest.mark.parametrize("key", SAMPLES, ids=".".join)
def test_answer_has_both(key):
    """The answer has what the service made of the others, and each entry that failed."""
    parameters, result, answer = SAMPLES[key]

    assert answer == batch_of(*key).answer(parameters, {0, 2}, result, ERROR)


@pytest.mark.parametrize("key", SAMPLES, ids=".".join)
def test_nothing_is_left(key):
    """Where all entries fail the service need not be asked, and the answer is AWS's for that."""
    parameters = SAMPLES[key][0]
    batch = batch_of(*key)

    assert batch.without(parameters, {0, 1, 2}) is None
    if key in NO_ERROR_IN_ANSWER:
        with pytest.raises(AllFailed, match="ProvisionedThroughputExceededException"):
            batch.answer(parameters, {0, 1, 2}, None, ERROR)
    else:
        answer = batch.answer(parameters, {0, 1, 2}, None, ERROR)
        assert [] == [*unknown_names(answer, shapes(*key)[1])]


@pytest.mark.parametrize("key", SAMPLES, ids=".".join)
def test_positions_that_are_not_there_hit_nothing(key):
    """A position past the last entry takes nothing out and adds nothing to the answer."""
    parameters, result, _ = SAMPLES[key]
    batch = batch_of(*key)

    assert batch.entries(parameters) == batch.entries(batch.without(parameters, {3, 99}))
    answer = batch.answer(parameters, {3, 99}, result, ERROR)
    assert "try again" not in str(answer)


def test_an_answer_that_is_complete_is_overwritten():
    """Where nothing was taken out of the request, the places of the chosen entries are told as failed."""
    parameters = SAMPLES["kinesis", "PutRecords"][0]
    result = {"FailedRecordCount": 0, "Records": [{"SequenceNumber": n} for n in "012"]}

    answer = batch_of("kinesis", "PutRecords").answer(parameters, {1}, result, ERROR)

    assert 1 == answer["FailedRecordCount"]
    assert ["SequenceNumber", "ErrorCode", "SequenceNumber"] == [
        next(iter(place)) for place in answer["Records"]
    ]


def test_what_was_read_is_taken_back():
    """An item that was read, and is to count as not processed, is left out of DynamoDB's answer."""
    parameters, _, _ = SAMPLES["dynamodb", "BatchGetItem"]
    result = {"Responses": {"a": [{"id": {"S": "1"}, "n": {"N": "9"}}, {"id": {"S": "0"}}]}}

    answer = batch_of("dynamodb", "BatchGetItem").answer(parameters, {1}, result, ERROR)

    assert {"a": [{"id": {"S": "0"}}]} == answer["Responses"]
    assert [{"id": {"S": "1"}}] == answer["UnprocessedKeys"]["a"]["Keys"]


@pytest.mark.parametrize("key", SAMPLES, ids=".".join)
def test_default_code(key):
    """Every row but those whose answers have no code names the code of an entry that failed."""
    assert bool(batch_of(*key).default_code) == (key not in IN_ORDER_OF_TIME)


def test_other_operations():
    """An operation that takes one thing is none."""
    assert batch_of("sqs", "SendMessage") is None


@pytest.mark.parametrize("key", SAMPLES, ids=".".join)
def test_which_entries_fail(key):
    """Those that were chosen fail, each once and in order, and none that is not there."""
    failing = batch_of(*key).failing(SAMPLES[key][0], {2, 0, 99})

    expected = [0, 1] if key in IN_ORDER_OF_TIME else [0, 2]
    assert expected == list(failing)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (("sqs", "SendMessageBatch"), "Id"),
        (("sns", "PublishBatch"), "Id"),
        (("s3", "DeleteObjects"), "Key"),
    ],
)
def test_what_was_done_and_is_to_count_as_failed(key, name):
    """An entry that was carried out, and is to count as failed, does not stand among the others."""
    parameters, result, _ = SAMPLES[key]
    done = next(iter(result))
    result = {done: [{name: n} for n in "012"]}

    answer = batch_of(*key).answer(parameters, {1}, result, ERROR)

    assert ["0", "2"] == [one[name] for one in answer[done]]


def test_a_secret_goes_by_name_or_arn():
    """A secret that was read, and is to count as failed, is known by either."""
    key = ("secretsmanager", "BatchGetSecretValue")
    result = {"SecretValues": [{"Name": "n", "ARN": "arn:0"}, {"Name": "1", "ARN": "arn:1"}]}

    answer = batch_of(*key).answer({"SecretIdList": ["arn:0", "1"]}, {0, 1}, result, ERROR)

    assert [] == answer["SecretValues"]


@pytest.mark.parametrize("key", SAMPLES, ids=".".join)
def test_entries_are_told_apart(key):
    """Entries that differ in more than the id of one request have identities that differ."""
    identities = [str(one) for one in batch_of(*key).identities(SAMPLES[key][0])]

    differ = 1 if key[1].endswith(("PublishBatch", "MessageBatch", "VisibilityBatch")) else 3
    assert (3, differ) == (len(identities), len(set(identities)))
