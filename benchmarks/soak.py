"""A retry storm on a real LocalStack or on a gateway: calls refused by the thousand, rules that change
all the time, everything watched, and beside it a service that nothing happens to. What is behind the
gateway is killed in the middle, and comes back. ``make soak``.
"""

import argparse
import dataclasses
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from localstack_outages import OutagesClient
from localstack_outages.schema.effect import OUTAGE_STATUS
from localstack_outages.schema.errors import Unreachable

from . import servers
from .figures import percentile
from .load import Load, Plan, begin, finish
from .signed import client, signed

CONNECTIONS = 64
REFUSED_SHARE = 0.9
CHANGES_PER_SECOND = 20
CHANGERS = 4
"""So many take turns at that: in the storm one alone waits longer for an answer than its turn lasts."""

STEADY_RATE = 20
"""Calls per second to the service that nothing happens to."""

STEADY_CONNECTIONS = 4

AWAY_SECONDS = 1
"""How long what is behind the gateway stays away."""


class Calls(NamedTuple):
    """The calls of a storm, each of which keeps nothing that would be taken for memory it uses up."""

    storm: tuple[str, str]
    """The service that is out, and the method of its client."""
    steady: tuple[str, str]
    """The service that nothing happens to."""
    parameters: dict[str, Any]
    """Of the steady call."""


OF_LOCALSTACK = Calls(("kms", "list_keys"), ("sqs", "get_queue_url"), {"QueueName": "steady"})
OF_ROTO = Calls(("dynamodb", "list_tables"), ("sts", "get_caller_identity"), {})

_PAGE = 10_000


