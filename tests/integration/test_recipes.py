"""Every recipe of docs/recipes.md does what it says. Times are shortened, nothing else is changed."""

import json
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

RECIPES = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text()
ONCE = {"total_max_attempts": 1}
IN_SECONDS = ("after", "duration")


def recipe(heading: str, speed: float = 1, number: int = 0) -> list[dict[str, Any]]:
    """Give the rules under a heading, with all times divided by ``speed``.

    :param number: which of the lists there, from 0
    """
    section = RECIPES.split(f"## {heading}\n")[1].split("\n## ")[0]
    text = re.findall(r"```json\n(.*?)```", section, re.DOTALL)[number]
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


def test_the_third_write_fails_for_good(outages, queue) -> None:
    """All attempts of the third call fail, and the calls before and after it work at once."""
    outages.post(recipe("The third write fails for good"))

    expected = ["ok", "ok", "InternalFailure", "ok"]
    retries = {"mode": "standard", "total_max_attempts": 3}
    assert expected == outcomes(lambda: queue(retries), 4)
    assert 3 == outages.send("GET", path="/status")[1]["rules"][0]["hits"]


def test_a_double_payment(outages, client, queue) -> None:
    """The SDK notices nothing but a retry, and the message is in the queue twice."""
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="recipes")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    outages.post(recipe("A double payment"))
    assert "ok" == outcome(lambda: queue({"mode": "standard", "total_max_attempts": 3}))

    count = "ApproximateNumberOfMessages"
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[count])
    assert "2" == found["Attributes"][count]


@pytest.mark.host("gateway", reason="needs DynamoDB, which LocalStack cannot run here")
def test_a_payment_that_meets_itself(outages, client) -> None:
    """The payment is booked, and the SDK's second attempt says that it cannot be."""
    dynamodb = client("dynamodb", retries={"mode": "standard", "total_max_attempts": 3})
    dynamodb.create_table(
        TableName="payments",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    payment = {"TableName": "payments", "Item": {"id": {"S": "1"}}}
    outages.post(recipe("A double payment", number=1))
    once = {**payment, "ConditionExpression": "attribute_not_exists(id)"}

    assert "ConditionalCheckFailedException" == outcome(lambda: dynamodb.put_item(**once))
    assert 1 == dynamodb.scan(TableName="payments")["Count"]
    dynamodb.delete_table(TableName="payments")


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


def test_one_prefix_of_a_batch(outages, client) -> None:
    """A call that deletes keys with the prefix fails by the second rule, and by the first it does not."""
    s3 = client("s3", retries=ONCE)
    s3.create_bucket(Bucket="reports")

    def delete(*keys: str) -> str:
        objects = {"Objects": [{"Key": key} for key in keys]}
        return outcome(lambda: s3.delete_objects(Bucket="reports", Delete=objects))

    outages.post(recipe("One bucket, one prefix"))
    assert "ok" == delete("2025/a", "2026/a")
    outages.post(recipe("One bucket, one prefix", number=1))
    assert "ServiceUnavailableException" == delete("2025/a", "2026/a")
    assert "ok" == delete("2025/a")


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
    sns.list_topics()  # the first call takes the time to load the service
    rules = recipe("Brown-out", speed=50)
    rules[1]["latency"] = {"from": 1, "to": 20}
    outages.post(rules)
    failed: list[list[bool]] = [[], [], []]  # by the third of the time in which the call is made
    started = time.monotonic()
    while (passed := time.monotonic() - started) < 5.7:
        failed[int(passed / 1.9)].append(outcome(sns.list_topics) != "ok")

    first, _, last = (sum(third) / len(third) for third in failed)
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
    rules = recipe("Slow, like the tail of a real service")
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


def test_a_download_with_a_wrong_byte(outages, client, bucket) -> None:
    """The check sum is wrong once; the next download is right."""
    s3 = client("s3", retries=ONCE)
    s3.put_object(Bucket=bucket, Key="sum", Body=b"x" * 1000, ChecksumAlgorithm="CRC32")
    outages.post(recipe("A download with a wrong byte"))

    def download() -> None:
        s3.get_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")["Body"].read()

    assert ["FlexibleChecksumError", "ok"] == outcomes(download, 2)


def test_a_batch_writer_that_loses_records(outages, client) -> None:
    """A writer that trusts the 200 loses two records; one that looks at ``Failed`` loses none."""
    sqs = client("sqs", retries=ONCE)
    entries = [{"Id": name, "MessageBody": name} for name in "abc"]

    def written(looks: bool) -> set[str]:
        url = sqs.create_queue(QueueName=f"records-{looks}")["QueueUrl"]
        outages.post(recipe("A batch writer that loses records"))
        left = entries
        while left:
            failed = {e["Id"] for e in send(url, left).get("Failed", ()) if looks}
            left = [entry for entry in left if entry["Id"] in failed]
        answers = [sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1) for _ in range(4)]
        return {m["Body"] for answer in answers for m in answer.get("Messages", ())}

    def send(url: str, left: list[dict[str, str]]) -> dict[str, Any]:
        answer: dict[str, Any] = sqs.send_message_batch(QueueUrl=url, Entries=left)
        return answer

    assert {"b"} == written(looks=False)
    assert set("abc") == written(looks=True)


def test_an_export_that_stops_at_an_empty_page(outages, client, bucket) -> None:
    """A loop that stops without items gets the first page; a paginator gets the third too."""
    s3 = client("s3", retries=ONCE)
    for name in "abcdef":
        s3.put_object(Bucket=bucket, Key=f"pages/{name}")
    outages.post(recipe("An export that stops at an empty page"))

    exported: list[str] = []
    token: dict[str, str] = {}
    while contents := (
        page := s3.list_objects_v2(Bucket=bucket, Prefix="pages/", MaxKeys=2, **token)
    ).get("Contents"):
        exported += [item["Key"] for item in contents]
        token = {"ContinuationToken": page["NextContinuationToken"]}
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="pages/", PaginationConfig={"PageSize": 2}
    )

    assert ["pages/a", "pages/b"] == exported
    counts = [(len(page.get("Contents", ())), page["KeyCount"]) for page in pages]
    assert [(2, 2), (0, 0), (2, 2)] == counts


