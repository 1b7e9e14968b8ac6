"""The data plane in LocalStack's own kind of chain, where LocalStack differs from what is known."""

import sys
import types
from typing import Any

import pytest
from localstack.aws.api import RequestContext
from localstack.http import Request, Response
from rolo.gateway import HandlerChain

from localstack_outages.hosts.localstack import data_plane
from localstack_outages.hosts.localstack.data_plane import DataPlane

from .test_interceptor import Setup


@pytest.fixture
def setup() -> Setup:
    """The extension's parts."""
    return Setup()


def visit(setup: Setup, host: str = "site.s3-website.localhost", path: str = "/") -> Response:
    """Send a request through a chain with our handlers in it, and a router that answers."""

    def serve(_chain: Any, _context: Any, response: Response) -> None:
        response.set_response(b"served")

    chain: HandlerChain[RequestContext] = HandlerChain(
        request_handlers=[DataPlane(setup.interceptor).on_request, serve],
        finalizers=[setup.interceptor.on_finish],
    )
    context, response = RequestContext(Request("GET", path, headers={"Host": host})), Response()
    chain.handle(context, response)
    return response


def test_a_store_with_another_name(setup: Setup, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    """Where LocalStack's store has another name a website counts in ``us-east-1``; a warning says so."""
    other = types.ModuleType("localstack.services.s3.models")
    monkeypatch.setitem(sys.modules, other.__name__, other)
    setup.rules({"service": "s3", "region": "us-east-1"})

    assert 503 == visit(setup).status_code
    (record,) = [r for r in caplog.records if r.levelname == "WARNING"]
    assert record.getMessage().startswith(
        "Outages cannot tell where a resource of the data plane is; it counts in the region of its URL"
    )


@pytest.mark.parametrize("name", ["find_resource", "refusal", "envelope_of"])
def test_a_failure_of_ours(setup: Setup, monkeypatch: pytest.MonkeyPatch, caplog, name) -> None:
    """Whatever fails here lets the request pass, with one warning."""
    monkeypatch.setattr(data_plane, name, lambda *_, **__: 1 / 0)
    setup.rules({"service": "s3"})

    assert b"served" == visit(setup).data
    assert 1 == len([r for r in caplog.records if r.levelname == "WARNING"])


@pytest.mark.parametrize(
    ("host", "path"), [("localhost:4566", "/"), ("b.s3.localhost", "/a"), ("localhost", "/health")]
)
def test_other_requests(setup: Setup, host: str, path: str) -> None:
    """What is not for the data plane passes, and nobody is told of it."""
    setup.rules({})

    assert b"served" == visit(setup, host, path).data
    assert [] == setup.seen