@dataclasses.dataclass(frozen=True)
class Soak:
    """What a retry storm came to."""

    seconds: float
    calls: int
    steady: int
    """Calls of the steady service that were answered during the storm."""
    refused: int
    """Calls of the storm that were refused."""
    other_errors: dict[int, int]
    """Answers by HTTP status that no rule accounts for; 0 stands for broken connections."""
    events: int
    """Events of the journal that speak of refused calls."""
    gaps: int
    """Numbers that were left out between them."""
    missed: int
    """Events that the journal forgot before they were read."""
    changes: int
    """How often the rules were changed."""
    p99_calm_ms: float
    """Of the steady service, beside as many connections without an outage."""
    p99_storm_ms: float
    """Of the steady service, during the storm."""
    memory_mib: tuple[float, ...]
    """Memory of LocalStack after warming up: at equal intervals during the storm."""

    @property
    def growth_mib(self) -> float:
        """By how much memory grew over the second half of the storm."""
        half = self.memory_mib[len(self.memory_mib) // 2 :]
        third = max(1, len(half) // 3)
        return sum(half[-third:]) / third - sum(half[:third]) / third

    def __str__(self) -> str:
        ratio = self.p99_storm_ms / self.p99_calm_ms
        return (
            f"{self.calls} calls in {self.seconds:.0f} s, {self.refused} refused; "
            f"other errors: {self.other_errors or 'none'}; "
            f"journal: {self.events} events, {self.gaps} gaps, {self.missed} missed; "
            f"{self.changes} changes of the rules; "
            f"p99 of the steady service: {self.p99_storm_ms:.0f} ms in the storm, "
            f"{self.p99_calm_ms:.0f} ms beside as many connections without it, ratio {ratio:.2f}; "
            f"memory: {self.memory_mib[0]:.0f} MiB at first, {self.memory_mib[-1]:.0f} MiB at last, "
            f"growth in the second half {self.growth_mib:.1f} MiB"
        )


def soak(
    endpoint: str,
    process_id: int,
    seconds: float,
    calls: Calls = OF_LOCALSTACK,
    upstream: servers.Roto | None = None,
) -> Soak:
    """Run a retry storm.

    :param endpoint: the URL of a LocalStack with the extension or of a gateway, without rules
    :param process_id: its process
    :param seconds: how long the storm lasts; the calm before it lasts a third of that
    :param calls: which calls are made
    :param upstream: is killed in the middle of the storm, and comes back
    """
    api = OutagesClient(endpoint, timeout=60)
    api.replace([])
    if calls is OF_LOCALSTACK:
        client(endpoint, "sqs").create_queue(QueueName="steady")
    steady = signed(endpoint, *calls.steady, **calls.parameters)
    storm = signed(endpoint, *calls.storm)

    def load(duration: float) -> tuple[Load, Load]:
        host, port = endpoint.removeprefix("http://").split(":")
        plans = (
            Plan(host, int(port), (storm,), CONNECTIONS, duration),
            Plan(host, int(port), (steady,), STEADY_CONNECTIONS, duration, STEADY_RATE),
        )
        first, second = (begin(plan) for plan in plans)
        return finish(first), finish(second)

    load(1)  # the first calls load the services
    _, calm = load(max(3, seconds / 3))
    after = api.events(-1)["next"]
    rule = {"service": calls.storm[0], "probability": REFUSED_SHARE}
    api.add([rule])
    load(max(2, seconds / 6))  # the storm itself warms up what it needs
    after = api.events(-1)["next"]
    with (
        _journal(api, after) as journal,
        _changing(api) as changes,
        _console(api),
        _memory(process_id, seconds / 20) as memory,
        _away(upstream, seconds / 2),
    ):
        stormy, beside = load(seconds)
        _wait_until(lambda: len(journal) >= stormy.statuses.get(OUTAGE_STATUS, 0))
    numbers = [event["sequence"] for event in journal]
    api.replace([])
    errors = {
        status: count
        for statuses in ({**stormy.statuses, OUTAGE_STATUS: 0}, beside.statuses)
        for status, count in statuses.items()
        if status != 200 and count
    }
    return Soak(
        seconds=stormy.seconds,
        calls=stormy.calls + beside.calls,
        steady=beside.statuses.get(200, 0),
        refused=stormy.statuses.get(OUTAGE_STATUS, 0),
        other_errors=errors,
        events=len(numbers),
        gaps=sum(b - a - 1 for a, b in zip([after, *numbers], numbers, strict=False)),
        missed=journal.missed,
        changes=len(changes),
        p99_calm_ms=percentile(calm.latencies_ms, 0.99),
        p99_storm_ms=percentile(beside.latencies_ms, 0.99),
        memory_mib=tuple(memory),
    )


class _Journal(list[Any]):
    """Events as they came."""

    missed = 0


@contextmanager
def _journal(api: OutagesClient, after: int) -> Iterator[_Journal]:
    """Read the stream of events, as a console does."""
    found = _Journal()
    stop = threading.Event()

    def read() -> None:
        number = after
        while not stop.is_set():
            page = OutagesClient(api.endpoint, timeout=60).events(number, limit=_PAGE, wait=1)
            found.extend(page["events"])
            found.missed += page["missed"]
            number = page["next"]

    with _running(read, stop):
        yield found


@contextmanager
def _changing(api: OutagesClient) -> Iterator[list[float]]:
    """Change the rules all the time, but not the one that makes the storm."""
    changed: list[float] = []
    stop = threading.Event()
    began = time.monotonic()

    def change(number: int) -> None:
        mine = OutagesClient(api.endpoint, timeout=60)
        for turn in count():
            due = began + (turn * CHANGERS + number) / CHANGES_PER_SECOND
            if stop.wait(max(0.0, due - time.monotonic())):
                return
            rule = {"service": f"none-{number}-{turn // 2}"}
            (mine.remove if turn % 2 else mine.add)([rule])
            changed.append(time.monotonic())

    with ExitStack() as stack:
        for number in range(CHANGERS):
            stack.enter_context(_running(partial(change, number), stop))
        yield changed


@contextmanager
def _console(api: OutagesClient) -> Iterator[None]:
    """Ask what a console asks, and what Prometheus asks."""
    stop = threading.Event()

    def stream() -> None:
        events = OutagesClient(api.endpoint, timeout=60).stream(-1)
        while not stop.is_set():
            try:
                next(events)
            except (Unreachable, StopIteration):
                return

    def poll() -> None:
        mine = OutagesClient(api.endpoint, timeout=60)
        while not stop.wait(1):
            mine.status()
            mine.traffic(300)
            mine.verdicts(20)
            mine.metrics()

    threading.Thread(target=stream, daemon=True).start()
    with _running(poll, stop):
        yield


@contextmanager
def _memory(process_id: int, interval: float) -> Iterator[list[float]]:
    """Watch the memory of a process, in MiB."""
    found: list[float] = []
    stop = threading.Event()

    def look() -> None:
        while True:
            found.append(_resident_mib(process_id))
            if stop.wait(interval):
                return

    with _running(look, stop):
        yield found


@contextmanager
def _away(upstream: servers.Roto | None, after: float) -> Iterator[None]:
    """Kill what is behind a gateway after some seconds, and start it again."""
    stop = threading.Event()

    def kill() -> None:
        if upstream is not None and not stop.wait(after):
            upstream.kill()
            stop.wait(AWAY_SECONDS)
            upstream.start()

    with _running(kill, stop):
        yield


@contextmanager
def _running(function: Callable[[], None], stop: threading.Event) -> Iterator[None]:
    """Run a function beside a block; what it raises is raised at the end of the block."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as e:  # noqa: BLE001 - it is raised again, in the thread that waits
            failed.append(e)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failed:
        raise failed[0]


def _resident_mib(process_id: int) -> float:
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _wait_until(is_so: Callable[[], bool], within: float = 10) -> None:
    """Wait until something is so, or the time is up: what is missing then is counted as lost."""
    deadline = time.monotonic() + within
    never = threading.Event()
    while not is_so() and time.monotonic() < deadline:
        never.wait(0.05)


def main() -> int:
    """Run a storm and print what it came to; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--host", choices=("localstack", "gateway"), default="localstack")
    options = parser.parse_args()
    if options.host == "gateway":
        with servers.running_roto() as roto, servers.gateway(roto.endpoint) as run:
            print(soak(run.endpoint, run.process_id, options.seconds, OF_ROTO, roto))
        return 0
    with servers.localstack_with_extension() as localstack:
        print(soak(localstack.endpoint, localstack.process_id, options.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
