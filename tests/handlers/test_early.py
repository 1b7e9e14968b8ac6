"""What is read of a request before LocalStack parses it, in LocalStack's real gateway."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from localstack.aws import handlers
from localstack.aws.app import LocalstackAwsGateway
from localstack.services.edge import ROUTER
from rolo import Request, Response

from localstack_outages.early import MAX_REMEMBERED, Early, EarlyReader, credential_of

FORM = "application/x-www-form-urlencoded"
STS = b"Action=GetCallerIdentity&Version=2011-06-15"
SCOPE = "Credential=test/20260101/us-east-1/{}/aws4_request"


def on_early_request(*_: Any) -> None:
    """Stand for the interceptor."""


def on_request(*_: Any) -> None:
    """Stand for the interceptor."""


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> LocalstackAwsGateway:
    """LocalStack's gateway, with our two handlers where the extension puts them."""
    monkeypatch.setattr(handlers.preprocess_request, "handlers", [on_early_request])
    monkeypatch.setattr(handlers.serve_custom_service_request_handlers, "handlers", [on_request])
    monkeypatch.setattr(handlers.run_custom_finalizers, "handlers", [on_request])
    for custom in (handlers.run_custom_response_handlers, handlers.serve_custom_exception_handlers):
        monkeypatch.setattr(custom, "handlers", [])
    return LocalstackAwsGateway()


@pytest.fixture
def reader() -> EarlyReader:
    """A reader that remembers nothing yet."""
    return EarlyReader(on_early_request, on_request)


def environ(service: str = "sts", body: bytes = STS, **headers: str) -> dict[str, Any]:
    """Make the WSGI environment of a request."""
    given = {
        "Host": "localhost:4566",
        "Content-Type": FORM,
        "Authorization": f"AWS4-HMAC-SHA256 {SCOPE.format(service)}, SignedHeaders=host, Signature=0",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    request = Request("POST", "/", headers=given, body=io.BytesIO(body))
    return {
        **request.environ,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": given["Content-Type"],
    }


def test_what_is_read(reader: EarlyReader, gateway: LocalstackAwsGateway) -> None:
    """The call is told, and the body can be read as before."""
    request = environ()

    early = reader.read(gateway, request)

    assert isinstance(early, Early)
    assert ("sts", "us-east-1", "GetCallerIdentity", "000000000000") == early.call[:4]
    assert "test" == early.signature.access_key
    assert STS == request["wsgi.input"].read()


@pytest.mark.parametrize(
    "composite",
    ["preprocess_request", "run_custom_response_handlers", "serve_custom_exception_handlers", "run_custom_finalizers"],
)  # fmt: skip
def test_a_handler_of_another_extension(reader, gateway, composite) -> None:
    """Where another extension may want to see the call, it goes the long way, as soon as that."""
    assert reader.read(gateway, environ()) is not None

    getattr(handlers, composite).handlers.append(lambda *_: None)

    assert reader.read(gateway, environ()) is None


@pytest.mark.parametrize("position", [0, 3, 12])
def test_an_unknown_handler_in_the_chain(reader, gateway, position) -> None:
    """A LocalStack with handlers that we do not know has all calls go the long way."""
    gateway.request_handlers.insert(position, lambda *_: None)

    assert reader.read(gateway, environ()) is None


def test_another_first(reader, gateway) -> None:
    """Where another extension puts itself first among the request handlers, it comes first."""
    handlers.serve_custom_service_request_handlers.handlers.insert(0, lambda *_: None)

    assert reader.read(gateway, environ()) is None


@pytest.fixture
def route() -> Iterator[Any]:
    """A function that adds a route for a host."""
    rules = []

    def add(host: str) -> None:
        rules.append(ROUTER.add("/", lambda *_, **__: Response(), host=host))

    yield add
    for rule in rules:
        ROUTER.remove(rule)


def test_a_route_takes_the_request(reader, gateway, route) -> None:
    """What a route of LocalStack or of an extension serves is no AWS call, as soon as it is there."""
    assert reader.read(gateway, environ()) is not None

    route("localhost:4566")

    assert reader.read(gateway, environ()) is None
    assert reader.read(gateway, environ(Host="127.0.0.1:4566")) is not None


def test_memory_is_bounded(reader, gateway, monkeypatch) -> None:
    """Headers come from clients, so the number of those that are remembered is bounded."""
    monkeypatch.setattr("localstack_outages.early._ask_localstack", lambda *_: None)

    for i in range(MAX_REMEMBERED + 100):
        signature = f"AWS4-HMAC-SHA256 Credential=k{i}/20260101/us-east-1/sts/aws4_request, x"
        reader.read(gateway, environ(Authorization=signature))

    assert len(reader._remembered) <= MAX_REMEMBERED
    assert len(reader._places) <= MAX_REMEMBERED


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sts", ("sts", "us-east-1")),
        ("monitoring", ("cloudwatch", "us-east-1")),
        ("sqs", ("sqs", "us-east-1")),  # in two protocols
        ("elasticloadbalancing", None),  # elb and elbv2
        ("no-such-service", None),
    ],
)
def test_the_place_of_a_credential(reader, gateway, name, expected) -> None:
    """What a credential signs for is known once LocalStack was asked, where it is one service."""
    request = environ(name)
    credential = credential_of(request["HTTP_AUTHORIZATION"])
    assert f"test/20260101/us-east-1/{name}/aws4_request" == credential
    assert reader.place_of(credential) is None

    reader.read(gateway, request)

    assert expected == reader.place_of(credential)


@pytest.mark.parametrize("header", ["", "Bearer x", "AWS test:x", "Credential=x, y"])
def test_no_credential(header: str) -> None:
    """What is no Signature Version 4 has no credential."""
    assert "" == credential_of(header)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"AWS4-HMAC-SHA256 {SCOPE.format('sts')}, {SCOPE.format('kms')}"},
        {"Authorization": "Bearer x"},
        {"Origin": "http://localhost:4566"},
        {"Content_Encoding": "gzip"},
        {"X_Localstack_Data": "{}"},
        {"Host": "b.s3.localhost.localstack.cloud:4566"},
        {"Content_Type": "multipart/form-data"},
        {"X_Amz_Target": "TrentService.Nothing"},
    ],
    ids=str,
)
def test_what_is_uncertain(reader, gateway, headers) -> None:
    """What is not certain is left to the long way."""
    assert reader.read(gateway, environ(**headers)) is None
