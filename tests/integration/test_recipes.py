"""Every recipe of docs/recipes.md does what it says. Times are shortened, nothing else is changed."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

RECIPES = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text()
ONCE = {"total_max_attempts": 1}
IN_SECONDS = ("after", "duration")


def recipe(heading: str, speed: float = 1) -> list[dict[str, Any]]:
    """Give the rules under a heading, with all times divided by ``speed``."""
    section = RECIPES.split(f"## {heading}\n")[1].split("\n## ")[0]
    (text,) = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    rules = json.loads(text)
    for rule in rules:
        for name in IN_SECONDS:
            if name in rule:
                rule[name] /= speed
        for name in rule.get("flap", {}):
            rule["flap"][name] /= speed
    return rules


def outcome(call: Callable[[], Any]) -> str:
    """Make a call; give the error code it ends with, or the exception's name, or ``ok``."""
    try:
        call()
    except ClientError as e:
        return e.response["Error"]["Code"]
    except BotoCoreError as e:
        return type(e).__name__
    return "ok"


def outcomes(call: Callable[[], Any], count: int) -> list[str]:
    """Make a call several times."""
    return [outcome(call) for _ in range(count)]


def wait_for(wanted: str, call: Callable[[], Any], seconds: float = 10) -> float:
    """Make a call until it has an outcome; give how long that took, in seconds."""
    started = time.monotonic()
    while (found := outcome(call)) != wanted:
        assert time.monotonic() - started < seconds, f"still {found}, not {wanted}"
        time.sleep(0.05)
    return time.monotonic() - started


@pytest.fixture
def queue(client):
    """A function that sends a message, once or with the given retries."""
    url = client("sqs").create_queue(QueueName="recipes")["QueueUrl"]

    def send(retries: dict[str, Any] = ONCE) -> None:
        client("sqs", retries=retries).send_message(QueueUrl=url, MessageBody="x")

    return send


@pytest.fixture
def bucket(client):
    """A bucket with a large object, ``big``."""
    s3 = client("s3")
    s3.create_bucket(Bucket="recipes")
    s3.put_object(Bucket="recipes", Key="big", Body=b"x" * 500_000)
    return "recipes"


def test_fail_twice_then_work(outages, queue) -> None:
    """Two calls fail and the third works; an SDK that retries notices nothing."""
    outages.post(recipe("Fail twice, then work"))
    assert ["InternalFailure", "InternalFailure", "ok"] == outcomes(queue, 3)

    outages.post(recipe("Fail twice, then work"))
    assert "ok" == outcome(lambda: queue({"mode": "standard", "total_max_attempts": 3}))


def test_fail_work_fail(outages, queue) -> None:
    """The steps come in their order, and then the rule is spent."""
    outages.post(recipe("Fail, work, fail"))

    expected = ["ServiceUnavailable", "ok", "RequestThrottled", "RequestThrottled", "ok"]
    assert expected == outcomes(queue, 5)
    assert [] == outages.get()[1]


def test_throttle_one_table(outages, client) -> None:
    """PutItem on that table is throttled over its rate, and nothing else is."""
    dynamodb = client("dynamodb", retries=ONCE)
    # DynamoDB itself cannot run here: what the throttle lets pass meets a second rule.
    outages.post([*recipe("Throttle one table"), {"service": "dynamodb", "error": "internal"}])

    def put(table: str) -> Any:
        return dynamodb.put_item(TableName=table, Item={"id": {"S": "1"}})

    throttled = "ProvisionedThroughputExceededException"
    found = outcomes(lambda: put("orders"), 8)
    assert ["InternalServerError"] * 5 == found[:5]
    assert throttled in found[5:]
    assert {"InternalServerError"} == set(outcomes(lambda: put("others"), 8))
    assert "InternalServerError" == outcome(lambda: dynamodb.describe_table(TableName="orders"))


def test_one_bucket_one_prefix(outages, client, bucket) -> None:
    """Keys with the prefix in that bucket fail; others, and calls without a key, do not."""
    s3 = client("s3", retries=ONCE)
    s3.create_bucket(Bucket="reports")
    outages.post(recipe("One bucket, one prefix"))

    def put(name: str, key: str) -> str:
        return outcome(lambda: s3.put_object(Bucket=name, Key=key, Body=b"x"))

    assert "ServiceUnavailableException" == put("reports", "2026/a")
    assert "ok" == put("reports", "2025/a")
    assert "ok" == put(bucket, "2026/a")
    assert "ok" == outcome(lambda: s3.list_objects_v2(Bucket="reports"))


def test_a_region_dies_and_comes_back(outages, client) -> None:
    """It works until its time comes, then it is out, then it is back and the rule has ended."""
    sts = client("sts", "eu-west-1", retries=ONCE)
    outages.post(recipe("A region dies and comes back", speed=60))

    assert "ok" == outcome(sts.get_caller_identity)
    wait_for("ServiceUnavailableException", sts.get_caller_identity)
    assert "ok" == outcome(client("sts", "us-east-1", retries=ONCE).get_caller_identity)
    wait_for("ok", sts.get_caller_identity)
    assert ["ended"] == [gone["state"] for gone in outages.status()[1]["departed"][:1]]


