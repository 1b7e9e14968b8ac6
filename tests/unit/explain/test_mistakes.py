"""Likely mistakes in rules that are legal."""

import itertools
import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, strategies as st

from localstack_outages.aws.names import operations, regions, services
from localstack_outages.explain.known_names import MAX_HINTS
from localstack_outages.explain.mistakes import Advice, advise, advise_on_order, advise_on_rules
from localstack_outages.schema.rules import Rule

EVERY_MODE = "modes 'legacy', 'standard' and 'adaptive'"


def advice(**rule):
    """Give the advice on one rule."""
    (found,) = advise([Rule.model_validate(rule)])
    return found


def shadows(*rules):
    """Give for each rule the position of the one that is said to shadow it."""
    found = advise([Rule.model_validate(rule) for rule in rules])
    return [
        int(a.message.split("[")[1].split("]")[0]) if a else None
        for a in (next((a for a in one if a.code == "Shadowed"), None) for one in found)
    ]


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"service": "s3", "region": "us-*"},
        {"service": "s3", "operation": "Put*"},
        {"service": "s3", "operation": "PostObject"},
        {"service": "[!s]*", "operation": "PutItm"},
        {"service": "*", "operation": "NoSuchOperation"},
        {"service": "dynamodb*", "operation": "ListStreams"},
        {"error": "throttling"},
        {"sequence": ["throttling", "pass"]},
        {"error": {"code": "NoSuchCode"}},
        {"service": "sqs", "error": {"statusCode": 500}},
        {"service": "sqs", "error": {"code": "ServiceUnavailable"}},
        {
            "service": "sqs",
            "error": {"code": "AWS.SimpleQueueService.NonExistentQueue", "statusCode": 400},
        },
        {"service": "ec2", "error": {"code": "InvalidInstanceID.NotFound", "statusCode": 400}},
        {"service": "s3", "error": {"code": "NoSuchBucketPolicy", "statusCode": 404}},
        {"service": "sns", "error": {"code": "Throttled", "statusCode": 429}},
        {"service": "sqs", "error": {"code": "RequestThrottled", "statusCode": 403}},
        {"service": "dynamodb", "error": {"code": "ResourceNotFoundException", "statusCode": 400}},
        {"service": "logs", "error": {"code": "LimitExceededException", "statusCode": 400}},
        {"error": {"code": "AccessDenied", "statusCode": 403}},
        {"error": {"code": "ThrottlingException", "statusCode": 400}},
        {"error": {"code": "TooManyRequestsException", "statusCode": 429}},
    ],
)
def test_nothing_to_say(rule):
    """A rule that says what AWS could do, or too little to judge it, gets no advice."""
    assert [] == advice(**rule)


@pytest.mark.parametrize(
    ("field", "pattern", "hint"),
    [
        ("service", "step-functions", "stepfunctions"),
        ("service", "dynamo", "dynamodb"),
        ("service", "eventbridge", "events"),
        ("service", "cloudwatch-logs", "logs"),
        ("service", "EventBridge", "events"),
        ("service", "secrets-manager", "secretsmanager"),
        ("service", "cognito_idp", "cognito-idp"),
        ("service", "S3", "s3"),
        ("service", "Dynamo*", "dynamo*"),
        ("service", "sqss*", "sqs"),
        ("service", "zzzzzzzz", None),
        ("service", "[z]zz", None),
        ("service", "*-no-such-service", None),
        ("region", "us-east1", "us-east-1"),
        ("region", "useast1", "us-east-1"),
        ("region", "EU-WEST-1", "eu-west-1"),
        ("region", "US-*", "us-*"),
        ("region", "moon", None),
        ("region", "aws-global", None),
    ],
)
def test_unknown_services_and_regions(field, pattern, hint):
    """A service or region that matches nothing is named, with what was probably meant."""
    question = "" if hint is None else f": did you mean '{hint}'?"
    code = f"Unknown{field.capitalize()}"

    assert [Advice(code, f"no {field} matches '{pattern}'{question}", field)] == advice(
        **{field: pattern}
    )


