"""Which span a call belongs to, and that nothing is made of it unless that is wanted."""

import logging
from importlib.util import find_spec

import pytest

from localstack_outages.hosts.tracing import Parent, make_traces, read_parent

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = Parent(int(TRACE, 16), int(SPAN, 16), is_sampled=True)
XRAY = f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN}"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"00-{TRACE}-{SPAN}-01", PARENT),
        (f"00-{TRACE}-{SPAN}-03", PARENT),
        (f"00-{TRACE}-{SPAN}-00", PARENT._replace(is_sampled=False)),
        (f"01-{TRACE}-{SPAN}-01-more", PARENT),
        (f"{XRAY};Sampled=1", PARENT),
        (f"Self=1-2;{XRAY};Sampled=1;Lineage=a", PARENT),
        (f"{XRAY};Sampled=0", PARENT._replace(is_sampled=False)),
        (XRAY, PARENT._replace(is_sampled=False)),
        (f"Root=1-{TRACE[:8]}-{TRACE[8:]}", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        ("nonsense", None),
        ("", None),
        (None, None),
    ],
)
def test_parent(header, expected):
    """A span is named by W3C's header or by AWS's; anything else names none."""
    assert expected == read_parent(header)


def test_off(caplog):
    """Without an endpoint there are no spans, and nothing is said of it."""
    caplog.set_level(logging.DEBUG)

    assert make_traces({}) is None
    assert make_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}) is None
    assert [] == caplog.messages


@pytest.mark.skipif(find_spec("opentelemetry") is not None, reason="OpenTelemetry is installed")
def test_without_the_packages(caplog):
    """With an endpoint and without the packages there are none either, and one line says why."""
    caplog.set_level(logging.INFO)

    assert make_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}) is None
    (said,) = caplog.messages
    assert said.startswith(
        "OTEL_EXPORTER_OTLP_ENDPOINT is set, but outages make no spans: No module"
    )
    assert said.endswith("pip install 'localstack-extension-outages[otel]'")