def test_brown_out(outages, client) -> None:
    """Few calls fail at first and most do at the end."""
    sns = client("sns", retries=ONCE)
    rules = recipe("Brown-out", speed=50)
    rules[1]["latency"] = {"from": 1, "to": 20}
    outages.post(rules)
    found = []
    started = time.monotonic()
    while time.monotonic() - started < 5.8:
        found.append(outcome(sns.list_topics) != "ok")

    third = len(found) // 3
    first, last = sum(found[:third]) / third, sum(found[-third:]) / third
    assert first < 0.35 < 0.5 < last


def test_a_slow_recovery(outages, client) -> None:
    """All calls fail for a while, then some, then none."""
    kms = client("kms", retries=ONCE)
    outages.post(recipe("A slow recovery", speed=60))

    assert ["ServiceUnavailableException"] * 10 == outcomes(kms.list_keys, 10)
    wait_for("ok", kms.list_keys)
    deadline = time.monotonic() + 10
    while outages.get()[1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert ["ok"] * 5 == outcomes(kms.list_keys, 5)


def test_a_flapping_service(outages, client) -> None:
    """It goes down, comes up and goes down again."""
    functions = client("lambda", retries=ONCE)
    outages.post(recipe("A flapping service", speed=10))

    for wanted in ("ServiceUnavailableException", "ok", "ServiceUnavailableException", "ok"):
        wait_for(wanted, functions.list_functions)


def test_slow_as_in_the_tail(outages, client, bucket) -> None:
    """Downloads are delayed, half of them by no more than the median."""
    s3 = client("s3", retries=ONCE)
    rules = recipe("Slow, as in the tail of a real service")
    rules[0]["seed"] = 3
    outages.post(rules)
    took = []
    for _ in range(15):
        started = time.monotonic()
        s3.head_object(Bucket=bucket, Key="big")
        s3.get_object(Bucket=bucket, Key="big")
        took.append(time.monotonic() - started)

    assert max(took) > 0.05
    assert 15 == outages.status()[1]["rules"][0]["hits"]


def test_an_answer_that_never_comes(outages, client) -> None:
    """The client gives up when its own read time-out is over."""
    sts = client("sts", retries=ONCE, read_timeout=1)
    outages.post(recipe("An answer that never comes"))
    started = time.monotonic()

    assert "ReadTimeoutError" == outcome(sts.get_caller_identity)
    assert time.monotonic() - started >= 1


def test_half_a_download(outages, client, bucket) -> None:
    """Some downloads stop in the middle, and the client is told."""
    s3 = client("s3", retries=ONCE)
    outages.post(recipe("Half a download"))
    broken = 0
    for _ in range(40):
        try:
            body = s3.get_object(Bucket=bucket, Key="big")["Body"].read()
        except Exception:  # noqa: BLE001 - urllib3's and botocore's errors both come here
            broken += 1
        else:
            assert 500_000 == len(body)

    assert outages.status()[1]["rules"][0]["hits"] == broken > 0


def test_only_among_localstacks_services(outages, client, queue) -> None:
    """SNS cannot deliver to SQS while the client's own calls to SQS work."""
    sns, sqs = client("sns"), client("sqs", retries=ONCE)
    topic = sns.create_topic(Name="recipes")["TopicArn"]
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = arn["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    outages.post(recipe("Only what LocalStack's services do among themselves"))
    sns.publish(TopicArn=topic, Message="lost")

    deadline = time.monotonic() + 10
    while not outages.status()[1]["rules"][0]["hits"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "ok" == outcome(lambda: sqs.list_queues())


def test_the_deployment_pipeline(outages, client) -> None:
    """The stack fails and says why."""
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    cloudformation = client("cloudformation")
    outages.post(recipe("The deployment pipeline"))
    cloudformation.create_stack(StackName="recipes", TemplateBody=template)
    deadline = time.monotonic() + 60
    while True:
        (stack,) = cloudformation.describe_stacks(StackName="recipes")["Stacks"]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    outages.post([])
    events = cloudformation.describe_stack_events(StackName="recipes")["StackEvents"]
    cloudformation.delete_stack(StackName="recipes")

    assert stack["StackStatus"] in ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
    assert [e for e in events if "InternalError" in e.get("ResourceStatusReason", "")]


def test_everything_one_account(outages, client) -> None:
    """One account is out, another is not."""
    outages.post(recipe("Everything, one account"))
    out = client("sts", retries=ONCE, access_key="111111111111")
    well = client("sts", retries=ONCE, access_key="222222222222")

    assert "ServiceUnavailableException" == outcome(out.get_caller_identity)
    assert "ok" == outcome(well.get_caller_identity)


def test_every_recipe_has_a_test() -> None:
    """No recipe stands in the docs that is not run here."""
    headings = re.findall(r"^## (.*)$", RECIPES, re.MULTILINE)
    run = set(re.findall(r'recipe\("([^"]+)"', Path(__file__).read_text()))

    # What stands under the last one is run by test_startup_rules.
    assert {*run, "Rules from the start"} == set(headings)
