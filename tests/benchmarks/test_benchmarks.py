"""The benchmarks and the retry storm run, in small. Needs the extra ``dev``; times mean nothing here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # benchmarks/ is no part of the distribution

from benchmarks.__main__ import PARTS
from benchmarks.report import MARKS, TITLES
from benchmarks.servers import localstack_with_extension
from benchmarks.soak import CONNECTIONS, soak

pytestmark = pytest.mark.slow


def test_every_part_runs(tmp_path: Path) -> None:
    """Each part measures what its marks and its tables need, and checks the answers that it gets."""
    subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke", "--into", tmp_path],
        cwd=ROOT,
        check=True,
        timeout=200,
        capture_output=True,
    )
    results = json.loads((tmp_path / "results.json").read_text())
    text = (tmp_path / "results.md").read_text()

    assert set(PARTS) == set(TITLES) == set(results["parts"])
    assert all(f"## {title}" in text for title in TITLES.values())
    # What is compared with LocalStack alone is left out where there is none.
    assert len(MARKS) - 1 <= len(results["marks"])


def test_a_retry_storm() -> None:
    """Nothing fails that no rule fails, no event is lost, memory stays, other services go on."""
    with localstack_with_extension() as localstack:
        found = soak(localstack.endpoint, localstack.process_id, seconds=10)
    print(found)

    assert {} == found.other_errors
    assert (found.refused, 0, 0) == (found.events, found.gaps, found.missed)
    assert 0.8 < found.refused / (found.calls - 200) < 0.97
    assert found.calls > 10 * CONNECTIONS
    assert found.changes > 20
    # A leak of a kilobyte a call would be several MiB in this time.
    assert found.growth_mib < 20
    # No timed test: only that the other service was not starved. `make soak` tells the figure.
    assert found.p99_storm_ms < 10 * max(found.p99_calm_ms, 100)
