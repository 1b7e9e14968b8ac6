"""What the gateway costs before roto, a fast AWS: calls that pass and calls that it refuses beside
microburst, large objects, thousands of calls that hang, and its start.
"""

import http.client
import socket
from contextlib import ExitStack
from pathlib import Path

from localstack_outages.schema.effect import OUTAGE_STATUS

from . import servers
from .figures import Table, percentile, table
from .load import Load, Plan, drive
from .signed import client, signed

DIRECT = "direct"
GATEWAY = "gateway"
PEER = "microburst"
BEHIND_ENVOY = "gateway behind Envoy"
GROWTH = "memory growth"
CALM, BESIDE = "alone", "beside calls that hang"
WITHOUT_MOTO = "ready"

_LEVELS = (1, 16)
_OK = (200,)
_CHUNK = 2**20
_LARGEST_MIB = 512
"""roto takes no object of 1 GiB."""
_CALLS = {
    "sts": ("get_caller_identity", {}),
    "s3": ("get_object", {"Bucket": "bench", "Key": "k"}),
    "lambda": ("list_functions", {}),
}
"""Of the query protocol, S3, and REST."""


def measure(*, smoke: bool) -> list[Table]:
    """Measure all of it; nothing where the gateway or roto is not installed."""
    if not servers.has_gateway():
        return []
    return [
        *_passing(smoke=smoke),
        *_refusing(smoke=smoke),
        *_working(smoke=smoke),
        _large(mebibytes=16 if smoke else 1024),
        _hanging(count=50 if smoke else 5_000, seconds=0.3 if smoke else 3),
        _starting(repetitions=1 if smoke else 7),
    ]


def _passing(*, smoke: bool) -> list[Table]:
    repetitions, seconds, warmup = (1, 0.2, 0.1) if smoke else (7, 1.0, 1.0)
    with ExitStack() as stack:
        upstream = stack.enter_context(servers.roto())
        endpoints = {DIRECT: upstream}
        endpoints[GATEWAY] = stack.enter_context(servers.gateway(upstream)).endpoint
        if servers.has_envoy():
            endpoints[BEHIND_ENVOY] = stack.enter_context(
                servers.envoy(endpoints[GATEWAY])
            ).endpoint
        if PEER in servers.peers():
            endpoints[PEER] = stack.enter_context(servers.microburst(upstream))
        requests = {
            name: signed(url, "sts", "get_caller_identity") for name, url in endpoints.items()
        }
        for name, url in endpoints.items():
            _drive(url, requests[name], 4, warmup, _OK)
        tables = []
        for level in _LEVELS:
            loads: dict[str, list[Load]] = {name: [] for name in endpoints}
            for _ in range(repetitions):
                for name, url in endpoints.items():
                    loads[name].append(_drive(url, requests[name], level, seconds, _OK))
            title = f"sts.GetCallerIdentity passes, {level} connection{'s' * (level > 1)}"
            rates = {name: [one.rate for one in found] for name, found in loads.items()}
            p50 = {
                name: [percentile(one.latencies_ms, 0.5) for one in found]
                for name, found in loads.items()
            }
            tables += [table(title, "calls/s", rates), table(f"{title}, p50", "ms", p50)]
    return tables


def _working(*, smoke: bool) -> list[Table]:
    """Measure what a call takes of a core. That says how many calls a core can carry, also where the
    load, the upstream and what is measured share one.
    """
    if not servers.has_envoy():
        return []
    repetitions, seconds = (1, 0.2) if smoke else (5, 2.0)
    with (
        servers.roto() as upstream,
        servers.gateway(upstream) as ours,
        servers.envoy(ours.endpoint) as before,
    ):
        request = signed(before.endpoint, "sts", "get_caller_identity")
        took: dict[str, list[float]] = {GATEWAY: [], "Envoy before it": []}
        processes = (ours.process_id, before.process_id)
        for _ in range(repetitions):
            begin = [*map(servers.cpu_seconds, processes)]
            load = _drive(before.endpoint, request, _LEVELS[-1], seconds, _OK)
            for name, process, at in zip(took, processes, begin, strict=True):
                took[name].append((servers.cpu_seconds(process) - at) / load.calls * 1e6)
    return [table(f"CPU of a call that passes, {_LEVELS[-1]} connections", "µs", took)]


