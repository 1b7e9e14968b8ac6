"""Generated requests, many of them odd, get the same answer with the short way and without it."""

import contextlib
import random
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from localstack_outages.launch.localstack import LocalStack

from .helpers import connect, wait_until
from .test_short_way import FORM, HTTP_DATE, KMS, REQUEST_ID, RULE_ID, SQS, Sent

pytestmark = pytest.mark.host("localstack", reason="the short way is a part of LocalStack")

COUNT = 400

# None of them draws, so that both come to the same however often they are asked.
RULES = [
    {"header": {"x-amzn-trace-id": "Root=*"}, "error": "throttling"},
    {"service": "sts", "header": {"user-agent": "Boto3*"}, "error": "internal"},
    {"service": "sts"},
    {"service": "sqs", "operation": "List*", "error": "throttling"},
    {"operation": "CreateQueue"},
    {"service": "kms", "region": "us-*", "error": {"statusCode": 400, "code": "Odd", "message": "<&>"}},
    {"service": "rds", "operation": "Describe*"},
    {"service": "ses"},
    {"service": "ec2", "error": "internal"},
    {"service": "kinesis"},
]  # fmt: skip

QUERY = {"Content-Type": FORM}
BASES: list[tuple[str, bytes, dict[str, str]]] = [
    ("sts", b"Action=GetCallerIdentity&Version=2011-06-15", QUERY),
    ("sqs", b"Action=ListQueues&Version=2012-11-05", QUERY),
    ("sqs", b"Action=CreateQueue&Version=2012-11-05&QueueName=q", QUERY),
    ("rds", b"Action=DescribeDBInstances&Version=2014-10-31", QUERY),
    ("ec2", b"Action=DescribeVpcs&Version=2016-11-15", QUERY),
    ("sqs", b"{}", SQS),
    ("kms", b"{}", KMS),
    ("kinesis", b"\xa0", {"X-Amz-Target": "Kinesis_20131202.ListStreams", "Content-Type": "application/x-amz-cbor-1.1"}),
]  # fmt: skip

FORM_CHANGES = [
    lambda form, _: b"Act%69on=CreateQueue&" + form,
    lambda form, _: form.replace(b"Action", b"Act%69on"),
    lambda form, _: form.replace(b"Version", b"Versio%6E"),
    lambda form, _: form + b"&Act%69on=ListQueues",
    lambda form, _: b"Action=SendEmail&Version=2010-12-01&" + form,
    lambda form, _: b"Act%69on=SendEmail&V%65rsion=2010-12-01&" + form,
    lambda form, _: form + b"&Action=ListQueues",
    lambda form, _: b"Action&" + form,
    lambda form, _: b"Action=&" + form,
    lambda form, _: form + b"&Action",
    lambda form, _: b"&&" + form + b"&",
    lambda form, _: form.replace(b"&", b";"),
    lambda form, _: form.replace(b"&", b"&+"),
    lambda form, _: form + b"&X=%zz%00\xff+",
    lambda form, _: form + b"&\xff=1&%FF=2",
    lambda form, _: form.replace(b"Action=", b"Action=%20"),
    lambda form, _: form.replace(b"Action=", b"action="),
    lambda form, _: form.replace(b"Action=G", b"Action=%47"),
    lambda form, _: form + b"&Action%00=ListQueues",
    lambda form, _: form + b"#Action=ListQueues",
    lambda form, _: b"\n" + form,
    lambda form, _: b"AWSAccessKeyId=x&Signature=y&" + form,
    lambda form, rng: form + b"&Padding=" + b"x" * rng.choice([10, 60_000, 70_000]),
]  # fmt: skip

