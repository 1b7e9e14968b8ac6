"""The interceptor in LocalStack's own chain, with LocalStack's own contexts, and no server."""

import random
from typing import Any

import pytest
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.forwarder import create_aws_request_context
from localstack.http import Request, Response
from rolo.gateway import HandlerChain
from rolo.request import restore_payload

from localstack_outages.aws.errors import aws_error
from localstack_outages.aws.home_regions import as_signed
from localstack_outages.engine.decide import Engine
from localstack_outages.engine.injection import Injector
from localstack_outages.engine.store import Store
from localstack_outages.evidence.record import Observed, Observer
from localstack_outages.hosts.localstack.call_reader import CallReader
from localstack_outages.hosts.localstack.interceptor import Interceptor
from localstack_outages.hosts.localstack.overwriting import overwrite
from localstack_outages.hosts.localstack.waiting import WaitingRoom, most_waiting
from localstack_outages.schema.reading import parse_rules


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


Outcome = tuple[Exception | None, bytes]
"""The error that a call was answered with, and its body."""


def run(interceptor: Interceptor, context: RequestContext) -> Outcome:
    """Send a request through a chain with our two handlers in it, and a service that answers."""
    errors: list[Exception] = []

    def serve(_chain: Any, _context: Any, response: Response) -> None:
        response.set_response(b"served")

    def keep(_chain: Any, error: Exception, _context: Any, _response: Any) -> None:
        errors.append(error)

    response = Response()
    chain: HandlerChain[RequestContext] = HandlerChain(
        request_handlers=[interceptor.on_request, serve],
        exception_handlers=[keep],
        finalizers=[interceptor.on_finish],
    )
    chain.handle(context, response)
    return (errors[0] if errors else None), response.get_data()


class Setup:
    """The extension's parts, put together as the extension does it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = Store(self.clock, random.Random)
        self.seen: list[Observed] = []
        engine = Engine(self.store, aws_error)
        injector = Injector(engine, aws_error, Observer((self,)).finished, self.clock)
        self.connection: Any = None
        self.interceptor = Interceptor(
            injector,
            CallReader(as_signed, lambda _: None),
            lambda _: self.connection,
            WaitingRoom(10),
            overwrite,
            restore_payload,
        )

    def record(self, observed: Observed) -> None:
        """Keep what was observed."""
        self.seen.append(observed)

    def rules(self, *rules: dict[str, Any]) -> None:
        """Put rules into force."""
        self.store.replace(parse_rules(list(rules)))

    def call(
        self,
        service: str,
        action: str,
        parameters: dict[str, Any] | None = None,
        region: str = "us-east-1",
        *,
        internal: bool = False,
        **headers: str,
    ) -> Outcome:
        """Send a call through the chain; give the error that was raised, and the body."""
        context = create_aws_request_context(
            service, action, parameters=parameters or {}, region=region
        )
        context.service_request = parameters or {}
        context.account_id = "000000000000"
        if internal:
            context.internal_request_params = {}  # that of a call between services
        for name, value in headers.items():
            context.request.environ[f"HTTP_{name.upper()}"] = value
        return run(self.interceptor, context)


@pytest.fixture
def setup() -> Setup:
    """The extension's parts."""
    return Setup()


PROTOCOLS = [
    ("query", "sts", "GetCallerIdentity", {}),
    ("ec2", "ec2", "DescribeVpcs", {}),
    ("json", "kms", "ListKeys", {}),
    ("rest-json", "lambda", "ListFunctions", {}),
    ("rest-xml", "s3", "ListBuckets", {}),
]


@pytest.mark.parametrize(
    ("service", "action", "parameters"),
    [case[1:] for case in PROTOCOLS],
    ids=[case[0] for case in PROTOCOLS],
)
def test_an_outage_is_raised(setup: Setup, service: str, action: str, parameters) -> None:
    """The error is raised as LocalStack's own kind, for it to write in the request's protocol."""
    setup.rules({"service": service})
    error, body = setup.call(service, action, parameters)

    assert isinstance(error, CommonServiceException)
    assert ("ServiceUnavailableException", 503) == (error.code, error.status_code)
    assert f"Service '{service}' not accessible in 'us-east-1' region" in error.message
    assert error.sender_fault is False
    assert b"served" != body


