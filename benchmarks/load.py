"""A load driver: sends prepared requests over many connections, each one after the other, and counts
what is answered. Runs in a process of its own, so as not to share LocalStack's.

Asked over standard input by ``drive()``; it answers in JSON on standard output.
"""

import asyncio
import base64
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

_CHUNKED_END = b"0\r\n\r\n"


class Load(NamedTuple):
    """What a load came to."""

    seconds: float
    statuses: dict[int, int]
    """Answers by HTTP status; 0 stands for connections that broke."""
    latencies_ms: list[float]

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.seconds


class Plan(NamedTuple):
    """What to send."""

    host: str
    port: int
    requests: tuple[bytes, ...]
    """They are sent in turns."""
    connections: int
    seconds: float
    rate: float = 0
    """Calls per second over all connections; as many as there can be where it is 0."""


class UnexpectedStatus(RuntimeError):
    """A load was answered otherwise than it should be: what was measured is something else."""


def drive(plan: Plan, expected: Sequence[int] | None = None) -> Load:
    """Carry out a load in another process and wait for its end.

    :param expected: the HTTP statuses that may be answered; any where left out
    :raises UnexpectedStatus: where another was answered
    """
    return finish(begin(plan), expected)


def begin(plan: Plan) -> subprocess.Popen[str]:
    """Start a load in another process."""
    document = plan._asdict()
    document["requests"] = [base64.b64encode(request).decode() for request in plan.requests]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(document))
    process.stdin.close()
    return process


def finish(process: subprocess.Popen[str], expected: Sequence[int] | None = None) -> Load:
    """Wait for the end of a load.

    :raises UnexpectedStatus: where another status than those expected was answered
    """
    assert process.stdout is not None
    with process.stdout as output:
        text = output.read()
    if process.wait() != 0:
        raise RuntimeError(f"the load driver ended with {process.returncode}")
    document = json.loads(text)
    statuses = {int(status): count for status, count in document["statuses"].items()}
    if expected is not None and (not statuses or not set(statuses) <= set(expected)):
        raise UnexpectedStatus(f"answered {statuses}, expected {list(expected)}")
    return Load(document["seconds"], statuses, document["latencies_ms"])


class _Connection(asyncio.Protocol):
    """Sends a request, waits for its answer, sends the next, until the time is up."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._buffer = b""
        self._sent_at = 0.0
        self._waits = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        status = _status_if_whole(self._buffer)
        if status is None:
            return
        self._buffer = b""
        self._waits = False
        self._run.took(status, time.perf_counter() - self._sent_at)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it so
        if self._waits:
            self._run.took(0, time.perf_counter() - self._sent_at)
        if not self.done.done():
            self.done.set_result(None)

    def _next(self) -> None:
        pause = self._run.pause()
        if pause is None:
            self._transport.close()
        elif pause > 0:
            asyncio.get_running_loop().call_later(pause, self._send)
        else:
            self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._waits = True
        self._transport.write(self._run.request())


class _Run:
    """One load, over all its connections."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._number = 0
        self.statuses: Counter[int] = Counter()
        self.latencies_ms: list[float] = []
        self._started = time.perf_counter()

    def pause(self) -> float | None:
        """Give how many seconds to wait before the next call; None where there is to be none."""
        now = time.perf_counter() - self._started
        if now >= self._plan.seconds:
            return None
        return max(0.0, self._number / self._plan.rate - now) if self._plan.rate else 0.0

    def request(self) -> bytes:
        """Give the next request."""
        self._number += 1
        return self._plan.requests[self._number % len(self._plan.requests)]

    def took(self, status: int, seconds: float) -> None:
        """Take note of an answer."""
        self.statuses[status] += 1
        self.latencies_ms.append(seconds * 1000)

    async def run(self) -> Load:
        """Carry it out."""
        loop = asyncio.get_running_loop()
        self._started = time.perf_counter()
        made = [
            await loop.create_connection(
                lambda: _Connection(self), self._plan.host, self._plan.port
            )
            for _ in range(self._plan.connections)
        ]
        await asyncio.gather(*(connection.done for _, connection in made))
        return Load(time.perf_counter() - self._started, dict(self.statuses), self.latencies_ms)


def _status_if_whole(answer: bytes) -> int | None:
    """Give the status of an answer that is here as a whole."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = answer[:end].lower()
    status = int(head[9:12])
    start = head.find(b"content-length:")
    if start >= 0:
        length = int(head[start + 15 :].split(b"\r\n", 1)[0])
        return status if len(answer) >= end + 4 + length else None
    if b"transfer-encoding: chunked" in head:
        return status if answer.endswith(_CHUNKED_END) else None
    return status


def main() -> None:
    """Read a plan, carry it out, write what it came to."""
    document: dict[str, Any] = json.load(sys.stdin)
    requests = tuple(base64.b64decode(request) for request in document.pop("requests"))
    load = asyncio.run(_Run(Plan(requests=requests, **document)).run())
    json.dump(load._asdict(), sys.stdout)


if __name__ == "__main__":
    main()
