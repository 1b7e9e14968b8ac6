"""Each field of a rule does what it says, against a real LocalStack."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .helpers import ONCE, OUT, failure, outcome, outcomes, seconds, unique, wait_until


@pytest.fixture
def sts(client) -> Any:
    """A client of STS that makes one attempt."""
    return client("sts", retries=ONCE)


@pytest.fixture
def sqs(client) -> Any:
    """A client of SQS that makes one attempt."""
    return client("sqs", retries=ONCE)


def only_rule(outages) -> dict[str, Any]:
    """Give the status of the one rule in the list."""
    (rule,) = outages.status()[1]["rules"]
    return rule


def last_departed(outages) -> dict[str, Any]:
    """Give the rule that left the list last."""
    return outages.status()[1]["departed"][0]


# What fails


@pytest.mark.parametrize(
    ("pattern", "hit", "spared"),
    [
        ("ListQueues", ["list_queues"], ["create_queue"]),
        ("List*", ["list_queues"], ["create_queue"]),
        ("*Queue", ["create_queue"], ["list_queues"]),
        ("Create?ueue", ["create_queue"], ["list_queues"]),
        ("[!C]*", ["list_queues"], ["create_queue"]),
        ("listqueues", [], ["list_queues", "create_queue"]),
        ("*", ["list_queues", "create_queue"], []),
    ],
)
def test_operation(outages, sqs, pattern: str, hit: list[str], spared: list[str]) -> None:
    """A pattern of operations hits those that it matches, and no other of the service."""
    calls = {
        "list_queues": sqs.list_queues,
        "create_queue": lambda: sqs.create_queue(QueueName=unique("operation")),
    }
    outages.post([{"service": "sqs", "operation": pattern}])

    assert {OUT} >= {outcome(calls[name]) for name in hit}
    assert {"ok"} >= {outcome(calls[name]) for name in spared}


@pytest.mark.parametrize(
    ("account", "key", "expected"),
    [
        ("111111111111", "111111111111", OUT),
        ("111111111111", "222222222222", "ok"),
        ("1*", "111111111111", OUT),
        ("000000000000", "test", OUT),
        ("000000000000", "111111111111", "ok"),
    ],
)
def test_account(outages, client, account: str, key: str, expected: str) -> None:
    """A rule hits the account of the access key: 12 digits are the account itself."""
    outages.post([{"service": "sts", "account": account}])
    sts = client("sts", retries=ONCE, access_key=key)

    assert expected == outcome(sts.get_caller_identity)


def test_condition_on_a_bucket_and_a_prefix(outages, client) -> None:
    """Only objects with the prefix in that bucket fail; an upload's body arrives whole."""
    s3 = client("s3", retries=ONCE)
    one, other = unique("one"), unique("other")
    for bucket in (one, other):
        s3.create_bucket(Bucket=bucket)
    condition = f"Bucket == '{one}' && starts_with(Key || '', 'reports/')"
    outages.post([{"service": "s3", "condition": condition}])
    body = b"x" * 3_000_000

    def put(bucket: str, key: str) -> str:
        return outcome(lambda: s3.put_object(Bucket=bucket, Key=key, Body=body))

    assert OUT == put(one, "reports/a")
    assert "ok" == put(other, "reports/a")
    assert "ok" == put(one, "images/a")
    assert "ok" == outcome(lambda: s3.list_objects_v2(Bucket=one))
    assert body == s3.get_object(Bucket=one, Key="images/a")["Body"].read()


def test_condition_on_a_queue(outages, sqs) -> None:
    """Only calls for one queue fail."""
    one, other = (sqs.create_queue(QueueName=unique(n))["QueueUrl"] for n in ("one", "other"))
    outages.post([{"service": "sqs", "condition": f"QueueUrl == '{one}'"}])

    assert OUT == outcome(lambda: sqs.send_message(QueueUrl=one, MessageBody="x"))
    assert "ok" == outcome(lambda: sqs.send_message(QueueUrl=other, MessageBody="x"))
    assert "ok" == outcome(sqs.list_queues)


def test_a_condition_that_fails_passes(outages, client) -> None:
    """An expression that cannot be applied to a call's parameters does not match."""
    outages.post([{"service": "s3", "condition": "starts_with(Key, 'a')"}])

    assert "ok" == outcome(client("s3", retries=ONCE).list_buckets)


# How it fails


def test_error_object(outages, sts) -> None:
    """Status, code and message are as given."""
    outages.post([{"error": {"statusCode": 429, "code": "Slow.Down", "message": "wait <a> & é"}}])

    assert (429, "Slow.Down", "wait <a> & é") == failure(sts.get_caller_identity)