@pytest.mark.parametrize(
    ("service", "operation", "hint"),
    [
        ("s3", "PutObjects", "PutObject"),
        ("s3", "putobject", "PutObject"),
        ("s3", "put_object", "PutObject"),
        ("s3", "put*", "Put*"),
        ("s3", "SendMessage", None),
        ("dynamodb*", "GetItems", "GetItem"),
        ("[e]vents", "PutEvent", "PutEvents"),
    ],
)
def test_unknown_operations(service, operation, hint):
    """An operation that the services of a rule do not have is named, with the nearest of theirs."""
    question = "" if hint is None else f": did you mean '{hint}'?"
    message = f"no operation of '{service}' matches '{operation}'{question}"

    assert [Advice("UnknownOperation", message, "operation")] == advice(
        service=service, operation=operation
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            {"service": "sts", "error": "notFound"},
            [
                "the model of 'sts' has no error for 'notFound'; calls get 404 NotFound",
            ],
        ),
        (
            {"service": "sts", "sequence": ["conflict", {"error": "conflict"}]},
            ["the model of 'sts' has no error for 'conflict'; calls get 409 Conflict"],
        ),
        ({"service": "dynamodb", "error": "conflict"}, []),
        ({"service": "s3", "error": "notFound"}, []),
        ({"service": "*", "error": "notFound"}, []),
        ({"service": "kinesis", "operation": "GetRecords", "error": "expiredCursor"}, []),
        ({"service": "sqs", "operation": "List*", "page": 2}, []),
        (
            {"service": "s3", "operation": "GetObject", "page": 2},
            ["no operation of 's3' that matches 'GetObject' lists in pages"],
        ),
        ({"service": "sqs", "operation": "List*", "listing": "short"}, []),
        (
            {"service": "s3", "operation": "GetObject", "listing": "empty"},
            ["no operation of 's3' that matches 'GetObject' lists in pages"],
        ),
        (
            {"service": "s3", "operation": "GetObject", "error": "expiredCursor"},
            ["no operation of 's3' that matches 'GetObject' lists in pages"],
        ),
    ],
)
def test_words_that_a_service_lacks(rule, expected):
    """A word for which the service models no error is named with what calls get, and a page of what has
    none.
    """
    assert expected == [found.message for found in advice(**rule)]


READS = (
    "'{}' reads: to its client it makes no difference whether it was carried out; 'phase' is for "
    "operations that change something"
)


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"operation": "GetItem", "phase": "after"}, "phase"),
        ({"operation": "BatchGet*", "phase": "after", "error": "internal"}, "phase"),
        ({"operation": "Query", "phase": "after", "connection": "reset"}, "phase"),
        ({"operation": "Scan", "phase": "after", "latency": 5}, "phase"),
        (
            {"operation": "DescribeTable", "sequence": ["pass", {"phase": "after", "latency": 5}]},
            "sequence[1].phase",
        ),
    ],
)
def test_reads_after_the_fact(rule, place):
    """Whether a read was carried out makes no difference to its client."""
    expected = Advice("NoDifference", READS.format(rule["operation"]), place)

    assert [expected] == advice(service="dynamodb", **rule)


@pytest.mark.parametrize(
    "rule",
    [
        {"operation": "PutItem", "phase": "after"},
        {"operation": "*", "phase": "after"},
        {"operation": "GetItem", "phase": "before"},
        {"operation": "GetItem", "sequence": ["pass", "internal", {"latency": 5}]},
    ],
)
def test_what_makes_a_difference(rule):
    """Where an operation may change something, or nothing comes after the fact, nothing is said."""
    assert [] == advice(service="dynamodb", **rule)


@pytest.mark.parametrize(
    ("operation", "indexes", "expected"),
    [
        ("SendMessageBatch", [0, 9], []),
        (
            "SendMessageBatch",
            [0, 10, 12],
            [
                "no batch has an entry 10, 12: 'sqs.SendMessageBatch' takes 10 entries at most, "
                "counted from 0"
            ],
        ),
    ],
)
def test_entries_that_no_batch_has(operation, indexes, expected):
    """Places beyond the last entry that AWS takes are named."""
    found = advice(service="sqs", operation=operation, partial={"indexes": indexes})

    assert expected == [each.message for each in found]
    assert all(("NoSuchEntry", "partial.indexes") == (e.code, e.field) for e in found)


def test_codes_of_entries():
    """The status of an entry's error is no mistake: no SDK tries an entry again by it."""
    error = {"code": "InternalError", "statusCode": 400}

    assert [] == advice(
        service="sqs", operation="SendMessageBatch", partial={"count": 1}, error=error
    )


