"""Runs the benchmarks: ``make bench``, or ``make bench ONLY=decision`` for one part."""

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from . import (
    console,
    controlling,
    decision,
    fleet,
    gateway,
    passing,
    refusing,
    report,
    servers,
    starting,
)

PARTS = {
    "decision": decision.measure,
    "passing": passing.measure,
    "refusing": refusing.measure,
    "controlling": controlling.measure,
    "starting": starting.measure,
    "gateway": gateway.measure,
    "fleet": fleet.measure,
    "console": console.measure,
}


_PEERS_OF = {
    "microburst": frozenset(("passing", "refusing", "gateway")),
    "mitmproxy": frozenset(("passing", "refusing")),
}
"""The parts that measure something beside them."""


def main() -> int:
    """Run the parts that are asked for; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be repeated")
    parser.add_argument("--smoke", action="store_true", help="only see whether it runs")
    parser.add_argument(
        "--into", type=Path, default=Path(__file__).parent, help="folder for the results"
    )
    options = parser.parse_args()
    parts = options.only or list(PARTS)
    missing = _missing(parts)
    for name, why in missing.items():
        print(f"left out: {name}: {why}", file=sys.stderr)
    results, runs = report.earlier(options.into) if options.only else ({}, {})
    for part in parts:
        print(f"{report.TITLES[part]} ...", file=sys.stderr, flush=True)
        results[part] = PARTS[part](smoke=options.smoke)
    about = _about()
    if missing:
        about["left out"] = "; ".join(f"{name} ({why})" for name, why in missing.items())
    runs.update(dict.fromkeys(parts, about))
    results = {part: results[part] for part in PARTS if part in results}
    report.write(results, about, runs, options.into)
    print(report.as_markdown({part: results[part] for part in parts}, about, runs))
    return 0


def _missing(parts: Sequence[str]) -> dict[str, str]:
    """Tell what is left out of the parts that are measured, and why."""
    found = {}
    if not servers.has_bare() and "passing" in parts:
        found["LocalStack without the extension"] = f"there is no {servers.BARE_VENV}"
    if not servers.has_gateway() and "gateway" in parts:
        found["the gateway"] = f"there is no {servers.GATEWAY_VENV} with roto in it"
    if not servers.has_fleet() and "fleet" in parts:
        found["the fleet"] = f"there is no {servers.GATEWAY_VENV} with roto and Valkey in it"
    if console.chromium() is None and "console" in parts:
        found["the console"] = "there is no Chromium"
    for name in servers.missing_peers():
        if not _PEERS_OF[name].isdisjoint(parts):
            found[name] = f"there is no {servers.PEERS_VENV}, or it does not install there"
    return found


def _about() -> dict[str, str]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "LocalStack": metadata.version("localstack-core"),
        "Python": servers.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


if __name__ == "__main__":
    sys.exit(main())
