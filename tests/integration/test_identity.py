"""Rules with owners and ids, and clients that wait, over HTTP."""

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
import requests

from localstack_outages.control.streams import MAX_READERS

from .helpers import ONCE, OUT, connect, failure, outcome, wait_until

S3, STS = {"service": "s3"}, {"service": "sts"}
OWNER = "tests/test_a.py::test_b[1, 'ä' & 50%+]"


@pytest.fixture
def ask(endpoint: str) -> Any:
    """A function that asks the control API below the prefix."""

    def send(method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        url = f"{endpoint}/_extension/outages{path}"
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body)
        return requests.request(method, url, data=data, headers=headers, timeout=30)

    return send


def test_owners(ask, outages, client, running) -> None:
    """Rules of an owner come and go without those of others; events and the log name the owner."""
    owner = f"?owner={quote(OWNER)}"
    outages.post([S3])
    assert [STS] == ask("POST", f"/outages{owner}", [STS]).json()
    assert OUT == outcome(client("sts", retries=ONCE).get_caller_identity)
    last = wait_until(lambda: ask("GET", f"/outages/events{owner}&limit=1").json()["events"])

    assert [OWNER] == [event["owner"] for event in last]
    assert [None, OWNER] == [rule["owner"] for rule in outages.status()[1]["rules"]]
    assert ask("GET", f"/outages/verdicts{owner}").json()["summary"]["calls"] >= 1
    assert 0 == ask("GET", "/outages/verdicts?owner=nobody").json()["summary"]["calls"]
    assert [] == ask("DELETE", f"/outages{owner}").json()
    assert (200, [S3]) == outages.get()
    line = f"by rule {last[0]['ruleId']} of {OWNER}"
    wait_until(lambda: line in running.log.read_text())


def test_one_rule(ask, outages, client) -> None:
    """A rule that calls wait on is changed: they go on, and the next call meets the new rule."""
    sts = client("sts", retries=ONCE)
    outages.post([{**STS, "latency": 60_000}, S3])
    rule, other = outages.status()[1]["rules"]
    path = f"/outages/rules/{rule['id']}"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: outcome(sts.get_caller_identity))
        wait_until(lambda: outages.status()[1]["rules"][0]["hits"])
        changed = ask("PUT", path, {**STS, "error": {"code": "Changed"}})
        assert "ok" == waiting.result(10)

    assert (200, rule["id"], 0) == (
        changed.status_code,
        changed.json()["id"],
        changed.json()["hits"],
    )
    assert "Changed" == failure(sts.get_caller_identity).code
    assert 1 == ask("GET", path).json()["hits"]
    assert 200 == ask("PATCH", path, {"position": 1}).status_code
    assert [other["id"], rule["id"]] == [r["id"] for r in outages.status()[1]["rules"]]
    assert "deleted" == ask("DELETE", path).json()["state"]
    gone = ask("GET", path)
    assert (404, "UnknownRule") == (gone.status_code, gone.json()["error"]["code"])
    assert re.search(rf"rule '{rule['id']}' was deleted [\d.]+ s ago", gone.text)


def test_etags_and_keys(ask, outages) -> None:
    """A change for another list is refused, and one that is sent again is made once."""
    old = ask("GET", "/outages").headers["ETag"]
    first = ask("PATCH", "/outages", [S3], If_Match=old, Idempotency_Key="test_etags_and_keys")
    refused = ask("PATCH", "/outages", [STS], If_Match=old)
    again = ask("PATCH", "/outages", [S3], If_Match=old, Idempotency_Key="test_etags_and_keys")

    assert (200, 412, 200) == (first.status_code, refused.status_code, again.status_code)
    assert "true" == again.headers["Idempotent-Replayed"]
    assert (200, [S3]) == outages.get()
    assert first.headers["ETag"] == ask("HEAD", "/outages").headers["ETag"] != old


def test_a_browser_at_a_name_that_anybody_can_point_here(endpoint: str, outages) -> None:
    """A rebound page reads and changes nothing; curl may use the same name."""
    url = f"{endpoint}/_extension/outages/outages"
    host = {"Host": "rebound.example:4566"}
    browser = {**host, "User-Agent": "Mozilla/5.0"}

    assert 403 == requests.get(url, headers=browser, timeout=30).status_code
    assert 403 == requests.post(url, "[{}]", headers=browser, timeout=30).status_code
    assert 200 == requests.get(url, headers=host, timeout=30).status_code
    assert (200, []) == outages.get()


def get(endpoint: str, path: str, *headers: str) -> socket.socket:
    """Send a request, and leave its answer alone."""
    connection = connect(endpoint)
    lines = (f"GET /_extension/outages{path} HTTP/1.1", "Host: localhost", *headers, "", "")
    connection.sendall("\r\n".join(lines).encode())
    return connection


EVENTS = "/outages/events?service=none&after=-1"


@pytest.fixture
def crowd(endpoint: str) -> Iterator[list[socket.socket]]:
    """As many clients that wait as there may be."""
    clients = [
        get(endpoint, f"{EVENTS}&wait=60")
        if number % 2
        else get(endpoint, EVENTS, "Accept: text/event-stream")
        for number in range(MAX_READERS)
    ]
    yield clients
    for one in clients:
        one.close()


def test_clients_that_gave_up_make_room(ask, crowd) -> None:
    """Too many that wait are refused, and those that gave up are soon counted no more."""

    def stream() -> int:
        with requests.get(
            ask("GET", "/outages").url + "/events",
            headers={"Accept": "text/event-stream"},
            stream=True,
            timeout=30,
        ) as answer:
            return answer.status_code

    wait_until(lambda: stream() == 503)
    began = time.monotonic()
    assert [] == ask("GET", f"{EVENTS}&wait=30").json()["events"]
    assert time.monotonic() - began < 15

    for client in crowd:
        client.close()

    wait_until(lambda: stream() == 200, within=30)