@pytest.mark.parametrize(
    ("service", "code", "hint"),
    [
        ("dynamodb", "ProvisionedThroughputExceeded", "ProvisionedThroughputExceededException"),
        ("dynamodb", "throttlingexception", "ThrottlingException"),
        ("sqs", "SlowDwn", "SlowDown"),
        ("s3", "SlowDwn", "SlowDown"),
        ("ec2", "RequestLimitExceded", "RequestLimitExceeded"),
        ("kms", "Zzz", None),
    ],
)
def test_unknown_error_codes(service, code, hint):
    """A code that neither the model of the service has nor AWS's common errors is named."""
    question = "" if hint is None else f": did you mean '{hint}'?"
    message = f"the model of '{service}' has no error '{code}'{question}"

    assert [Advice("UnknownErrorCode", message, "error.code")] == advice(
        service=service, error={"code": code}
    )


@pytest.mark.parametrize(
    ("service", "code", "status", "modes", "better"),
    [
        ("*", "InternalError", 400, EVERY_MODE, 500),
        ("*", "ServiceUnavailable", 400, EVERY_MODE, 503),
        ("*", "ServiceUnavailable", 501, EVERY_MODE, 503),
        ("*", "ServiceUnavailable", 529, EVERY_MODE, 503),
        ("*", "ServiceUnavailable", 509, "modes 'standard' and 'adaptive'", 503),
        ("*", "ThrottlingException", 403, "mode 'legacy'", 400),
        ("*", "ThrottlingException", 508, "mode 'legacy'", 400),
        ("*", "RequestThrottled", 403, "mode 'legacy'", 503),
        ("sqs", "RequestThrottled", 400, "mode 'legacy'", 403),
        ("sqs-*", "RequestThrottled", 400, "mode 'legacy'", 503),
        ("s3", "SlowDown", 400, "mode 'legacy'", 503),
        ("sns", "Throttled", 400, EVERY_MODE, 429),
        ("transcribe", "LimitExceededException", 400, "mode 'legacy'", 429),
        ("logs", "ServiceUnavailableException", 404, EVERY_MODE, 500),
    ],
)
def test_statuses_that_are_not_retried(service, code, status, modes, better):
    """A status with which SDKs would not retry an outage or throttling is named, with the modes."""
    message = (
        f"botocore's retry {modes} would not retry '{code}' with status {status}; "
        f"with status {better} every mode would"
    )
    found = advice(service=service, error={"code": code, "statusCode": status})

    assert [Advice("NotRetried", message, "error.statusCode")] == [
        a for a in found if a.code != "UnknownService"
    ]


def test_the_code_of_an_outage():
    """Where a rule gives a status alone, it is judged with the code of an outage."""
    (found,) = advice(error={"statusCode": 404})

    assert "'ServiceUnavailableException' with status 404; with status 503" in found.message


def test_steps_of_a_sequence():
    """Errors in a sequence are judged as well; the first of equal ones stands for all."""
    slip = {"code": "Throttlin"}
    found = advice(
        service="dynamodb",
        sequence=["pass", slip, {"error": {"code": "Throttling", "statusCode": 401}}, slip],
    )

    assert ["sequence[1].code", "sequence[2].error.statusCode"] == [a.field for a in found]
    assert ["UnknownErrorCode", "NotRetried"] == [a.code for a in found]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({}, {}),
        ({}, {"service": "[ab]*"}),
        ({}, {"service": "s3", "times": 2, "error": "internal"}),
        ({"region": "us-*"}, {"region": "us-east-1"}),
        ({"region": "us-*"}, {"region": "us-*-1"}),
        ({"region": "us-*"}, {"region": "us-?ast-1"}),
        ({"service": "[ab]*"}, {"service": "[ab]*", "region": "us-east-1"}),
        ({"service": "s?s"}, {"service": "s?s", "region": "us-east-1"}),
        ({"latency": 5}, {"service": "s3"}),
        ({"origin": "external"}, {"origin": "external", "service": "s3"}),
        ({"account": "0*"}, {"account": "000000000000", "operation": "Put*"}),
        ({"probability": 1.0}, {"probability": 0.5}),
    ],
)
def test_shadowed(earlier, later):
    """A rule is shadowed by one before it that always fires and matches all that it does."""
    assert [None, 0] == shadows(earlier, later)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"service": "s3"}, {}),
        ({"service": "s3"}, {"service": "s3*"}),
        ({"region": "us-*"}, {"region": "[ue]s-*"}),
        ({"service": "s?s"}, {"service": "sqs"}),
        ({"service": "s[qn]s"}, {"service": "sqs"}),
        ({"service": "s3", "region": "us-east-1"}, {"service": "s3"}),
        ({"origin": "external"}, {}),
        ({"origin": "external"}, {"origin": "internal"}),
        ({"times": 1}, {}),
        ({"probability": 0.99}, {}),
        ({"probability": {"from": 1, "to": 1}, "duration": 1}, {}),
        ({"after": 1}, {}),
        ({"duration": 1}, {}),
        ({"flap": {"down": 1, "up": 1}}, {}),
        ({"sequence": ["unavailable"]}, {}),
        ({"throttle": {"rate": 1}}, {}),
        ({"condition": "Bucket"}, {}),
    ],
)
def test_not_shadowed(earlier, later):
    """A rule that a call can come to is not shadowed, nor one that it is hard to be sure of."""
    assert [None, None] == shadows(earlier, later)


