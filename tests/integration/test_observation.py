"""What happened, as a real client made it happen: events, traffic, verdicts, metrics."""

import contextlib
import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ConfigDict, TypeAdapter

from localstack_outages.schema import documents as answers

from .helpers import wait_until

STRICT = ConfigDict(extra="forbid", strict=True)
ONCE = {"total_max_attempts": 1}


@pytest.fixture
def get(endpoint: str):
    """A function that reads a route below the root of the control API."""

    def read(path: str, **options: Any) -> Any:
        url = f"{endpoint}/_extension/outages{path}"
        answer = requests.get(url, timeout=70, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read


@pytest.fixture
def last(get) -> int:
    """The number of the newest event before the test."""
    number = 0
    while (page := get(f"/outages/events?after={number}"))["events"]:
        number = page["next"]
    return number


def quietly(call, **parameters: Any) -> None:
    """Make a call that may fail."""
    with contextlib.suppress(BotoCoreError, ClientError):
        call(**parameters)


def two_after(get, last: int) -> Any:
    """Give the two events after a number; nothing where there is only one yet."""
    events = get(f"/outages/events?after={last}")["events"]
    return events if len(events) == 2 else None


def test_an_event_tells_all(outages, client, get, last) -> None:
    """The record of a call names what was called, by whom, what was done and by which rule."""
    outages.post([{"service": "s3"}, {"service": "sqs", "region": "eu-*", "error": "throttling"}])
    sqs = client("sqs", "eu-west-1", retries=ONCE, access_key="123456789012")
    quietly(sqs.list_queues)
    rule = outages.status()[1]["rules"][1]
    (event,) = get(f"/outages/events?after={last}&wait=5")["events"]

    assert event["sequence"] == last + 1
    assert ("sqs", "ListQueues", "eu-west-1") == tuple(
        event[name] for name in ("service", "operation", "region")
    )
    assert ("123456789012", "123456789012", "external") == tuple(
        event[name] for name in ("account", "accessKey", "origin")
    )
    assert (rule["id"], 1) == (event["ruleId"], event["rulePosition"])
    assert event["injected"]["error"]["code"] == event["errorCode"] == "RequestThrottled"
    assert event["injected"]["error"]["statusCode"] == 403
    assert "injected" == event["outcome"]
    assert "boto3" == event["client"]["name"].lower()
    assert 1 == event["client"]["attempt"]
    assert event["requestId"]


def test_delays_and_broken_connections_are_measured(outages, client, get, last) -> None:
    """A delay is given as it was, and a broken connection has no status."""
    outages.post([{"service": "sts", "latency": 120}, {"service": "kms", "connection": "reset"}])
    client("sts").get_caller_identity()
    quietly(client("kms", retries=ONCE).list_keys)
    # The client knows of its broken connection before the journal does.
    slow, broken = wait_until(lambda: two_after(get, last))

    assert 120 <= slow["injected"]["delayMs"] < 2000
    assert slow["injected"]["delayMs"] <= slow["durationMs"]
    assert ("ok", 200) == (slow["outcome"], slow["statusCode"])
    assert ("injected", None) == (broken["outcome"], broken["statusCode"])
    assert "reset" == broken["injected"]["connection"]


def test_untouched_calls_are_no_events(outages, client, get, last) -> None:
    """A call that no rule fires on is counted in the traffic, and is not in the journal."""
    outages.post([{"service": "s3"}])
    client("sts").get_caller_identity()

    assert [] == get(f"/outages/events?after={last}")["events"]
    assert get("/outages/traffic?seconds=5&service=sts")["total"]["ok"] >= 1


def test_events_can_be_filtered(outages, client, get, last) -> None:
    """Globs on service and region choose among the events."""
    account = "444444444444"  # that no call of LocalStack's own is of
    outages.post([{"account": account}])
    for service, region in (("sts", "us-east-1"), ("sts", "eu-west-1"), ("kms", "eu-west-1")):
        calls = client(service, region, retries=ONCE, access_key=account)
        quietly(calls.get_caller_identity if service == "sts" else calls.list_keys)
    page = get(f"/outages/events?after={last}&service=st*&region=eu-*")

    assert [("sts", "eu-west-1")] == [(e["service"], e["region"]) for e in page["events"]]
    assert page["next"] == last + 3


def test_what_one_rule_did(outages, client, get, last) -> None:
    """Events and verdicts can be asked for by the ids of rules and by the account."""
    outages.post([{"service": "sts", "account": "111111111111"}, {"service": "sts"}])
    ids = [rule["id"] for rule in outages.status()[1]["rules"]]
    for account in ("111111111111", "222222222222"):
        quietly(client("sts", retries=ONCE, access_key=account).get_caller_identity)

    for query in (f"rules={ids[1]}", "account=2*", f"rules={','.join(ids)}&account=222222222222"):
        (event,) = get(f"/outages/events?after={last}&{query}")["events"]
        (verdict,) = get(f"/outages/verdicts?limit=1&{query}")["verdicts"]
        assert (ids[1], [ids[1]]) == (event["ruleId"], verdict["ruleIds"])


def test_all_calls_are_listed(outages, client, get) -> None:
    """The last calls are listed with what came of them, touched by a rule or not."""
    outages.post([{"service": "sqs", "region": "eu-west-3"}])
    after = get("/outages/calls?limit=10000")["next"]
    client("sts", "eu-west-3").get_caller_identity()
    quietly(client("sqs", "eu-west-3", retries=ONCE).list_queues)
    calls = get(f"/outages/calls?after={after}&region=eu-west-3&wait=5")["events"]

    assert [("sts", "ok", False), ("sqs", "injected", True)] == [
        (call["service"], call["outcome"], call["ruleId"] is not None) for call in calls
    ]


def test_a_poll_waits_for_the_first_event(outages, client, get, last) -> None:
    """A long poll is answered when something happens, and not before."""
    outages.post([{"service": "sts"}])
    caller = threading.Timer(0.7, quietly, [client("sts", retries=ONCE).get_caller_identity])
    started = time.monotonic()
    caller.start()
    page = get(f"/outages/events?after={last}&wait=20")
    took = time.monotonic() - started
    caller.join()

    assert 1 == len(page["events"])
    assert 0.6 < took < 10


def test_a_poll_ends_without_events(get, last) -> None:
    """A long poll without news is answered when its time is over."""
    started = time.monotonic()

    assert [] == get(f"/outages/events?after={last}&wait=1")["events"]
    assert 1 <= time.monotonic() - started < 10


def messages(answer: requests.Response) -> Iterator[dict[str, str]]:
    """Read Server-Sent Events."""
    message: dict[str, str] = {}
    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
        if not line:
            if "data" in message:
                yield message
            message = {}
        name, _, value = line.partition(": ")
        message[name] = value


def test_events_are_streamed(outages, client, endpoint, last) -> None:
    """A client that asks for a stream gets events as they come, and can go on where it was."""
    url = f"{endpoint}/_extension/outages/outages/events"
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
    outages.post([{"service": "sts"}])
    sts = client("sts", retries=ONCE)
    quietly(sts.get_caller_identity)
    with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
        stream = messages(answer)
        first = next(stream)
        quietly(sts.get_caller_identity)
        second = next(stream)
    headers["Last-Event-ID"] = first["id"]
    with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
        again = next(messages(answer))

    assert ["call", "call"] == [first["event"], second["event"]]
    assert [last + 1, last + 2] == [int(first["id"]), int(second["id"])]
    assert second == again
    assert json.loads(second["data"])["sequence"] == last + 2


def test_a_reader_that_fell_behind_is_told(start_host) -> None:
    """Events that fell out of the journal are counted for who did not read them."""
    host = start_host(OUTAGES_JOURNAL_SIZE="3", OUTAGES_RULES='[{"service": "sts"}]')
    try:
        url = f"{host.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15"
        for _ in range(5):
            assert 503 == requests.post(url, timeout=60).status_code  # the first one is slow
        events = f"{host.endpoint}/_extension/outages/outages/events?after=0"
        page = requests.get(events, timeout=60).json()
    finally:
        host.stop()

    assert (2, [3, 4, 5]) == (page["missed"], [e["sequence"] for e in page["events"]])


def test_nothing_is_lost_with_32_clients(outages, client, get, last) -> None:
    """Every call of 32 clients in parallel is in the journal, once and in order."""
    outages.post([{"service": "sts"}])
    clients = [client("sts", f"eu-west-{i}", retries=ONCE) for i in range(32)]

    def storm(sts) -> None:
        for _ in range(10):
            quietly(sts.get_caller_identity)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(storm, clients))
    events = get(f"/outages/events?after={last}&limit=10000")["events"]

    assert list(range(last + 1, last + 321)) == [e["sequence"] for e in events]
    assert {10} == {sum(e["region"] == f"eu-west-{i}" for e in events) for i in range(32)}
    assert 320 == outages.status()[1]["rules"][0]["hits"]


