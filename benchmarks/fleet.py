"""What a fleet costs: gateways that share through Valkey beside one that is on its own, before roto."""

import http.client
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from localstack_outages.schema.effect import OUTAGE_STATUS

from . import servers
from .figures import Table, percentile, table
from .load import Plan, begin, drive, finish
from .signed import signed

ALONE = "on its own"
SHARED = "with --share"
ONE, FOUR = "one replica", "four replicas"
ELSEWHERE = "in force at another replica"
_REPLICAS = 4
_CONNECTIONS = 16
_BUDGET = [{"service": "sts", "times": 1_000_000}]


def measure(*, smoke: bool) -> list[Table]:
    """Measure all of it; nothing where the gateway, roto or Valkey is not installed."""
    if not servers.has_fleet():
        return []
    repetitions, seconds = (1, 0.2) if smoke else (9, 1.5)
    with ExitStack() as stack:
        upstream = stack.enter_context(servers.roto())
        share = f"--share={stack.enter_context(servers.valkey())}"
        alone = stack.enter_context(servers.gateway(upstream))
        fleet = [stack.enter_context(servers.gateway(upstream, (), share))]
        pair = {ALONE: alone, SHARED: fleet[0]}
        tables = [*_compared("untouched", pair, 200, repetitions, seconds)]
        for run in pair.values():
            servers.post_rules(run.endpoint, _BUDGET)
        tables += _compared("refused by times", pair, OUTAGE_STATUS, repetitions, seconds)
        servers.post_rules(fleet[0].endpoint, [])
        fleet += [
            stack.enter_context(servers.gateway(upstream, (), share)) for _ in range(_REPLICAS - 1)
        ]
        tables.append(_together(fleet, repetitions, seconds))
        tables += _in_force(fleet, 5 if smoke else 100)
    return tables


def _compared(
    what: str, runs: dict[str, servers.GatewayRun], status: int, repetitions: int, seconds: float
) -> Iterator[Table]:
    rates: dict[str, list[float]] = {name: [] for name in runs}
    costs: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(repetitions + 1):
        for name, run in runs.items():
            before = servers.cpu_seconds(run.process_id)
            load = drive(_plan(run.endpoint, _CONNECTIONS, seconds), (status,))
            if turn:
                rates[name].append(load.rate)
                costs[name].append(
                    (servers.cpu_seconds(run.process_id) - before) * 1e6 / load.calls
                )
    title = f"calls of sts {what}, {_CONNECTIONS} connections"
    yield table(title, "calls/s", rates)
    yield table(f"CPU of the gateway, {title}", "µs a call", costs)


def _together(fleet: list[servers.GatewayRun], repetitions: int, seconds: float) -> Table:
    """Have one replica take all connections, and all replicas share them."""
    rates: dict[str, list[float]] = {ONE: [], FOUR: []}
    for turn in range(repetitions + 1):
        one = drive(_plan(fleet[0].endpoint, _CONNECTIONS, seconds), (200,)).rate
        each = _CONNECTIONS // len(fleet)
        loads = [begin(_plan(run.endpoint, each, seconds)) for run in fleet]
        four = sum(finish(load, (200,)).rate for load in loads)
        if turn:
            rates[ONE].append(one)
            rates[FOUR].append(four)
    return table(f"calls of sts untouched, {os.cpu_count()} cores", "calls/s", rates)


def _in_force(fleet: list[servers.GatewayRun], changes: int) -> Iterator[Table]:
    """Change the rules at one replica, and ask another until it refuses a call."""
    took = []
    request = signed(fleet[-1].endpoint, "sts", "get_caller_identity")
    for _ in range(changes):
        servers.post_rules(fleet[0].endpoint, [{"service": "sts"}])
        took.append(_until(lambda: _status(fleet[-1].endpoint, request) == OUTAGE_STATUS))
        servers.post_rules(fleet[0].endpoint, [])
        _until(lambda: _status(fleet[-1].endpoint, request) == 200)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        yield table(f"a change, {name}", "ms", {ELSEWHERE: [percentile(took, share)]})


def _until(is_so: Callable[[], bool]) -> float:
    since = time.perf_counter()
    while not is_so():
        if time.perf_counter() - since > servers.READY_SECONDS:
            raise RuntimeError("a change is not in force elsewhere")
    return (time.perf_counter() - since) * 1000


def _status(endpoint: str, request: bytes) -> int:
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"))
    connection.connect()
    connection.sock.sendall(request)
    answer = http.client.HTTPResponse(connection.sock)
    answer.begin()
    connection.close()
    return answer.status


def _plan(endpoint: str, connections: int, seconds: float) -> Plan:
    host, port = endpoint.removeprefix("http://").split(":")
    request = signed(endpoint, "sts", "get_caller_identity")
    return Plan(host, int(port), (request,), connections, seconds)