def _refusing(*, smoke: bool) -> list[Table]:
    repetitions, seconds, warmup = (1, 0.2, 0.1) if smoke else (5, 1.0, 1.0)
    tables = []
    with ExitStack() as stack:
        upstream = stack.enter_context(servers.roto())
        rules = [{"service": service} for service in _CALLS]
        ours = stack.enter_context(servers.gateway(upstream, rules)).endpoint
        for service, (method, parameters) in _CALLS.items():
            endpoints = {GATEWAY: (ours, OUTAGE_STATUS)}
            if PEER in servers.peers():
                peer = stack.enter_context(servers.microburst(upstream, service))
                endpoints = {PEER: (peer, servers.PEER_STATUS), **endpoints}
            rates: dict[str, list[float]] = {name: [] for name in endpoints}
            for turn in range(repetitions + 1):
                for name, (url, status) in endpoints.items():
                    request = signed(url, service, method, **parameters)
                    load = _drive(url, request, 16, seconds if turn else warmup, (status,))
                    if turn:
                        rates[name].append(load.rate)
            tables.append(table(f"{service} refused, 16 connections", "calls/s", rates))
    return tables


def _large(mebibytes: int) -> Table:
    """Send objects up and down, in pieces, and see by how much the gateway's memory has grown."""
    with servers.roto() as upstream, servers.gateway(upstream) as run:
        client(run.endpoint, "s3").create_bucket(Bucket="large")
        _send(run.endpoint, 1)  # what is needed once is loaded
        before = _peak_mib(run.process_id)
        for size in range(0, mebibytes, _LARGEST_MIB):
            _send(run.endpoint, min(_LARGEST_MIB, mebibytes - size))
        return table(
            f"{mebibytes} MiB up and down", "MiB", {GROWTH: [_peak_mib(run.process_id) - before]}
        )


def _send(endpoint: str, mebibytes: int) -> None:
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"))
    scope = "test/20260101/us-east-1/s3/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Length": str(mebibytes * _CHUNK),
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    }
    piece = bytes(_CHUNK)
    connection.request("PUT", "/large/key", (piece for _ in range(mebibytes)), headers)
    if (answer := connection.getresponse()).status != 200:
        raise RuntimeError(f"the object was not stored: {answer.status} {answer.read()!r}")
    answer.read()
    del headers["Content-Length"]
    connection.request("GET", "/large/key", headers=headers)
    answer = connection.getresponse()
    got = 0
    while part := answer.read(_CHUNK):
        got += len(part)
    connection.close()
    if got != mebibytes * _CHUNK:
        raise RuntimeError(f"of the object {got} bytes came back")


def _hanging(count: int, seconds: float) -> Table:
    """Have calls of one service hang, and see what calls of another one pay."""
    with servers.roto() as upstream:
        rules = [{"service": "sqs", "connection": "hang"}]
        with servers.gateway(upstream, rules) as run:
            other = signed(run.endpoint, "sts", "get_caller_identity")
            _drive(run.endpoint, other, 4, seconds / 3, _OK)
            alone = [_drive(run.endpoint, other, 4, seconds, _OK) for _ in range(3)]
            host, port = run.endpoint.removeprefix("http://").split(":")
            request = signed(run.endpoint, "sqs", "list_queues")
            hanging = [socket.create_connection((host, int(port))) for _ in range(count)]
            for connection in hanging:
                connection.sendall(request)
            _drive(run.endpoint, other, 4, seconds / 3, _OK)
            beside = [_drive(run.endpoint, other, 4, seconds, _OK) for _ in range(3)]
            for connection in hanging:
                connection.close()
    p99 = {
        name: [percentile(one.latencies_ms, 0.99) for one in loads]
        for name, loads in ((CALM, alone), (BESIDE, beside))
    }
    return table(f"p99 of calls of sts, {count} of sqs hang", "ms", p99)


def _starting(repetitions: int) -> Table:
    found = []
    with servers.roto() as upstream:
        for _ in range(repetitions):
            with servers.gateway(upstream) as run:
                found.append(run.start_seconds)
    return table("start-up, without moto", "s", {WITHOUT_MOTO: found})


def _drive(
    url: str, request: bytes, connections: int, seconds: float, expected: tuple[int, ...]
) -> Load:
    host, port = url.removeprefix("http://").split(":")
    return drive(Plan(host, int(port), (request,), connections, seconds), expected)


def _peak_mib(process_id: int) -> float:
    """Give the most memory that a process has had, in MiB."""
    status = Path(f"/proc/{process_id}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
