"""What a call pays that no rule touches: the same load on LocalStack without the extension, with it,
and with a proxy before it that could fail calls, in turns.
"""

from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

from . import servers
from .figures import Table, percentile, table
from .load import Load, Plan, drive
from .signed import client, signed

WITHOUT = "without"
AGAIN = "without, again"
NO_RULE = "no rule"
MANY_RULES = "10,000 rules"
LEVELS = (1, 16)
_BODY = b"x" * 2**20
_OK = (200,)


class _Operation(NamedTuple):
    title: str
    service: str
    method: str
    parameters: dict[str, object]


# Messages stay in their queue, and what is in LocalStack's memory slows it: they come last.
OPERATIONS = (
    _Operation("sts.GetCallerIdentity", "sts", "get_caller_identity", {}),
    _Operation("s3.PutObject of 1 MiB", "s3", "put_object", {"Bucket": "bench", "Key": "k"}),
    _Operation("sqs.SendMessage", "sqs", "send_message", {"MessageBody": "hello"}),
)


def measure(*, smoke: bool) -> list[Table]:
    """Measure all operations at all levels."""
    repetitions, seconds, warmup = (1, 0.2, 0.1) if smoke else (7, 0.5, 1.0)
    with ExitStack() as stack:
        enter = stack.enter_context
        # Each has a LocalStack of its own, so that all carry as much.
        endpoints = {}
        bare = servers.without_extension if servers.has_bare() else servers.with_extension
        if servers.has_bare():
            endpoints = {name: enter(bare()) for name in (WITHOUT, AGAIN)}
        endpoints[NO_RULE] = enter(servers.with_extension())
        rules = [{"service": f"none-{i}", "region": "us-*"} for i in range(10_000)]
        endpoints[MANY_RULES] = enter(servers.with_extension(rules))
        for name, peer in servers.peers().items():
            endpoints[name] = enter(peer(enter(bare())))
        tables = []
        for operation in OPERATIONS:
            requests = {name: _requests(url, operation) for name, url in endpoints.items()}
            for name, url in endpoints.items():
                drive(_plan(url, requests[name], 4, warmup), _OK)
            for level in LEVELS:
                tables += _at_level(operation, level, endpoints, requests, repetitions, seconds)
    return tables


def _at_level(
    operation: _Operation,
    level: int,
    endpoints: dict[str, str],
    requests: dict[str, tuple[bytes, ...]],
    repetitions: int,
    seconds: float,
) -> list[Table]:
    loads: dict[str, list[Load]] = {name: [] for name in endpoints}
    for _ in range(repetitions):
        for name, url in endpoints.items():
            loads[name].append(drive(_plan(url, requests[name], level, seconds), _OK))
    title = f"{operation.title}, {level} connection{'s' * (level > 1)}"
    p50, p99 = (partial(percentile, share=share) for share in (0.50, 0.99))
    return [
        table(title, "calls/s", {n: [one.rate for one in found] for n, found in loads.items()}),
        table(
            f"{title}, p50",
            "ms",
            {n: [p50(one.latencies_ms) for one in found] for n, found in loads.items()},
        ),
        table(
            f"{title}, p99",
            "ms",
            {n: [p99(one.latencies_ms) for one in found] for n, found in loads.items()},
        ),
    ]


def _requests(endpoint: str, operation: _Operation) -> tuple[bytes, ...]:
    """Give some signed requests of an operation, with what they need in place."""
    sdk = client(endpoint, operation.service)
    parameters = dict(operation.parameters)
    if operation.service == "sqs":
        parameters["QueueUrl"] = sdk.create_queue(QueueName="bench")["QueueUrl"]
    if operation.service == "s3":
        sdk.create_bucket(Bucket="bench")
        parameters["Body"] = _BODY
    return tuple(
        signed(endpoint, operation.service, operation.method, **parameters) for _ in range(4)
    )


def _plan(endpoint: str, requests: tuple[bytes, ...], connections: int, seconds: float) -> Plan:
    host, port = endpoint.removeprefix("http://").split(":")
    return Plan(host, int(port), requests, connections, seconds)
