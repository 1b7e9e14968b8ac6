"""Batches that fail in part, with boto3 against a real LocalStack."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.batch_scenes import SCENES, play_after, play_all, play_before

pytestmark = pytest.mark.host("localstack", reason="tests/gateway plays the same before moto")

NOT_HERE = ("dynamodb.", "kinesis.")
"""LocalStack downloads what carries them out. They are played at the gateway."""

HERE = [name for name in SCENES if not name.startswith(NOT_HERE)]
ONCE = {"total_max_attempts": 1}


@pytest.fixture
def clients(client: Callable[..., BaseClient]) -> Callable[[str], BaseClient]:
    """A function that makes a client that does not retry."""
    return lambda service: client(service, retries=ONCE)


@pytest.mark.parametrize("name", HERE)
def test_before(name: str, clients: Callable[[str], BaseClient], outages: Any) -> None:
    """Entries that fail never come to the service; the answer has them and the others, in order."""
    play_before(name, clients, outages.post)


@pytest.mark.parametrize("name", HERE)
def test_after(name: str, clients: Callable[[str], BaseClient], outages: Any) -> None:
    """With the phase after, an entry that is told to have failed was carried out."""
    play_after(name, clients, outages.post)


@pytest.mark.parametrize("name", HERE)
def test_all(name: str, clients: Callable[[str], BaseClient], outages: Any) -> None:
    """Where all entries fail, the service gets none, and the answer is AWS's for that."""
    play_all(name, clients, outages.post)


def test_evidence(clients: Callable[[str], BaseClient], outages: Any) -> None:
    """The journal tells how many entries of how many failed; the call itself is answered."""
    scene = SCENES["sqs.SendMessageBatch"](clients)
    outages.post([{"service": "sqs", "operation": "SendMessage*", "partial": {"count": 2}}])
    scene.call()
    event = outages.send("GET", path="/events?limit=1")[1]["events"][-1]

    assert ("ok", 200) == (event["outcome"], event["statusCode"])
    assert {"failed": 2, "of": 3} == event["injected"]["partial"]
    assert event["injected"]["error"] is None
    assert event["injected"]["done"] is False


def test_the_service_refuses(clients: Callable[[str], BaseClient], outages: Any) -> None:
    """Where the service itself refuses the call, its error is what the client gets."""
    sqs = clients("sqs")
    outages.post([{"service": "sqs", "partial": {"count": 1}}])
    url = f"{sqs.meta.endpoint_url}/000000000000/nowhere"
    entries = [{"Id": name, "MessageBody": name} for name in "ab"]

    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message_batch(QueueUrl=url, Entries=entries)


def test_other_operations_pass(clients: Callable[[str], BaseClient], outages: Any) -> None:
    """A rule whose glob matches other operations too lets them pass, and does not count them."""
    outages.post([{"service": "sqs", "partial": {"count": 1}, "times": 1}])
    scene = SCENES["sqs.SendMessageBatch"](clients)

    assert ["a"] == scene.failed(scene.call())
    assert [] == scene.failed(scene.call())