MARKUP = "</RequestId><a b='c'>&amp;\"<!---->]]>"[:36]
ODD_IDS = ["mine", "6479de2e-44d0-47c9-ac32-4d720d411eb1", MARKUP, "\xe4" * 36, "a" * 36, '"}{"a": "\\u0022' + "x" * 22, "", " " * 3, "x" * 12_000]  # fmt: skip
ODD_ACCEPTS = ["application/json", "application/cbor", "*/*;q=0", "text/html, application/xml;q=0.9", "\xff\xfe", ",", "application/json;q=x", "a" * 5_000, "application/x-amz-json-1.1"]  # fmt: skip
ODD_TYPES = [FORM, FORM.upper(), f"{FORM}; charset=utf-16", f"{FORM}x", "application/x-amz-json-1.1", "application/x-amz-json-1.0; charset=x", "application/x-amz-cbor-1.1", "text/plain", "", "multipart/form-data; boundary=x"]  # fmt: skip
ODD_TARGETS = ["TrentService.ListKeys", "AmazonSQS.ListQueues", "AmazonSQS.CreateQueue", "ListKeys", ".", "TrentService.", "TrentService.Nothing", "A.TrentService.ListKeys", "\xe4.\xe4", "Logs_20140328.DescribeLogGroups"]  # fmt: skip
ODD_HOSTS = ["sqs.us-east-1.localhost.localstack.cloud:4566", "b.s3.localhost.localstack.cloud", "s3.amazonaws.com", "", "a b", "[::1]:4566", "\xe4", "localhost:99999", "kms.localhost:4566", "x.execute-api.localhost.localstack.cloud:4566"]  # fmt: skip


def authorization(service: str, region: str = "us-east-1", key: str = "test") -> str:
    """Make the header of a Signature Version 4."""
    scope = f"{key}/20260101/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def odd_authorization(rng: random.Random, service: str) -> str:
    """Make one of another form."""
    usual = authorization(service)
    return rng.choice([
        authorization(service, "eu-west-1"),
        authorization(service, "us-gov-west-1"),
        authorization(service, key="111122223333"),
        authorization(rng.choice(["sqs", "kms", "rds", "nothing", "s3"])),
        usual.replace(", ", ","),
        usual.replace("AWS4", "aws4"),
        usual.replace("Credential=", 'Credential="').replace(", Signed", '", Signed'),
        usual.replace("Credential=", "Credential*=UTF-8''"),
        usual + ", Credential=x/20260101/us-east-1/kms/aws4_request",
        usual + ", Credential*=UTF-8''x/20260101/us-east-1/kms/aws4_request",
        usual + ", Extra=1",
        usual.replace("/aws4_request", "/aws4_request/x"),
        usual.replace("test/", "t e s t/"),
        usual.replace("test/", "x" * 2_000 + "/"),
        "Bearer x",
        "",
    ])  # fmt: skip


def change_headers(rng: random.Random, service: str, fields: list[tuple[str, str]]) -> None:
    """Change one thing about the headers of a request."""

    def replace(name: str, value: str) -> None:
        fields[:] = [f for f in fields if f[0].lower() != name.lower()] + [(name, value)]

    def put_first(name: str, value: str) -> None:
        fields.insert(0, (name, value))

    other = rng.choice([replace, put_first, lambda name, value: fields.append((name, value))])
    change = rng.choice([
        lambda: replace("X-Amz-Request-Id", rng.choice(ODD_IDS)),
        lambda: replace("X-Amz-Request-Id", rng.choice(ODD_IDS)),
        lambda: other("Accept", rng.choice(ODD_ACCEPTS)),
        lambda: other("Content-Type", rng.choice(ODD_TYPES)),
        lambda: other("X-Amz-Target", rng.choice(ODD_TARGETS)),
        lambda: other("X_Amz_Target", rng.choice(ODD_TARGETS)),
        lambda: other("Content_Type", rng.choice(ODD_TYPES)),
        lambda: other("X_Amz_Request_Id", rng.choice(ODD_IDS)),
        lambda: other("Authorization", odd_authorization(rng, service)),
        lambda: other("X-Amzn-Query-Mode", rng.choice(["true", "false", "\xff", ""])),
        lambda: other("Host", rng.choice(ODD_HOSTS)),
        lambda: replace("Host", rng.choice(ODD_HOSTS)),
        lambda: replace("User-Agent", rng.choice(["aws-cli/2.0", "\xe4", "Boto3/1.42"])),
        lambda: replace("X-Amzn-Trace-Id", rng.choice(["Root=1-5759e988-bd862e3fe1be46a994272793", ";=;", "\xe4"])),
        lambda: replace("X-Amz-Region-Set", rng.choice(["eu-west-1", "*"])),
        lambda: replace("Origin", "http://localhost:4566"),
        lambda: replace("Smithy-Protocol", "rpc-v2-cbor"),
        lambda: replace("x-localstack-data", "{}"),
    ])  # fmt: skip
    change()


