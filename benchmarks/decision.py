"""How long it takes to decide on a call, against a plain walk over the list of rules. By pyperf, in
processes of its own: ``python -m benchmarks.decision`` takes pyperf's options.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from localstack_outages.aws.errors import aws_error
from localstack_outages.engine.call import Call
from localstack_outages.engine.decide import Engine
from localstack_outages.engine.store import Store
from localstack_outages.schema.reading import ParsedRule
from localstack_outages.schema.rules import Rule
from localstack_outages.schema.vocabulary import MAX_RULES

from .figures import Row, Table, spread

WALK = "plain walk"
NO_RULE = "no rule"
COUNTS = (10, 1_000, 10_000, MAX_RULES)
SMOKE_COUNTS = (10,)
MOST_WALKED = 10_000
"""To walk over more takes seconds a call, and says nothing more."""

_HIT, _MISS = "s3", "sqs"
_MANY_KEYS = 10_001
"""More than the engine remembers: each call is of a key that it has forgotten."""

_KINDS: dict[str, Callable[[int], Rule]] = {
    "exact": lambda i: Rule(service=f"none-{i}", region="us-east-1"),
    "glob": lambda i: Rule(service=f"none-{i}-*", region="us-*"),
    "condition": lambda i: Rule(service=f"none-{i}", condition="Bucket == 'b'"),
}
_LAST = {
    "exact": Rule(service=_HIT, region="us-east-1"),
    "glob": Rule(service="s[3]", region="us-*"),
    "condition": Rule(service=_HIT, condition="Bucket == 'b'"),
}


def measure(*, smoke: bool) -> list[Table]:
    """Measure all cases; one table for each number of rules."""
    import pyperf

    with TemporaryDirectory() as folder:
        output = Path(folder, "decision.json")
        command = [sys.executable, "-m", "benchmarks.decision", "--quiet", "--output", str(output)]
        values, seconds = ("2", "0.01") if smoke else ("7", "0.05")
        command += ["--processes", "1", "--warmups", "1", "--values", values, "--min-time", seconds]
        counts = SMOKE_COUNTS if smoke else COUNTS
        subprocess.run([*command, f"--counts={','.join(map(str, counts))}"], check=True)
        suite = pyperf.BenchmarkSuite.load(str(output))
    samples = {b.get_name(): [value * 1e6 for value in b.get_values()] for b in suite}
    return [_table(samples, prefix) for prefix in (NO_RULE, *(f"{n:,} rules" for n in counts))]


def _table(samples: dict[str, list[float]], prefix: str) -> Table:
    """Give the cases of one number of rules, each beside the first."""
    mine = {
        name.removeprefix(f"{prefix}: "): values
        for name, values in samples.items()
        if name.startswith(f"{prefix}: ")
    }
    base = spread(next(iter(mine.values()))).median
    rows = tuple(
        Row(name, spread(values), spread([value / base for value in values]))
        for name, values in mine.items()
    )
    return Table(f"deciding, {prefix}", "µs", rows)


@cache
def _rules(kind: str, count: int) -> tuple[Rule, ...]:
    """Give rules of which the last alone hits."""
    return (*(_KINDS[kind](i) for i in range(count - 1)), *([_LAST[kind]] if count else []))


@cache
def _engine(kind: str, count: int) -> Engine:
    store = Store()
    store.replace([ParsedRule(rule, {}) for rule in _rules(kind, count)])
    return Engine(store, aws_error)


def _call(service: str, account: str = "000000000000") -> Call:
    return Call(service, "us-east-1", "PutObject", account, {"Bucket": "b", "Key": "k"})


def _warm(kind: str, count: int, service: str) -> Callable[[int], float]:
    """Give a timer of so many decisions on one key."""

    def run(loops: int) -> float:
        decide, call = _engine(kind, count).decide, _call(service)
        is_hit = decide(call) is not None
        if is_hit is not (service == _HIT and count > 0):
            raise RuntimeError(f"{kind}, {count} rules: hit is {is_hit}")
        started = time.perf_counter()
        for _ in range(loops):
            decide(call)
        return time.perf_counter() - started

    return run


def _cold(kind: str, count: int) -> Callable[[int], float]:
    """Give a timer of so many decisions, each on a key that is not remembered."""
    calls = cycle([_call(_HIT, f"{i:012d}") for i in range(_MANY_KEYS)])

    def run(loops: int) -> float:
        decide = _engine(kind, count).decide
        some = list(islice(calls, loops))
        started = time.perf_counter()
        for call in some:
            decide(call)
        return time.perf_counter() - started

    return run


def _walk(count: int) -> Callable[[int], float]:
    """Give a timer of so many walks over the list, as one would write it first."""

    def run(loops: int) -> float:
        rules, call = _rules("exact", count), _call(_HIT)
        started = time.perf_counter()
        for _ in range(loops):
            for rule in rules:
                if (
                    fnmatchcase(call.service, rule.service)
                    and fnmatchcase(call.region, rule.region)
                    and fnmatchcase(call.operation, rule.operation)
                    and fnmatchcase(call.account, rule.account)
                ):
                    break
        return time.perf_counter() - started

    return run


def _cases(counts: tuple[int, ...]) -> Iterator[tuple[str, Callable[[int], float]]]:
    yield f"{NO_RULE}: {WALK}", _walk(0)
    yield f"{NO_RULE}: warm", _warm("exact", 0, _HIT)
    for count in counts:
        prefix = f"{count:,} rules"
        if count <= MOST_WALKED:
            yield f"{prefix}: {WALK}", _walk(count)
        for kind in _KINDS if count <= MOST_WALKED else ("exact", "glob"):
            yield f"{prefix}: {kind}, hit", _warm(kind, count, _HIT)
            yield f"{prefix}: {kind}, miss", _warm(kind, count, _MISS)
            # A new key is compared with each glob, one after the other.
            if kind == "exact" or (kind == "glob" and count <= MOST_WALKED):
                yield f"{prefix}: {kind}, cold key", _cold(kind, count)


def main() -> None:
    """Run the cases under pyperf."""
    import pyperf

    runner = pyperf.Runner(program_args=("-m", "benchmarks.decision"), add_cmdline_args=_pass_on)
    runner.argparser.add_argument("--counts", default=",".join(map(str, COUNTS)))
    options = runner.parse_args()
    counts = tuple(int(count) for count in options.counts.split(","))
    for name, timer in _cases(counts):
        runner.bench_time_func(name, timer)


def _pass_on(command: list[str], options: "object") -> None:
    command.append(f"--counts={options.counts}")  # type: ignore[attr-defined] # argparse's


if __name__ == "__main__":
    main()
