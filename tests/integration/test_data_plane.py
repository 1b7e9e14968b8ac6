"""Invoke URLs of API Gateway, Lambda function URLs and S3 websites, against a real LocalStack."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import requests
from botocore.client import BaseClient

from .conftest import Outages
from .helpers import ONCE, outcome, unique, wait_until

pytestmark = pytest.mark.host("localstack", reason="the gateway passes the data plane untouched")

MakeClient = Callable[..., BaseClient]

REGION = "eu-west-1"


class Url(NamedTuple):
    """A URL of the data plane; the host is told by a header, for no name is resolved here."""

    endpoint: str
    host: str
    path: str

    def get(self, **options: Any) -> requests.Response:
        """Get it."""
        headers = {"Host": self.host, **options.pop("headers", {})}
        return requests.get(self.endpoint + self.path, headers=headers, timeout=30, **options)

    def answer(self) -> tuple[int, Any]:
        """Get it; give status and JSON."""
        answer = self.get()
        return answer.status_code, answer.json()


@pytest.fixture
def urls(endpoint: str) -> Callable[[str, str], Url]:
    """A function that makes a URL at LocalStack."""
    port = urlsplit(endpoint).port

    def make(name: str, path: str = "/") -> Url:
        host = f"{name}.localhost.localstack.cloud" if name else "localhost"
        return Url(endpoint, f"{host}:{port}", path)

    return make


@pytest.fixture(scope="module")
def apis() -> dict[str, str]:
    """The APIs that were made already, by region."""
    return {}


@pytest.fixture
def api(client: MakeClient, apis: dict[str, str]) -> str:
    """The id of a REST API with a stage ``dev``, whose ``GET /`` answers ``{"a": 1}``."""
    if REGION not in apis:
        gateway = client("apigateway", REGION)
        made = gateway.create_rest_api(name=unique("api"))
        where = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
        gateway.put_method(**where, authorizationType="NONE")
        gateway.put_method_response(**where, statusCode="200")
        request = {"application/json": '{"statusCode": 200}'}
        gateway.put_integration(**where, type="MOCK", requestTemplates=request)
        gateway.put_integration_response(
            **where, statusCode="200", responseTemplates={"application/json": '{"a": 1}'}
        )
        gateway.create_deployment(restApiId=made["id"], stageName="dev")
        apis[REGION] = made["id"]
    return apis[REGION]


@pytest.fixture
def site(client: MakeClient, urls: Any) -> Url:
    """A website in a bucket of ``eu-west-1``."""
    s3, bucket = client("s3", REGION), unique("site")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"<p>hello</p>")
    index = {"IndexDocument": {"Suffix": "index.html"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=index)
    url: Url = urls(f"{bucket}.s3-website")
    return url


@pytest.fixture
def function(client: MakeClient, urls: Any) -> Url:
    """A function URL in ``eu-west-1``. Without Docker nobody can invoke the function."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return 1")
    functions, name = client("lambda", REGION), unique("function")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": data.getvalue()},
    )
    made = functions.create_function_url_config(FunctionName=name, AuthType="NONE")
    url_id = urlsplit(made["FunctionUrl"]).netloc.partition(".")[0]
    url: Url = urls(f"{url_id}.lambda-url.{REGION}")
    return url


def styles(api: str, urls: Any) -> list[Url]:
    """Give the URLs of an API in all styles that LocalStack serves."""
    return [
        urls(f"{api}.execute-api", "/dev/"),
        urls("", f"/_aws/execute-api/{api}/dev/"),
        urls("", f"/restapis/{api}/dev/_user_request_/"),
    ]


def test_a_rest_api_in_an_outage(outages: Outages, api: str, urls: Any) -> None:
    """An outage of API Gateway in the region of an API hits its invoke URL in every style."""
    before = [url.answer() for url in styles(api, urls)]
    outages.post([{"service": "apigateway", "region": REGION}])
    during = [url.answer() for url in styles(api, urls)]
    outages.post([])

    assert [(200, {"a": 1})] * 3 == before
    assert [(503, {"message": "Service Unavailable"})] * 3 == during
    assert [(200, {"a": 1})] * 3 == [url.answer() for url in styles(api, urls)]


