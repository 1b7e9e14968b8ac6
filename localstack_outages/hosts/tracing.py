"""A span of OpenTelemetry for each call that a rule touched, where its client is traced.

Off unless the environment names an OTLP endpoint and the extra ``otel`` is there: nothing of OpenTelemetry
is loaded otherwise.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.fault_log import words_of
from localstack_outages.evidence.record import Observed
from localstack_outages.schema.product import version

LOG = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""The variables of OpenTelemetry's own that say where spans go; one of them switches this on."""

SERVICE_NAME = "localstack-outages"
"""What traces call it, unless ``OTEL_SERVICE_NAME`` says otherwise."""

_W3C = re.compile(
    r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
)
_XRAY = {
    "trace": re.compile(r"Root=1-([0-9a-f]{8})-([0-9a-f]{24})"),
    "span": re.compile(r"Parent=([0-9a-f]{16})"),
    "sampled": re.compile(r"Sampled=1"),
}


class Parent(NamedTuple):
    """The span of a client that made a call."""

    trace: int
    span: int
    is_sampled: bool


def read_parent(header: str | None) -> Parent | None:
    """Read ``traceparent`` (W3C Trace Context, level 1), or AWS's ``X-Amzn-Trace-Id``, which
    OpenTelemetry's instrumentation of botocore sends.

    :return: None where it names no span
    """
    found = _W3C.match(header or "")
    if found is not None:
        trace, span = int(found["trace"], 16), int(found["span"], 16)
        is_sampled = bool(int(found["flags"], 16) & 1)
    else:
        root, parent = (_XRAY[name].search(header or "") for name in ("trace", "span"))
        if root is None or parent is None:
            return None
        trace, span = int(root[1] + root[2], 16), int(parent[1], 16)
        is_sampled = _XRAY["sampled"].search(header or "") is not None
    return Parent(trace, span, is_sampled) if trace and span else None


def make_traces(environ: Mapping[str, str]) -> "Traces | None":
    """Give what makes spans; None where they are not wanted or cannot be made.

    :param environ: the environment
    """
    named = next((name for name in ENDPOINTS if environ.get(name)), None)
    if named is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as e:
        LOG.info(
            "%s is set, but outages make no spans: %s; pip install 'localstack-extension-outages[otel]'",
            named,
            e,
        )
        return None
    name = environ.get("OTEL_SERVICE_NAME") or SERVICE_NAME
    try:
        provider = TracerProvider(resource=Resource.create({"service.name": name}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        return Traces(provider)
    except Exception as e:  # noqa: BLE001 - a bad setting of OpenTelemetry's must not break a start
        LOG.warning("Outages make no spans: %s: %s", type(e).__name__, e)
        return None


class Traces:
    """Makes spans, children of the client's. A sink of finished calls.

    :param provider: OpenTelemetry's ``TracerProvider``
    """

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("localstack_outages", version())

    def record(self, observed: Observed) -> None:
        """Make the span of a call that a rule touched."""
        fault = observed.injected
        if fault is None or observed.trace is None:
            return
        parent = read_parent(observed.trace)
        if parent is None:
            return
        from opentelemetry import trace

        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if parent.is_sampled else 0)
        above = trace.SpanContext(parent.trace, parent.span, is_remote=True, trace_flags=flags)
        span = self._tracer.start_span(
            f"{observed.service}.{observed.operation}",
            trace.set_span_in_context(trace.NonRecordingSpan(above)),
            kind=trace.SpanKind.SERVER,
            attributes=_attributes(observed, fault),
            start_time=round(observed.time * 1e9),
        )
        end = round((observed.time + observed.duration_ms / 1000) * 1e9)
        told = words_of(fault)
        span.add_event("fault injected", {"outages.fault": told}, timestamp=end)
        if fault.fails:
            span.set_status(trace.StatusCode.ERROR, told)
        span.end(end)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def _attributes(observed: Observed, fault: Injected) -> dict[str, str | int | float]:
    """Describe a call by the names of OpenTelemetry's conventions, and the rule by ours."""
    given = {
        "rpc.system": "aws-api",
        "rpc.service": observed.service,
        "rpc.method": observed.operation,
        "cloud.region": observed.region,
        "cloud.account.id": observed.account,
        "aws.request_id": observed.request_id,
        "http.response.status_code": observed.status,
        "error.type": fault.code or fault.connection or fault.payload,
        "outages.rule.id": fault.rule_id,
        "outages.owner": fault.owner,
        "outages.delay_ms": round(fault.delay_ms, 3),
    }
    return {name: value for name, value in given.items() if value is not None}
