"""The rule as a whole: its defaults, and which rules are equal."""

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from localstack_outages.schema.expressions import compile_condition
from localstack_outages.schema.faults.sequence import MAX_STEPS
from localstack_outages.schema.faults.throttle import Throttle
from localstack_outages.schema.rules import Flap, Ramp, Rule

RAMP = {"from": 0, "to": 1}

DEFAULTS = {
    "service": "*",
    "region": "*",
    "operation": "*",
    "account": "*",
    "principal": "*",
    "header": None,
    "condition": None,
    "page": None,
    "call": None,
    "origin": "any",
    "probability": 1,
    "seed": None,
    "times": None,
    "after": 0,
    "duration": None,
    "flap": None,
    "sequence": None,
    "error": None,
    "skew": None,
    "retryAfter": None,
    "latency": None,
    "throttle": None,
    "connection": None,
    "phase": None,
    "payload": None,
    "partial": None,
    "listing": None,
    "description": None,
}

EQUAL = [
    ({}, {}),
    ({}, DEFAULTS),
    ({"header": {"X-Test": "a", "y": "b"}}, {"header": {"y": "b", "x-test": "a"}}),
    ({"service": "s3"}, {"service": "s3", "region": "*", "probability": 1.0}),
    ({"service": "s3", "region": "eu-*"}, {"region": "eu-*", "service": "s3"}),
    ({}, {"probability": 1}),
    ({}, {"after": 0}),
    ({}, {"after": 0.0}),
    ({}, {"after": -0.0}),
    ({"latency": 5}, {"latency": 5.0}),
    ({"latency": {"min": 1, "max": 2}}, {"latency": {"max": 2.0, "min": 1.0}}),
    ({"latency": {"p50": 1}}, {"latency": {"p50": 1, "p95": None}}),
    ({"error": {}}, {"error": {"statusCode": 503, "code": "ServiceUnavailableException"}}),
    ({"throttle": {"rate": 1}}, {"throttle": {"rate": 1.0, "burst": None, "by": None}}),
    ({"sequence": ["pass", {"latency": 1}]}, {"sequence": ["pass", {"latency": 1.0}]}),
    (
        {"duration": 60, "probability": RAMP},
        {"duration": 60.0, "probability": {"to": 1, "from": 0}},
    ),
]

DIFFERENT = [
    ({}, {"service": "s3"}),
    ({"service": "s3"}, {"service": "S3"}),
    ({"service": "s3"}, {"region": "s3"}),
    ({}, {"origin": "external"}),
    ({}, {"probability": 0}),
    ({}, {"probability": 0.999}),
    ({}, {"seed": 0}),
    ({"seed": 1}, {"seed": 2}),
    ({}, {"times": 1}),
    ({}, {"after": 0.001}),
    ({}, {"duration": 1}),
    ({}, {"description": ""}),
    ({"description": "a"}, {"description": "b"}),
    ({"latency": 5}, {"latency": {"min": 5, "max": 5}}),
    ({"error": "internal"}, {"error": "throttling"}),
    ({"error": "internal"}, {"error": {"code": "internal"}}),
    ({"connection": "reset"}, {"connection": "close"}),
    ({"sequence": ["pass", "internal"]}, {"sequence": ["internal", "pass"]}),
    ({"sequence": ["pass"]}, {"sequence": ["pass", "pass"]}),
    ({"flap": {"down": 1, "up": 2}}, {"flap": {"down": 2, "up": 1}}),
    ({"condition": "a"}, {"condition": "a "}),
]

OUTAGES = [
    ({}, True),
    ({"service": "s3", "times": 2, "probability": 0.5, "duration": 5}, True),
    ({"flap": {"down": 1, "up": 1}, "condition": "a", "description": "b"}, True),
    ({"error": "unavailable"}, False),
    ({"error": {}}, False),
    ({"latency": 0}, False),
    ({"latency": 5}, False),
    ({"throttle": {"rate": 1}}, False),
    ({"connection": "reset"}, False),
    ({"call": 3}, True),
    ({"phase": "after"}, True),
    ({"phase": "after", "latency": 5}, False),
    ({"sequence": ["pass"]}, False),
]


def rule_of(fields):
    """Make a rule of the fields of a document."""
    return Rule.model_validate(fields)


