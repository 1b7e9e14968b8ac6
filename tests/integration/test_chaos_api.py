"""LocalStack's Chaos API works over the same rules, for curl and for LocalStack's own SDK."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from .helpers import ONCE, OUT, failure, outcome, seconds, wait_until

try:
    from localstack.sdk.chaos import ChaosClient
    from localstack.sdk.chaos.managers import fault_configuration
    from localstack.sdk.models import FaultRule, FaultRuleError, NetworkEffectsConfig
except ImportError:  # where there is no LocalStack
    ChaosClient = FaultRule = FaultRuleError = NetworkEffectsConfig = fault_configuration = None

needs_sdk = pytest.mark.skipif(ChaosClient is None, reason="localstack-sdk-python is not installed")


@pytest.fixture
def faults(endpoint: str) -> str:
    """The URL of the faults."""
    return f"{endpoint}/_localstack/chaos/faults"


@pytest.fixture
def effects(endpoint: str) -> Iterator[str]:
    """The URL of the effects, of which none is left behind."""
    url = f"{endpoint}/_localstack/chaos/effects"
    yield url
    requests.post(url, json={"latency": 0}, timeout=30)


@pytest.fixture
def sdk(endpoint: str) -> Any:
    """LocalStack's own client."""
    return ChaosClient(host=endpoint)


@pytest.fixture
def sts(client) -> Any:
    """A client of STS that makes one attempt."""
    return client("sts", retries=ONCE)


def send(method: str, url: str, body: Any = None) -> tuple[int, Any]:
    """Send a request; give status and JSON."""
    answer = requests.request(method, url, json=body, timeout=30)
    return answer.status_code, answer.json()


FULL = {
    "region": "us-east-1",
    "service": "sts",
    "operation": "GetCallerIdentity",
    "probability": 1.0,
    "description": "why",
    "error": {"statusCode": 429, "code": "TooMany"},
}


def test_the_four_methods(faults: str) -> None:
    """Each answers with the whole list: POST replaces, PATCH adds, DELETE removes, GET gives."""
    s3, kms = {"service": "s3"}, {"service": "kms", "region": "us-east-1"}

    assert (200, []) == send("GET", faults)
    assert (200, [s3]) == send("POST", faults, [s3])
    assert (200, [s3, kms]) == send("PATCH", faults, [kms])
    assert (200, [s3, kms]) == send("PATCH", faults, [s3])
    assert (200, [kms]) == send("DELETE", faults, [s3])
    assert (200, [kms]) == send("GET", faults)
    assert (200, []) == send("POST", faults, [])


def test_a_fault_in_full(faults: str, sts) -> None:
    """All fields are taken, given back, and have their effect."""
    assert (200, [FULL]) == send("POST", faults, [FULL])

    found = failure(sts.get_caller_identity)
    assert (429, "TooMany") == (found.status, found.code)


def test_an_empty_rule_fails_everything(
    faults: str, client, endpoint: str, is_localstack: bool
) -> None:
    """`[{}]` makes every call fail, of any service and region; `[]` ends it."""
    assert (200, [{}]) == send("POST", faults, [{}])
    calls = (
        client("sts", "eu-west-1", retries=ONCE).get_caller_identity,
        client("s3", retries=ONCE).list_buckets,
        client("ecs", "ap-south-1", retries=ONCE).list_clusters,
    )

    assert [OUT] * 3 == [outcome(call) for call in calls]
    if is_localstack:
        assert 200 == requests.get(f"{endpoint}/_localstack/health", timeout=30).status_code
    send("POST", faults, [])
    assert "ok" == outcome(calls[0])


def test_probability_zero(faults: str, sts) -> None:
    """A fault of probability 0 fails nothing."""
    send("POST", faults, [{"service": "sts", "probability": 0}])

    assert "ok" == outcome(sts.get_caller_identity)


def test_rules_of_one_api_are_seen_in_the_other(outages, faults: str) -> None:
    """There is one list of rules, with two views."""
    send("POST", faults, [{"service": "s3"}])
    assert (200, [{"service": "s3"}]) == outages.get()

    outages.patch([{"service": "sqs"}])
    assert (200, [{"service": "s3"}, {"service": "sqs"}]) == send("GET", faults)
    send("DELETE", faults, [{"service": "s3"}, {"service": "sqs"}])
    assert (200, []) == outages.get()


