"""The control API keeps its word whatever it is fed."""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from .helpers import ONCE, OUT, failure, outcome, seconds, wait_until

KEPT = [{"service": "s3", "region": "us-*"}, {"service": "kms", "times": 3}]
MAX_BODY = 4 * 1024 * 1024
HOST = {"Host": "outages.localhost.localstack.cloud:4566"}


def send(url: str, method: str, data: bytes | str | None = None, **headers: str) -> Any:
    """Send a body as it is."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, url, data=data, headers=headers, timeout=60)


UGLY: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("blank", b" \n\t"),
    ("truncated", b'[{"service": "s3"'),
    ("truncated string", b'[{"service": "s'),
    ("trailing comma", b'[{"service": "s3"},]'),
    ("two documents", b"[] []"),
    ("nested lists", b"[" * 100_000),
    ("nested lists that end", b"[" * 50_000 + b"]" * 50_000),
    ("nested objects", b'[{"error":' * 30_000),
    ("nested in a rule", b'[{"error":' + b"[" * 900 + b"]" * 900 + b"}]"),
    ("invalid UTF-8", b'[{"service": "\xff\xfe"}]'),
    ("UTF-16", '[{"service": "s3"}]'.encode("utf-16")),
    ("NaN", b'[{"probability": NaN}]'),
    ("Infinity", b'[{"latency": Infinity}]'),
    ("minus Infinity", b'[{"latency": -Infinity}]'),
    ("too great for a float", b'[{"latency": 1e999}]'),
    ("too many digits", b'[{"seed": ' + b"9" * 5000 + b"}]"),
    ("NUL", b"\x00"),
    ("NUL in JSON", b'[{"service": "s3\x00"}]'),
    ("NUL escaped", b'[{"service": "s3\\u0000"}]'),
    ("NUL in a condition", b'[{"condition": "\\u0000"}]'),
    ("lone surrogate", b'[{"service": "\\ud800"}]'),
    ("lone surrogate in free text", b'[{"description": "\\ud800"}]'),
    ("lone surrogate as a name", b'[{"\\udfff": 1}]'),
    ("control character in a message", b'[{"error": {"message": "\\u0001"}}]'),
    ("a string", b'"s3"'),
    ("a number", b"1"),
    ("null", b"null"),
    ("true", b"true"),
    ("an object", b'{"service": "s3"}'),
    ("an empty object", b"{}"),
    ("a form", b"service=s3&region=us-east-1"),
    ("XML", b"<rules/>"),
    ("gzip", gzip.compress(b"[]")),
    ("list of strings", b'["s3"]'),
    ("list of null", b"[null]"),
    ("list of lists", b"[[]]"),
    ("number as a service", b'[{"service": 3}]'),
    ("null as a service", b'[{"service": null}]'),
    ("empty service", b'[{"service": ""}]'),
    ("list of services", b'[{"service": ["s3"]}]'),
    ("unknown field", b'[{"servce": "s3"}]'),
    ("field in capitals", b'[{"Service": "s3"}]'),
    ("empty name", b'[{"": 1}]'),
    ("huge name", b'[{"' + b"x" * 100_000 + b'": 1}]'),
    ("name twice", b'[{"service": "s3", "service": "sqs"}]'),
    ("bad rule after a good one", b'[{"service": "s3"}, {"service": 1}]'),
    ("long pattern", b'[{"service": "' + b"*" * 129 + b'"}]'),
    ("pattern of other characters", b'[{"service": "(a+)+$"}]'),
    ("space in a pattern", b'[{"service": "s 3"}]'),
    ("long condition", b'[{"condition": "' + b"a" * 1025 + b'"}]'),
    ("broken condition", b'[{"condition": "Bucket =="}]'),
    ("unknown function", b'[{"condition": "("}]'),
    ("probability of 2", b'[{"probability": 2}]'),
    ("probability as text", b'[{"probability": "0.5"}]'),
    ("probability true", b'[{"probability": true}]'),
    ("times 0", b'[{"times": 0}]'),
    ("times 1.5", b'[{"times": 1.5}]'),
    ("negative latency", b'[{"latency": -1}]'),
    ("latency upside down", b'[{"latency": {"min": 2, "max": 1}}]'),
    ("duration 0", b'[{"duration": 0}]'),
    ("status 200", b'[{"error": {"statusCode": 200}}]'),
    ("status 600", b'[{"error": {"statusCode": 600}}]'),
    ("unknown error word", b'[{"error": "slow"}]'),
    ("unknown connection", b'[{"connection": "cut"}]'),
    ("error beside connection", b'[{"error": "internal", "connection": "reset"}]'),
    ("throttle beside sequence", b'[{"throttle": {"rate": 1}, "sequence": ["pass"]}]'),
    ("empty sequence", b'[{"sequence": []}]'),
    ("endless ramp", b'[{"probability": {"from": 0, "to": 1}}]'),
    ("too many rules", json.dumps([{}] * 20_001).encode()),
]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("body", [body for _, body in UGLY], ids=[name for name, _ in UGLY])
def test_what_is_not_valid_is_refused(outages, method: str, body: bytes) -> None:
    """It is answered with 400, a code and a message, and the list is as it was."""
    outages.post(KEPT)
    answer = send(outages.url, method, body, Content_Type="application/json")

    assert 400 == answer.status_code
    assert answer.headers["Content-Type"] == "application/json"
    error = answer.json()["error"]
    assert error["code"] in ("InvalidRules", "InvalidBody")
    assert {"code", "message", "path"} <= error.keys()
    assert 0 < len(error["message"]) < 1000
    assert (200, KEPT) == outages.get()


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("extra", [1, 1_000_000])
def test_too_large_a_body(outages, method: str, extra: int) -> None:
    """A body over 4 MiB is refused with 413, and the list is as it was."""
    outages.post(KEPT)
    answer = send(outages.url, method, b"[" + b" " * (MAX_BODY - 2 + extra) + b"]")

    assert 413 == answer.status_code
    assert "BodyTooLarge" == answer.json()["error"]["code"]
    assert (200, KEPT) == outages.get()


def test_a_body_of_just_4_mib(outages) -> None:
    """The bound itself is taken."""
    answer = send(outages.url, "POST", b"[" + b" " * (MAX_BODY - 2) + b"]")

    assert (200, []) == (answer.status_code, answer.json())


def test_a_body_in_chunks(outages) -> None:
    """A body whose length is not said before is bounded as well, and taken where it is small."""
    rules = b'[{"service": "s3"}]'
    answer = requests.post(outages.url, data=iter([rules[:5], rules[5:]]), timeout=30)
    assert (200, [{"service": "s3"}]) == (answer.status_code, answer.json())

    answer = requests.post(outages.url, data=iter([b" " * MAX_BODY, rules]), timeout=30)
    assert 413 == answer.status_code
    assert (200, [{"service": "s3"}]) == outages.get()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json; charset=utf-16",
        "application/x-amz-json-1.0",
        "nonsense",
        "",
    ],
)
def test_the_content_type_does_not_matter(outages, content_type: str) -> None:
    """JSON is taken whatever it is called; plain `curl --data` calls it a form.

    But for a multipart form, which the gateway's own HTTP server refuses where it is none.
    """
    rules = [{"service": "s3", "description": "übel & a=b"}]
    answer = send(outages.url, "POST", json.dumps(rules).encode(), Content_Type=content_type)

    assert (200, rules) == (answer.status_code, answer.json())


def test_round_trip(outages) -> None:
    """Rules come back field for field: nothing added, nothing reordered."""
    rules = [
        {"region": "us-*", "service": "s3"},
        {"service": "*"},
        {},
        {"probability": 1, "times": 5, "latency": 2, "description": "é\u2028\U0001f4a5"},
        {"sequence": ["pass", {"latency": {"max": 2, "min": 1}}], "seed": -(2**70)},
        {"error": {"message": "m", "code": "C"}, "after": 0},
        {},
    ]
    outages.post(rules)

    assert json.dumps(rules) == json.dumps(outages.get()[1])


def test_patch_and_delete_compare_with_defaults_filled_in(outages) -> None:
    """Rules that mean the same are equal, however they are written."""
    outages.post([{"service": "s3"}, {"service": "sqs"}])
    same = {"service": "s3", "region": "*", "probability": 1.0, "origin": "any"}

    assert 2 == len(outages.patch([same])[1])
    assert (200, [{"service": "sqs"}]) == outages.delete([same])
    assert (200, [{"service": "sqs"}]) == outages.delete([same, {"service": "nothing"}])


def test_patch_puts_rules_first(outages, client) -> None:
    """`position=first` puts new rules before those in the list, so that they decide."""
    outages.post([{"service": "sts"}])
    rules = [{"service": "sts", "error": {"code": "First"}}]

    assert (200, [*rules, {"service": "sts"}]) == outages.patch(rules, "?position=first")
    assert "First" == failure(client("sts", retries=ONCE).get_caller_identity).code
    status, answer = outages.patch([{"service": "sns"}], "?position=middle")
    assert (400, "?position") == (status, answer["error"]["path"])


def test_patch_adds_the_same_rule_once(outages) -> None:
    """A rule that appears twice in one PATCH is added once; POST takes what it is given."""
    assert (200, [{"service": "s3"}]) == outages.patch([{"service": "s3"}, {"service": "s3"}])
    assert 2 == len(outages.post([{}, {}])[1])
    assert (200, []) == outages.delete([{}])


PATHS = ("/outages", "/outages/status")


@pytest.fixture(params=["host", "prefix"])
def control(request, endpoint: str) -> Any:
    """A function that asks the control API by its host name or below its prefix."""

    def ask(method: str, path: str, **options: Any) -> requests.Response:
        headers = options.pop("headers", {})
        if request.param == "host":
            headers = {**HOST, **headers}
            return requests.request(method, endpoint + path, headers=headers, timeout=30, **options)
        url = f"{endpoint}/_extension/outages{path}"
        return requests.request(method, url, headers=headers, timeout=30, **options)

    return ask


def test_both_addresses_are_the_same(control, outages) -> None:
    """What is set at one address stands at the other."""
    assert 200 == control("POST", "/outages", json=KEPT).status_code
    assert (200, KEPT) == outages.get()
    assert KEPT == control("GET", "/outages").json()
    assert KEPT == control("GET", "/outages/").json()


@pytest.mark.parametrize(
    "host", ["outages.localhost", "outages.example.com:4566", "outages.127.0.0.1.nip.io"]
)
def test_any_host_that_begins_with_outages(endpoint: str, host: str) -> None:
    """The rest of the host's name does not matter."""
    answer = requests.get(f"{endpoint}/outages", headers={"Host": host}, timeout=30)

    assert (200, []) == (answer.status_code, answer.json())


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "PROPFIND"])
def test_methods_that_outages_does_not_take(control, outages, method: str) -> None:
    """They are answered with 405 in JSON, and `Allow` names what is taken."""
    outages.post(KEPT)
    answer = control(method, "/outages", data=b"[]")
    if method == "OPTIONS" and answer.status_code == 204:
        return  # LocalStack answers a browser's question itself

    assert 405 == answer.status_code
    assert "MethodNotAllowed" == answer.json()["error"]["code"]
    assert {"GET", "POST", "PATCH", "DELETE"} <= set(answer.headers["Allow"].split(", "))
    assert (200, KEPT) == outages.get()


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_the_status_is_only_read(control, method: str) -> None:
    """Other methods are answered with 405 in JSON."""
    answer = control(method, "/outages/status", data=b"[]")

    assert 405 == answer.status_code
    assert "MethodNotAllowed" == answer.json()["error"]["code"]
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/outage", "/outages/x", "/outages/status/x", "/x", "/%00"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_paths(control, method: str, path: str) -> None:
    """They are answered with 404 in JSON, which says what there is."""
    answer = control(method, path)

    assert 404 == answer.status_code
    assert "UnknownPath" == answer.json()["error"]["code"]
    assert "/outages/status" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", PATHS)