def test_the_first_of_several_shadows():
    """The message names the first of the rules that shadow."""
    rules = [{"service": "sqs"}, {"service": "s3"}, {"service": "s*"}, {}, {"service": "s3"}]

    assert [None, None, None, None, 1] == shadows(*rules)
    assert (
        "rule [1] already takes every call that this one matches"
        == advise([Rule.model_validate(rule) for rule in rules])[4][0].message
    )


def test_rules_are_called_by_their_ids():
    """Where rules have ids, one that shadows another is called by its own."""
    rules = [Rule(), Rule(service="s3")]

    assert [
        [],
        [Advice("Shadowed", "r12 already takes every call that this one matches", "")],
    ] == advise(rules, ["r12", "r7"])


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            {"service": "s3", "operation": "PutObject", "condition": "Bukcet == 'x'"},
            "s3.PutObject has no parameter 'Bukcet': did you mean 'Bucket'?",
        ),
        (
            {"service": "sqs", "operation": "ListQueues", "condition": "QueueNamePrefx == 'a'"},
            "sqs.ListQueues has no parameter 'QueueNamePrefx': did you mean 'QueueNamePrefix'?",
        ),
        (
            {"service": "s3", "operation": "Put*", "condition": "Xyzzy"},
            "s3.Put* has no parameter 'Xyzzy'",
        ),
    ],
)
def test_unknown_parameters(rule, message):
    """A condition on a parameter that no operation of the rule has is named, with the nearest."""
    assert [Advice("UnknownParameter", message, "condition")] == advice(**rule)


@pytest.mark.parametrize(
    "rule",
    [
        {"service": "s3", "operation": "PutObject", "condition": "Bucket == 'x'"},
        {"service": "s3", "operation": "*Object", "condition": "CopySource"},
        {"service": "s3", "condition": "Bukcet == 'x'"},
        {"service": "s3", "operation": "PostObject", "condition": "whatever"},
        {"service": "s3", "operation": "P*Object", "condition": "whatever"},
        {"operation": "PutObject", "condition": "Bukcet == 'x'"},
    ],
)
def test_parameters_that_may_be_right(rule):
    """Nothing is said where an operation has the parameter, or where it is not known what it has."""
    assert [] == advice(**rule)


def test_transpositions():
    """Letters that changed places are the likeliest slip."""
    (found,) = advice(region="us-esat-1")

    assert "no region matches 'us-esat-1': did you mean 'us-east-1'?" == found.message


@pytest.mark.parametrize("latency", [0.5, 1, 1.5, 4.999])
def test_tiny_latencies(latency):
    """A fixed delay that nobody notices is likely meant in seconds."""
    (found,) = advice(latency=latency)

    assert ("UnlikelyValue", "latency") == (found.code, found.field)
    assert f"a delay of {latency} ms is hardly noticed" in found.message
    assert f"for {latency} s write {latency * 1000:g}" in found.message


@pytest.mark.parametrize("latency", [0, 5, {"min": 0, "max": 1}, {"p50": 1}])
def test_other_latencies(latency):
    """No delay, and one that is drawn, may well be meant."""
    assert [] == advice(latency=latency)


NAMES = ["".join(name) for n in range(5) for name in itertools.product("ab-", repeat=n)]
"""Every name of at most four of three characters."""

patterns = st.text("ab-*?[]!", min_size=1, max_size=5)
star_patterns = st.text("ab-*", min_size=1, max_size=5)
FIELDS = ("service", "region", "operation", "account")


@st.composite
def narrowed(draw, pattern, filling):
    """Give a pattern with each of its stars filled with a text."""
    text = "".join(draw(filling) if character == "*" else character for character in pattern)
    return text or "*"


