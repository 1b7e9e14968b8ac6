"""Rules as routes of Envoy: they are for the requests that the rules are for, and nothing is lost in
silence. ``tests/gateway/test_envoy_faults.py`` has a real Envoy run them.
"""

import re
from itertools import islice

import pytest
from hypothesis import given, strategies as st

from benchmarks.botocore_requests import requests
from localstack_outages.aws.wire.accounts import account_of
from localstack_outages.aws.wire.catalog import catalog
from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.aws.wire.reading import needs_form, read_call
from localstack_outages.explain.envoy.configuration import configuration, export, notes_on
from localstack_outages.explain.envoy.expressions import as_expression
from localstack_outages.explain.envoy.reasons import CannotCarry
from localstack_outages.explain.envoy.routes import CARRIED, REASONS, route_of
from localstack_outages.schema.faults import all_faults
from localstack_outages.schema.globs import compile_glob
from localstack_outages.schema.rules import Rule

OPERATIONS = 12
"""So many of each service are tried."""


def is_hit(route, headers):
    """Whether Envoy takes a route for a request; RE2 reads these expressions as Python does."""
    return all(_matches(one, headers) for one in route.document["match"]["headers"])


def _matches(matcher, headers):
    value = headers.get(matcher["name"])
    if "present_match" in matcher:
        return (value is not None) != matcher.get("invert_match", False)
    if value is None:
        return False
    found = re.fullmatch(matcher["string_match"]["safe_regex"]["regex"], value, re.DOTALL)
    return (found is not None) != matcher.get("invert_match", False)


SHARED = [entries for entries in catalog().by_signing_name.values() if len(entries) > 1]


@pytest.mark.timeout(600)
def test_every_shared_signing_name():
    """Of services that are signed for by one name, a rule gets the requests that a gateway takes for
    its own, and no others. What it misses, its note says.
    """
    for entries in SHARED:
        routes = {}
        for entry in entries:
            for _, rule, route in export([Rule(service=entry.name)]).routes:
                routes[rule.service] = route
        for entry in entries:
            for made in islice(requests(entry.name), OPERATIONS):
                if "Credential=" not in made.headers.get("authorization", ""):
                    continue
                path, _, query = made.target.partition("?")
                head = HttpRequest(made.method, path, query, made.headers)
                call = read_call(head, made.body if needs_form(head) else b"")
                names = {call.service, *call.names}
                for name, route in routes.items():
                    hit = is_hit(route, {**made.headers, ":path": made.target})
                    if route.note is not None and name in names and not hit:
                        assert f"/{path.split('/')[1]}" in route.note
                        continue

                    assert hit == (name in names), (name, made.service, made.operation, made.target)


@pytest.mark.parametrize(
    ("rule", "headers", "expected"),
    [
        ({"region": "us-*"}, {"region": "us-gov-west-1"}, True),
        ({"region": "us-*"}, {"region": "eu-west-1"}, False),
        ({"region": "[!u]?-west-1"}, {"region": "eu-west-1"}, True),
        ({"account": "123456789012"}, {"key": "123456789012"}, True),
        ({"account": "123456789012"}, {"key": "123456789013"}, False),
        ({"service": "sqs", "operation": "Send*"}, {"target": "AmazonSQS.SendMessage"}, True),
        ({"service": "sqs", "operation": "Send*"}, {"target": "AmazonSQS.ListQueues"}, False),
        ({"service": "sqs", "operation": "Send*"}, {}, False),
        ({"header": {"x-test-id": "run-*"}}, {"x-test-id": "run-7"}, True),
        ({"header": {"x-test-id": "run-*"}}, {}, False),
        ({"service": "sns"}, {}, False),
        ({"service": "s[nq]s"}, {}, True),
    ],
)
def test_selection(rule, headers, expected):
    """Region, account, operation and headers are matched as in a gateway."""
    scope = f"{headers.get('key', 'test')}/20261129/{headers.get('region', 'us-east-1')}/sqs"
    given = {
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}/aws4_request, SignedHeaders=host",
        **headers,
    }
    if "target" in headers:
        given["x-amz-target"] = headers["target"]

    assert expected == is_hit(route_of(Rule(**rule)), given)


@given(
    key=st.from_regex(r"[AL][KS]IA[A-Z2-7]{10}[A-Z0-9]{1,6}", fullmatch=True),
    is_own=st.booleans(),
)
def test_keys_that_encode_an_account(key, is_own):
    """An access key of AWS counts for the account that is encoded in it."""
    account = account_of(key) if is_own else "123456789012"
    if account == "000000000000":
        return
    signed = f"AWS4-HMAC-SHA256 Credential={key}/20261129/us-east-1/sqs/aws4_request"

    expected = account_of(key) == account
    assert expected == is_hit(route_of(Rule(account=account)), {"authorization": signed})