def test_traffic_shows_a_dip_and_a_recovery(outages, client, get) -> None:
    """Calls are counted by second and outcome, with their latency."""
    kms = client("kms", "ap-south-1", retries=ONCE)
    outages.post([{"service": "kms", "region": "ap-south-1", "times": 3}])
    for _ in range(5):
        quietly(kms.list_keys)
    report = get("/outages/traffic?seconds=60&service=kms&region=ap-south-1")

    assert (5, 3, 2) == tuple(report["total"][name] for name in ("calls", "injected", "ok"))
    (place,) = report["places"]
    assert ("kms", "ap-south-1", 5) == (place["service"], place["region"], place["calls"])
    assert 60 == len(report["seconds"])
    assert 5 == sum(second["calls"] for second in report["seconds"])
    assert 0 < report["total"]["p50Ms"] <= report["total"]["p99Ms"]


def verdict_on(get, region: str) -> dict[str, Any]:
    """Give the newest verdict on a call to a region."""
    return get(f"/outages/verdicts?region={region}")["verdicts"][0]


@pytest.mark.parametrize("mode", ["standard", "legacy"])
def test_a_client_that_retries_recovers(outages, client, get, mode) -> None:
    """Two faults and a success are one call that recovered at its third attempt."""
    region = {"standard": "eu-north-1", "legacy": "eu-south-1"}[mode]
    outages.post([{"region": region, "times": 2}])
    client("sts", region, retries={"mode": mode}).get_caller_identity()
    verdict = verdict_on(get, region)

    assert ("recovered", 3, "invocationId") == tuple(
        verdict[name] for name in ("ending", "attempts", "grouping")
    )
    assert mode == verdict["client"]["retryMode"]
    assert 2 == len(verdict["gapsMs"])
    assert 200 == verdict["lastStatusCode"]


