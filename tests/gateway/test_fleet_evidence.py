"""What is told of calls at any gateway of a fleet, whichever of them the calls came to: with a real Valkey
and real gateways, as processes of their own.
"""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localstack_outages import OutagesClient
from tests.redis_server import RedisServer, redis_server

from .processes import gateway, moto

SECONDS = 20
"""So long something may take on a busy machine."""

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=123456789012/20261123/eu-west-1/{}/aws4_request, "
    "SignedHeaders=host, Signature=00"
)


def ask(url: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Make a request, and give its status and what its JSON says."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)
    try:
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        content = answer.read()
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status, json.loads(content) if is_json and content else None
    finally:
        connection.close()


def control(url: str, path: str, method: str = "GET", body: Any = None) -> Any:
    """Ask the control API of a gateway."""
    status, document = ask(url, method, f"/_extension/outages/outages{path}", body)
    assert status == 200, document
    return document


def call(url: str, operation: str = "ListQueues", invocation: str = "", attempt: int = 1) -> int:
    """Call SQS, as an SDK does; give the status."""
    headers = {
        "Authorization": SIGNED.format("sqs"),
        "X-Amz-Target": f"AmazonSQS.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
    }
    if invocation:
        headers["amz-sdk-invocation-id"] = invocation
        headers["amz-sdk-request"] = f"attempt={attempt}; max=3"
    return ask(url, "POST", "/", {}, **headers)[0]


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never holds"
        time.sleep(0.02)


class Fleet:
    """Gateways that share a Valkey, before one upstream."""

    def __init__(self, redis: RedisServer, upstream: str, stack: ExitStack) -> None:
        self.redis = redis
        self.urls: list[str] = []
        self._upstream = upstream
        self._stack = stack

    def add(self) -> str:
        """Start another one, and give its URL once all of them know it."""
        self.urls.append(self._stack.enter_context(self.one()))
        self.wait_until_met()
        return self.urls[-1]

    def one(self) -> AbstractContextManager[str]:
        """Give another one, which is not counted."""
        return gateway("--upstream", self._upstream, "--share", self.redis.url)

    def wait_until_met(self) -> None:
        """Wait until each of them knows all."""
        for url in self.urls:
            until(lambda url=url: self.status(url)["replicas"] == len(self.urls))  # type: ignore[misc]

    def wait_until_connected(self) -> None:
        """Wait until each of them has Redis back."""
        for url in self.urls:
            until(lambda url=url: self.status(url)["redis"] == "connected")  # type: ignore[misc]

    @staticmethod
    def status(url: str) -> Any:
        """Tell how one of them is doing."""
        return control(url, "/status")["fleet"]

    def tell(self, path: str) -> list[Any]:
        """Give what each of them tells."""
        return [control(url, path) for url in self.urls]

    def set_rules(self, *rules: dict[str, Any], owner: str = "") -> None:
        """Put rules into force at all of them."""
        control(self.urls[0], f"?owner={owner}" if owner else "", "POST", list(rules))
        until(lambda: len({len(found) for found in self.tell("")}) == 1)


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Give an AWS that answers."""
    with moto({}) as url:
        yield url


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory, upstream: str) -> Iterator[Fleet]:
    """Give a fleet of three."""
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(tmp_path_factory.mktemp("redis")))
        fleet = Fleet(redis, upstream, stack)
        for _ in range(3):
            fleet.add()
        yield fleet


@pytest.fixture
def fleet(three: Fleet) -> Iterator[Fleet]:
    """Give a fleet of three without rules, and whose efforts are over."""
    control(three.urls[0], "", "POST", [])
    control(three.urls[0], "/marks", "POST", {"name": "begin"})
    until(lambda: all("begin" in str(marks) for marks in three.tell("/marks")))
    yield three
    control(three.urls[0], "", "POST", [])


def events(page: Any) -> list[tuple[str, int | None, str | None]]:
    """Give what the events of a page have in common at all replicas."""
    return sorted(
        (event["client"]["invocationId"], event["client"]["attempt"], event["ruleId"])
        for event in page["events"]
    )


def test_events(fleet: Fleet) -> None:
    """What came to one of them is told by all, at once and at the same time."""
    fleet.set_rules({"service": "sqs", "times": 20})
    before = [page["next"] for page in fleet.tell("/events")]
    for number in range(6):
        assert 503 == call(fleet.urls[number % 3], invocation=f"events-{number}")

    pages = [
        control(url, f"/events?after={after}")
        for url, after in zip(fleet.urls, before, strict=True)
    ]

    assert [f"events-{number}" for number in range(6)] == [name for name, _, _ in events(pages[0])]
    assert events(pages[0]) == events(pages[1]) == events(pages[2])
    times = [{e["requestId"]: e["time"] for e in page["events"]} for page in pages]
    assert times[0] == times[1] == times[2]
    for page in pages:
        assert [e["sequence"] for e in page["events"]] == list(
            range(page["next"] - 5, page["next"] + 1)
        )


def test_a_retry_at_another_replica(fleet: Fleet) -> None:
    """The attempts of one call are one effort wherever they come, also at those that saw none."""
    fleet.set_rules({"service": "sqs", "times": 2})
    for attempt in (1, 2, 3):
        call(fleet.urls[attempt % 2], invocation="retried", attempt=attempt)
        time.sleep(0.05)

    for report in fleet.tell("/verdicts?mark=begin"):
        (verdict,) = report["verdicts"]
        assert ("recovered", 3, 1, "invocationId") == (
            verdict["ending"],
            verdict["attempts"],
            verdict["tries"],
            verdict["grouping"],
        )
        assert all(40 < gap < 5000 for gap in verdict["gapsMs"])


def test_a_new_try_at_another_replica(fleet: Fleet) -> None:
    """An application that tries again is known by what it is after, at whichever replica."""
    fleet.set_rules({"service": "sqs", "times": 1})
    assert 503 == call(fleet.urls[0], invocation="try-1")
    until(lambda: len(control(fleet.urls[1], "/verdicts?mark=begin")["verdicts"]) == 1)
    assert 200 == call(fleet.urls[1], invocation="try-2")

    for report in fleet.tell("/verdicts?mark=begin"):
        (verdict,) = report["verdicts"]
        assert ("recovered", 2, 2) == (verdict["ending"], verdict["attempts"], verdict["tries"])


def test_traffic_and_load(fleet: Fleet) -> None:
    """Calls are counted together, those that no rule touches too, and each once."""
    fleet.set_rules({"service": "sqs", "operation": "ListQueues"})

    def counted(url: str) -> tuple[int, int, int]:
        total = control(url, "/traffic?service=sqs")["total"]
        seconds = control(url, "/load?service=sqs")["seconds"]
        return total["calls"], total["injected"], sum(s["attempts"] for s in seconds)

    calls, injected, attempts = counted(fleet.urls[0])
    for number in range(300):
        call(fleet.urls[number % 3], "ListQueues" if number % 10 == 0 else "GetQueueUrl")

    for url in fleet.urls:
        until(lambda url=url: counted(url)[0] >= calls + 300)  # type: ignore[misc]
        assert (calls + 300, injected + 30, attempts + 300) == counted(url)


def test_the_last_calls(fleet: Fleet) -> None:
    """Calls that no rule touches are told too, while they are few."""
    time.sleep(1)  # those of the test before may have been too many
    for number in range(9):
        call(fleet.urls[number % 3], invocation=f"few-{number}")

    def few(url: str) -> list[str]:
        calls = control(url, "/calls?account=*&limit=100")["events"]
        found = (event["client"]["invocationId"] for event in calls)
        return sorted(name for name in found if name and name.startswith("few-"))

    for url in fleet.urls:
        until(lambda url=url: len(few(url)) >= 9)  # type: ignore[misc]
        assert [f"few-{number}" for number in range(9)] == few(url)


def test_marks(fleet: Fleet) -> None:
    """A mark that is set at one of them begins an experiment at all."""
    fleet.set_rules({"service": "sqs"})
    call(fleet.urls[0], invocation="before")
    marked = control(fleet.urls[1], "/marks", "POST", {"name": "here"})
    until(lambda: all(marked in found["marks"] for found in fleet.tell("/marks")))
    call(fleet.urls[2], invocation="after")

    for report in fleet.tell("/verdicts?mark=here"):
        assert ["after"] == [verdict["invocationId"] for verdict in report["verdicts"]]


def test_assertions_at_any_replica(fleet: Fleet) -> None:
    """A test asserts on what came to all of them, at the one that it knows."""
    clients = [
        boto3.client(
            "sqs",
            "us-east-1",
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        for url in fleet.urls
    ]
    with OutagesClient(fleet.urls[2]).outage("sqs", error="throttling", times=4) as outage:
        until(lambda: all(fleet.tell("")))
        for number in range(4):
            with pytest.raises(ClientError):
                clients[number % 2].list_queues(QueueNamePrefix=str(number))
        for number in range(4):
            time.sleep(0.05)
            clients[(number + 1) % 2].list_queues(QueueNamePrefix=str(number))

    outage.assert_hit(4)
    outage.assert_retried()
    outage.assert_recovered(within=5)
    evidence = [control(url, f"/evidence?owner={quote(outage.owner)}") for url in fleet.urls]
    assert [4, 4, 4] == [found["calls"]["calls"] for found in evidence]
    assert all(found["complete"] for found in evidence)
    assert [[4], [4], [4]] == [[p["failures"] for p in found["places"]] for found in evidence]


def test_entries_of_a_batch_at_another_replica(fleet: Fleet) -> None:
    """An entry that failed at one of them is recovered by another."""
    sqs = [
        boto3.client(
            "sqs",
            "us-east-1",
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for url in fleet.urls
    ]
    queue = sqs[0].create_queue(QueueName="entries")["QueueUrl"]
    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(4)]
    partial = {"partial": {"count": 2}}
    with OutagesClient(fleet.urls[2]).outage("sqs", times=1, **partial) as outage:
        until(lambda: all(fleet.tell("")))
        failed = sqs[0].send_message_batch(QueueUrl=queue, Entries=entries)["Failed"]
        until(
            lambda: bool(
                control(fleet.urls[1], f"/evidence?owner={quote(outage.owner)}")["entries"]
            )
        )
        again = [entries[int(entry["Id"])] for entry in failed]
        assert 2 == len(again)
        sqs[1].send_message_batch(QueueUrl=queue, Entries=again)

    outage.assert_no_entries_lost(within=5)
    for url in fleet.urls:
        (place,) = control(url, f"/evidence?owner={quote(outage.owner)}")["entries"]
        assert (2, 2) == (place["failed"], place["recovered"])


def test_a_replica_that_leaves(fleet: Fleet) -> None:
    """It tells what it saw last, and nobody waits for it any more."""
    fleet.set_rules({"service": "sqs"})
    with fleet.one() as url:
        until(lambda: len(control(url, "")) == 1)
        assert 503 == call(url, invocation="last")

    for report in fleet.tell("/verdicts?mark=begin"):
        assert ["last"] == [verdict["invocationId"] for verdict in report["verdicts"]]


class Storm:
    """Clients that call without a pause, each another replica."""

    def __init__(self, urls: list[str]) -> None:
        self.hit: list[str] = []
        """The invocations of the calls that a rule hit."""
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(url, number))
            for number, url in enumerate(urls * 2)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, url: str, number: int) -> None:
        for count in itertools.count():
            name = f"{number}-{count}"
            if call(url, invocation=name) == 503:
                self.hit.append(name)
            if self._is_over.wait(0.005):
                return


@pytest.mark.parametrize("is_durable", [True, False], ids=["durable", "empty"])
def test_redis_is_killed_in_a_storm(tmp_path: Path, upstream: str, *, is_durable: bool) -> None:
    """A Redis that is killed and comes back, with what it had or without, costs no event: each replica
    has those of all, once, also one that joins later.
    """
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(tmp_path, is_durable=is_durable))
        fleet = Fleet(redis, upstream, stack)
        there = [fleet.add(), fleet.add()]
        fleet.set_rules({"service": "sqs"})
        with Storm(there) as storm:
            for _ in range(2):
                time.sleep(0.4)
                redis.kill()
                time.sleep(0.3)
                redis.start()
            time.sleep(0.4)
        fleet.wait_until_connected()
        late = fleet.add()

        hit = sorted(storm.hit)
        assert len(hit) > 50
        for url in (*there, late):
            until(lambda url=url: len(told(url)) >= len(hit))  # type: ignore[misc]
            assert hit == sorted(told(url))
        for url in there:
            evidence = fleet.status(url)["evidence"]
            assert (0, 0, 0) == tuple(evidence[name] for name in ("lost", "missed", "waiting"))


def told(url: str) -> list[str]:
    """Give the invocations of all events of a gateway."""
    found: list[str] = []
    page = {"next": 0, "events": [None]}
    while page["events"]:
        page = control(url, f"/events?after={page['next']}&limit=1000")
        found += (event["client"]["invocationId"] for event in page["events"])
    return found