def test_head(control, path: str) -> None:
    """HEAD is GET without a body."""
    answer = control("HEAD", path)

    assert (200, b"") == (answer.status_code, answer.content)
    assert "application/json" == answer.headers["Content-Type"]


FOREIGN: list[Any] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost:3000"},
    # one that LocalStack's own guard lets through, and that is another page still
    {"Origin": "https://app.localstack.cloud"},
    {"Origin": "https://app.localstack.cloud", "Sec-Fetch-Site": "cross-site"},
    pytest.param(
        {"Referer": "https://evil.example/page"},
        marks=pytest.mark.host("localstack", reason="its own guard; browsers say Origin too"),
    ),
]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_may_not_write(control, outages, method: str, headers) -> None:
    """It is answered with 403, by LocalStack's own guard or by ours; nothing has changed."""
    outages.post(KEPT)
    answer = control(method, "/outages", data=json.dumps(KEPT[:1]), headers=dict(headers))

    assert 403 == answer.status_code
    assert (200, KEPT) == outages.get()


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}])
def test_who_is_no_foreign_page_may_write(control, outages, headers) -> None:
    """Tools, which say nothing of a site, and the address bar may."""
    assert 200 == control("POST", "/outages", data="[{}]", headers=dict(headers)).status_code
    assert (200, [{}]) == outages.get()


