"""A scene for each operation that can fail in part: what is sent, and what the emulator has afterwards.

Each has three entries, ``a``, ``b`` and ``c``. Both hosts play them.
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import requests
from botocore.client import BaseClient
from botocore.exceptions import ClientError

NAMES = "abc"
Clients = Callable[[str], BaseClient]
Answer = dict[str, Any]


class Scene(NamedTuple):
    """One call with three entries."""

    call: Callable[[], Answer]
    done: Callable[[], set[str]]
    """Which of them the emulator carried out."""
    failed: Callable[[Answer], list[str]]
    """Which of them the answer tells to have failed, in order."""
    code: Callable[[Answer], str | None] = lambda _: None
    """The code of the first of those."""


def _unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def _failed(answer: Answer) -> list[str]:
    return [entry["Id"] for entry in answer.get("Failed") or ()]


def _code(answer: Answer) -> str | None:
    code: str = answer["Failed"][0]["Code"]
    return code


def _queue(clients: Clients) -> tuple[BaseClient, str]:
    sqs = clients("sqs")
    return sqs, sqs.create_queue(QueueName=_unique("queue"))["QueueUrl"]


def _bodies(sqs: BaseClient, url: str) -> set[str]:
    """Give the bodies of the messages that are visible."""
    found: set[str] = set()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        messages = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60, WaitTimeSeconds=1
        ).get("Messages")
        if not messages:
            break
        found |= {message["Body"] for message in messages}
    return found


def _received(sqs: BaseClient, url: str) -> dict[str, str]:
    """Send the three, and receive them; give the handle of each."""
    for name in NAMES:
        sqs.send_message(QueueUrl=url, MessageBody=name)
    handles: dict[str, str] = {}
    until = time.monotonic() + 10
    while len(handles) < 3 and time.monotonic() < until:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)
        handles |= {m["Body"]: m["ReceiptHandle"] for m in answer.get("Messages") or ()}
    return handles


def sqs_send(clients: Clients) -> Scene:
    """SQS SendMessageBatch."""
    sqs, url = _queue(clients)
    entries = [{"Id": name, "MessageBody": name} for name in NAMES]
    return Scene(
        lambda: sqs.send_message_batch(QueueUrl=url, Entries=entries),
        lambda: _bodies(sqs, url),
        _failed,
        _code,
    )


def sqs_send_by_query(clients: Clients) -> Scene:
    """SQS SendMessageBatch by the former Query API, as older SDKs send it."""
    sqs, url = _queue(clients)
    fields = {"Action": "SendMessageBatch", "Version": "2012-11-05", "QueueUrl": url}
    for number, name in enumerate(NAMES, 1):
        fields[f"SendMessageBatchRequestEntry.{number}.Id"] = name
        fields[f"SendMessageBatchRequestEntry.{number}.MessageBody"] = name

    def call() -> Answer:
        scope = "test/20260101/us-east-1/sqs/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        answer = requests.post(
            sqs.meta.endpoint_url, data=fields, headers={"Authorization": signed}, timeout=30
        )
        assert 200 == answer.status_code, answer.text
        parts = answer.text.split("<BatchResultErrorEntry>")[1:]
        return {
            "Failed": [
                {name: part.split(f"<{name}>")[1].split("<")[0] for name in ("Id", "Code")}
                for part in parts
            ]
        }

    return Scene(call, lambda: _bodies(sqs, url), _failed, _code)


def sqs_delete(clients: Clients) -> Scene:
    """SQS DeleteMessageBatch."""
    sqs, url = _queue(clients)
    handles = _received(sqs, url)
    entries = [{"Id": name, "ReceiptHandle": handles[name]} for name in NAMES]

    def done() -> set[str]:
        for name in NAMES:  # a message that is gone cannot become visible
            try:
                sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=handles[name], VisibilityTimeout=0
                )
            except sqs.exceptions.ClientError:
                continue
        return set(NAMES) - _bodies(sqs, url)

    return Scene(
        lambda: sqs.delete_message_batch(QueueUrl=url, Entries=entries), done, _failed, _code
    )


def sqs_visibility(clients: Clients) -> Scene:
    """SQS ChangeMessageVisibilityBatch."""
    sqs, url = _queue(clients)
    handles = _received(sqs, url)
    entries = [
        {"Id": name, "ReceiptHandle": handles[name], "VisibilityTimeout": 0} for name in NAMES
    ]
    return Scene(
        lambda: sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries),
        lambda: _bodies(sqs, url),
        _failed,
        _code,
    )


def sns(clients: Clients) -> Scene:
    """SNS PublishBatch."""
    sqs, url = _queue(clients)
    sns = clients("sns")
    topic = sns.create_topic(Name=_unique("topic"))["TopicArn"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )  # fmt: skip
    entries = [{"Id": name, "Message": name} for name in NAMES]
    return Scene(
        lambda: sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries),
        lambda: _bodies(sqs, url),
        _failed,
        _code,
    )


def events_put(clients: Clients) -> Scene:
    """EventBridge PutEvents."""
    sqs, url = _queue(clients)
    events, rule = clients("events"), _unique("rule")
    source = _unique("source")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    entries = [{"Source": source, "DetailType": name, "Detail": "{}"} for name in NAMES]
    return Scene(
        lambda: events.put_events(Entries=entries),
        lambda: {json.loads(body)["detail-type"] for body in _bodies(sqs, url)},
        lambda answer: _placed(answer["Entries"], answer["FailedEntryCount"]),
        lambda answer: _first_code(answer["Entries"]),
    )


def _placed(places: list[Answer], count: int) -> list[str]:
    assert 3 == len(places)
    failed = [NAMES[i] for i, place in enumerate(places) if place.get("ErrorCode")]
    assert count == len(failed)
    return failed


def _first_code(places: list[Answer]) -> str | None:
    return next(place["ErrorCode"] for place in places if place.get("ErrorCode"))


def _rule(clients: Clients) -> tuple[BaseClient, str, list[Answer]]:
    events, rule = clients("events"), _unique("rule")
    events.put_rule(Name=rule, ScheduleExpression="rate(1 day)")
    arn = "arn:aws:sqs:us-east-1:000000000000:{}"
    return events, rule, [{"Id": name, "Arn": arn.format(name)} for name in NAMES]


def _targets(events: BaseClient, rule: str) -> set[str]:
    return {target["Id"] for target in events.list_targets_by_rule(Rule=rule)["Targets"]}


def _failed_targets(answer: Answer) -> list[str]:
    failed = [entry["TargetId"] for entry in answer.get("FailedEntries") or ()]
    assert len(failed) == answer["FailedEntryCount"]
    return failed


def put_targets(clients: Clients) -> Scene:
    """EventBridge PutTargets."""
    events, rule, targets = _rule(clients)
    return Scene(
        lambda: events.put_targets(Rule=rule, Targets=targets),
        lambda: _targets(events, rule),
        _failed_targets,
        lambda answer: _first_code(answer["FailedEntries"]),
    )


def remove_targets(clients: Clients) -> Scene:
    """EventBridge RemoveTargets."""
    events, rule, targets = _rule(clients)
    events.put_targets(Rule=rule, Targets=targets)
    return Scene(
        lambda: events.remove_targets(Rule=rule, Ids=list(NAMES)),
        lambda: set(NAMES) - _targets(events, rule),
        _failed_targets,
        lambda answer: _first_code(answer["FailedEntries"]),
    )


def s3(clients: Clients) -> Scene:
    """S3 DeleteObjects."""
    s3, bucket = clients("s3"), _unique("bucket")
    s3.create_bucket(Bucket=bucket)
    for name in NAMES:
        s3.put_object(Bucket=bucket, Key=name)
    objects = [{"Key": name} for name in NAMES]
    return Scene(
        lambda: s3.delete_objects(Bucket=bucket, Delete={"Objects": objects}),
        lambda: (
            set(NAMES)
            - {one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents") or ()}
        ),
        lambda answer: [one["Key"] for one in answer.get("Errors") or ()],
        lambda answer: answer["Errors"][0]["Code"],
    )


def secrets(clients: Clients) -> Scene:
    """Secrets Manager BatchGetSecretValue."""
    manager, prefix = clients("secretsmanager"), _unique("secret")
    ids = [f"{prefix}-{name}" for name in NAMES]
    for each in ids:
        manager.create_secret(Name=each, SecretString="s")
    answers: list[Answer] = []

    def call() -> Answer:
        answers.append(manager.batch_get_secret_value(SecretIdList=ids))
        return answers[-1]

    return Scene(
        call,
        lambda: {one["Name"][-1] for one in answers[-1]["SecretValues"]},
        lambda answer: [one["SecretId"][-1] for one in answer.get("Errors") or ()],
        lambda answer: answer["Errors"][0]["ErrorCode"],
    )


def logs(clients: Clients) -> Scene:
    """CloudWatch Logs PutLogEvents, whose answer has no code. The first events fail, whichever are chosen."""
    logs, group = clients("logs"), _unique("group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    events = [{"timestamp": now + i, "message": name} for i, name in enumerate(NAMES)]
    place = {"logGroupName": group, "logStreamName": "s"}
    return Scene(
        lambda: logs.put_log_events(**place, logEvents=events),
        lambda: {event["message"] for event in logs.get_log_events(**place)["events"]},
        lambda answer: list(
            NAMES[: (answer.get("rejectedLogEventsInfo") or {}).get("tooOldLogEventEndIndex", 0)]
        ),
    )


def firehose(clients: Clients) -> Scene:
    """Firehose PutRecordBatch."""
    s3, bucket = clients("s3"), _unique("bucket")
    s3.create_bucket(Bucket=bucket)
    firehose, stream = clients("firehose"), _unique("stream")
    target = {"RoleARN": "arn:aws:iam::000000000000:role/r", "BucketARN": f"arn:aws:s3:::{bucket}"}
    firehose.create_delivery_stream(
        DeliveryStreamName=stream, ExtendedS3DestinationConfiguration=target
    )
    until = time.monotonic() + 20
    while time.monotonic() < until:
        described = firehose.describe_delivery_stream(DeliveryStreamName=stream)
        if described["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE":
            break
        time.sleep(0.1)
    records = [{"Data": name.encode()} for name in NAMES]

    def done() -> set[str]:
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents") or ()]
        bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys]
        return set("".join(bodies)) & set(NAMES)

    return Scene(
        lambda: firehose.put_record_batch(DeliveryStreamName=stream, Records=records),
        done,
        lambda answer: _placed(answer["RequestResponses"], answer["FailedPutCount"]),
        lambda answer: _first_code(answer["RequestResponses"]),
    )


def kinesis(clients: Clients) -> Scene:
    """Kinesis PutRecords."""
    kinesis, stream = clients("kinesis"), _unique("stream")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    records = [{"Data": name.encode(), "PartitionKey": name} for name in NAMES]

    def done() -> set[str]:
        shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = kinesis.get_records(ShardIterator=iterator)["Records"]
        return {record["Data"].decode() for record in records}

    return Scene(
        lambda: kinesis.put_records(StreamName=stream, Records=records),
        done,
        lambda answer: _placed(answer["Records"], answer["FailedRecordCount"]),
        lambda answer: _first_code(answer["Records"]),
    )


def _table(clients: Clients) -> tuple[BaseClient, str]:
    dynamodb, table = clients("dynamodb"), _unique("table")
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb, table


def dynamodb_write(clients: Clients) -> Scene:
    """DynamoDB BatchWriteItem, whose answer has no code."""
    dynamodb, table = _table(clients)
    puts = [{"PutRequest": {"Item": {"id": {"S": name}, "b": {"B": b"\xff"}}}} for name in NAMES]
    return Scene(
        lambda: dynamodb.batch_write_item(RequestItems={table: puts}),
        lambda: {item["id"]["S"] for item in dynamodb.scan(TableName=table)["Items"]},
        lambda answer: [
            put["PutRequest"]["Item"]["id"]["S"]
            for put in answer["UnprocessedItems"].get(table) or ()
        ],
    )


def dynamodb_get(clients: Clients) -> Scene:
    """DynamoDB BatchGetItem, whose answer has no code."""
    dynamodb, table = _table(clients)
    for name in NAMES:
        dynamodb.put_item(TableName=table, Item={"id": {"S": name}})
    keys = [{"id": {"S": name}} for name in NAMES]
    answers: list[Answer] = []

    def call() -> Answer:
        answers.append(dynamodb.batch_get_item(RequestItems={table: {"Keys": keys}}))
        return answers[-1]

    return Scene(
        call,
        lambda: {item["id"]["S"] for item in answers[-1]["Responses"][table]},
        lambda answer: [
            key["id"]["S"] for key in (answer["UnprocessedKeys"].get(table) or {"Keys": ()})["Keys"]
        ],
    )


SCENES: dict[str, Callable[[Clients], Scene]] = {
    "sqs.SendMessageBatch": sqs_send,
    "sqs.SendMessageBatch by query": sqs_send_by_query,
    "sqs.DeleteMessageBatch": sqs_delete,
    "sqs.ChangeMessageVisibilityBatch": sqs_visibility,
    "sns.PublishBatch": sns,
    "events.PutEvents": events_put,
    "events.PutTargets": put_targets,
    "events.RemoveTargets": remove_targets,
    "s3.DeleteObjects": s3,
    "secretsmanager.BatchGetSecretValue": secrets,
    "logs.PutLogEvents": logs,
    "firehose.PutRecordBatch": firehose,
    "kinesis.PutRecords": kinesis,
    "dynamodb.BatchWriteItem": dynamodb_write,
    "dynamodb.BatchGetItem": dynamodb_get,
}

FIRST_FAIL = {"logs.PutLogEvents"}
"""Of these the first entries fail, whichever are chosen."""

READS = {"secretsmanager.BatchGetSecretValue", "dynamodb.BatchGetItem"}
"""What they carry out can be seen in the answer alone."""

ALL_REFUSED = {"dynamodb.BatchWriteItem", "dynamodb.BatchGetItem"}
"""Where all entries fail, AWS answers with an error."""


def rule(name: str, **fields: Any) -> dict[str, Any]:
    """Give a rule for the operation of a scene."""
    service, _, operation = name.partition(" ")[0].partition(".")
    return {"service": service, "operation": operation, **fields}


def play_before(name: str, clients: Clients, post: Callable[[list[Any]], Any]) -> None:
    """Two entries fail before the service has them: it gets the other one, and the answer has all."""
    scene = SCENES[name](clients)
    error = {"code": "SomethingElse", "statusCode": 400}
    post([rule(name, partial={"indexes": [2, 0]}, error=error)])
    answer = scene.call()
    post([])

    expected = "ab" if name in FIRST_FAIL else "ac"
    assert list(expected) == scene.failed(answer)
    assert set(NAMES) - set(expected) == scene.done()
    assert scene.code(answer) in ("SomethingElse", None)


def play_after(name: str, clients: Clients, post: Callable[[list[Any]], Any]) -> None:
    """An entry is carried out and told to have failed."""
    scene = SCENES[name](clients)
    post([rule(name, partial={"count": 1}, phase="after")])
    answer = scene.call()
    post([])

    assert ["a"] == scene.failed(answer)
    assert (set("bc") if name in READS else set(NAMES)) == scene.done()


def play_all(name: str, clients: Clients, post: Callable[[list[Any]], Any]) -> None:
    """All entries fail: the service gets none, and the answer is AWS's for that."""
    scene = SCENES[name](clients)
    post([rule(name, partial={"share": 1})])
    if name in ALL_REFUSED:
        with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
            scene.call()
        post([])
        assert name in READS or set() == scene.done()
        return
    answer = scene.call()
    post([])

    assert list(NAMES) == scene.failed(answer)
    assert set() == scene.done()