@pytest.mark.parametrize(
    "rule",
    [
        {"service": "apigateway", "region": "us-east-1"},
        {"service": "lambda"},
        {"service": "apigateway", "operation": "Get*"},
        {"service": "apigateway", "account": "111122223333"},
        {"service": "apigateway", "origin": "internal"},
    ],
    ids=str,
)
def test_rules_for_other_calls(outages: Outages, api: str, urls: Any, rule: Any) -> None:
    """Rules for other regions, services, operations, accounts and origins leave it alone."""
    outages.post([rule])

    assert (200, {"a": 1}) == styles(api, urls)[0].answer()


ERRORS = [
    ("unavailable", 503, "Service Unavailable"),
    ("throttling", 429, "Too Many Requests"),
    ("internal", 500, "Internal server error"),
    ({"statusCode": 403, "code": "AccessDeniedException", "message": "no"}, 403, "no"),
    ({"statusCode": 504}, 504, "Gateway Timeout"),
]


@pytest.mark.parametrize(("error", "status", "text"), ERRORS, ids=[str(e[0]) for e in ERRORS])
def test_errors_of_a_rest_api(
    outages: Outages, api: str, urls: Any, error: Any, status: int, text: str
) -> None:
    """Errors are those of API Gateway; a rule's own words are kept."""
    outages.post([{"service": "apigateway", "operation": "Invoke", "error": error}])

    assert (status, {"message": text}) == styles(api, urls)[0].answer()


def test_an_http_api(outages: Outages, urls: Any) -> None:
    """An API that LocalStack does not know, as of HTTP APIs, counts in the region of its URL."""
    here, there = (urls(f"abcdef1234.execute-api{at}") for at in ("", ".eu-central-1"))
    outages.post([{"service": "apigateway", "region": "us-east-1", "error": "internal"}])
    first = here.answer(), there.get().status_code
    outages.post([{"service": "apigateway", "region": "eu-central-1"}])

    assert (500, {"message": "Internal Server Error"}) == first[0]
    assert 500 != first[1]
    assert (503, {"message": "Service Unavailable"}) == there.answer()
    assert here.get().status_code != 503


def test_a_website(outages: Outages, site: Url) -> None:
    """An outage of S3 in the region of a bucket hits its website, with a page in HTML."""
    before = site.get()
    outages.post([{"service": "s3", "region": REGION, "operation": "Website"}])
    during = site.get()
    outages.post([{"service": "s3", "error": "throttling"}])
    throttled = site.get()
    outages.post([{"service": "s3", "region": "us-east-1", "operation": "Website"}])

    assert (200, "<p>hello</p>") == (before.status_code, before.text)
    assert (503, "text/html; charset=utf-8") == (during.status_code, during.headers["Content-Type"])
    assert "<h1>503 Service Unavailable</h1>" in during.text
    assert "<li>Code: ServiceUnavailable</li>" in during.text
    assert "<li>Message: Please reduce your request rate.</li>" in throttled.text
    assert "<title>503 Slow Down</title>" in throttled.text
    assert 200 == site.get().status_code


def test_after_the_fact(outages: Outages, api: str, site: Url, urls: Any) -> None:
    """What was carried out is answered with the same error as what was not, and nothing of its own answer
    is left.
    """
    url = styles(api, urls)[0]
    told = []
    for phase in ("before", "after"):
        fault = {"error": "throttling", "phase": phase}
        outages.post([{"operation": name, **fault} for name in ("Website", "Invoke")])
        answers = site.get(), url.get()
        texts = [re.sub("RequestId: [-0-9a-f]+", "", answer.text) for answer in answers]
        heads = [(answer.status_code, answer.headers["Content-Type"]) for answer in answers]
        told.append([*zip(heads, texts, strict=True)])
    events = outages.send("GET", path="/events?limit=4")[1]["events"]

    assert told[0] == told[1]
    assert [503, 429] == [status for (status, _), _ in told[0]]
    assert [False, False, True, True] == [event["injected"]["done"] for event in events]


def test_a_function_url(outages: Outages, function: Url) -> None:
    """A fault answers at a function URL; without one it is LocalStack that answers."""
    outages.post([{"service": "lambda", "region": REGION}])
    out = function.answer()
    outages.post([{"service": "lambda", "operation": "InvokeFunctionUrl", "error": "throttling"}])
    throttled = function.answer()

    assert (503, {"Message": "Service Unavailable"}) == out
    assert (429, {"Message": "Too Many Requests"}) == throttled


def test_an_unknown_function_url(outages: Outages, urls: Any) -> None:
    """A URL that LocalStack does not know gets its own answer, where no rule hits it."""
    url = urls(f"{'a' * 32}.lambda-url.{REGION}")
    untouched = url.answer()
    outages.post([{"service": "lambda", "region": REGION}])

    assert (403, {"Message": None}) == untouched
    assert 503 == url.answer()[0]


