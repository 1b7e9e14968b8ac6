"""Whether writers of batches send failed entries again, by the assertion and by the verdicts."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from localstack_outages import OutagesClient

from .helpers import ONCE, unique, wait_until

Batch = Callable[[Iterable[str]], list[str]]


@pytest.fixture
def api(endpoint: str) -> OutagesClient:
    """A client of the control API."""
    return OutagesClient(endpoint)


@pytest.fixture
def send(client: Callable[..., Any]) -> Batch:
    """A function that sends messages to a queue in one batch, and gives those that failed."""
    sqs = client("sqs", retries=ONCE)
    url = sqs.create_queue(QueueName=unique("entries"))["QueueUrl"]

    def send(bodies: Iterable[str]) -> list[str]:
        by_id = {unique("id"): body for body in bodies}
        entries = [{"Id": name, "MessageBody": body} for name, body in by_id.items()]
        answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        return [by_id[failed["Id"]] for failed in answer.get("Failed", ())]

    return send


def figures(api: OutagesClient, owner: str) -> dict[str, int]:
    """Give what the summary of an owner's verdicts says of entries, once something is known."""
    names = ("entriesFailed", "entriesRecovered", "entriesLost")

    def ask() -> dict[str, int]:
        summary: Any = api.verdicts(owner=owner)["summary"]
        return {name: summary[name] for name in names if summary["calls"]}

    found: dict[str, int] = wait_until(ask)
    return found


def test_sent_again(api: OutagesClient, send: Batch) -> None:
    """A writer that sends failed entries again, in another batch and with other ids, loses none."""
    with api.outage(
        "sqs", operation="SendMessageBatch", partial={"indexes": [0, 2]}, times=2
    ) as out:
        failed = send("abcd")
        assert ["a", "c"] == failed
        assert ["a", "x"] == send([*failed, "x"])
        assert [] == send("ax")
        out.assert_no_entries_lost()
    (verdict,) = [v for v in out.verdicts if v["attempts"] == 1 and v["entriesRecovered"] == 2][:1]

    assert ("recovered", []) == (verdict["ending"], verdict["flags"])
    assert {"entriesFailed": 4, "entriesRecovered": 4, "entriesLost": 0} == figures(api, out.owner)


def test_not_sent_again(api: OutagesClient, send: Batch) -> None:
    """A writer that trusts the 200 is found out, and its verdict is open while it may still send."""
    with api.outage("sqs", operation="SendMessageBatch", partial={"count": 2}, times=1) as out:
        send("abc")
        send("b")
        told = r"sqs\.SendMessageBatch .*: 1 of 2 entries not sent again"
        with pytest.raises(AssertionError, match=told):
            out.assert_no_entries_lost(within=0.5)
        (verdict,) = out.verdicts

    assert ("open", 2, 1) == (
        verdict["ending"], verdict["entriesFailed"], verdict["entriesRecovered"],
    )  # fmt: skip


def test_done_all_the_same(api: OutagesClient, send: Batch) -> None:
    """Entries that were carried out cannot be lost, though their writer was told that they failed."""
    partial = {"count": 1}
    with api.outage("sqs", operation="SendMessageBatch", partial=partial, phase="after") as out:
        assert ["a"] == send("ab")
        with pytest.raises(AssertionError, match="the outage failed none"):
            out.assert_no_entries_lost(within=0)
