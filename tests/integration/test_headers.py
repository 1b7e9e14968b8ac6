"""Headers: a rule may ask for those of a request, and each answer that a rule touched names it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from .helpers import ONCE, OUT, outcome, signed, unique, wait_until

RULE = "x-outages-rule"


def metadata(call: Any) -> dict[str, Any]:
    """Make a call; give what boto3 tells of its answer, good or bad."""
    try:
        answer = call()
    except ClientError as e:
        answer = e.response
    return answer["ResponseMetadata"]


def named(call: Any) -> str | None:
    """Make a call; give the rule that its answer names."""
    return metadata(call)["HTTPHeaders"].get(RULE)


def ids(outages: Any) -> list[str]:
    """Give the ids of the rules in the list."""
    return [rule["id"] for rule in outages.status()[1]["rules"]]


def with_header(made: Any, name: str, value: str) -> Any:
    """Have a client of boto3 send a header with each of its calls."""
    made.meta.events.register(
        "before-call", lambda params, **_: params["headers"].update({name: value})
    )
    return made


@pytest.fixture
def tagged(client) -> Any:
    """Makes clients that send a header."""

    def make(service: str, value: str, name: str = "X-Test-Id") -> Any:
        return with_header(client(service, retries=ONCE), name, value)

    return make


@pytest.fixture
def bucket(client) -> Iterator[str]:
    """A bucket."""
    s3, name = client("s3"), unique("headers")
    s3.create_bucket(Bucket=name)
    yield name
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    ("service", "operation"),
    [("s3", "list_buckets"), ("sts", "get_caller_identity"), ("sqs", "list_queues")],
)
def test_own_outages(outages, client, tagged, service: str, operation: str) -> None:
    """Two clients have an outage each, told apart by a header; a third one has none."""
    outages.post([
        {"service": service, "header": {"x-test-id": "one"}, "error": "denied"},
        {"header": {"x-test-id": "two-*"}},
    ])  # fmt: skip
    one, two = tagged(service, "one"), tagged(service, "two-2")
    plain, third = client(service, retries=ONCE), tagged(service, "three")

    for _ in range(3):  # the first call of its kind goes another way than the others
        assert [403, 503] == [metadata(getattr(c, operation))["HTTPStatusCode"] for c in (one, two)]
        assert ["ok"] * 2 == [outcome(getattr(c, operation)) for c in (plain, third)]
    hits = [rule["hits"] for rule in outages.status()[1]["rules"]]
    assert [3, 3] == hits


def test_an_application_id(outages, client, monkeypatch) -> None:
    """A client that has an id of its application in its environment is told by it."""
    outages.post([{"service": "sqs", "header": {"user-agent": "*app/run-7*"}}])
    plain = client("sqs", retries=ONCE)
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "run-7")
    own = client("sqs", retries=ONCE)

    assert [OUT, "ok"] == [outcome(own.list_queues), outcome(plain.list_queues)]


def test_all_headers_must_match(outages, tagged) -> None:
    """A request without one of the headers passes."""
    outages.post([{"service": "sqs", "header": {"x-test-id": "*", "x-team": "payments"}}])
    one = tagged("sqs", "1")

    assert "ok" == outcome(one.list_queues)
    assert OUT == outcome(with_header(one, "x-team", "payments").list_queues)


def test_a_header_beside_a_condition(outages, tagged, client, bucket: str) -> None:
    """A rule asks for a header and for parameters."""
    outages.post([{"header": {"x-test-id": "1"}, "condition": f"Bucket == '{bucket}'"}])
    one = tagged("s3", "1")

    assert OUT == outcome(lambda: one.list_objects_v2(Bucket=bucket))
    assert "ok" == outcome(one.list_buckets)
    assert "ok" == outcome(lambda: client("s3", retries=ONCE).list_objects_v2(Bucket=bucket))


def test_headers_that_stand_twice(outages, endpoint) -> None:
    """Headers of one name are one value, with a comma between them."""
    outages.post([{"service": "sts", "header": {"x-test-id": "one,*two"}}])
    answer = signed(
        endpoint,
        "sts",
        body=b"Action=GetCallerIdentity&Version=2011-06-15",
        headers={"Content-Type": "application/x-www-form-urlencoded", "X-Test-Id": "one,two"},
    )

    assert 503 == answer.status_code


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({}, 503),
        ({"error": "throttling", "retryAfter": 1}, 400),
        ({"error": "skewed"}, 403),
        ({"latency": 1}, 200),
        ({"latency": 1, "error": "internal"}, 500),
        ({"error": "internal", "phase": "after"}, 500),
        ({"latency": 1, "phase": "after"}, 200),
        ({"payload": {"bandwidth": 1_000_000}}, 200),
    ],
    ids=str,
)
def test_the_answer_names_the_rule(outages, client, fault: dict[str, Any], status: int) -> None:
    """Whatever a rule does to a call that is answered, the answer has the rule's id, once."""
    outages.post([{"service": "s3"}, {"service": "sts", **fault}])
    sts, (_, rule) = client("sts", retries=ONCE), ids(outages)

    for _ in range(2):
        found = metadata(sts.get_caller_identity)
        assert (rule, status) == (found["HTTPHeaders"].get(RULE), found["HTTPStatusCode"])