@needs_sdk
def test_what_the_sdk_would_refuse_is_left_out_of_its_view(outages, faults: str, sdk, sts) -> None:
    """A rule with wildcards stays in force and is not shown, for the SDK could not read it."""
    wild, plain = {"service": "st?", "region": "us-*"}, {"service": "s3"}
    outages.post([wild, plain])

    assert (200, [plain]) == send("GET", faults)
    assert ["s3"] == [rule.service for rule in sdk.get_fault_rules()]
    assert OUT == outcome(sts.get_caller_identity)
    assert (200, [plain, {"service": "kms"}]) == send("PATCH", faults, [{"service": "kms"}])
    assert (200, [wild, plain, {"service": "kms"}]) == outages.get()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"service": "s3"},
        None,
        "s3",
        ["s3"],
        [{"service": "s3", "colour": "red"}],
        [{"service": "s*"}],
        [{"region": "us_east_1"}],
        [{"operation": "List*"}],
        [{"operation": "V1"}],
        [{"probability": 1.1}],
        [{"probability": -0.1}],
        [{"probability": "1"}],
        [{"error": {"statusCode": 200}}],
        [{"error": {"statusCode": 600}}],
        [{"error": {"code": "no spaces"}}],
        [{"error": "throttling"}],
        [{"description": "x" * 8193}],
        [{"latency": 100}],
        [{"service": "s3"}, {"service": 1}],
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_invalid_faults_are_refused(faults: str, method: str, body: Any) -> None:
    """What LocalStack does not publish is answered with 400, and nothing has changed."""
    send("POST", faults, [FULL])
    status, answer = send(method, faults, body)

    assert 400 == status
    assert answer["error"]["message"]
    assert (200, [FULL]) == send("GET", faults)


def test_null_is_the_same_as_left_out(faults: str) -> None:
    """Clients that write all fields may leave those unset as null."""
    body = [{"service": "s3", "region": None, "error": {"code": None, "statusCode": 500}}]

    assert (200, [{"service": "s3", "error": {"statusCode": 500}}]) == send("POST", faults, body)


def test_effects(effects: str, outages, sts, client) -> None:
    """A latency delays all calls, whatever the rules do, until it is set back."""
    assert (200, {"latency": 0}) == send("GET", effects)
    assert (200, {"latency": 300}) == send("POST", effects, {"latency": 300})
    assert (200, {"latency": 300}) == send("GET", effects)
    assert seconds(sts.get_caller_identity) >= 0.3
    assert seconds(client("sqs", "eu-west-1").list_queues) >= 0.3
    outages.post([{"service": "sts", "latency": 200, "error": {}}])
    assert seconds(lambda: outcome(sts.get_caller_identity)) >= 0.5
    assert OUT == outcome(sts.get_caller_identity)
    outages.post([])
    assert 300 == outages.status()[1]["latencyMs"]
    assert (200, {"latency": 0}) == send("POST", effects, {"latency": 0})
    assert seconds(sts.get_caller_identity) < 0.3


def test_waiting_calls_go_on_when_the_latency_is_set_back(effects: str, sts, outages) -> None:
    """A call that waits is released at once."""
    send("POST", effects, {"latency": 20_000})
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(lambda: outcome(sts.get_caller_identity)) for _ in range(2)]
        with pytest.raises(TimeoutError):
            calls[0].result(0.5)
        send("POST", effects, {"latency": 0})
        assert ["ok", "ok"] == [call.result(2) for call in calls]


@pytest.mark.parametrize(
    "body", [[], {"latency": -1}, {"latency": "1"}, {"latency": None}, {"delay": 1}, "x", None]
)
def test_invalid_effects_are_refused(effects: str, body: Any) -> None:
    """What LocalStack does not publish is answered with 400, and nothing has changed."""
    assert 400 == send("POST", effects, body)[0]
    assert (200, {"latency": 0}) == send("GET", effects)


# LocalStack's own SDK


@needs_sdk
def test_sdk_faults(sdk: Any, sts) -> None:
    """LocalStack's client sets, adds, reads and deletes faults, and they work."""
    error = FaultRuleError(status_code=418, code="Teapot")
    one = FaultRule(service="sts", region="us-east-1", error=error)
    two = FaultRule(service="kms", operation="ListKeys", probability=0.5)

    assert [one] == sdk.set_fault_rules([one])
    assert [one, two] == sdk.add_fault_rules([two])
    assert [one, two] == sdk.get_fault_rules()
    assert (418, "Teapot") == failure(sts.get_caller_identity)[:2]
    assert [two] == sdk.delete_fault_rules([one])
    assert "ok" == outcome(sts.get_caller_identity)
    assert [] == sdk.set_fault_rules([])


@needs_sdk
def test_sdk_effects(sdk: Any, effects: str, sts) -> None:
    """LocalStack's client sets and reads the latency."""
    assert 300 == sdk.set_network_effects(NetworkEffectsConfig(latency=300)).latency
    assert 300 == sdk.get_network_effects().latency
    assert seconds(sts.get_caller_identity) >= 0.3
    assert 0 == sdk.set_network_effects(NetworkEffectsConfig(latency=0)).latency


@needs_sdk
def test_sdk_context_manager(endpoint: str, outages, sts, monkeypatch: pytest.MonkeyPatch) -> None:
    """LocalStack's context manager starts an outage and ends it."""
    monkeypatch.setattr(
        "localstack.sdk.chaos.managers.get_default", lambda: ChaosClient(host=endpoint)
    )
    with fault_configuration([FaultRule(service="sts")]):
        assert OUT == outcome(sts.get_caller_identity)

    assert "ok" == outcome(sts.get_caller_identity)
    assert (200, []) == outages.get()


def test_effects_are_no_rule(effects: str, outages, faults: str) -> None:
    """The latency is not in the list of rules, and clearing the list leaves it."""
    send("POST", effects, {"latency": 50})
    outages.post([])

    assert (200, []) == send("GET", faults)
    assert wait_until(lambda: outages.status()[1]["latencyMs"]) == 50
