"""A call that is refused before LocalStack parses it gets, byte for byte, what it would get later."""

import contextlib
import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import botocore.session
import pytest
import requests
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape

from localstack_outages.aws.errors import _aws_errors

from .helpers import ONCE, connect, unique, wait_until

pytestmark = pytest.mark.host("localstack", reason="the short way is a part of LocalStack")

ALWAYS = "`true`"
"""A condition that holds for each call: to ask it, LocalStack must have parsed the request."""

FORM = "application/x-www-form-urlencoded"
SERVICES = sorted({service for service, _ in _aws_errors() if service and " " not in service})
HTTP_DATE = re.compile(rb"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT")
REQUEST_ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=Content-MD5: )\S+")
RULE_ID = re.compile(rb"(?<=x-outages-rule: )r\d+")
OF_THE_MOMENT = ("sequence", "time", "offsetMs", "durationMs", "requestId", "ruleId")
"""Fields of an event that differ from call to call."""


class Sent(NamedTuple):
    """A request as it goes over the wire."""

    name: str
    data: bytes
    is_short: bool
    """Whether it is one of those that are refused early."""


def sent(
    name: str,
    service: str,
    body: bytes = b"",
    *,
    is_short: bool = False,
    method: str = "POST",
    path: str = "/",
    region: str = "us-east-1",
    **headers: str,
) -> Sent:
    """Make a request, signed unless a header ``Authorization`` is given."""
    scope = f"Credential=test/20260101/{region}/{service}/aws4_request"
    given = {
        "Host": "localhost:4566",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in given.items() if v)]
    return Sent(name, "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body, is_short)


STS = b"Action=GetCallerIdentity&Version=2011-06-15"
KMS = {"X_Amz_Target": "TrentService.ListKeys", "Content_Type": "application/x-amz-json-1.1"}
SQS = {"X_Amz_Target": "AmazonSQS.ListQueues", "Content_Type": "application/x-amz-json-1.0"}
CHUNKED = b"2\r\n{}\r\n0\r\n\r\n"
GZIPPED = gzip.compress(b"{}", mtime=0)
SIGV4A = "AWS4-ECDSA-P256-SHA256 Credential=test/20260101/kms/aws4_request, SignedHeaders=host, Signature=0"
PRESIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20260101%2Fus-east-1%2F{}%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature=0"

BY_HAND = [
    sent("query", "sts", STS, is_short=True, Content_Type=FORM),
    sent("query with charset", "sts", STS, is_short=True, Content_Type=f"{FORM}; charset=utf-8"),
    sent("query, action last", "sts", b"Version=2011-06-15&Action=GetCallerIdentity", is_short=True, Content_Type=FORM),
    sent("query, two actions", "sts", b"Action=GetCallerIdentity&" + STS, Content_Type=FORM),
    sent("query, no action", "sts", b"Version=2011-06-15", Content_Type=FORM),
    sent("query, unknown action", "sts", b"Action=Nothing&Version=2011-06-15", Content_Type=FORM),
    sent("query, action in the url", "sts", path=f"/?{STS.decode()}"),
    sent("query by GET", "sts", method="GET", path=f"/?{STS.decode()}"),
    sent("query asking for JSON", "sts", STS, is_short=True, Content_Type=FORM, Accept="application/json"),
    sent("query asking for a picture", "sts", STS, is_short=True, Content_Type=FORM, Accept="image/png, */*;q=0.1"),
    sent("query of SQS", "sqs", b"Action=ListQueues&Version=2012-11-05", is_short=True, Content_Type=FORM),
    sent("query of SQS by queue", "sqs", b"Action=GetQueueAttributes&Version=2012-11-05", Content_Type=FORM, path="/000000000000/q"),
    sent("query of RDS, whose signing name others share", "rds", b"Action=DescribeDBInstances&Version=2014-10-31", is_short=True, Content_Type=FORM),
    sent("ec2", "ec2", b"Action=DescribeVpcs&Version=2016-11-15", is_short=True, Content_Type=FORM),
    sent("json 1.1", "kms", b"{}", is_short=True, **KMS),
    sent("json 1.0", "sqs", b"{}", is_short=True, **SQS),
    sent("json for former query clients", "sqs", b"{}", is_short=True, x_amzn_query_mode="true", **SQS),
    sent("json without a body", "kms", is_short=True, **KMS),
    sent("json of an unknown operation", "kms", b"{}", X_Amz_Target="TrentService.Nothing", Content_Type="application/x-amz-json-1.1"),
    sent("json asking for CBOR", "kms", b"{}", is_short=True, Accept="application/cbor", **KMS),
    sent("json with a given request id", "kms", b"{}", is_short=True, X_Amz_Request_Id="6479de2e-44d0-47c9-ac32-4d720d411eb1", **KMS),
    sent("json with a short request id", "kms", b"{}", is_short=True, X_Amz_Request_Id="mine", **KMS),
    sent("json in chunks", "kms", CHUNKED, is_short=True, Transfer_Encoding="chunked", Content_Length="", **KMS),
    sent("form in chunks", "sts", b"%x\r\n%b\r\n0\r\n\r\n" % (len(STS), STS), is_short=True, Transfer_Encoding="chunked", Content_Length="", Content_Type=FORM),
    sent("json in gzip", "kms", GZIPPED, Content_Encoding="gzip", **KMS),
    sent("form in gzip", "sts", gzip.compress(STS, mtime=0), Content_Encoding="gzip", Content_Type=FORM),
    sent("json to a host of its own", "kms", b"{}", is_short=True, Host="kms.us-east-1.localhost.localstack.cloud:4566", **KMS),
    sent("json to a host of AWS", "kms", b"{}", is_short=True, Host="kms.us-east-1.amazonaws.com", **KMS),
    sent("json to a host of S3", "kms", b"{}", Host="b.s3.localhost.localstack.cloud:4566", **KMS),
    sent("json to another path", "kms", b"{}", path="/b/k", **KMS),
    sent("cbor of Kinesis", "kinesis", b"\xa0", is_short=True, X_Amz_Target="Kinesis_20131202.ListStreams", Content_Type="application/x-amz-cbor-1.1"),
    sent("DynamoDB and its streams share a name", "dynamodb", b"{}", is_short=True, X_Amz_Target="DynamoDBStreams_20120810.ListStreams", Content_Type="application/x-amz-json-1.0"),
    sent("a region that LocalStack rewrites", "kms", b"{}", region="us-gov-west-1", **KMS),
    sent("a region that there is not", "kms", b"{}", region="mars-1", **KMS),
    sent("an account of its own", "kms", b"{}", is_short=True, Authorization="AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0", **KMS),
    sent("SigV4A", "kms", b"{}", Authorization=SIGV4A, X_Amz_Region_Set="us-east-1", **KMS),
    sent("unsigned", "kms", b"{}", Authorization="", **KMS),
    sent("a page of LocalStack's own", "kms", b"{}", Origin="http://localhost:4566", **KMS),
    sent("a foreign page", "kms", b"{}", Origin="https://example.org", **KMS),
    sent("a link from a foreign page", "kms", b"{}", Referer="https://example.org/", **KMS),
    sent("a page's preflight", "kms", method="OPTIONS", Origin="http://localhost:4566", Authorization="", Access_Control_Request_Method="POST"),
    sent("presigned", "sts", Authorization="", method="GET", path=f"/?{STS.decode()}&{PRESIGNED.format('sts')}"),
    sent("S3, presigned", "s3", Authorization="", method="GET", path=f"/b/k?{PRESIGNED.format('s3')}"),
    sent("S3, no path", "s3", method="GET"),
    sent("S3, by path", "s3", b"x", method="PUT", path="/b/k"),
    sent("S3, by host", "s3", b"x", method="PUT", path="/k", Host="b.s3.localhost.localstack.cloud:4566"),
    sent("S3, no body in the answer", "s3", method="HEAD", path="/b/k"),
    sent("rest-json", "lambda", method="GET", path="/2015-03-31/functions"),
    sent("the extension's own host", "kms", b"[]", Host="outages.localhost:4566", **KMS),
]  # fmt: skip


def captured(service: str, session: botocore.session.Session) -> Sent:
    """Give the request that botocore makes for the first operation of a service that it lists."""
    client = _client(service, session)
    model = client.meta.service_model
    operations = [model.operation_model(name) for name in sorted(model.operation_names)]
    operation = min(operations, key=lambda o: (bool(_required(o)), not o.name.startswith("List")))
    return _capture(client, operation)


def _client(service: str, session: botocore.session.Session) -> BaseClient:
    return session.create_client(
        service,
        "us-east-1",
        endpoint_url="http://localhost:4566",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries=ONCE, parameter_validation=False),
    )