def test_of_entries_and_pages(outages, client, bucket: str) -> None:
    """So do answers of which a rule changed a part."""
    sqs, s3 = client("sqs", retries=ONCE), client("s3", retries=ONCE)
    queue = sqs.create_queue(QueueName=unique("entries"))["QueueUrl"]
    entries = [{"Id": str(n), "MessageBody": "x"} for n in range(3)]
    outages.post([
        {"service": "sqs", "partial": {"count": 1}, "error": "internal", "times": 1},
        {"service": "sqs", "partial": {"count": 3}, "error": "internal", "times": 1},
        {"service": "s3", "operation": "ListObjectsV2", "listing": "empty"},
    ])  # fmt: skip
    some, all_of_them, pages = ids(outages)

    def send() -> Any:
        return sqs.send_message_batch(QueueUrl=queue, Entries=entries)

    def add_two() -> None:
        for key in "ab":
            s3.put_object(Bucket=bucket, Key=key)

    assert [some, all_of_them, None] == [named(send) for _ in range(3)]
    add_two()
    try:
        page = s3.list_objects_v2(Bucket=bucket, MaxKeys=1)
        found = page["ResponseMetadata"]["HTTPHeaders"].get(RULE)
        assert (pages, []) == (found, page.get("Contents", []))
    finally:
        for key in "ab":
            s3.delete_object(Bucket=bucket, Key=key)
        outages.post([])
        sqs.delete_queue(QueueUrl=queue)


def test_untouched(outages, client) -> None:
    """The answer to a call that no rule touched names none, nor does one of a rule that did not fire."""
    outages.post([{"service": "sts", "times": 1}, {"service": "sts", "condition": "Nothing"}])
    sts, (first, _) = client("sts", retries=ONCE), ids(outages)

    assert [first, None] == [named(sts.get_caller_identity) for _ in range(2)]


def test_of_a_rule_that_is_deleted_meanwhile(outages, client) -> None:
    """A call that waited for a rule which was deleted says who held it up."""
    outages.post([{"service": "sts", "latency": 20_000, "error": "internal"}])
    (rule,) = ids(outages)

    def end_it() -> None:
        wait_until(lambda: outages.status()[1]["rules"][0]["hits"])
        outages.post([])

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(end_it)
        found = metadata(client("sts", retries=ONCE).get_caller_identity)
        ended.result()
    assert (200, rule) == (found["HTTPStatusCode"], found["HTTPHeaders"].get(RULE))


def test_the_control_api_names_none(outages, endpoint) -> None:
    """Answers of the control API have no such header."""
    outages.post([{}])

    assert RULE not in requests.get(f"{endpoint}/_extension/outages/outages", timeout=5).headers
