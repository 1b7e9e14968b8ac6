"""Why a rule did or did not apply to a call."""

import pytest
from hypothesis import given, strategies as st

from localstack_outages.engine.index import Index
from localstack_outages.explain.why import describe, differences, reason
from localstack_outages.schema.rules import Rule

CALL = {
    "service": "s3",
    "operation": "GetObject",
    "region": "us-east-1",
    "account": "000000000000",
    "origin": "external",
    "statusCode": 503,
    "errorCode": "SlowDown",
    "ruleId": "r2",
    "injected": {"delayMs": 0, "connection": None},
    "client": {"attempt": 2},
}
PASSED = {**CALL, "ruleId": None, "statusCode": 200, "errorCode": None}


class Item:
    """What an index takes."""

    def __init__(self, rule):
        self.rule = rule


GLOBS = st.sampled_from(["*", "s3", "s*", "sqs", "us-*", "us-east-1", "Get*", "0*", "[!0]*", "?3"])


@given(service=GLOBS, region=GLOBS, operation=GLOBS, account=GLOBS)
def test_no_difference_means_a_match(service, region, operation, account):
    """There is no difference exactly where the server's own index finds the rule."""
    rule = Rule(service=service, region=region, operation=operation, account=account)
    key = tuple(CALL[name] for name in ("service", "region", "operation", "account"))
    is_found = bool(Index([Item(rule)]).find(key))

    assert is_found is not any(differences(rule, CALL))


@pytest.mark.parametrize(
    ("rule_id", "rule", "call", "expected"),
    [
        ("r2", {}, CALL, "applied: 503 SlowDown"),
        ("r1", {"service": "sqs"}, CALL, "is not for it: service 's3' is not 'sqs'"),
        (
            "r1",
            {"region": "eu-*", "operation": "Put*"},
            CALL,
            "is not for it: region 'us-east-1' is not 'eu-*', operation 'GetObject' is not 'Put*'",
        ),
        ("r1", {"origin": "internal"}, CALL, "is not for it: origin 'external' is not 'internal'"),
        ("r1", {"service": "s*"}, CALL, "matches, but r2 decided before it"),
        ("r1", {"times": 1}, PASSED, "matches, but did not fire: its 'times' let it pass"),
        (
            "r1",
            {"times": 1, "condition": "Bucket", "after": 3},
            PASSED,
            "matches, but did not fire: its 'condition', 'times' or 'after' let it pass",
        ),
        ("r1", {"call": 3}, PASSED, "matches, but did not fire: its 'call' let it pass"),
        ("r1", {}, PASSED, "matches, but was not in the list when the call came"),
    ],
)
def test_reason(rule_id, rule, call, expected):
    """Each case is told apart, with the fields and values that it is about."""
    assert expected == reason(rule_id, Rule(**rule), call)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "503 SlowDown"),
        ({"statusCode": 200, "errorCode": None}, "200"),
        ({"injected": {"delayMs": 20.4, "connection": None}}, "20 ms late, 503 SlowDown"),
        (
            {"statusCode": None, "injected": {"delayMs": 0, "connection": "reset"}},
            "connection reset",
        ),
    ],
)
def test_describe(change, expected):
    """A call is one line: what, where, whose, which attempt, and what came of it."""
    line = "s3.GetObject in us-east-1, account 000000000000, attempt 2: " + expected

    assert line == describe({**CALL, **change})


def test_describe_without_an_attempt():
    """A client that does not count its attempts leaves that part out."""
    line = describe({**CALL, "client": {"attempt": None}})

    assert "s3.GetObject in us-east-1, account 000000000000: 503 SlowDown" == line