def test_defaults():
    """Every field may be left out."""
    assert DEFAULTS == Rule().model_dump(by_alias=True)


def test_fields_are_described():
    """Every field but the plain fault has a description, which the schema shows."""
    assert [] == [name for name, field in Rule.model_fields.items() if not field.description]


@pytest.mark.parametrize(("a", "b"), EQUAL, ids=str)
def test_equal(a, b):
    """Rules that are equal once defaults are filled in have the same identity."""
    assert rule_of(a).identity == rule_of(b).identity


@pytest.mark.parametrize(("a", "b"), DIFFERENT, ids=str)
def test_different(a, b):
    """Rules that differ in any field have different identities."""
    assert rule_of(a).identity != rule_of(b).identity


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "service": st.sampled_from(["s3", "*"]),
                "probability": st.sampled_from([0, 1, 1.0, 0.5]),
                "times": st.sampled_from([None, 1, 2]),
                "latency": st.sampled_from([None, 0, 1, 1.0, {"min": 0, "max": 1}, {"p50": 1}]),
                "error": st.sampled_from([None, "internal", {}, {"code": "A"}]),
            },
        ),
        min_size=2,
        max_size=2,
    )
)
def test_identity_is_equality(documents):
    """Two rules have the same identity exactly when they are equal."""
    a, b = map(rule_of, documents)

    assert (a == b) is (a.identity == b.identity)


@pytest.mark.parametrize(("fields", "expected"), OUTAGES, ids=str)
def test_outages(fields, expected):
    """A rule is an outage exactly when it names no fault."""
    assert expected is rule_of(fields).is_outage


def test_frozen():
    """A rule never changes."""
    with pytest.raises(ValidationError, match="frozen"):
        Rule().service = "s3"


def test_python_rules():
    """A rule made of Python's parts equals the one made of a document."""
    ready = Rule(
        service="s3",
        probability=Ramp(**RAMP),
        duration=60,
        flap=Flap(down=1, up=2),
        throttle=Throttle(rate=5),
    )
    document = {
        "service": "s3",
        "probability": RAMP,
        "duration": 60,
        "flap": {"down": 1, "up": 2},
        "throttle": {"rate": 5},
    }

    assert rule_of(document) == ready
    assert rule_of(document).identity == ready.identity


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "Rule()"),
        ({"service": "s3", "times": 2}, "Rule(service='s3', times=2)"),
        ({"error": "internal", "region": "*"}, "Rule(region='*', error='internal')"),
    ],
)
def test_repr(fields, expected):
    """A rule is written with the fields that were given, in their order, and no other."""
    assert expected == repr(rule_of(fields))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"error": "internal", "latency": {"p50": 1}, "condition": "a"}, True),
        ({"probability": 0.5}, False),
        ({"times": 1}, False),
        ({"after": 1}, False),
        ({"duration": 1}, False),
        ({"flap": {"down": 1, "up": 1}}, False),
        ({"throttle": {"rate": 1}}, False),
        ({"sequence": ["pass"]}, False),
    ],
)
def test_unlimited(fields, expected):
    """A rule is unlimited unless time, chance, a budget or a fault lets calls pass."""
    assert expected is rule_of(fields).is_unlimited


def test_longest_sequence():
    """A sequence has room for a thousand steps."""
    assert MAX_STEPS == len(rule_of({"sequence": ["pass"] * MAX_STEPS}).sequence)


def test_condition():
    """A compiled condition is asked for its value."""
    condition = compile_condition("Bucket == 'invoices'")

    assert condition.search({"Bucket": "invoices"}) is True
    assert condition.search({"Bucket": "orders"}) is False
    assert condition.search({}) is False


@pytest.mark.parametrize(
    "expression", ["", " ", "a[", "a ==", "a b", "'a", "`a", "a\x00", "(" * 999]
)
def test_no_condition(expression):
    """What is no JMESPath expression is refused with a message of one line."""
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        compile_condition(expression)


# jmespath warns of a notation of its own that is going out of use.
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@given(st.text(st.sampled_from("ab.*[]?|&@!'\"`(){}:,<>=- 019_\\\n"), max_size=30))
def test_any_expression(expression):
    """Whatever the text, it is a JMESPath expression or is refused."""
    with suppress(ValueError):
        assert compile_condition(expression) is not None
