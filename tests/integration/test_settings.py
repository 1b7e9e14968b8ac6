"""What the settings of the extension, and those of LocalStack that it heeds, do."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localstack_outages.hosts.localstack.waiting import most_waiting
from localstack_outages.launch.process import HostProcess

from .helpers import ONCE, OUT, Failure, connect, failure, outcome, sts_request, wait_until

WORKERS = 8


@pytest.fixture(scope="module")
def other(start_host) -> Iterator[HostProcess]:
    """A LocalStack with few threads in which global services are at home where AWS runs them."""
    host = start_host(GATEWAY_WORKER_COUNT=str(WORKERS), OUTAGES_GLOBAL_SERVICES="aws")
    yield host
    host.stop()


@pytest.fixture
def its_outages(outages, other) -> Iterator[Any]:
    """Its control API."""
    found = type(outages)(other.endpoint)
    yield found
    found.post([])


@pytest.fixture
def its_client(client, other) -> Callable[..., Any]:
    """A function that makes clients for it, of one attempt."""
    return lambda service, region: client(
        service, region, retries=ONCE, endpoint_url=other.endpoint
    )


@pytest.mark.parametrize(
    ("service", "operation", "region", "home"),
    [
        ("iam", "list_users", "eu-west-1", "us-east-1"),
        ("iam", "list_users", "us-gov-east-1", "us-gov-west-1"),
        ("route53", "list_hosted_zones", "eu-west-1", "us-east-1"),
        ("organizations", "list_roots", "eu-west-1", "us-east-1"),
        ("cloudfront", "list_distributions", "eu-west-1", "us-east-1"),
        ("sqs", "list_queues", "eu-west-1", "eu-west-1"),
        ("sts", "get_caller_identity", "eu-west-1", "eu-west-1"),
    ],
)
def test_global_services(its_outages, its_client, service, operation, region, home) -> None:
    """A global service is out with the region in which AWS runs it, whatever the client signed."""
    call = getattr(its_client(service, region), operation)
    its_outages.post([{"region": region if home != region else "us-east-1"}])
    before = [outcome(call) for _ in range(2)]  # on the short way, where there is one
    its_outages.post([{"region": home}])
    errors = [failure(call) for _ in range(2)]

    assert OUT not in before
    message = f"Service '{service}' not accessible in '{home}' region due to an outage"
    assert [Failure(503, OUT, message)] * 2 == errors


def test_the_default_is_as_signed(outages, client) -> None:
    """Without the setting a call counts in the region that the client signed for."""
    call = client("iam", "eu-west-1", retries=ONCE).list_users
    outages.post([{"service": "iam", "region": "us-east-1"}])
    elsewhere = outcome(call)
    outages.post([{"service": "iam", "region": "eu-west-1"}])

    assert OUT != elsewhere
    assert OUT == outcome(call)


@pytest.mark.host("localstack", reason="a gateway has no threads that calls could use up")
@pytest.mark.parametrize("rule", [{"connection": "hang"}, {"latency": 600_000}], ids=str)
def test_the_control_api_answers_while_calls_wait(its_outages, other, rule) -> None:
    """More calls than LocalStack has threads wait, and the rule that makes them can be ended."""
    its_outages.post([{"service": "sts", **rule}])
    request = sts_request(other.endpoint).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    def ask() -> bytes:
        with connect(other.endpoint) as connection:
            connection.settimeout(60)
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    room = most_waiting(WORKERS)
    with ThreadPoolExecutor(4 * WORKERS) as pool:
        calls = [pool.submit(ask) for _ in range(4 * WORKERS)]
        wait_until(lambda: sum(call.done() for call in calls) == 4 * WORKERS - room, 60)
        refused = [call.result() for call in calls if call.done()]
        status, _ = its_outages.post([])
        waited = [call.result() for call in calls]

    assert 200 == status
    assert 0 < room < WORKERS
    assert all(b" 503 " in answer and b"TooManyWaitingCalls" in answer for answer in refused)
    assert room == sum(b" 200 " in answer for answer in waited)
    assert 1 == other.log.read_text().count("A call was refused: ") or rule != {
        "connection": "hang"
    }
