"""Runs the benchmarks: ``make bench``, or ``make bench ONLY=decision`` for one part."""

import argparse
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from . import console, controlling, decision, gateway, passing, refusing, report, servers, starting

PARTS = {
    "decision": decision.measure,
    "passing": passing.measure,
    "refusing": refusing.measure,
    "controlling": controlling.measure,
    "starting": starting.measure,
    "gateway": gateway.measure,
    "console": console.measure,
}


def main() -> int:
    """Run the parts that are asked for; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be repeated")
    parser.add_argument("--smoke", action="store_true", help="only see whether it runs")
    parser.add_argument(
        "--into", type=Path, default=Path(__file__).parent, help="folder for the results"
    )
    options = parser.parse_args()
    missing = _missing()
    for name, why in missing.items():
        print(f"left out: {name}: {why}", file=sys.stderr)
    results = {}
    for part in options.only or PARTS:
        print(f"{report.TITLES[part]} ...", file=sys.stderr, flush=True)
        results[part] = PARTS[part](smoke=options.smoke)
    about = _about()
    if missing:
        about["left out"] = "; ".join(f"{name} ({why})" for name, why in missing.items())
    report.write(results, about, options.into)
    print(report.as_markdown(results, about))
    return 0


def _missing() -> dict[str, str]:
    found = {}
    if not servers.has_bare():
        found["LocalStack without the extension"] = f"there is no {servers.BARE_VENV}"
    if not servers.has_gateway():
        found["the gateway"] = f"there is no {servers.GATEWAY_VENV} with roto in it"
    if console.chromium() is None:
        found["the console"] = "there is no Chromium"
    for name in servers.missing_peers():
        found[name] = f"there is no {servers.PEERS_VENV}, or it does not install there"
    return found


def _about() -> dict[str, str]:
    return {
        "LocalStack": metadata.version("localstack-core"),
        "Python": servers.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


if __name__ == "__main__":
    sys.exit(main())