@given(st.data())
def test_shadowed_rules_match_nothing_that_is_left(data):
    """Whatever a rule matches that is said to be shadowed, the earlier rule matches."""
    wide = [data.draw(patterns) for _ in FIELDS]
    narrow = [data.draw(narrowed(w, st.text("ab-*?[]!", max_size=2))) for w in wide]

    _, shadow = shadows(
        dict(zip(FIELDS, wide, strict=True)), dict(zip(FIELDS, narrow, strict=True))
    )

    if shadow is not None:
        for w, n in zip(wide, narrow, strict=True):
            assert [] == [x for x in NAMES if fnmatchcase(x, n) and not fnmatchcase(x, w)]


@given(st.data())
def test_narrowed_rules_are_shadowed(data):
    """A rule whose patterns are those of an earlier one with the stars filled is shadowed."""
    wide = [data.draw(star_patterns) for _ in FIELDS]
    narrow = [data.draw(narrowed(w, st.text("ab-*?", max_size=3))) for w in wide]
    narrow = [n if n != "*" or w.strip("*") == "" else w for n, w in zip(narrow, wide, strict=True)]

    assert [None, 0] == shadows(
        dict(zip(FIELDS, wide, strict=True)), dict(zip(FIELDS, narrow, strict=True))
    )


def test_hints_are_bounded():
    """A list of many unknown names is advised on; the first of them get a hint."""
    found = advise([Rule(service=f"dynamodb{number}") for number in range(MAX_HINTS + 10)])

    assert MAX_HINTS == sum("did you mean" in one[0].message for one in found)
    assert all(one[0].code == "UnknownService" for one in found)


def cpu_seconds(rules):
    """Give the time that advising on rules takes, once names are read."""
    advise(rules)
    started = time.process_time()
    advise(rules)
    return time.process_time() - started


def mixed_rules():
    """Give 10,000 rules as they could be: some services, all regions, globs, errors, limits."""
    chosen = sorted(services())[::40]
    names = {service: sorted(operations(service)) for service in chosen}
    places = [*sorted(regions()), "us-*", "eu-*-1"]
    for number in range(10_000):
        service = chosen[number % len(chosen)]
        operation = names[service][number % len(names[service])]
        rule = {
            "service": service if number % 3 else service[:4] + "*",
            "region": places[number % len(places)],
            "operation": operation if number % 7 else operation[:3] + "*",
            "account": f"{number % 50:012}",
        }
        if number % 5 == 0:
            rule["error"] = {"code": "SlowDown", "statusCode": 400}
        if number % 4 == 0:
            rule["times"] = 2
        yield Rule.model_validate(rule)


def rules_of_one_service():
    """Give 10,000 rules that differ in their region."""
    return [Rule(service="s3", region=f"r{number}") for number in range(10_000)]


def equal_rules():
    """Give 10,000 rules that say the same."""
    return [Rule(service="s3")] * 10_000


def overlapping_rules():
    """Give 10,000 rules of globs that overlap, the narrower first."""
    return [
        Rule(service="a" * (number % 100 + 1) + "*", region="b" * (number // 100 + 1) + "*")
        for number in reversed(range(10_000))
    ]


@pytest.mark.parametrize(
    "make", [mixed_rules, rules_of_one_service, equal_rules, overlapping_rules]
)
def test_10000_rules(make):
    """10,000 rules are advised on in a fraction of a second; the bound leaves room for a slow
    machine.
    """
    assert cpu_seconds(list(make())) < 2


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", []),
        ("arn:aws:iam::*:role/payments", []),
        ("*role/payments", []),
        ("a?n:*", []),
        ("role/payments", ["no ARN matches 'role/payments': did you mean '*role/payments'?"]),
    ],
)
def test_principal(principal, expected):
    """A principal that no ARN can match is warned of."""
    (found,) = advise_on_rules([Rule(principal=principal)])

    assert expected == [advice.message for advice in found]


def test_a_host_that_does_not_know_principals():
    """Where the host does not know who calls, a rule that asks is warned of, and no other."""
    rules = [Rule(principal="arn:*"), Rule(service="s3")]
    found = advise_on_rules(rules, knows_principals=False)

    assert [["PrincipalsNotKnown"], []] == [[a.code for a in advice] for advice in found]


def test_a_rule_for_a_header_shadows_nothing():
    """It leaves the requests without the header to the rules behind it."""
    assert [[], []] == advise_on_order([Rule(header={"x-test-id": "*"}), Rule(service="s3")])


def test_a_rule_for_a_principal_shadows_nothing():
    """A rule for some callers leaves the calls of others to later rules."""
    assert [[], []] == advise_on_order([Rule(principal="*:root"), Rule(service="s3")])