def test_a_page_of_its_own_may_write(endpoint: str, outages) -> None:
    """A page that LocalStack itself served, at the same address, may."""
    port = urlsplit(endpoint).port
    origin = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}
    headers = {**origin, "Sec-Fetch-Site": "same-origin"}
    answer = requests.post(outages.url, data="[{}]", headers=headers, timeout=30)
    if answer.status_code == 403 and not answer.content:
        pytest.skip("LocalStack's own guard knows its default port only")

    assert 200 == answer.status_code


@pytest.mark.parametrize(
    "query",
    ["dryrun=true", "dry_run=true", "dryRun=perhaps", "dryRun=true&dryRun=true", "x=1", "dryRun="],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_misspelt_query_changes_nothing(outages, method: str, query: str) -> None:
    """It is refused by name, and the list is as it was."""
    outages.post(KEPT)
    status, answer = outages.send(method, KEPT[:1], f"?{query}")

    assert (400, "InvalidQuery") == (status, answer["error"]["code"])
    assert answer["error"]["path"].startswith("?")
    assert (200, KEPT) == outages.get()


@pytest.mark.parametrize(
    "pattern", ["*" * 128, "*a" * 64, "?*" * 64, "[!a]*" * 25, "*-*-*-*-*-*-*-*-*-*-*-*-*x"]
)
def test_patterns_made_to_be_slow_are_not(outages, client, pattern: str) -> None:
    """Whatever stands in a pattern, a call is decided at once."""
    sts = client("sts", retries=ONCE)
    sts.get_caller_identity()
    fields = ("service", "region", "operation", "account")
    outages.post([dict.fromkeys(fields, pattern[:120] + str(n)) for n in range(200)])

    assert seconds(sts.get_caller_identity) < 1
    assert seconds(outages.get) < 1


def test_it_answers_while_everything_is_out(
    outages, client, endpoint: str, is_localstack: bool
) -> None:
    """`[{}]` cannot lock it out: the list can be read and cleared."""
    outages.post([{}])

    assert OUT == outcome(client("sts", retries=ONCE).get_caller_identity)
    assert (200, [{}]) == outages.get()
    assert 200 == outages.status()[0]
    if is_localstack:
        assert 200 == requests.get(f"{endpoint}/_localstack/health", timeout=30).status_code
    assert (200, []) == outages.post([])
    assert "ok" == outcome(client("sts", retries=ONCE).get_caller_identity)


def test_a_change_is_in_force_for_the_next_call(outages, client) -> None:
    """The first call after the answer meets the new list, each time."""
    sts = client("sts", retries=ONCE)
    for _ in range(50):
        outages.post([{"service": "sts"}])
        assert OUT == outcome(sts.get_caller_identity)
        outages.delete([{"service": "sts"}])
        assert "ok" == outcome(sts.get_caller_identity)


def test_clients_at_once_lose_nothing(outages) -> None:
    """16 clients that add and delete at the same time leave exactly what they left in."""

    def work(client: int) -> None:
        for number in range(10):
            rule = {"service": f"c{client}-{number}"}
            assert rule in outages.patch([rule])[1]
            if number % 2:
                assert rule not in outages.delete([rule])[1]

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))

    expected = {f"c{client}-{number}" for client in range(16) for number in range(0, 10, 2)}
    assert sorted(expected) == sorted(rule["service"] for rule in outages.get()[1])


