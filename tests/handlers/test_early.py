"""What is read of a request before LocalStack parses it, in LocalStack's real gateway."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from localstack.aws import handlers
from localstack.aws.app import LocalstackAwsGateway
from localstack.services.edge import ROUTER
from rolo import Response

from localstack_outages.aws.home_regions import home_region
from localstack_outages.hosts.localstack.shortcut.handler import _Peek
from localstack_outages.hosts.localstack.shortcut.raw_request import RawRequest, read_headers
from localstack_outages.hosts.localstack.shortcut.reader import (
    MAX_KEY_LENGTH,
    MAX_REMEMBERED,
    Early,
    EarlyReader,
    credential_of,
)

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


def request(service: str = "sts", body: bytes = STS, **headers: str) -> RawRequest:
    """Make a request."""
    given = {
        "Host": "localhost:4566",
        "Content-Type": FORM,
        "Authorization": f"AWS4-HMAC-SHA256 {SCOPE.format(service)}, SignedHeaders=host, Signature=0",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    fields = ((name.encode(), value.encode()) for name, value in given.items())
    return RawRequest(read_headers(fields) or {}, lambda most: body if len(body) <= most else b"")


def test_what_is_read(reader: EarlyReader, gateway: LocalstackAwsGateway) -> None:
    """The call is told, and whose it is."""
    early = reader.read(gateway, request())

    assert isinstance(early, Early)
    assert ("sts", "us-east-1", "GetCallerIdentity", "000000000000") == early.call[:4]
    assert "test" == early.signature.access_key


def test_the_body_can_be_read_again() -> None:
    """Who looks for the operation in a form leaves the body as it was."""
    environ = {"CONTENT_LENGTH": str(len(STS)), "wsgi.input": io.BytesIO(STS)}

    assert STS == _Peek(environ)(1000)
    assert STS == environ["wsgi.input"].read()
    assert b"" == _Peek(environ)(10)


@pytest.mark.parametrize(
    "composite",
    ["preprocess_request", "run_custom_response_handlers", "serve_custom_exception_handlers", "run_custom_finalizers"],
)  # fmt: skip
def test_a_handler_of_another_extension(reader, gateway, composite) -> None:
    """Where another extension may want to see the call, it goes the long way, as soon as that."""
    assert reader.read(gateway, request()) is not None

    getattr(handlers, composite).handlers.append(lambda *_: None)

    assert reader.read(gateway, request()) is None


@pytest.mark.parametrize("position", [0, 3, 12])
def test_an_unknown_handler_in_the_chain(reader, gateway, position) -> None:
    """A LocalStack with handlers that we do not know has all calls go the long way."""
    gateway.request_handlers.insert(position, lambda *_: None)

    assert reader.read(gateway, request()) is None


def test_handlers_that_change_places(reader, gateway) -> None:
    """A handler that takes the place of another, as many as before, is noticed."""
    assert reader.read(gateway, request()) is not None

    gateway.request_handlers[3] = lambda *_: None

    assert reader.read(gateway, request()) is None


def test_another_first(reader, gateway) -> None:
    """Where another extension puts itself first among the request handlers, it comes first."""
    handlers.serve_custom_service_request_handlers.handlers.insert(0, lambda *_: None)

    assert reader.read(gateway, request()) is None


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
    assert reader.read(gateway, request()) is not None

    route("localhost:4566")

    assert reader.read(gateway, request()) is None
    assert reader.read(gateway, request(Host="127.0.0.1:4566")) is not None


def test_routes_that_change_leave_nothing_behind(reader, gateway, route) -> None:
    """What was remembered is forgotten as a whole when a route comes or goes."""
    for name in ("sts", "kms"):
        reader.read(gateway, request(name))
        route(f"{name}.example.org")
    reader.read(gateway, request("sqs"))

    assert {"test/20260101/us-east-1/sqs/aws4_request"} == set(reader._places)
    assert 1 == len(reader._remembered)


def test_long_headers_are_not_remembered(reader, gateway) -> None:
    """What a client can fill the memory with is bounded in bytes, too."""
    for name in ("Host", "X_Amz_Target", "Content_Type"):
        sent = request(**{name: "application/x-www-form-urlencoded" + "x" * MAX_KEY_LENGTH})
        assert reader.read(gateway, sent) is None

    assert not reader._remembered


def test_memory_is_bounded(reader, gateway, monkeypatch) -> None:
    """Headers come from clients, so the number of those that are remembered is bounded."""
    monkeypatch.setattr(
        "localstack_outages.hosts.localstack.shortcut.reader._ask_localstack", lambda *_: None
    )

    for i in range(MAX_REMEMBERED + 100):
        signature = f"AWS4-HMAC-SHA256 Credential=k{i}/20260101/us-east-1/sts/aws4_request"
        reader.read(gateway, request(Authorization=signature))

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
    sent = request(name)
    credential = credential_of(sent.header(b"authorization"))
    assert f"test/20260101/us-east-1/{name}/aws4_request" == credential
    assert reader.place_of(credential) is None

    reader.read(gateway, sent)

    assert expected == reader.place_of(credential)


@pytest.mark.parametrize(("service", "expected"), [("iam", "us-east-1"), ("kms", "eu-west-1")])
def test_global_services_at_home(gateway, service, expected) -> None:
    """A global service counts in its home on the short way, too, where that is wanted."""
    reader = EarlyReader(on_early_request, on_request, home_region)
    scope = f"test/20260101/eu-west-1/{service}/aws4_request"
    action = {"iam": b"Action=ListUsers&Version=2010-05-08"}.get(service, b"{}")
    target = {"X_Amz_Target": "TrentService.ListKeys", "Content_Type": "application/x-amz-json-1.1"}
    early = reader.read(
        gateway,
        request(
            service,
            action,
            Authorization=f"AWS4-HMAC-SHA256 Credential={scope}",
            **(target if service == "kms" else {}),
        ),
    )

    assert (service, expected) == reader.place_of(scope)
    assert early is None or expected == early.call.region


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
        {"Authorization": f"AWS4-HMAC-SHA256 {SCOPE.format('sts')}, Credential*=x"},
        {"Authorization": f"AWS4-HMAC-SHA256 {SCOPE.format('sts')}/x"},
    ],
    ids=str,
)
def test_what_is_uncertain(reader, gateway, headers) -> None:
    """What is not certain is left to the long way."""
    assert reader.read(gateway, request(**headers)) is None


@pytest.mark.parametrize(
    "form",
    [
        b"Act%69on=CreateQueue&Action=GetCallerIdentity&Version=2011-06-15",
        b"Action&Action=GetCallerIdentity&Version=2011-06-15",
        b"Action=GetCallerIdentity&Version=2011-06-15&Action",
        b"Action=GetCallerIdentity&Version=2011-06-15&Action=",
        b"Action=GetCallerIdentity&Version=2011-06-15&Version=x%20",
        b"Action=GetCallerIdentity&Version=2011-06-15&X=\xff",
        b"Action=Get%43allerIdentity&Version=2011-06-15",
        b"+Action=CreateQueue&Action=GetCallerIdentity&Version=2011-06-15",
        b"\xc0Action=CreateQueue&Action=GetCallerIdentity&Version=2011-06-15",
    ],
)
def test_forms_that_can_be_read_in_two_ways(reader, gateway, form) -> None:
    """A form that LocalStack may read as another operation is left to it."""
    assert reader.read(gateway, request(body=form)) is None


@pytest.mark.parametrize(
    "fields",
    [
        [(b"X-Amz-Target", b"a"), (b"x-amz-target", b"b")],
        [(b"X-Amz-Target", b"a"), (b"X_Amz_Target", b"b")],
        [(b"X_Anything", b"a")],
        [(b"Host", b"a"), (b"host", b"a")],
    ],
)
def test_headers_that_can_be_read_in_two_ways(fields) -> None:
    """A header that stands twice, or has an underscore where WSGI takes a dash, is left to LocalStack."""
    assert read_headers(fields) is None