def _required(operation: OperationModel) -> list[str]:
    shape: Shape | None = operation.input_shape
    return [] if shape is None else list(shape.required_members)


def _capture(client: BaseClient, operation: OperationModel) -> Sent:
    requests_made: list[AWSPreparedRequest] = []

    def keep(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        requests_made.append(request)
        return AWSResponse(request.url, 500, {}, None)

    client.meta.events.register("before-send", keep)
    with contextlib.suppress(ClientError, AttributeError):
        client._make_api_call(operation.name, dict.fromkeys(_required(operation), "x"))
    request = requests_made[0]
    url = urlsplit(request.url)
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    headers = {
        k: v.decode() if isinstance(v, bytes) else str(v) for k, v in request.headers.items()
    }
    if "host" not in {name.lower() for name in headers}:
        headers["Host"] = url.netloc
    headers.update({"Connection": "close", "Content-Length": str(len(body))})
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{request.method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
    is_short = (
        client.meta.service_model.resolved_protocol in ("query", "ec2", "json")
        and "Authorization" in headers  # some operations are not signed
    )
    name = f"{client.meta.service_model.service_name}.{operation.name}"
    return Sent(name, "\r\n".join([*lines, "", ""]).encode() + body, is_short)


def ask(endpoint: str, request: Sent) -> bytes:
    """Send a request; give all bytes of the answer, but for the moment's date and id."""
    with connect(endpoint) as connection:
        connection.sendall(request.data)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    answer = RULE_ID.sub(b"<rule>", answer)
    return REQUEST_ID.sub(b"<id>", HTTP_DATE.sub(b"<date>", answer))


class Observation(NamedTuple):
    """What is to be seen of some requests, beside their answers."""

    answers: dict[str, bytes]
    events: list[dict[str, Any]]
    log: dict[str, list[str]]
    """The names of the threads that logged a call, by what they logged of it."""
    metrics: dict[str, float]


def metrics(outages) -> dict[str, float]:
    """Give the counters of refused calls and of faults."""
    text = requests.get(outages.url.removesuffix("/outages") + "/metrics", timeout=10).text
    lines = re.findall(
        r"^(localstack_outages_(?:calls_total\{.*injected|faults_total\{).*\}) (\S+)$",
        text,
        re.MULTILINE,
    )
    return {name: float(value) for name, value in lines}


def observe(localstack, outages, rules: list[dict[str, Any]], sent_: list[Sent]) -> Observation:
    """Send requests while rules are in force, of which the calls between services see nothing."""
    outages.post([{**rule, "origin": "external"} for rule in rules])
    since = _last_event(outages)
    before, start = metrics(outages), localstack.log.stat().st_size
    answers = {request.name: ask(localstack.endpoint, request) for request in sent_}
    events = outages.send("GET", path=f"/events?after={since}&limit=1000")[1]["events"]
    after = metrics(outages)
    log = localstack.log.read_bytes()[start:].decode(errors="replace")
    lines = re.findall(r"--- \[ *(\S+)\] \S+ +: (AWS \S+ => .*)", log)
    by_text: dict[str, list[str]] = {}
    for thread, text in lines:
        by_text.setdefault(text, []).append(thread)
    return Observation(
        answers,
        [{k: v for k, v in event.items() if k not in OF_THE_MOMENT} for event in events],
        by_text,
        {
            name: after[name] - before.get(name, 0)
            for name in after
            if after[name] != before.get(name, 0)
        },
    )


def _last_event(outages) -> int:
    page = outages.send("GET", path="/events?limit=10000")[1]
    return int(page["next"])


@pytest.fixture(scope="module")
def requests_of_botocore() -> list[Sent]:
    """A request of each service that the extension knows the errors of."""
    session = botocore.session.get_session()
    return [captured(service, session) for service in SERVICES]


RULES = [
    {"service": "kms", "error": "throttling"},
    {"service": "sqs", "error": {"code": "OverLimit", "statusCode": 403, "message": "<&>'\u00e9"}},
    {"service": "iam", "error": "internal"},
    {"service": "dynamodb", "error": "throttling"},
    {"service": "sts", "latency": 1},
    {"service": "logs", "probability": 0},
    {"service": "*"},
]


@pytest.mark.parametrize("rules", [[{}], RULES[:4] + RULES[5:]], ids=["outage", "errors"])
def test_both_ways_give_the_same(localstack, outages, requests_of_botocore, rules) -> None:
    """Status, headers, body, events, log lines and metrics are the same on the short and the long
    way, and the short way is taken where it is open: by the first call with some headers in a thread
    of its own, by those after it where they are read.
    """
    requests_ = BY_HAND + requests_of_botocore
    by_name = {request.name: request for request in requests_}
    assert len(by_name) == len(requests_)

    first = observe(localstack, outages, rules, requests_)
    short = observe(localstack, outages, rules, requests_)
    long_rules = [{**rule, "condition": ALWAYS} for rule in rules]
    long = observe(localstack, outages, long_rules, requests_)

    for name in by_name:
        assert long.answers[name] == short.answers[name] == first.answers[name], name
    assert long.events == short.events == first.events
    assert long.metrics == short.metrics == first.metrics
    assert {text: len(threads) for text, threads in long.log.items()} == {
        text: len(threads) for text, threads in short.log.items()
    }
    refused = [n for n, answer in short.answers.items() if not answer.startswith(b"HTTP/1.1 2")]
    assert len(refused) > len(requests_) * 0.8
    on_short = sum(t.count("MainThread") for t in short.log.values())
    assert sum(request.is_short for request in requests_) == on_short
    assert 0 == sum(t.count("MainThread") for t in long.log.values())


def test_requests_that_come_at_once(endpoint, outages) -> None:
    """Requests that a client sends without waiting for answers are all answered, in their order."""
    refused, passed = sent("sts", "sts", STS, Content_Type=FORM), sent("kms", "kms", b"{}", **KMS)
    keep_alive = [r.data.replace(b"Connection: close\r\n", b"") for r in (refused, passed)]
    outages.post([{"service": "sts"}])
    with connect(endpoint) as connection:
        connection.sendall(keep_alive[0] * 3 + keep_alive[1] + keep_alive[0] * 2 + passed.data)
        answers = b"".join(iter(lambda: connection.recv(65_536), b""))

    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", answers)]
    assert [503, 503, 503, 200, 503, 503, 200] == statuses


def outcomes(endpoint: str, request: Sent, count: int) -> list[bytes]:
    """Send a request several times; give the status of each answer."""
    return [ask(endpoint, request).split(b" ")[1] for _ in range(count)]


@pytest.mark.parametrize(
    "rule",
    [{"probability": 0.5, "seed": 7}, {"times": 3}, {"throttle": {"rate": 0.001, "burst": 4}}],
    ids=str,
)
def test_each_call_is_decided_on_once(endpoint, outages, rule) -> None:
    """Chances, budgets and tokens are used up on the short way as they are on the long one."""
    request = sent("kms", "kms", b"{}", **KMS)
    outages.post([{"service": "kms", **rule}])
    short = outcomes(endpoint, request, 12)
    outages.post([{"service": "kms", **rule, "condition": ALWAYS}])
    long = outcomes(endpoint, request, 12)

    assert long == short
    assert len(set(short)) == 2


def test_a_call_that_waits_holds_up_no_other(endpoint, outages, client) -> None:
    """A call that is delayed and then refused waits in a thread of its own."""
    outages.post([{"service": "kms", "latency": 60_000, "error": "internal", "times": 2}])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, endpoint, sent("kms", "kms", b"{}", **KMS))
        wait_until(lambda: outages.status()[1]["rules"][0]["hits"] == 1)
        client("sts", retries=ONCE).get_caller_identity()
        is_waiting = not waiting.done()
        outages.post([])

    assert is_waiting
    assert waiting.result().startswith(b"HTTP/1.1 200")  # it goes as if no rule had been


def test_what_localstack_cannot_parse(endpoint, outages) -> None:
    """A request that LocalStack could not parse gets the error of the outage on the short way."""
    request = sent("kms", "kms", b"{no JSON", **KMS)
    outages.post([{"service": "kms", "condition": ALWAYS}])
    long = ask(endpoint, request)
    outages.post([{"service": "kms"}])
    short = ask(endpoint, request)

    assert b"ServiceUnavailableException" not in long
    assert b"ServiceUnavailableException" in short


def test_calls_between_services_go_the_long_way(outages, client, localstack) -> None:
    """A service's own call is refused in its own thread, and its service sees the error."""
    sns, sqs = client("sns", retries=ONCE), client("sqs", retries=ONCE)
    queue = sqs.create_queue(QueueName=unique("short"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    topic = sns.create_topic(Name=unique("short"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    outages.post([{"service": "sqs", "origin": "internal"}])

    sns.publish(TopicArn=topic, Message="x")

    wait_until(lambda: outages.status()[1]["rules"][0]["hits"] > 0)
    assert sqs.list_queues()["QueueUrls"]
