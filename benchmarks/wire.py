"""How long it takes to tell which AWS call a raw request makes: ``python -m benchmarks.wire``.

One request for each operation of each service, as botocore makes it, or of the services that are
named on the command line.
"""

import argparse
import sys
import time
from collections.abc import Callable
from itertools import pairwise

from localstack_outages.aws.names import services
from localstack_outages.aws.wire.messages import AwsCall, HttpRequest
from localstack_outages.aws.wire.parameters import needs_body, read_parameters
from localstack_outages.aws.wire.reading import needs_form, read_call
from localstack_outages.aws.wire.remembering import RememberedCalls

from .botocore_requests import ENDPOINT, Made, requests
from .figures import percentile

ROUNDS = 5

Read = Callable[[HttpRequest, bytes], AwsCall | None]


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wire", description=__doc__)
    parser.add_argument("service", nargs="*", help="botocore's name of a service; all by default")
    names = parser.parse_args().service or services()
    print(f"making requests of {len(names)} services ...", file=sys.stderr)
    made = [one for name in names for one in requests(name, ENDPOINT) if one.method]
    heads = [_received(one) for one in made]
    calls = [read_call(*head) for head in heads]  # and read the models
    memory = RememberedCalls(max_calls=2 * len(heads), max_bytes=1 << 26)
    rows = {
        "read": _times(read_call, heads),
        "read again, from memory": _times(memory.read, heads),
        "read parameters": [
            _time(read_parameters, call, head, one.body if needs_body(call) else b"")
            for _ in range(ROUNDS)
            for call, (head, _), one in zip(calls, heads, made, strict=True)
            if call is not None
        ],
    }
    for protocol in sorted({call.protocol for call in calls if call}):
        of_protocol = [
            head
            for head, call in zip(heads, calls, strict=True)
            if call and call.protocol == protocol
        ]
        rows[f"read, {protocol}"] = _times(read_call, of_protocol)
    for name, values in rows.items():
        shares = "  ".join(
            f"p{share * 100:g} {percentile(values, share):7.1f}" for share in _SHARES
        )
        print(f"{name:28} {len(values) // ROUNDS:6} requests, µs: {shares}")
    return 0


_SHARES = (0.5, 0.9, 0.99)


def _received(made: Made) -> tuple[HttpRequest, bytes]:
    path, _, query = made.target.partition("?")
    head = HttpRequest(made.method, path, query, made.headers)
    return head, made.body if needs_form(head) else b""


def _times(read: Read, heads: list[tuple[HttpRequest, bytes]]) -> list[float]:
    for head in heads[:1000]:
        read(*head)
    values = []
    for _ in range(ROUNDS):
        marks = [time.perf_counter_ns()]
        for request, form in heads:
            read(request, form)
            marks.append(time.perf_counter_ns())
        values += [(after - before) / 1000 for before, after in pairwise(marks)]
    return values


def _time(read: Callable[..., object], *arguments: object) -> float:
    before = time.perf_counter_ns()
    read(*arguments)
    return (time.perf_counter_ns() - before) / 1000


if __name__ == "__main__":
    sys.exit(main())