@pytest.mark.parametrize(
    ("service", "action", "parameters"),
    [case[1:] for case in PROTOCOLS],
    ids=[case[0] for case in PROTOCOLS],
)
def test_other_calls_are_served(setup: Setup, service: str, action: str, parameters) -> None:
    """A call that no rule is for passes untouched."""
    setup.rules({"service": "sqs"}, {"region": "eu-west-1"}, {"operation": "Put*"})

    assert (None, b"served") == setup.call(service, action, parameters)


def test_a_clients_error_is_the_senders_fault(setup: Setup) -> None:
    """A status of the 4xx says so in protocols that name whose fault it is."""
    setup.rules({"error": {"statusCode": 403, "code": "AccessDenied"}})
    error, _ = setup.call("sts", "GetCallerIdentity")

    assert isinstance(error, CommonServiceException)
    assert error.sender_fault is True


def test_the_name_of_the_exception_is_the_code(setup: Setup) -> None:
    """LocalStack writes the name of the class where a query-compatible service has its code."""
    setup.rules({"service": "sqs"})
    error, _ = setup.call("sqs", "ListQueues")

    assert "ServiceUnavailableException" == type(error).__name__


@pytest.mark.parametrize(
    ("headers", "region"),
    [
        ({}, "us-east-1"),
        (
            {
                "authorization": "AWS4-HMAC-SHA256 Credential=k/20260101/us-gov-west-1/s3/aws4_request"
            },
            "us-gov-west-1",
        ),
        (
            {
                "authorization": "AWS4-ECDSA-P256-SHA256 Credential=k/20260101/s3/aws4_request",
                "x_amz_region_set": "cn-north-1",
            },
            "cn-north-1",
        ),
    ],
)
def test_the_region_is_that_of_the_signature(setup: Setup, headers, region: str) -> None:
    """What the client signed for counts, not what LocalStack makes of it."""
    setup.rules({"region": region})
    error, _ = setup.call("s3", "ListBuckets", region="us-east-1", **headers)

    assert f"in '{region}' region" in str(error)
    assert region == setup.seen[-1].region


@pytest.mark.parametrize("fault", ["reset", "close", "hang", "truncate"])
def test_without_a_socket_a_broken_connection_is_an_error(setup: Setup, fault: str) -> None:
    """A call that has no connection gets what AWS answers where the service is unavailable."""
    setup.rules({"service": "sqs", "connection": fault})
    error, _ = setup.call("sqs", "ListQueues")

    assert isinstance(error, CommonServiceException)
    assert ("ServiceUnavailable", 503) == (error.code, error.status_code)


@pytest.mark.parametrize(
    ("origin", "hit"), [("external", [False]), ("internal", [True]), ("any", [False, True])]
)
def test_origin(setup: Setup, origin: str, hit: list[bool]) -> None:
    """A call between services is told from that of a client."""
    setup.rules({"origin": origin})
    found = [
        internal
        for internal in (False, True)
        if setup.call("sqs", "ListQueues", internal=internal)[0] is not None
    ]

    assert hit == found


def test_a_condition_sees_the_parameters(setup: Setup) -> None:
    """A rule can ask for the parameters by their names in the AWS API."""
    setup.rules({"condition": "QueueName == 'orders'"})

    assert setup.call("sqs", "CreateQueue", {"QueueName": "orders"})[0] is not None
    assert setup.call("sqs", "CreateQueue", {"QueueName": "others"})[0] is None


class Broken:
    """A stream that must not be read."""

    def read(self, *_: Any) -> bytes:
        """Fail the test."""
        raise AssertionError("a body was read to evaluate a condition")

    __iter__ = __len__ = read


def test_a_condition_reads_no_stream(setup: Setup) -> None:
    """A streaming body is left to the service, also where an expression names it."""
    setup.rules({"condition": "Body && Bucket == 'x'"}, {"condition": "contains(Body, 'x')"})
    context = create_aws_request_context("s3", "PutObject", parameters={"Bucket": "b", "Key": "k"})
    context.service_request = {"Bucket": "b", "Key": "k", "Body": Broken()}
    context.account_id = "000000000000"

    assert (None, b"served") == run(setup.interceptor, context)


