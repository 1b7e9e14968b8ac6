"""Metrics: what Prometheus reads."""

import subprocess
import sys
import threading

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.metrics import Metrics
from localstack_outages.schema.effect import PartialFailure

from .samples import SAMPLE

CALL = SAMPLE._replace(decision_ms=0.015)
ERROR = Injected("r1", 0, code="SlowDown", status=503, delay_ms=200)


def metrics_of(*calls, places=256):
    """Give metrics after some calls."""
    metrics = Metrics(lambda: {"active": 3, "waiting": 1}, places)
    for call in calls:
        metrics.record(call)
    return metrics


def samples(metrics):
    """Give the samples that a scrape brings: their values by name and labels, these in the order of
    their names (outcome, region, service).
    """
    text = metrics.render()[0].decode()
    return {
        (
            sample.name.removeprefix("localstack_outages_"),
            *(value for _, value in sorted(sample.labels.items())),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_rules():
    """Rules are counted by state, when someone scrapes."""
    states = {"active": 1}
    metrics = Metrics(lambda: states)

    states["active"] = 2
    found = samples(metrics)

    assert found["rules", "active"] == 2


def test_calls():
    """Calls are counted by service, region and outcome."""
    found = samples(
        metrics_of(
            CALL, CALL, CALL._replace(outcome="injected"), CALL._replace(service="sqs", region="x")
        )
    )

    assert {key[1:]: value for key, value in found.items() if key[0] == "calls_total"} == {
        ("ok", "us-east-1", "s3"): 2,
        ("injected", "us-east-1", "s3"): 1,
        ("ok", "x", "sqs"): 1,
    }


def test_places_are_bounded():
    """Beyond the bound, service and region are called other."""
    found = samples(metrics_of(*(CALL._replace(region=f"r{n}") for n in range(5)), places=2))

    assert found["calls_total", "ok", "other", "other"] == 3
    assert sum(key[0] == "calls_total" for key in found) == 3


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (None, {}),
        (ERROR, {"error": 1, "delay": 1}),
        (Injected("r1", 0, delay_ms=5), {"delay": 1}),
        (Injected("r1", 0, connection="reset"), {"reset": 1}),
        (Injected("r1", 0, connection="reset", done=True), {"reset": 1, "done": 1}),
        (Injected("r1", 0, payload="bandwidth"), {"payload": 1}),
        (Injected("r1", 0, partial=PartialFailure(1, 3)), {"partial": 1}),
        (Injected("r1", 0, listing="empty"), {"listing": 1}),
        (Injected("r1", 0, partial=PartialFailure(1, 3), done=True), {"partial": 1, "done": 1}),
        (Injected("r1", 0, connection="truncate", delay_ms=1), {"truncate": 1, "delay": 1}),
    ],
)
def test_faults(fault, expected):
    """Faults are counted by kind; one that delays and fails counts twice; all kinds are there."""
    found = samples(metrics_of(CALL._replace(injected=fault)))

    faults = {key[1]: value for key, value in found.items() if key[0] == "faults_total"}
    kinds = {
        "error",
        "delay",
        "reset",
        "close",
        "hang",
        "truncate",
        "payload",
        "done",
        "partial",
        "listing",
    }
    assert set(faults) == kinds
    assert {kind: value for kind, value in faults.items() if value} == expected


def test_histograms():
    """Delays and decisions are counted in seconds, by cumulative upper bounds."""
    found = samples(
        metrics_of(
            CALL._replace(injected=ERROR),
            CALL._replace(injected=ERROR._replace(delay_ms=1_000_000)),
            CALL._replace(decision_ms=None),
        )
    )

    assert found["injected_delay_seconds_bucket", "0.1"] == 0
    assert found["injected_delay_seconds_bucket", "0.25"] == 1
    assert found["injected_delay_seconds_bucket", "300.0"] == 1
    assert found["injected_delay_seconds_bucket", "+Inf"] == 2
    assert found["injected_delay_seconds_count",] == 2
    assert found["injected_delay_seconds_sum",] == pytest.approx(1000.2)
    assert found["decision_seconds_bucket", "1e-05"] == 0
    assert found["decision_seconds_bucket", "2e-05"] == 2
    assert found["decision_seconds_count",] == 2
    assert found["decision_seconds_sum",] == pytest.approx(3e-5)


def test_a_bound_belongs_to_its_bucket():
    """A value equal to an upper bound is in that bucket, as Prometheus has it."""
    found = samples(metrics_of(CALL._replace(injected=Injected("r1", 0, delay_ms=100))))

    assert found["injected_delay_seconds_bucket", "0.1"] == 1


@pytest.mark.parametrize(
    ("accept", "content_type", "ends"),
    [
        ("", "text/plain; version=", "\n"),
        ("*/*", "text/plain; version=", "\n"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text", "# EOF\n"),
    ],
)
def test_formats(accept, content_type, ends):
    """Who asks for OpenMetrics gets it, all others Prometheus' text; each metric has a help text."""
    text, given = metrics_of(CALL).render(accept)

    assert given.startswith(content_type)
    assert text.decode().endswith(ends)
    assert text.count(b"# HELP localstack_outages_") == text.count(b"# TYPE ") == 7


def test_a_registry_of_its_own():
    """Nothing is added to the registry that other software in the process uses."""
    before = set(REGISTRY._names_to_collectors)

    metrics_of(CALL).render()

    assert set(REGISTRY._names_to_collectors) == before


def test_prometheus_is_imported_by_the_first_scrape():
    """The start of LocalStack does not wait for the import of the Prometheus library."""
    code = (
        "import sys, localstack_outages.evidence.metrics as m; "
        "assert 'prometheus_client' not in sys.modules; "
        "m.Metrics(dict).render(); "
        "assert 'prometheus_client' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.timeout(30)
def test_many_writers():
    """With 32 threads that count, no call is lost."""
    metrics = metrics_of()

    def write():
        for _ in range(200):
            metrics.record(CALL._replace(injected=ERROR))

    writers = [threading.Thread(target=write) for _ in range(32)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    found = samples(metrics)
    assert found["calls_total", "ok", "us-east-1", "s3"] == 6400
    assert found["faults_total", "error"] == 6400
    assert found["injected_delay_seconds_count",] == 6400