@pytest.mark.parametrize(
    ("service", "operation", "kind", "status", "code"),
    [
        ("s3", "list_buckets", "throttling", 503, "SlowDown"),
        ("ec2", "describe_vpcs", "throttling", 503, "RequestLimitExceeded"),
        ("sqs", "list_queues", "throttling", 403, "RequestThrottled"),
        (
            "dynamodb",
            "list_tables",
            "throttling",
            400,
            "ProvisionedThroughputExceededException",
        ),
        ("s3", "list_buckets", "internal", 500, "InternalError"),
        ("sts", "get_caller_identity", "unavailable", 503, "ServiceUnavailable"),
    ],
)
def test_error_word(outages, client, service, operation, kind, status, code) -> None:
    """A word is the service's own error."""
    outages.post([{"service": service, "error": kind}])
    found = failure(getattr(client(service, retries=ONCE), operation))

    assert (status, code) == (found.status, found.code)
    assert found.message


def test_the_first_rule_that_fires_decides(outages, sts) -> None:
    """A rule whose chance or budget says no does not fire, and the next is asked."""
    outages.post(
        [
            {"service": "s3"},
            {"service": "sts", "probability": 0},
            {"service": "sts", "error": {"code": "First"}, "times": 1},
            {"service": "sts", "error": {"code": "Later"}, "after": 1000},
            {"service": "sts", "error": {"code": "Second"}},
            {"service": "sts", "error": {"code": "Never"}},
        ]
    )

    assert ["First", "Second", "Second"] == outcomes(sts.get_caller_identity, 3)


def test_throttle(outages, sts) -> None:
    """As many calls as the burst pass at once, then calls are throttled, later they pass again."""
    outages.post([{"service": "sts", "throttle": {"rate": 0.5, "burst": 3}}])

    assert ["ok"] * 3 + ["Throttling"] * 2 == outcomes(sts.get_caller_identity, 5)
    wait_until(lambda: outcome(sts.get_caller_identity) == "ok", within=5)


def test_throttle_by_account(outages, client) -> None:
    """Each account has a bucket of its own."""
    rule = {"service": "sts", "throttle": {"rate": 0.01, "burst": 2, "by": "account"}}
    outages.post([rule])

    for key in ("111111111111", "222222222222"):
        sts = client("sts", retries=ONCE, access_key=key)
        assert ["ok", "ok", "Throttling"] == outcomes(sts.get_caller_identity, 3)


def test_throttle_with_an_error(outages, sts) -> None:
    """An error beside the throttle is the one that calls over the rate get."""
    rule = {"service": "sts", "throttle": {"rate": 0.01, "burst": 1}, "error": {"code": "Busy"}}
    outages.post([rule])

    assert ["ok", "Busy"] == outcomes(sts.get_caller_identity, 2)


# When and how often


def test_times(outages, sts) -> None:
    """It fires so often, then it is spent, out of the list, and told as such in the status."""
    outages.post([{"service": "sts", "times": 2}])
    assert OUT == outcome(sts.get_caller_identity)
    assert (1, 1) == (only_rule(outages)["hits"], only_rule(outages)["hitsLeft"])
    assert [OUT, "ok"] == outcomes(sts.get_caller_identity, 2)

    assert (200, []) == outages.get()
    gone = last_departed(outages)
    assert ("spent", 2, {"service": "sts", "times": 2}) == (
        gone["state"],
        gone["hits"],
        gone["rule"],
    )


def test_after_and_duration(outages, sts) -> None:
    """It waits, is active, and ends: the state says so, and calls feel it."""
    outages.post([{"service": "sts", "after": 0.7, "duration": 0.7}])
    rule = only_rule(outages)

    assert ("waiting", False) == (rule["state"], rule["inForce"])
    assert 0 < rule["startsIn"] <= 0.7 < rule["timeLeft"] <= 1.4
    assert "ok" == outcome(sts.get_caller_identity)
    wait_until(lambda: outcome(sts.get_caller_identity) == OUT)
    assert "active" == only_rule(outages)["state"]
    wait_until(lambda: outcome(sts.get_caller_identity) == "ok")
    assert "ended" == last_departed(outages)["state"]


def test_duration_ends_without_traffic(outages) -> None:
    """A rule leaves the list when its time is up though no call came."""
    outages.post([{"service": "s3", "duration": 0.4}, {"service": "sqs"}])
    wait_until(lambda: outages.get() == (200, [{"service": "sqs"}]), within=3)

    gone = last_departed(outages)
    assert ("ended", 0) == (gone["state"], gone["hits"])


def test_deleted_is_told_apart(outages) -> None:
    """A rule that was deleted is neither spent nor ended."""
    outages.post([{"service": "s3", "duration": 1000, "times": 5}])
    outages.post([])

    assert "deleted" == last_departed(outages)["state"]


def test_probability_with_a_seed(outages, sts) -> None:
    """The draws of a seed are the same each time, and about as many hit as the share says."""
    rule = [{"service": "sts", "probability": 0.5, "seed": 42}]
    outages.post(rule)
    first = outcomes(sts.get_caller_identity, 40)
    outages.post(rule)

    assert first == outcomes(sts.get_caller_identity, 40)
    assert 8 < first.count(OUT) < 32


@pytest.mark.parametrize(("probability", "expected"), [(0, "ok"), (1, OUT)])
def test_probability_at_its_ends(outages, sts, probability: float, expected: str) -> None:
    """0 is never and 1 is always."""
    outages.post([{"service": "sts", "probability": probability}])

    assert [expected] * 20 == outcomes(sts.get_caller_identity, 20)


