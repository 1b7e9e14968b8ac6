"""Spans of injected faults, at a receiver of OTLP, from a gateway with moto behind it. Needs the extras
``otel`` and ``standalone``.
"""

import gzip
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from localstack_outages import OutagesClient

from .processes import gateway

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADERS = [
    ("traceparent", f"00-{TRACE}-{SPAN}-01"),
    ("X-Amzn-Trace-Id", f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=1"),
]


class Receiver:
    """Receives spans as a collector does."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        """Each with the name of the service that it is of."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                outer.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, request: ExportTraceServiceRequest) -> None:
        """Keep the spans of a request."""
        for of_resource in request.resource_spans:
            resource = values(of_resource.resource.attributes)
            for scope in of_resource.scope_spans:
                self.spans += [(resource["service.name"], span) for span in scope.spans]

    def wait(self, count: int) -> list[tuple[str, Any]]:
        """Wait for so many spans; give them."""
        deadline = time.monotonic() + 20
        while len(self.spans) < count:
            assert time.monotonic() < deadline, self.spans
            time.sleep(0.02)
        return self.spans


def values(attributes: Any) -> dict[str, Any]:
    """Give attributes as Python has them."""
    return {a.key: getattr(a.value, str(a.value.WhichOneof("value"))) for a in attributes}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A receiver of OTLP over HTTP."""
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture(scope="module")
def endpoint(receiver: Receiver) -> Iterator[str]:
    """The address of a gateway that sends its spans to the receiver."""
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    with gateway(env={**os.environ, **env}) as url:
        yield url


def sqs(endpoint: str, header: tuple[str, str] | None) -> Any:
    """Make a client that sends a header."""
    client = boto3.client(
        "sqs",
        "eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    if header is not None:
        client.meta.events.register(
            "before-call", lambda params, **_: params["headers"].update([header])
        )
    return client


@pytest.mark.parametrize("header", HEADERS, ids=["w3c", "x-ray"])
def test_an_error(endpoint: str, receiver: Receiver, header: tuple[str, str]) -> None:
    """A call that a rule fails is a span below that of its client, with the rule and the error; one that
    no rule touches is none, nor is one whose client has no span.
    """
    receiver.spans.clear()
    rule = {"service": "sqs", "error": "throttling", "latency": 20, "times": 2}
    with OutagesClient(endpoint).outage([rule]) as outage:
        before = time.time_ns()
        for client in (sqs(endpoint, None), sqs(endpoint, header)):
            with pytest.raises(ClientError, match="RequestThrottled"):
                client.list_queues()
        sqs(endpoint, header).list_queues()  # the rule is spent
        sqs(endpoint, header).list_queues()
        (rule_id,) = outage.rule_ids
        owner = outage.owner
        ((service, span),) = receiver.wait(1)

    assert ("localstack-outages", "sqs.ListQueues") == (service, span.name)
    assert (TRACE, SPAN) == (span.trace_id.hex(), span.parent_span_id.hex())
    given = values(span.attributes)
    assert given.pop("aws.request_id")
    assert 20 <= given.pop("outages.delay_ms") < 5000
    assert {
        "rpc.system": "aws-api",
        "rpc.service": "sqs",
        "rpc.method": "ListQueues",
        "cloud.region": "eu-west-1",
        "cloud.account.id": "000000000000",
        "http.response.status_code": 403,
        "error.type": "RequestThrottled",
        "outages.rule.id": rule_id,
        "outages.owner": owner,
    } == given
    (event,) = span.events
    assert values(event.attributes)["outages.fault"].endswith("ms late, 403 RequestThrottled")
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert before <= span.start_time_unix_nano < span.end_time_unix_nano <= time.time_ns()
    assert span.end_time_unix_nano - span.start_time_unix_nano >= 20e6


def test_a_delay(endpoint: str, receiver: Receiver) -> None:
    """A call that is only late is a span without an error; one that is not sampled is none."""
    receiver.spans.clear()
    with OutagesClient(endpoint).outage("sqs", latency=20, times=2):
        sqs(endpoint, ("traceparent", f"00-{TRACE}-{SPAN}-00")).list_queues()
        sqs(endpoint, HEADERS[0]).list_queues()
    ((_, span),) = receiver.wait(1)

    assert span.status.code == span.status.STATUS_CODE_UNSET
    assert "error.type" not in values(span.attributes)
