"""The benchmarks and the retry storm run, in small. Needs the extra ``dev``; times mean nothing here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import PARTS, main
from benchmarks.console import chromium
from benchmarks.figures import table
from benchmarks.report import MARKS, TITLES, Mark
from benchmarks.servers import (
    has_bare,
    has_fleet,
    has_gateway,
    localstack_with_extension,
    missing_peers,
)
from benchmarks.soak import CONNECTIONS, STEADY_CONNECTIONS, STEADY_RATE, soak

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def is_left_out(mark: Mark) -> bool:
    """Whether what a mark is measured with, or compared with, is not here."""
    return (
        (mark.part == "passing" and not has_bare())
        or (mark.part == "gateway" and not has_gateway())
        or (mark.part == "fleet" and not has_fleet())
        or (mark.part == "console" and chromium() is None)
        or ("microburst" in mark.wanted and "microburst" in missing_peers())
    )


@pytest.mark.timeout(660)
def test_every_part_runs(tmp_path: Path) -> None:
    """Each part measures what its marks and its tables need, and checks the answers that it gets."""
    subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke", "--into", tmp_path],
        cwd=ROOT,
        check=True,
        timeout=600,  # beside the tests of another interpreter
        capture_output=True,
    )
    results = json.loads((tmp_path / "results.json").read_text())
    text = (tmp_path / "results.md").read_text()

    assert set(PARTS) == set(TITLES) == set(results["parts"])
    assert all(f"## {title}" in text for title in TITLES.values())
    assert [mark.what for mark in MARKS if not is_left_out(mark)] == [
        mark["what"] for mark in results["marks"]
    ]


def test_one_part_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The results of the parts that are not measured stay, and say that they are of another run."""
    painted = table("painted", "ms", {"an empty console": [200.0]})
    kept = table("start-up", "s", {"ready": [0.5]}).as_json()
    document = {"about": {"machine": "of yesterday"}, "parts": {"gateway": [kept]}}
    (tmp_path / "results.json").write_text(json.dumps(document))
    monkeypatch.setitem(PARTS, "console", lambda *, smoke: [painted] * (1 + smoke))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--only", "console", "--into", str(tmp_path)])

    assert 0 == main()
    results = json.loads((tmp_path / "results.json").read_text())
    text = (tmp_path / "results.md").read_text()
    assert {"gateway": [kept], "console": [painted.as_json()]} == results["parts"]
    assert ["gateway", "console"] == list(results["parts"])
    assert "From an earlier run. machine: of yesterday." in text
    assert 1 == text.count("From an earlier run")


def test_a_retry_storm() -> None:
    """Nothing fails that no rule fails, no event is lost, other services go on."""
    with localstack_with_extension() as localstack:
        found = soak(localstack.endpoint, localstack.process_id, seconds=10)

    assert {} == found.other_errors
    assert (found.refused, 0, 0) == (found.events, found.gaps, found.missed)
    assert 0.8 < found.refused / (found.calls - found.steady) < 0.97
    assert found.calls > 10 * CONNECTIONS
    assert found.changes > 20
    # The other service was not starved: it got a good part of what is its due among so many
    # connections. How long its calls took, and how memory grows, is for `make soak` to tell; that
    # nothing grows which is kept of calls is counted in tests/unit/evidence/test_memory.py.
    share = STEADY_CONNECTIONS / (CONNECTIONS + STEADY_CONNECTIONS)
    assert found.steady > 0.25 * min(STEADY_RATE * found.seconds, share * found.calls)
    assert all(found.memory_mib)
