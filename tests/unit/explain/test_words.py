"""A rule in words says in one line what it is."""

import pytest

from localstack_outages.explain.words import in_words
from localstack_outages.schema.rules import Rule


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({}, "everything: 503 ServiceUnavailableException"),
        ({"region": "us-*"}, "everything in us-*: 503 ServiceUnavailableException"),
        (
            {"service": "s3", "region": "us-*", "duration": 300},
            "s3 in us-*: 503 ServiceUnavailableException, for 5m",
        ),
        (
            {"operation": "Get*", "account": "000000000001", "origin": "internal"},
            "*.Get*, account 000000000001, internal calls: 503 ServiceUnavailableException",
        ),
        (
            {"service": "s3", "condition": "Bucket ==\n  'invoices'"},
            "s3, where Bucket == 'invoices': 503 ServiceUnavailableException",
        ),
        (
            {"service": "s3", "header": {"X-Test-Id": "run-7", "x-team": "pay*"}},
            "s3, with x-test-id run-7, with x-team pay*: 503 ServiceUnavailableException",
        ),
        (
            {"service": "s3", "operation": "List*", "page": 2, "call": 3},
            "s3.List*, page 2, call 3: 503 ServiceUnavailableException",
        ),
        ({"service": "s3", "error": "throttling"}, "s3: throttling (503 SlowDown)"),
        ({"service": "s*", "error": "throttling"}, "s*: throttling"),
        (
            {"service": "sts", "error": {"statusCode": 403, "code": "AccessDenied"}, "times": 1},
            "sts: 403 AccessDenied, once",
        ),
        (
            {"service": "sqs", "latency": 250, "error": "internal", "times": 2},
            "sqs: 250 ms late, internal (500 InternalFailure), 2 times",
        ),
        ({"service": "sqs", "latency": {"min": 0.5, "max": 800}}, "sqs: 0.5-800 ms late"),
        (
            {"service": "sqs", "latency": {"p50": 40, "max": 4000}},
            "sqs: p50 40, max 4000 ms late",
        ),
        (
            {"service": "sqs", "latency": {"from": 0, "to": 3000}, "duration": 120, "after": 0.5},
            "sqs: 0 to 3000 ms late, after 500ms, for 2m",
        ),
        (
            {"service": "sqs", "throttle": {"rate": 5, "burst": 10, "by": "account"}},
            "sqs: over 5 calls a second, 10 at once for each account: "
            "throttling (403 RequestThrottled)",
        ),
        (
            {"service": "sqs", "throttle": {"capacity": 1.5}},
            "sqs: over 1.5 times the calls before: throttling (403 RequestThrottled)",
        ),
        (
            {"service": "sqs", "throttle": {"rate": 0.5}, "error": "unavailable"},
            "sqs: over 0.5 calls a second: unavailable (503 ServiceUnavailable)",
        ),
        ({"service": "s3", "connection": "reset"}, "s3: connection reset"),
        (
            {"service": "s3", "sequence": ["throttling", {"latency": 9, "error": "internal"}]},
            "s3: throttling (503 SlowDown); 9 ms late, internal (500 InternalError)",
        ),
        (
            {"service": "*", "sequence": ["pass", {"code": "X"}, {"connection": "close"}, {}] * 2},
            "everything: pass; 503 X; connection close; 503 ServiceUnavailableException; pass; "
            "503 X; 2 more",
        ),
        (
            {"service": "s3", "probability": 0.125, "flap": {"down": 5, "up": 25}},
            "s3: 503 ServiceUnavailableException, 12.5% of the calls, 5s down and 25s up",
        ),
        (
            {"service": "s3", "probability": {"from": 0, "to": 1}, "duration": 60},
            "s3: 503 ServiceUnavailableException, 0% to 100% of the calls, for 1m",
        ),
    ],
)
def test_a_rule_is_told_in_one_line(rule, text):
    """The text names which calls fail, how, when and how often."""
    assert text == in_words(Rule.model_validate(rule))