@given(
    glob=st.text("ab.-]![*?", min_size=1, max_size=8),
    text=st.text("ab.-]![", max_size=8),
)
def test_globs(glob, text):
    """An expression matches what the glob does."""
    try:
        expression = as_expression(glob, ".")
    except CannotCarry:
        assert not compile_glob(glob)(text)
    else:
        assert compile_glob(glob)(text) == (re.fullmatch(expression, text) is not None)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"service": "sqs"}, {"abort": 503}),
        ({"service": "s3", "error": "throttling"}, {"abort": 503}),
        ({"error": {"statusCode": 504, "code": "X"}, "latency": 200}, {"abort": 504, "delay": "0.200s"}),
        ({"latency": 0.4}, {"delay": "0.001s"}),
        ({"error": "internal"}, {"abort": 500}),
        ({"origin": "external"}, {"abort": 503}),
    ],
)  # fmt: skip
def test_faults(rule, expected):
    """Errors become a status, and fixed delays delays."""
    fault = route_of(Rule(**rule)).document["typed_per_filter_config"]["envoy.filters.http.fault"]
    found = {}
    if "abort" in fault:
        found["abort"] = fault["abort"]["http_status"]
    if "delay" in fault:
        found["delay"] = fault["delay"]["fixed_delay"]

    assert expected == found


def test_chance():
    """A chance is part of the match, so that the next rule is asked where it says no."""
    match = route_of(Rule(probability=0.125)).document["match"]

    assert {"numerator": 125_000, "denominator": "MILLION"} == match["runtime_fraction"][
        "default_value"
    ]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"service": "dynamodb", "error": "throttling"}, "'error': to an SDK HTTP 400 means"),
        ({"error": "unavailable"}, "'error': unavailable is HTTP 500 or 503, as the service has it"),
        ({"latency": {"min": 1, "max": 2}}, "'latency': Envoy's fault filter delays by a fixed time"),
        ({"connection": "reset", "latency": 5}, "'connection': Envoy's"),
        ({"phase": "after", "error": "internal"}, "'phase': Envoy's"),
        ({"service": "s3", "error": "internal", "retryAfter": 3}, "'retryAfter': Envoy's"),
        ({"sequence": ["internal", "pass"]}, "'sequence': Envoy's"),
        ({"throttle": {"rate": 1}}, "'throttle': Envoy's"),
        ({"service": "s3", "error": "expired"}, "'error': Envoy's"),
        ({"probability": {"from": 0, "to": 1}, "duration": 9}, "'duration': Envoy's"),
        ({"account": "1*"}, "'account': access keys encode accounts"),
        ({"account": "000000000000"}, "'account': all access keys that encode no account"),
        ({"service": "nothing"}, "'service': it is not known what requests to 'nothing' are signed for"),
        ({"service": "elb"}, "'service': Envoy cannot tell its requests from those to elbv2"),
        ({"service": "dynamod[b]*", "operation": "*"}, None),
        ({"service": "ses*"}, "'service': requests to mailmanager and pinpoint-email are signed for the same"),
        ({"service": "s3", "operation": "GetObject"}, "'operation': requests to s3 have it in their path"),
        ({"operation": "Get*"}, "'operation': requests to most services have it"),
        ({"region": "[b-a]"}, "nothing matches '[b-a]'"),
    ],
)  # fmt: skip
def test_reasons(rule, reason):
    """A rule that Envoy cannot carry is left out, with a reason that names the field."""
    exported = export([Rule(**rule)])

    if reason is None:
        assert not exported.left_out
    else:
        ((_, _, said),) = exported.left_out
        assert said.startswith(reason)
        assert not exported.routes


def test_every_field():
    """Each field of a rule has a place in a route, or a reason why it has none; or it is a fault."""
    faults = {fault.name for fault in all_faults()}

    assert set(Rule.model_fields) == {*CARRIED, *REASONS, *faults}


@pytest.mark.parametrize(
    "rule",
    [
        {"principal": "arn:*"},
        {"condition": "a"},
        {"page": 2},
        {"call": 2},
        {"origin": "internal"},
        {"seed": 1},
        {"times": 1},
        {"after": 1},
        {"duration": 1},
        {"flap": {"down": 1, "up": 1}},
    ],
)
def test_every_reason(rule):
    """A field that Envoy knows nothing of keeps a rule from being carried."""
    (field,) = rule

    assert f"'{field}': {REASONS[field]}" == export([Rule(**rule)]).left_out[0].reason


def test_chances_that_would_depend():
    """Envoy draws once for a request. So of rules for the same calls one alone may have a chance."""
    half = {"probability": 0.5}
    rules = [
        Rule(service="sqs", **half),
        Rule(service="sns", **half),
        Rule(service="s[nq]s", error="internal", **half),
        Rule(service="sqs"),
    ]
    exported = export(rules)

    assert [0, 1, 3] == [position for position, *_ in exported.routes]
    assert exported.left_out[0].reason.startswith("'probability': Envoy draws once for a request")
    assert {3: ["it may get calls that rule 3 would decide on, which is left out"]} == notes_on(
        exported
    )


def test_order():
    """Routes stand in the order of their rules, and before the one that passes all other requests."""
    exported = export([Rule(service="s3"), Rule(times=1), Rule()])
    document = configuration(exported, ("127.0.0.1", 10000), "http://localhost:4566")
    (listener,) = document["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    routes = manager["route_config"]["virtual_hosts"][0]["routes"]

    assert ["rule-1", "rule-3", "others"] == [route["name"] for route in routes]