def test_other_faults(outages: Outages, api: str, urls: Any) -> None:
    """Latency, throttle, connection and sequence hit it like any call."""
    url = styles(api, urls)[0]
    base = {"service": "apigateway", "operation": "Invoke"}
    outages.post([{**base, "latency": 300}])
    slow = url.get()
    outages.post([{**base, "throttle": {"rate": 0.001, "burst": 1}}])
    throttled = [url.get().status_code for _ in range(2)]
    outages.post([{**base, "sequence": ["internal", "pass", "throttling"]}])
    sequence = [url.get().status_code for _ in range(4)]
    broken = []
    for kind in ("reset", "close", "truncate"):
        outages.post([{**base, "connection": kind}])
        broken.append(outcome_of(url))

    assert (200, True) == (slow.status_code, slow.elapsed.total_seconds() >= 0.3)
    assert [200, 429] == throttled
    assert [500, 200, 429, 200] == sequence
    assert ["broken"] * 3 == broken


def outcome_of(url: Url) -> str:
    """Say whether a URL gave a whole answer."""
    try:
        url.get()
    except requests.RequestException:
        return "broken"
    return "whole"


def test_what_is_told_of_it(outages: Outages, api: str, urls: Any) -> None:
    """Feed, traffic and metrics have the calls; verdicts leave out clients that are no SDKs."""
    url = styles(api, urls)[1]
    mark = outages.send("GET", path="/calls?limit=1")[1]["next"]
    url.get()
    outages.post([{"service": "apigateway", "region": REGION}])
    url.get(headers={"User-Agent": "app/1"})
    query = f"/calls?after={mark}&service=apigateway"
    events = wait_until(
        lambda: (e := outages.send("GET", path=query)[1]["events"]) and len(e) == 2 and e
    )
    verdicts = outages.send("GET", path="/verdicts?service=apigateway")[1]["verdicts"]
    places = outages.send("GET", path="/traffic")[1]["places"]
    metrics = requests.get(outages.url.replace("/outages/outages", "/outages/metrics"), timeout=30)

    assert [("Invoke", REGION, "000000000000", "external")] * 2 == [
        (e["operation"], e["region"], e["account"], e["origin"]) for e in events
    ]
    assert [("ok", 200, None), ("injected", 503, "ServiceUnavailableException")] == [
        (e["outcome"], e["statusCode"], e["errorCode"]) for e in events
    ]
    assert [] == [v for v in verdicts if v["operation"] == "Invoke"]
    assert REGION in {p["region"] for p in places if p["service"] == "apigateway"}
    assert f'region="{REGION}",service="apigateway"' in metrics.text


def test_who_calls(outages: Outages, api: str, urls: Any) -> None:
    """A rule for a principal knows who signed a request; nobody means the account's root."""
    url = styles(api, urls)[1]
    scope = f"111122223333/20260101/{REGION}/execute-api/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    outages.post([{"principal": "arn:aws:iam::000000000000:root", "operation": "Invoke"}])
    url.get(headers={"Authorization": authorization})
    events = wait_until(
        lambda: outages.send("GET", path="/events?service=apigateway&limit=1")[1]["events"]
    )

    assert 503 == url.get().status_code
    assert "111122223333" == events[0]["accessKey"]
    assert "arn:aws:iam::000000000000:root" == events[0]["principal"]


def test_the_api_is_a_service_of_its_own(outages: Outages, client: MakeClient, site: Url) -> None:
    """A rule for the website leaves the API of S3 alone, presigned URLs too."""
    bucket = site.host.partition(".")[0]
    s3 = client("s3", REGION, retries=ONCE)
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "index.html"})
    outages.post([{"service": "s3", "operation": "Website"}])

    assert 503 == site.get().status_code
    assert "ok" == outcome(s3.list_buckets)
    assert b"<p>hello</p>" == requests.get(url, timeout=30).content


def test_its_operations_are_known(outages: Outages) -> None:
    """Rules for the operations of the data plane are not warned of."""
    rules = [
        {"service": "apigateway", "operation": "Invoke"},
        {"service": "lambda", "operation": "InvokeFunctionUrl"},
        {"service": "s3", "operation": "Website"},
    ]
    outages.post(rules)

    assert [[], [], []] == [rule["warnings"] for rule in outages.status()[1]["rules"]]
