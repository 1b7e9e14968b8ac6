"""A finished call, of which the unit tests make theirs."""

from localstack_outages.evidence.record import Observed

SAMPLE = Observed(
    time=1795427040.0,  # 2026-11-23T09:44:00Z
    at=0.0,
    duration_ms=10.0,
    service="s3",
    operation="GetObject",
    region="us-east-1",
    account="000000000000",
    status=200,
    outcome="ok",
)