def median(call: Any, count: int = 60) -> float:
    """Give the median of the seconds that a call takes."""
    return sorted(seconds(call) for _ in range(count))[count // 2]


def test_ten_thousand_rules(outages, client) -> None:
    """They are taken in one request, and a call costs with them what it costs with ten."""
    sts = client("sts", retries=ONCE)
    rules = [{"service": f"s{n}", "region": "us-*", "operation": "Get*"} for n in range(10_000)]
    outages.post(rules[:10])
    median(sts.get_caller_identity)
    few = median(sts.get_caller_identity)
    started = time.monotonic()
    status, answer = outages.post([*rules, {"service": "sts", "operation": "AssumeRole"}])
    took = time.monotonic() - started
    first = seconds(sts.get_caller_identity)
    many = median(sts.get_caller_identity)

    assert (200, 10_001) == (status, len(answer))
    assert took < 10
    assert first < 1
    # the warnings about the rules are worked out beside it for a while
    assert wait_until(lambda: median(sts.get_caller_identity) < 2 * few + 0.003), (few, many)


def test_the_list_has_a_bound(outages) -> None:
    """20,000 rules are taken; a PATCH beyond them is refused, and the list is as it was."""
    status, answer = outages.post([{"service": f"s{n}"} for n in range(20_000)])
    assert (200, 20_000) == (status, len(answer))

    status, answer = outages.patch([{"service": "one-more"}])
    assert (400, "InvalidRules") == (status, answer["error"]["code"])
    assert 20_000 == len(outages.get()[1])


@pytest.mark.parametrize(
    ("rules", "path", "words"),
    [
        ([{"servce": "s3"}], "[0].servce", "did you mean 'service'?"),
        ([{}, {"error": {"status": 500}}], "[1].error.status", "'statusCode'"),
        ([{"error": {"statusCode": 200}}], "[0].error.statusCode", "at least 400"),
        ([{"times": "3"}], "[0].times", "whole number"),
        ([{"latency": {"min": 5, "max": 1}}], "[0].latency.max", "less than 'min'"),
        ([{"sequence": ["pass", "fail"]}], "[0].sequence[1]", "'fail'"),
        ([{"region": "us east"}], "[0].region", "'us east'"),
        ({"service": "s3"}, "", "[{...}]"),
    ],
)
def test_a_refusal_says_what_is_wrong_where_and_what_is_right(outages, rules, path, words) -> None:
    """The path names the place, the message the value and what would be right."""
    status, answer = outages.post(rules)

    assert (400, path) == (status, answer["error"]["path"])
    assert words in answer["error"]["message"]


def test_several_faults_are_told_at_once(outages) -> None:
    """The further faults of a request are listed beside the first."""
    answer = outages.post([{"times": 0}, {"a": 1}, {"error": 5}])[1]

    assert "[0].times" == answer["error"]["path"]
    assert ["[1].a", "[2].error"] == [fault["path"] for fault in answer["error"]["others"]]


def test_answers_are_not_to_be_cached(outages) -> None:
    """A proxy or a browser must not keep them."""
    assert "no-store" == requests.get(outages.url, timeout=30).headers["Cache-Control"]


@pytest.mark.host("localstack", reason="moto lets nobody read or delete without a signature")
@pytest.mark.parametrize("host", ["s3.localhost.localstack.cloud", "s3.us-east-1.localhost.localstack.cloud", "s3.amazonaws.com"])  # fmt: skip
def test_a_bucket_of_the_same_name(outages, endpoint: str, host: str) -> None:
    """A bucket that is called as the control API's host is one of S3, objects of its paths too."""

    def send(method: str, path: str, data: bytes = b"") -> requests.Response:
        headers = {"Host": f"outages.{host}"}
        return requests.request(method, endpoint + path, headers=headers, data=data, timeout=30)

    made = send("PUT", "/")
    put = send("PUT", "/outages", b"mine")
    got = send("GET", "/outages")
    deleted = [send("DELETE", path).status_code for path in ("/outages", "/")]

    assert [200, 200, b"mine", 204, 204] == [
        made.status_code,
        put.status_code,
        got.content,
        *deleted,
    ]
    assert (200, []) == outages.get()