def test_an_export_that_stops_early(outages, client, bucket) -> None:
    """The first page comes, the second fails, and so does each new try to list all."""
    s3 = client("s3", retries=ONCE)
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"export/{number}", Body=b"")
    outages.post(recipe("An export that stops early"))
    exported: list[str] = []

    def export() -> None:
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix="export/", PaginationConfig={"PageSize": 2}
        )
        for page in pages:
            exported.extend(found["Key"] for found in page["Contents"])

    assert ["InvalidArgument", "InvalidArgument"] == outcomes(export, 2)
    assert ["export/0", "export/1"] * 2 == exported
    outages.post([])
    exported.clear()
    export()
    assert 5 == len(exported)


def test_a_job_whose_token_expires(outages, client, bucket) -> None:
    """The credentials of a role expire while the job runs, and new ones go on."""

    def session() -> Any:
        role = {"RoleArn": "arn:aws:iam::000000000000:role/job", "RoleSessionName": "job"}
        given = client("sts").assume_role(**role)["Credentials"]
        return client("s3", access_key=given["AccessKeyId"], retries=ONCE)

    s3 = session()
    outages.post(recipe("A job whose token expires", speed=60))
    assert "ok" == outcome(s3.list_buckets)
    wait_for("ExpiredToken", s3.list_buckets)

    assert "ok" == outcome(session().list_buckets)
    assert "ExpiredToken" == outcome(s3.list_buckets)


def test_a_client_with_a_wrong_clock(outages, client, bucket) -> None:
    """A client that stays with its clock fails; one that takes the answer's passes."""
    outages.post(recipe("A client with a wrong clock"))
    s3 = client("s3", retries=ONCE)
    with pytest.raises(ClientError) as caught:
        s3.list_buckets()
    told = caught.value.response["ResponseMetadata"]["HTTPHeaders"]["date"]

    def correct(request: Any, **_: Any) -> None:  # as an SDK that corrects its clock would sign
        del request.headers["X-Amz-Date"]
        signed_at = parsedate_to_datetime(told).strftime("%Y%m%dT%H%M%SZ")
        request.headers["X-Amz-Date"] = signed_at

    assert "RequestTimeTooSkewed" == outcome(s3.list_buckets)
    s3.meta.events.register("before-send", correct)
    assert "ok" == outcome(s3.list_buckets)


@pytest.mark.host("localstack", reason="asks for calls between its services")
def test_only_among_localstacks_services(outages, client, queue) -> None:
    """SNS cannot deliver to SQS while the client's own calls to SQS work."""
    sns, sqs = client("sns"), client("sqs", retries=ONCE)
    topic = sns.create_topic(Name="recipes")["TopicArn"]
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = arn["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    outages.post(recipe("Only calls between LocalStack's services"))
    sns.publish(TopicArn=topic, Message="lost")

    deadline = time.monotonic() + 10
    while not outages.status()[1]["rules"][0]["hits"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "ok" == outcome(lambda: sqs.list_queues())


@pytest.mark.host("localstack", reason="asks for calls between its services")
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


@pytest.mark.host("localstack", reason="asks who makes a call")
def test_one_role(outages, client) -> None:
    """The calls of a role are throttled, those of others are not."""
    role = "arn:aws:iam::000000000000:role/payments"
    session = client("sts").assume_role(RoleArn=role, RoleSessionName="recipes")["Credentials"]
    payments = client("kms", retries=ONCE, access_key=session["AccessKeyId"])
    outages.post(recipe("One role"))

    assert "ThrottlingException" == outcome(payments.list_keys)
    assert "ok" == outcome(client("kms", retries=ONCE).list_keys)


def test_one_client_in_any_language(outages, client) -> None:
    """The calls with the header are throttled twice, those without it never."""
    tagged, plain = client("sqs", retries=ONCE), client("sqs", retries=ONCE)
    tagged.meta.events.register(
        "before-call", lambda params, **_: params["headers"].update({"x-test-id": "run-7"})
    )
    outages.post(recipe("One client, in any language"))

    assert ["ok"] * 2 == outcomes(plain.list_queues, 2)
    assert ["RequestThrottled"] * 2 + ["ok"] == outcomes(tagged.list_queues, 3)


@pytest.mark.host("localstack", reason="asks for a website")
def test_a_website(outages, client, endpoint, bucket) -> None:
    """Visitors get an error page, and the application its object."""
    s3 = client("s3", retries=ONCE)
    index = {"IndexDocument": {"Suffix": "big"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=index)

    def visit() -> int:
        headers = {"Host": f"{bucket}.s3-website.localhost.localstack.cloud"}
        return requests.get(endpoint, headers=headers, timeout=30).status_code

    before = visit()
    outages.post(recipe("The website is down, the bucket is not"))

    assert [200, 503] == [before, visit()]
    assert "ok" == outcome(lambda: s3.get_object(Bucket=bucket, Key="big"))


def test_every_recipe_has_a_test() -> None:
    """No recipe stands in the docs that is not run here."""
    headings = re.findall(r"^## (.*)$", RECIPES, re.MULTILINE)
    run = set(re.findall(r'recipe\("([^"]+)"', Path(__file__).read_text()))

    # What stands under the last one is run by test_startup_rules.
    assert {*run, "Rules from the start"} == set(headings)
