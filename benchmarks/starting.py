"""What the extension adds to LocalStack's start, and the client to a program's."""

import json
import subprocess
import sys

from .figures import Table, table

OWN, ADDED = "LocalStack's own imports", "the extension"
REQUESTS, CLIENT = "import requests", "and OutagesClient"

# What LocalStack imports anyway until it is ready.
_LOCALSTACK = "import localstack.runtime.main, localstack.aws.app, localstack.services.edge"
_LOCALSTACK += ", localstack.services.plugins, localstack.services.internal"
_LOCALSTACK += ", localstack.runtime.server.twisted, rolo.serving.twisted, rolo.gateway.wsgi"

_SCRIPT = """
import gc, json, time

def memory_mib():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 / 2**20

found = []
for step in {steps!r}:
    gc.collect()  # or one that falls due by what came before is counted here
    before, started = memory_mib(), time.perf_counter()
    exec(step)
    found.append(((time.perf_counter() - started) * 1000, memory_mib() - before))
print(json.dumps(found))
"""


def measure(*, smoke: bool) -> list[Table]:
    """Measure times and memory, each repetition in a process of its own."""
    repetitions = 1 if smoke else 7
    steps = (
        _LOCALSTACK,
        "from localstack_outages.hosts.localstack import plux_hooks; plux_hooks.on_start()",
    )
    own = [_run(steps) for _ in range(repetitions)]
    client = [
        (_run((REQUESTS,)), _run((f"{REQUESTS}; from localstack_outages import OutagesClient",)))
        for _ in range(repetitions)
    ]
    return [
        table("start-up", "ms", _split(own, 0)),
        table("memory", "MiB", _split(own, 1)),
        table(
            "start-up of a program with the client",
            "ms",
            {REQUESTS: [one[0][0] for one, _ in client], CLIENT: [two[0][0] for _, two in client]},
        ),
    ]


def import_times() -> list[tuple[str, float]]:
    """Give the ten modules that the extension's import spends most time in by themselves, in
    milliseconds.
    """
    code = f"{_LOCALSTACK}; import sys; sys.stderr.write('====\\n'); import localstack_outages.hosts.localstack.plux_hooks"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True
    )
    ours = done.stderr.split("====\n")[1].splitlines()
    times = []
    for line in ours:
        if line.startswith("import time:"):
            own, _, name = line.removeprefix("import time:").split("|")
            times.append((name.strip(), int(own) / 1000))
    return sorted(times, key=lambda pair: -pair[1])[:10]


def _split(runs: list[list[list[float]]], which: int) -> dict[str, list[float]]:
    return {OWN: [run[0][which] for run in runs], ADDED: [run[1][which] for run in runs]}


def _run(steps: tuple[str, ...]) -> list[list[float]]:
    """Run some steps in a new process; give milliseconds and MiB of each."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(steps=steps)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found