def generated(seed: int) -> Sent:
    """Make a request."""
    rng = random.Random(seed)
    service, body, headers = rng.choice(BASES)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = [("Host", "localhost:4566"), *given.items(), ("Authorization", authorization(service))]
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        if body.startswith(b"Action") and rng.random() < 0.5:
            body = rng.choice(FORM_CHANGES)(body, rng)
        else:
            change_headers(rng, service, fields)
    path = rng.choice(["/"] * 12 + ["/?", "//", "/?x=1", "http://localhost:4566/"])
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return Sent(str(seed), "\r\n".join(lines).encode("latin-1") + body, is_short=False)


def ask(endpoint: str, request: Sent, seconds: float = 5) -> bytes:
    """Send a request; give all bytes of the answer, but for what differs from moment to moment.

    To some requests that make no sense LocalStack gives no answer at all.
    """
    answer = b""
    with connect(endpoint) as connection, contextlib.suppress(TimeoutError, ConnectionResetError):
        connection.settimeout(seconds)
        connection.sendall(request.data)
        while part := connection.recv(65_536):
            answer += part
    answer = answer.replace(f":{urlsplit(endpoint).port}".encode(), b":<port>")  # in URLs of queues
    answer = RULE_ID.sub(b"<rule>", answer)
    return REQUEST_ID.sub(b"<id>", HTTP_DATE.sub(b"<date>", answer))


@pytest.fixture(scope="module")
def long_way(start_localstack) -> Iterator[LocalStack]:
    """A LocalStack in which all calls go the long way."""
    localstack = start_localstack(OUTAGES_REFUSE_EARLY="0")
    yield localstack
    localstack.stop()


def is_consistent(answer: bytes) -> bool:
    """Whether the length that an answer promises is that of its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: (\d+)", head)
    is_changed = b"<id>" in body or b"<port>" in body
    return length is None or is_changed or int(length[1]) == len(body)


def test_generated_requests(endpoint, outages, long_way: LocalStack) -> None:
    """Whatever a client sends, it does not show which way it went."""
    outages.post(RULES)
    type(outages)(long_way.endpoint).post(RULES)
    for each in (endpoint, long_way.endpoint):  # the first call takes its time
        wait_until(lambda each=each: ask(each, generated(0)), 60)

    def ask_both(request: Sent, seconds: float = 5) -> tuple[bytes, list[bytes]]:
        # LocalStack is asked what to make of such a request; then that is remembered.
        answers = [ask(endpoint, request, seconds) for _ in range(2)]
        return ask(long_way.endpoint, request, seconds), answers

    differing = {}
    refused = 0
    for seed in range(COUNT):
        request = generated(seed)
        expected, answers = ask_both(request)
        if (
            answers != [expected] * 2
        ):  # the first call to a service may take longer on a busy machine
            expected, answers = ask_both(request, 60)
        if b"could not be parsed" in expected:  # the one difference: the outage's error is first
            continue
        refused += b"HTTP/1.1 2" not in answers[-1][:12]
        if answers != [expected] * 2 or not all(map(is_consistent, answers)):
            differing[seed] = (request.data[:600], expected, answers)

    assert {} == differing
    assert COUNT / 4 < refused