def test_flap(outages, sts) -> None:
    """It is down, up, down and up again, at its own rhythm."""
    outages.post([{"service": "sts", "flap": {"down": 0.4, "up": 0.4}}])
    started = time.monotonic()
    for wanted in (OUT, "ok", OUT, "ok"):
        wait_until(lambda wanted=wanted: outcome(sts.get_caller_identity) == wanted)

    assert 1.1 < time.monotonic() - started < 3


def test_sequence(outages, sts) -> None:
    """Calls get the steps in their order, and then the rule is spent."""
    steps = [
        "throttling",
        {"latency": 300, "error": "internal"},
        "pass",
        {"connection": "reset"},
        {"code": "Custom"},
        {"latency": 300},
    ]
    outages.post([{"service": "sts", "sequence": steps}])
    expected = ["Throttling", "InternalFailure", "ok", "ConnectionClosedError", "Custom"]

    assert expected[0] == outcome(sts.get_caller_identity)
    assert 5 == only_rule(outages)["hitsLeft"]
    assert expected[1:] == outcomes(sts.get_caller_identity, 4)
    assert seconds(sts.get_caller_identity) >= 0.3
    assert seconds(sts.get_caller_identity) < 0.3
    assert ("spent", 6) == (last_departed(outages)["state"], last_departed(outages)["hits"])


def test_clients_at_once_share_the_budget(outages, client) -> None:
    """However many clients call at once, a rule fires exactly as often as it may."""
    outages.post([{"service": "sts", "times": 30}])
    clients = [client("sts", retries=ONCE) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda c: outcomes(c.get_caller_identity, 10), clients))

    assert 30 == sum(results.count(OUT) for results in found)


# The list and what it keeps


def test_patch_keeps_counters_and_post_starts_anew(outages, sts) -> None:
    """A rule that is there goes on where it was on PATCH, and starts anew on POST."""
    rule = {"service": "sts", "times": 3}
    outages.post([rule])
    outcomes(sts.get_caller_identity, 2)
    before = only_rule(outages)
    outages.patch([rule, {"service": "s3"}])
    after = outages.status()[1]["rules"][0]

    assert (before["id"], 2, 1) == (after["id"], after["hits"], after["hitsLeft"])
    outages.post([rule])
    assert (0, 3) == (only_rule(outages)["hits"], only_rule(outages)["hitsLeft"])


def test_dry_run_changes_nothing(outages, sts) -> None:
    """`dryRun` answers what the list would be; rules, counters and calls are as they were."""
    rule = {"service": "sts", "times": 5}
    outages.post([rule])
    outcome(sts.get_caller_identity)
    before = outages.status()[1]

    for method, rules, expected in (
        ("post", [{}], [{}]),
        ("patch", [{"service": "s3"}], [rule, {"service": "s3"}]),
        ("delete", [rule], []),
    ):
        assert (200, expected) == getattr(outages, method)(rules, "?dryRun=true")
        assert (200, [rule]) == outages.get()
    after = outages.status()[1]
    assert (before["revision"], before["rules"][0]["hits"]) == (
        after["revision"],
        after["rules"][0]["hits"],
    )
    status, answer = outages.post([{"servce": "s3"}], "?dryRun=true")
    assert (400, "[0].servce") == (status, answer["error"]["path"])


@pytest.mark.host("localstack", reason="a gateway does not know the release behind it")
def test_status_names_the_releases(outages) -> None:
    """The status says which extension and which LocalStack these are."""
    status, document = outages.status()

    assert 200 == status
    assert document["version"]
    assert document["localstack"].count(".") >= 2
    assert document["ready"] is True


@pytest.mark.parametrize(
    ("rule", "field", "words"),
    [
        ({"service": "step-functions"}, "service", "did you mean 'stepfunctions'?"),
        ({"service": "sqs", "operation": "SendMesage"}, "operation", "'SendMessage'"),
        ({"region": "us-east1"}, "region", "'us-east-1'"),
    ],
)
def test_likely_mistakes_are_taken_and_told(outages, rule, field: str, words: str) -> None:
    """What is legal but likely wrong is in the list, with a warning in the status."""
    assert (200, [rule]) == outages.post([rule])
    warnings = only_rule(outages)["warnings"]

    assert [field] == [warning["field"] for warning in warnings]
    assert words in warnings[0]["message"]


def test_since_when_a_rule_is_in_force(outages) -> None:
    """The status tells how long ago a rule started, in the list and after it; null before."""
    outages.post([{"service": "s3", "duration": 0.2}, {"service": "kms", "after": 60}])
    started, waiting = outages.status()[1]["rules"]
    assert 0 <= started["startedAgo"] < 5
    assert waiting["startedAgo"] is None

    wait_until(lambda: len(outages.get()[1]) == 1)
    ended = last_departed(outages)
    assert 0.2 == pytest.approx(ended["startedAgo"] - ended["secondsAgo"], abs=0.002)
    outages.post([])
    assert last_departed(outages)["startedAgo"] is None