def test_a_client_that_does_not_retry_is_flagged(outages, client, get) -> None:
    """One attempt at what SDKs retry is called so, once no other can be expected."""
    outages.post([{"region": "us-west-2"}])
    # In this mode a client does not say how often it will try.
    sts = client("sts", "us-west-2", retries={**ONCE, "mode": "legacy"})
    quietly(sts.get_caller_identity)
    assert "open" == verdict_on(get, "us-west-2")["ending"]
    (verdict,) = get("/outages/verdicts?region=us-west-2&limit=1&wait=60")["verdicts"]

    assert ("failed", 1) == (verdict["ending"], verdict["attempts"])
    assert ["neverRetried"] == verdict["flags"]


def test_a_client_without_headers_is_guessed(outages, endpoint, get) -> None:
    """Attempts of a client that sends no invocation id are put together, and marked so."""
    outages.post([{"region": "ca-central-1"}])
    scope = "Credential=AKIA/20261123/ca-central-1/sts/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}
    for _ in range(12):
        requests.post(
            endpoint,
            data="Action=GetCallerIdentity&Version=2011-06-15",
            headers={**headers, "Content-Type": "application/x-www-form-urlencoded"},
            timeout=10,
        )
    verdict = verdict_on(get, "ca-central-1")

    assert ("guessed", 12, "open") == tuple(
        verdict[name] for name in ("grouping", "attempts", "ending")
    )
    assert "retryStorm" in verdict["flags"]


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/outages/status", answers.StatusDocument),
        ("/outages/events?limit=10000", answers.EventsDocument),
        ("/outages/calls", answers.EventsDocument),
        ("/outages/traffic", answers.TrafficDocument),
        ("/outages/verdicts?limit=5000", answers.VerdictsDocument),
    ],
)
def test_answers_are_as_described(outages, client, get, path: str, document: Any) -> None:
    """Answers have the fields that are described, of the types described, and no others."""
    outages.post([{"service": "kms", "times": 1}, {"service": "no-such", "latency": 5}])
    client("kms").list_keys()
    adapter = TypeAdapter(document)

    assert adapter.validate_python(get(path), strict=True)
    described = adapter.json_schema()
    assert set(described["required"]) == set(described["properties"]) == set(get(path))


def test_metrics(outages, client, endpoint) -> None:
    """Prometheus gets what happened, and its own tool finds no fault with it."""
    outages.post([{"service": "sns", "region": "sa-east-1", "latency": 10}])
    client("sns", "sa-east-1").list_topics()
    answer = requests.get(f"{endpoint}/_extension/outages/metrics", timeout=10)

    assert answer.headers["Content-Type"].startswith("text/plain")
    labels = 'outcome="ok",region="sa-east-1",service="sns"'
    assert f"localstack_outages_calls_total{{{labels}}} 1.0" in answer.text
    assert 'localstack_outages_rules{state="active"} 1.0' in answer.text
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here to check the rest (Debian: apt-get install prometheus)")
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=answer.text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)


def test_a_storm_does_not_flood_the_log(outages, client, running) -> None:
    """Some faults are logged by name, and the others are counted."""
    outages.post([{"service": "events"}])
    events = client("events", retries=ONCE)
    before = running.log.stat().st_size

    def storm(_: int) -> None:
        quietly(events.list_rules)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(storm, range(300)))
    deadline = time.monotonic() + 20
    told = 0
    while told < 300:
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
        quietly(events.list_rules)
        text = running.log.read_text()[before:]
        line = "Outage of events.ListRules in us-east-1: 503 ServiceUnavailableException"
        counts = re.findall(r"(\d+) more faults were not logged", text)
        named = text.count(line)
        told = named + sum(map(int, counts))

    assert counts
    assert 0 < named < 300
