"""A retry storm on a gateway whose upstream is killed in the middle. Times mean nothing here."""

import sys
from pathlib import Path

import pytest

from benchmarks import servers
from benchmarks.soak import CONNECTIONS, OF_ROTO, soak

pytestmark = pytest.mark.skipif(
    not Path(sys.prefix, "bin", "roto-server").exists(), reason="roto is not installed"
)


def test_a_retry_storm(monkeypatch: pytest.MonkeyPatch) -> None:
    """No event is lost, and nothing fails but what finds no upstream."""
    monkeypatch.setattr(servers, "GATEWAY_VENV", sys.prefix)
    with servers.running_roto() as roto, servers.gateway(roto.endpoint) as run:
        found = soak(run.endpoint, run.process_id, 15, OF_ROTO, roto)

    assert found.other_errors
    assert {502} == set(found.other_errors)
    assert (found.refused, 0, 0) == (found.events, found.gaps, found.missed)
    assert found.calls > 10 * CONNECTIONS
    assert found.changes > 10
    assert found.steady > 10