def test_a_fault_of_ours_lets_the_call_pass(setup: Setup, caplog) -> None:
    """Where the extension itself fails the call is served, and the log has one warning."""
    setup.rules({"times": 9})  # for which it asks the clock
    setup.store.clock = lambda: 1 / 0  # type: ignore[assignment,return-value]

    for _ in range(3):
        assert (None, b"served") == setup.call("sqs", "ListQueues")
    assert 1 == len([r for r in caplog.records if r.levelname == "WARNING"])


def test_a_request_that_is_no_aws_call_passes(setup: Setup) -> None:
    """A context without a service is none of ours."""
    setup.rules({})
    context = RequestContext(Request("GET", "/_localstack/health"))

    assert (None, b"served") == run(setup.interceptor, context)


def test_each_call_is_observed(setup: Setup) -> None:
    """What became of a call is told, touched or not."""
    setup.call("sqs", "ListQueues")
    setup.rules({"service": "sqs", "times": 1})
    setup.call("sqs", "ListQueues")

    untouched, touched = setup.seen
    assert untouched.injected is None
    assert touched.injected is not None
    assert (503, "ServiceUnavailableException") == (touched.injected.status, touched.injected.code)


class Socket:
    """A connection that fails at whatever is done to it, after so many steps that work."""

    is_open = True

    def __init__(self, error: type[Exception] = OSError) -> None:
        self.error = error

    def reset(self, *_: Any) -> None:
        """Fail."""
        raise self.error("broken")

    close = cut = reset


@pytest.mark.parametrize("fault", ["reset", "close", "truncate"])
def test_what_cannot_be_broken_passes(setup: Setup, caplog, fault: str) -> None:
    """Where a connection cannot be broken, though there is one, the call passes and is recorded so."""
    setup.connection = Socket()
    setup.rules({"connection": fault})

    assert [(None, b"served")] * 3 == [setup.call("sqs", "ListQueues") for _ in range(3)]
    assert [None] * 3 == [observed.injected for observed in setup.seen]
    assert 1 == len([r for r in caplog.records if r.levelname == "WARNING"])


def test_each_cause_is_told_once(setup: Setup, caplog) -> None:
    """A second cause is not hidden by the first, and none is told twice."""
    setup.rules({"connection": "reset"})
    for error in (OSError, RuntimeError, OSError, RuntimeError):
        setup.connection = Socket(error)
        setup.call("sqs", "ListQueues")
    setup.store.replace([])
    setup.interceptor.reader.home_region = lambda *_: 1 / 0  # type: ignore[assignment,return-value]
    setup.call("sqs", "ListQueues")

    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert [
        "Outages cannot do to a call what its rule says; the call passes: OSError: broken",
        "Outages cannot do to a call what its rule says; the call passes: RuntimeError: broken",
        "Outages cannot judge a call, which passes: ZeroDivisionError: division by zero",
    ] == warnings


def test_a_record_that_fails_does_not_reach_the_call(setup: Setup, caplog) -> None:
    """Where a call cannot be recorded it is answered as ever."""
    setup.interceptor.injector.on_finished = lambda _: 1 / 0  # type: ignore[assignment,return-value]

    assert (None, b"served") == setup.call("sqs", "ListQueues")
    assert ["Outages cannot record a call: ZeroDivisionError: division by zero"] == [
        r.getMessage() for r in caplog.records
    ]


@pytest.mark.parametrize(
    ("workers", "expected"), [(1000, 900), (100, 90), (50, 42), (16, 8), (8, 4), (3, 1), (1, 1)]
)
def test_some_threads_are_left(workers: int, expected: int) -> None:
    """Of the gateway's threads a tenth, at least eight, at most half, is left to calls that do not wait."""
    assert expected == most_waiting(workers)


def test_a_full_waiting_room(caplog) -> None:
    """Who finds no place is refused with what could be done; the log says it once."""
    room = WaitingRoom(1)
    with room.enter() as first, room.enter() as second, room.enter() as third:
        refusals = [first, second, third]
    with room.enter() as later:
        assert later is None

    assert refusals[0] is None
    assert ("TooManyWaitingCalls", 503) == (refusals[1].code, refusals[1].status)
    assert refusals[1] == refusals[2]
    assert "GATEWAY_WORKER_COUNT" in refusals[1].message
    assert 1 == len(caplog.records)
