"""From documents to rules, or to a refusal that says what is wrong, where, and what would be right."""

import json

import pytest
from hypothesis import given, strategies as st

from localstack_outages.schema.errors import InvalidBody, InvalidRules
from localstack_outages.schema.reading import (
    MAX_PROBLEMS,
    decode_json,
    parse_rules,
)
from localstack_outages.schema.rules import Rule
from localstack_outages.schema.vocabulary import MAX_RULES

RULE_FIELDS = (
    "the fields are service, region, operation, account, principal, header, condition, page, call, origin, "
    "probability, seed, times, after, duration, flap, sequence, error, skew, retryAfter, partial, "
    "latency, throttle, connection, payload, listing, phase, description"
)
BATCHES = (
    "dynamodb.BatchGetItem, dynamodb.BatchWriteItem, events.PutEvents, events.PutTargets, "
    "events.RemoveTargets, firehose.PutRecordBatch, kinesis.PutRecords, logs.PutLogEvents, "
    "s3.DeleteObjects, secretsmanager.BatchGetSecretValue, sns.PublishBatch, "
    "sqs.ChangeMessageVisibilityBatch, sqs.DeleteMessageBatch, sqs.SendMessageBatch"
)
GLOB = "letters, digits, '_', '.', '-' and the wildcards '*', '?', '[...]', '[!...]'"
CODE = "letters and digits, in parts joined by dots"
XML = "text that XML can carry: no control characters"
NO_SURROGATES = "is a string; expected text without lone surrogates"
BREAKS = (
    "'connection' cannot stand beside 'error': a call gets an answer or a broken connection; "
    "leave out one of them"
)
RAMP = {"from": 0, "to": 1}
NAN, INFINITY = float("nan"), float("inf")
LONG = "x" * 200
LONG_SHOWN = "'" + "x" * 76 + "..."

UNKNOWN_FIELDS = [
    ({"servce": "s3"}, ".servce", "unknown field 'servce': did you mean 'service'?"),
    ({"Service": "s3"}, ".Service", "unknown field 'Service': did you mean 'service'?"),
    ({"operations": "*"}, ".operations", "unknown field 'operations': did you mean 'operation'?"),
    ({"xyz": 1}, ".xyz", f"unknown field 'xyz': {RULE_FIELDS}"),
    ({"": 1}, ".", f"unknown field '': {RULE_FIELDS}"),
    ({"<x>": 1}, ".<x>", f"unknown field '<x>': {RULE_FIELDS}"),
    ({LONG: 1}, f".{LONG}", f"unknown field {LONG_SHOWN}: {RULE_FIELDS}"),
    (
        {"error": {"status_code": 503}},
        ".error.status_code",
        "unknown field 'status_code': did you mean 'statusCode'?",
    ),
    (
        {"error": {"xyz": 1}},
        ".error.xyz",
        "unknown field 'xyz': the fields are statusCode, code, message",
    ),
    (
        {"latency": {"mim": 1, "max": 2, "min": 1}},
        ".latency.mim",
        "unknown field 'mim': did you mean 'min'?",
    ),
    (
        {"latency": {"p50": 1, "p90": 2}},
        ".latency.p90",
        "unknown field 'p90': did you mean 'p99'?",
    ),
    (
        {"latency": {"p50": 1, "min": 0, "max": 2}},
        ".latency.min",
        "unknown field 'min': the fields are p50, p95, p99, max",
    ),
    (
        {"latency": {"from": 1, "to": 2, "too": 2}, "duration": 1},
        ".latency.too",
        "unknown field 'too': did you mean 'to'?",
    ),
    (
        {"probability": {"from": 0, "to": 1, "by": 1}, "duration": 1},
        ".probability.by",
        "unknown field 'by': the fields are from, to",
    ),
    (
        {"flap": {"down": 1, "up": 1, "upp": 1}},
        ".flap.upp",
        "unknown field 'upp': did you mean 'up'?",
    ),
    (
        {"throttle": {"rate": 1, "brust": 1}},
        ".throttle.brust",
        "unknown field 'brust': did you mean 'burst'?",
    ),
    (
        {"sequence": [{"latency": 1, "eror": "internal"}]},
        ".sequence[0].eror",
        "unknown field 'eror': did you mean 'error'?",
    ),
    (
        {"sequence": ["pass", {"code": "A", "statuscode": 400}]},
        ".sequence[1].statuscode",
        "unknown field 'statuscode': did you mean 'statusCode'?",
    ),
    (
        {"sequence": [{"latency": {"min": 1, "max": 2, "avg": 1}}]},
        ".sequence[0].latency.avg",
        "unknown field 'avg': the fields are min, max",
    ),
    (
        {"sequence": [{"error": {"cod": "A"}}]},
        ".sequence[0].error.cod",
        "unknown field 'cod': did you mean 'code'?",
    ),
]

WRONG_TYPES = [
    (1, "", "1 is a number; expected an object"),
    (None, "", "None is null; expected an object"),
    ("s3", "", "'s3' is a string; expected an object"),
    (True, "", "True is true or false; expected an object"),
    ([], "", "[] is a list; expected an object"),
    ({"service": None}, ".service", "None is null; expected a string"),
    ({"region": 3}, ".region", "3 is a number; expected a string"),
    ({"operation": ["Get*"]}, ".operation", "['Get*'] is a list; expected a string"),
    ({"account": 0}, ".account", "0 is a number; expected a string"),
    ({"condition": {}}, ".condition", "{} is an object; expected a string"),
    ({"description": 1}, ".description", "1 is a number; expected a string"),
    ({"times": "3"}, ".times", "'3' is a string; expected a whole number"),
    ({"times": True}, ".times", "True is true or false; expected a whole number"),
    ({"times": 1.0}, ".times", "1.0 is a number; expected a whole number"),
    ({"times": 1.5}, ".times", "1.5 is a number; expected a whole number"),
    ({"seed": "1"}, ".seed", "'1' is a string; expected a whole number"),
    ({"seed": False}, ".seed", "False is true or false; expected a whole number"),
    ({"probability": "0.5"}, ".probability", "'0.5' is a string; expected a number"),
    ({"probability": True}, ".probability", "True is true or false; expected a number"),
    ({"probability": []}, ".probability", "[] is a list; expected a number"),
    ({"probability": None}, ".probability", "None is null; expected a number"),
    ({"probability": NAN}, ".probability", "nan is a number; expected a finite number"),
    ({"latency": "250"}, ".latency", "'250' is a string; expected a number"),
    ({"latency": True}, ".latency", "True is true or false; expected a number"),
    ({"latency": NAN}, ".latency", "nan is a number; expected a finite number"),
    ({"latency": INFINITY}, ".latency", "inf is a number; expected a finite number"),
    (
        {"latency": {"min": "1", "max": 2}},
        ".latency.min",
        "'1' is a string; expected a number",
    ),
    ({"after": "1"}, ".after", "'1' is a string; expected a number"),
    ({"after": None}, ".after", "None is null; expected a number"),
    ({"after": -INFINITY}, ".after", "-inf is a number; expected a finite number"),
    ({"duration": True}, ".duration", "True is true or false; expected a number"),
    ({"flap": 5}, ".flap", "5 is a number; expected an object"),
    ({"flap": {"down": "5", "up": 1}}, ".flap.down", "'5' is a string; expected a number"),
    ({"throttle": 5}, ".throttle", "5 is a number; expected an object"),
    ({"throttle": {"rate": True}}, ".throttle.rate", "True is true or false; expected a number"),
    (
        {"throttle": {"rate": 1, "burst": 1.5}},
        ".throttle.burst",
        "1.5 is a number; expected a whole number",
    ),
    (
        {"error": {"statusCode": "503"}},
        ".error.statusCode",
        "'503' is a string; expected a whole number",
    ),
    (
        {"error": {"statusCode": 503.0}},
        ".error.statusCode",
        "503.0 is a number; expected a whole number",
    ),
    ({"error": {"code": 503}}, ".error.code", "503 is a number; expected a string"),
    ({"error": {"message": []}}, ".error.message", "[] is a list; expected a string"),
    ({"sequence": "pass"}, ".sequence", "'pass' is a string; expected a list"),
    ({"sequence": {"a": 1}}, ".sequence", "{'a': 1} is an object; expected a list"),
    ({"service": [LONG]}, ".service", f"['{'x' * 75}... is a list; expected a string"),
]

MISSING_FIELDS = [
    ({"flap": {"down": 1}}, ".flap.up", "'up' is missing"),
    ({"flap": {"up": 1}}, ".flap.down", "'down' is missing"),
    ({"throttle": {"burst": 1}}, ".throttle.rate", "'rate' is missing"),
    (
        {"throttle": {"rate": 5, "capacity": 1.5}},
        ".throttle",
        "'capacity' cannot stand beside 'rate': both say how many calls a second pass; "
        "leave out one of them",
    ),
    (
        {"throttle": {"capacity": 1.5, "by": "service", "rate": 1}},
        ".throttle",
        "'capacity' cannot stand beside 'rate': both say how many calls a second pass; "
        "leave out one of them",
    ),
    (
        {"throttle": {"capacity": 1.5, "by": "service"}},
        ".throttle",
        "'capacity' cannot stand beside 'by': the rate of calls is measured for the rule as a whole; "
        "leave out one of them",
    ),
    ({"throttle": {"capacity": 0}}, ".throttle.capacity", "0 is out of range: more than 0.0"),
    ({"latency": {"min": 1}}, ".latency.max", "'max' is missing"),
    ({"latency": {"max": 1}}, ".latency.min", "'min' is missing"),
    ({"latency": {"p95": 1}}, ".latency.p50", "'p50' is missing"),
    ({"latency": {"p99": 1, "max": 2}}, ".latency.p50", "'p50' is missing"),
    ({"latency": {"to": 1}, "duration": 1}, ".latency.from", "'from' is missing"),
    ({"probability": {"from": 1}, "duration": 1}, ".probability.to", "'to' is missing"),
]

OUT_OF_RANGE = [
    ({"probability": -0.1}, ".probability", "-0.1 is out of range: at least 0.0"),
    ({"probability": 1.1}, ".probability", "1.1 is out of range: at most 1.0"),
    ({"probability": 50}, ".probability", "50 is out of range: at most 1.0"),
    (
        {"probability": {"from": 0, "to": 2}, "duration": 1},
        ".probability.to",
        "2 is out of range: at most 1.0",
    ),
    ({"times": 0}, ".times", "0 is out of range: at least 1"),
    ({"times": -1}, ".times", "-1 is out of range: at least 1"),
    ({"times": 10**9 + 1}, ".times", "1000000001 is out of range: at most 1000000000"),
    ({"after": -1}, ".after", "-1 is out of range: at least 0.0"),
    ({"after": 2592001}, ".after", "2592001 is out of range: at most 2592000.0"),
    ({"duration": 0}, ".duration", "0 is out of range: more than 0.0"),
    ({"duration": 2592001}, ".duration", "2592001 is out of range: at most 2592000.0"),
    ({"flap": {"down": 0, "up": 1}}, ".flap.down", "0 is out of range: more than 0.0"),
    ({"flap": {"down": 1, "up": -1}}, ".flap.up", "-1 is out of range: more than 0.0"),
    ({"latency": -1}, ".latency", "-1 is out of range: at least 0.0"),
    ({"latency": 3600001}, ".latency", "3600001 is out of range: at most 3600000.0"),
    (
        {"latency": {"p50": 1, "p99": 3600001}},
        ".latency.p99",
        "3600001 is out of range: at most 3600000.0",
    ),
    ({"throttle": {"rate": 0}}, ".throttle.rate", "0 is out of range: more than 0.0"),
    (
        {"throttle": {"rate": 1, "burst": 0}},
        ".throttle.burst",
        "0 is out of range: at least 1",
    ),
    (
        {"error": {"statusCode": 399}},
        ".error.statusCode",
        "399 is out of range: at least 400",
    ),
    (
        {"error": {"statusCode": 600}},
        ".error.statusCode",
        "600 is out of range: at most 599",
    ),
    (
        {"sequence": ["pass", {"statusCode": 200}]},
        ".sequence[1].statusCode",
        "200 is out of range: at least 400",
    ),
    ({"service": ""}, ".service", "'' is out of range: at least 1 characters"),
    ({"service": LONG}, ".service", f"{LONG_SHOWN} is out of range: at most 128 characters"),
    (
        {"condition": "x" * 1025},
        ".condition",
        f"{LONG_SHOWN} is out of range: at most 1024 characters",
    ),
    (
        {"description": "x" * 8193},
        ".description",
        f"{LONG_SHOWN} is out of range: at most 8192 characters",
    ),
    ({"sequence": []}, ".sequence", "0 steps; a sequence has 1 to 1000"),
    ({"sequence": ["pass"] * 1001}, ".sequence", "1001 steps; a sequence has 1 to 1000"),
]

BAD_WORDS = [
    ({"origin": "all"}, ".origin", "'all' is not one of 'external', 'internal' or 'any'"),
    (
        {"connection": "drop"},
        ".connection",
        "'drop' is not one of 'reset', 'close', 'hang' or 'truncate'",
    ),
    ({"skew": 3600}, ".skew", "'skew' needs 'error': 'skewed' beside it"),
    ({"error": "denied", "skew": 3600}, ".skew", "'skew' needs 'error': 'skewed' beside it"),
    (
        {"error": "skewed", "skew": 300},
        ".skew",
        "300 is out of range: 600 to 2592000 seconds, or as many below 0",
    ),
    (
        {"retryAfter": 1},
        ".retryAfter",
        "'retryAfter' needs an error that says it: give 'error' or 'throttle' beside it",
    ),
    ({"error": {}, "retryAfter": -1}, ".retryAfter", "-1 is out of range: at least 0.0"),
    (
        {"sequence": [{"retryAfter": 1}]},
        ".sequence[0].retryAfter",
        "'retryAfter' needs an error that says it: give 'error' or 'throttle' beside it",
    ),
    (
        {"payload": {}},
        ".payload",
        "'payload' says nothing: give it 'truncate', 'corrupt' or 'bandwidth'",
    ),
    ({"payload": {"corrupt": 0}}, ".payload.corrupt", "0 is out of range: at least 1"),
    ({"payload": {"bandwidth": 0}}, ".payload.bandwidth", "0 is out of range: at least 1.0"),
    (
        {"payload": {"corupt": 1}},
        ".payload.corupt",
        "unknown field 'corupt': did you mean 'corrupt'?",
    ),
    (
        {"payload": {"corrupt": 1}, "error": "internal"},
        ".payload",
        "'payload' cannot stand beside 'error': it is about the answer of a call that is carried"
        " out; leave out one of them",
    ),
    ({"listing": "half"}, ".listing", "'half' is not one of 'empty' or 'short'"),
    (
        {"listing": "empty", "error": "internal"},
        ".listing",
        "'listing' cannot stand beside 'error': it is about the answer of a call that is carried"
        " out; leave out one of them",
    ),
    (
        {"listing": "empty", "phase": "after"},
        ".listing",
        "'listing' needs no 'phase': a page is asked for, and then changed",
    ),
    ({"partial": {"count": 0}}, ".partial.count", "0 is out of range: at least 1"),
    ({"partial": {"share": 0}}, ".partial.share", "0 is out of range: more than 0.0"),
    ({"partial": {"share": 2}}, ".partial.share", "2 is out of range: at most 1.0"),
    ({"partial": {"indexes": [-1]}}, ".partial.indexes[0]", "-1 is out of range: at least 0"),
    (
        {"partial": {}},
        ".partial",
        "'partial' takes one of 'count', 'share' and 'indexes', not 0 of them",
    ),
    (
        {"partial": {"count": 1, "share": 0.5}},
        ".partial",
        "'partial' takes one of 'count', 'share' and 'indexes', not 2 of them",
    ),
    ({"partial": {"indexes": []}}, ".partial", "'indexes' has 0 places; it takes 1 to 1000"),
    ({"partial": {"cuont": 1}}, ".partial.cuont", "unknown field 'cuont': did you mean 'count'?"),
    (
        {"service": "sqs", "operation": "SendMessage", "partial": {"count": 1}},
        ".partial",
        f"'partial' needs an operation that takes entries, which 'sqs.SendMessage' is not: one of {BATCHES}",
    ),
    (
        {"service": "kms", "sequence": ["pass", {"partial": {"count": 1}}]},
        ".sequence",
        f"'sequence' needs an operation that takes entries, which 'kms.*' is not: one of {BATCHES}",
    ),
    (
        {"partial": {"count": 1}, "error": "expired"},
        ".partial",
        "'partial' needs another 'error': 'expired' is about whole calls",
    ),
    (
        {"partial": {"count": 1}, "connection": "reset"},
        ".partial",
        "'partial' cannot stand beside 'connection': it is about the whole call; leave out one of "
        "them",
    ),
    (
        {"partial": {"count": 1}, "throttle": {"rate": 1}},
        ".partial",
        "'partial' cannot stand beside 'throttle': it is about the whole call; leave out one of them",
    ),
    ({"page": 0}, ".page", "0 is out of range: at least 1"),
    ({"call": 0}, ".call", "0 is out of range: at least 1"),
    ({"call": "3"}, ".call", "'3' is a string; expected a whole number"),
    (
        {"error": "5xx"},
        ".error",
        "'5xx' is not one of 'unavailable', 'throttling', 'internal', 'timeout', 'denied', 'invalidCredentials', 'expired', 'skewed', 'conflict', 'notFound' or 'expiredCursor'",
    ),
    (
        {"error": "pass"},
        ".error",
        "'pass' is not one of 'unavailable', 'throttling', 'internal', 'timeout', 'denied', 'invalidCredentials', 'expired', 'skewed', 'conflict', 'notFound' or 'expiredCursor'",
    ),
    (
        {"error": 503},
        ".error",
        "503 is not one of 'unavailable', 'throttling', 'internal', 'timeout', 'denied', 'invalidCredentials', 'expired', 'skewed', 'conflict', 'notFound' or 'expiredCursor'",
    ),
    (
        {"error": []},
        ".error",
        "[] is not one of 'unavailable', 'throttling', 'internal', 'timeout', 'denied', 'invalidCredentials', 'expired', 'skewed', 'conflict', 'notFound' or 'expiredCursor'",
    ),
    (
        {"throttle": {"rate": 1, "by": "user"}},
        ".throttle.by",
        "'user' is not one of 'account', 'region', 'service' or 'operation'",
    ),
    (
        {"sequence": ["pass", "fail"]},
        ".sequence[1]",
        "'fail' is not one of 'pass', 'unavailable', 'throttling', 'internal', 'timeout', 'denied', 'invalidCredentials', 'expired', 'skewed', 'conflict', 'notFound' or 'expiredCursor'",
    ),
    (
        {"sequence": [None]},
        ".sequence[0]",
        "None is not one of 'pass', 'unavailable', 'throttling', 'internal', 'timeout', 'denied', 'invalidCredentials', 'expired', 'skewed', 'conflict', 'notFound' or 'expiredCursor'",
    ),
    (
        {"sequence": [{"error": "pass"}]},
        ".sequence[0].error",
        "'pass' is not one of 'unavailable', 'throttling', 'internal', 'timeout', 'denied', 'invalidCredentials', 'expired', 'skewed', 'conflict', 'notFound' or 'expiredCursor'",
    ),
]

BAD_TEXT = [
    ({"service": "s 3"}, ".service", f"'s 3' is not made of {GLOB}"),
    ({"service": "s3\n"}, ".service", f"'s3\\n' is not made of {GLOB}"),
    ({"region": "eu|us"}, ".region", f"'eu|us' is not made of {GLOB}"),
    ({"operation": "Pút"}, ".operation", f"'Pút' is not made of {GLOB}"),
    ({"account": "(1)"}, ".account", f"'(1)' is not made of {GLOB}"),
    (
        {"principal": "a b"},
        ".principal",
        "'a b' is not made of visible ASCII characters, as ARNs are",
    ),
    (
        {"header": {"x test": "a"}},
        ".header.x test",
        "'x test' is not the name of a header: 1 to 64 letters, digits and '-'",
    ),
    (
        {"header": {"x_test": "a"}},
        ".header.x_test",
        "'x_test' is not the name of a header: 1 to 64 letters, digits and '-'",
    ),
    (
        {"header": {"x-test": ""}},
        ".header.x-test",
        "'' is not 1 to 256 visible ASCII characters and blanks",
    ),
    (
        {"header": {"x-test": "a\n"}},
        ".header.x-test",
        "'a\\n' is not 1 to 256 visible ASCII characters and blanks",
    ),
    ({"header": {"x-test": 5}}, ".header.x-test", "5 is a number; expected a string"),
    ({"header": "x-test: a"}, ".header", "'x-test: a' is a string; expected an object"),
    ({"header": {}}, ".header", "0 headers are out of range: 1 to 8"),
    (
        {"header": {f"x-{n}": "a" for n in range(9)}},
        ".header",
        "9 headers are out of range: 1 to 8",
    ),
    (
        {"header": {"x-test": "a", "X-Test": "b"}},
        ".header.X-Test",
        "'X-Test' appears twice: names of headers are the same in upper and lower case",
    ),
    ({"error": {"code": "a..b"}}, ".error.code", f"'a..b' is not made of {CODE}"),
    ({"error": {"code": "a b"}}, ".error.code", f"'a b' is not made of {CODE}"),
    ({"error": {"code": "a\n"}}, ".error.code", f"'a\\n' is not made of {CODE}"),
    ({"error": {"code": ""}}, ".error.code", f"'' is not made of {CODE}"),
    ({"error": {"message": "a\x00"}}, ".error.message", f"'a\\x00' is not made of {XML}"),
    ({"error": {"message": "\x1b[0m"}}, ".error.message", f"'\\x1b[0m' is not made of {XML}"),
    ({"error": {"message": "\uffff"}}, ".error.message", f"'\\uffff' is not made of {XML}"),
    ({"service": "\ud800"}, ".service", rf"'\ud800' {NO_SURROGATES}"),
    ({"error": "\udfff"}, ".error", rf"'\udfff' {NO_SURROGATES}"),
    ({"error": {"message": "a\ud800"}}, ".error.message", rf"'a\ud800' {NO_SURROGATES}"),
    ({"description": "\ud83d"}, ".description", rf"'\ud83d' {NO_SURROGATES}"),
]

BAD_CONDITIONS = [
    ({"condition": ""}, ".condition", "'' is out of range: at least 1 characters"),
    (
        {"condition": "Bucket ="},
        ".condition",
        "'Bucket =' is not a JMESPath expression: Bad jmespath expression: Unknown token '=':",
    ),
    (
        {"condition": "Bucket["},
        ".condition",
        "'Bucket[' is not a JMESPath expression: Invalid jmespath expression: Incomplete expression:",
    ),
    (
        {"condition": "{value!r} {why} {"},
        ".condition",
        "'{value!r} {why} {' is not a JMESPath expression: ",
    ),
    (
        {"condition": "(" * 1000},
        ".condition",
        f"'{'(' * 76}... is not a JMESPath expression: it is nested too deep",
    ),
]

IMPOSSIBLE_PAIRS = [
    ({"error": "internal", "connection": "reset"}, ".connection", BREAKS),
    (
        {"sequence": ["pass", {"error": {}, "connection": "hang"}]},
        ".sequence[1].connection",
        BREAKS,
    ),
    *[
        (
            {"sequence": ["pass"], **other},
            ".sequence",
            f"'sequence' cannot stand beside '{next(iter(other))}': its steps say what; "
            "leave out one of them",
        )
        for other in (
            {"error": "internal"},
            {"error": {}},
            {"latency": 1},
            {"latency": 0},
            {"throttle": {"rate": 1}},
            {"connection": "reset"},
            {"phase": "after"},
        )
    ],
    *[
        (
            {"sequence": ["pass", {"phase": phase}]},
            ".sequence[1].phase",
            "a step with 'phase' needs a fault beside it, such as 'error'",
        )
        for phase in ("before", "after")
    ],
    (
        {"phase": "after", "throttle": {"rate": 1}},
        ".phase",
        "'phase' cannot stand beside 'throttle': a call over the rate is refused before it is "
        "carried out; leave out one of them",
    ),
    (
        {"sequence": ["pass"], "times": 1},
        ".sequence",
        "'sequence' cannot stand beside 'times': its length says how often; leave out one of them",
    ),
    *[
        (
            {"throttle": {"rate": 1}, **other},
            ".throttle",
            f"'throttle' cannot stand beside '{next(iter(other))}': it refuses calls with an "
            "error; leave out one of them",
        )
        for other in ({"latency": 1}, {"connection": "close"})
    ],
]

BAD_ORDERS = [
    ({"latency": {"min": 2, "max": 1}}, ".latency.max", "1.0 is less than 'min', 2.0"),
    ({"latency": {"p50": 2, "p95": 1}}, ".latency.p95", "1.0 is less than 'p50', 2.0"),
    ({"latency": {"p50": 2, "p99": 1}}, ".latency.p99", "1.0 is less than 'p50', 2.0"),
    ({"latency": {"p50": 2, "max": 1}}, ".latency.max", "1.0 is less than 'p50', 2.0"),
    ({"latency": {"p50": 1, "p95": 3, "max": 2}}, ".latency.max", "2.0 is less than 'p95', 3.0"),
    (
        {"sequence": [{"latency": {"min": 2, "max": 1}}]},
        ".sequence[0].latency.max",
        "1.0 is less than 'min', 2.0",
    ),
]

ENDLESS_RAMPS = [
    (
        {field: RAMP},
        f".{field}",
        f"a ramp needs 'duration': the seconds over which '{field}' changes",
    )
    for field in ("probability", "latency")
]

REFUSED = [
    *UNKNOWN_FIELDS,
    *WRONG_TYPES,
    *MISSING_FIELDS,
    *OUT_OF_RANGE,
    *BAD_WORDS,
    *BAD_TEXT,
    *IMPOSSIBLE_PAIRS,
    *BAD_ORDERS,
    *ENDLESS_RAMPS,
]

NO_LISTS = [
    ({"service": "s3"}, "expected a list of rules, got an object, put it in a list: [{...}]"),
    (None, "expected a list of rules, got null"),
    ("[]", "expected a list of rules, got a string"),
    (3, "expected a list of rules, got a number"),
    (1.5, "expected a list of rules, got a number"),
    (True, "expected a list of rules, got true or false"),
]

TAKEN = [
    {},
    {"service": "s3", "region": "us-*", "operation": "Get*", "account": "000000000000"},
    {"service": "[!s]?[a-z]*", "region": "[", "operation": "a]", "account": "x" * 128},
    {"condition": "length(Name) > `2`", "origin": "internal"},
    {"probability": 0},
    {"probability": 0.25, "seed": -7},
    {"probability": {"from": 1, "to": 0.5}, "duration": 0.001},
    {"times": 10**9},
    {"after": 2592000, "duration": 2592000},
    {"flap": {"down": 0.5, "up": 2592000}},
    {"sequence": ["pass", "unavailable", "throttling", "internal", {}, {"code": "A"}]},
    {"sequence": [{"latency": {"p50": 1}, "error": {"statusCode": 400}}, {"connection": "reset"}]},
    {"sequence": [{"latency": RAMP}]},
    {"error": {"statusCode": 400, "code": "AWS.SimpleQueueService.NonExistentQueue"}},
    {"error": {"message": "a\tb\nc\r ¡ \U0001f525"}},
    {"error": None, "latency": None, "times": None, "condition": None, "description": None},
    {"latency": 3600000, "error": "internal"},
    {"latency": {"min": 1, "max": 1}, "connection": "truncate"},
    {"latency": {"p50": 1, "p95": 1, "p99": 2, "max": 2}},
    {"latency": {"p50": 1, "max": 2}},
    {"latency": {"from": 5, "to": 0}, "duration": 1},
    {"throttle": {"rate": 0.5, "burst": 3, "by": "operation"}, "error": "internal"},
    {"throttle": {"rate": 1000000}, "times": 3, "probability": 0.5},
    {"description": "x" * 8192},
    {"description": "", "service": "s3"},
]

NO_JSON = [
    (b"", "it is empty; expected JSON"),
    (b" \n", "it is empty; expected JSON"),
    (b"\xef\xbb\xbf", "it is empty; expected JSON"),
    (b"[{]", "not valid JSON: "),
    (b"[{}", "not valid JSON: Expecting ',' delimiter at line 1, column 4"),
    (b'[\n{"a": 1,\n "b" 2}]', "not valid JSON: Expecting ':' delimiter at line 3, column 6"),
    (b"[] []", "not valid JSON: Extra data at line 1, column 4"),
    (b"{'a': 1}", "not valid JSON: Expecting property name enclosed in double quotes at line 1"),
    (b"[NaN]", "not valid JSON: NaN is not a JSON number"),
    (b"[-Infinity]", "not valid JSON: -Infinity is not a JSON number"),
    (b'["\xff"]', "byte 2 is not UTF-8"),
    ("[]".encode("utf-16"), "byte 0 is not UTF-8"),
    (b'[{"times": 1, "times": 2}]', "the name 'times' appears twice in one object"),
    (b'[{"error": {"code": "A", "a": 1, "code": "A"}}]', "the name 'code' appears twice"),
    (b"[" * 200_000 + b"]" * 200_000, "not valid JSON: it is nested too deep"),
    (b"[" + b"9" * 5000 + b"]", "not valid JSON: "),
]

ANY_TEXT = st.text(st.characters())
NAMES = st.sampled_from(
    [*Rule.model_json_schema()["properties"], "min", "max", "p50", "p95", "from"]
)
NAMES |= st.sampled_from(
    ["to", "statusCode", "code", "message", "rate", "burst", "by", "down", "up"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
SCALARS |= st.sampled_from([0, 1, 10**400, "pass", "internal", "reset", "*", "a"])
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | ANY_TEXT, inner, max_size=5)
    ),
    max_leaves=12,
)
RULE_LIKE = st.lists(st.dictionaries(NAMES | ANY_TEXT, JSON, max_size=5), max_size=3)


def valid_rules():
    """Make documents of valid rules."""
    name = st.text(st.sampled_from("ab*?[]!-._"), min_size=1, max_size=8)
    milliseconds = st.floats(0, 3_600_000) | st.integers(0, 3_600_000)
    seconds = st.floats(0.001, 2_592_000) | st.integers(1, 2_592_000)
    ramp = st.fixed_dictionaries({"from": st.floats(0, 1), "to": st.floats(0, 1)})
    text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).filter(
        lambda t: not {"\ufffe", "\uffff"} & set(t)
    )
    error = st.sampled_from(["unavailable", "throttling", "internal"]) | st.fixed_dictionaries(
        {},
        optional={
            "statusCode": st.integers(400, 599),
            "code": st.from_regex(r"[A-Za-z0-9]{1,9}(\.[A-Za-z0-9]{1,9}){0,2}", fullmatch=True),
            "message": text,
        },
    )
    latency = (
        milliseconds
        | st.tuples(milliseconds, milliseconds).map(lambda m: {"min": min(m), "max": max(m)})
        | st.lists(milliseconds, min_size=1, max_size=4).map(
            lambda m: dict(zip(("p50", "p95", "p99", "max"), sorted(m), strict=False))
        )
        | st.fixed_dictionaries({"from": milliseconds, "to": milliseconds})
    )
    connection = st.sampled_from(["reset", "close", "hang", "truncate"])
    answer = st.one_of(
        st.fixed_dictionaries({}, optional={"latency": latency, "error": error}),
        st.fixed_dictionaries({}, optional={"latency": latency, "connection": connection}),
    )
    throttle = st.fixed_dictionaries(
        {"rate": st.floats(0.01, 1000)},
        optional={
            "burst": st.integers(1, 1000),
            "by": st.sampled_from(["account", "region", "service", "operation"]),
        },
    )
    step = st.just("pass") | error | answer
    fault = st.one_of(
        st.tuples(answer, st.fixed_dictionaries({}, optional={"times": st.integers(1, 9)})).map(
            lambda parts: parts[0] | parts[1]
        ),
        st.fixed_dictionaries({"throttle": throttle}, optional={"error": error}),
        st.fixed_dictionaries({"sequence": st.lists(step, min_size=1, max_size=5)}),
    )
    common = st.fixed_dictionaries(
        {"duration": seconds},
        optional={
            "service": name,
            "region": name,
            "operation": name,
            "account": name,
            "condition": st.sampled_from(["Bucket == 'a'", "length(Key)", None]),
            "origin": st.sampled_from(["external", "internal", "any"]),
            "probability": st.floats(0, 1) | ramp,
            "seed": st.integers() | st.none(),
            "after": seconds | st.just(0),
            "flap": st.fixed_dictionaries({"down": seconds, "up": seconds}),
            "description": text | st.none(),
        },
    )
    return st.tuples(common, fault).map(lambda parts: parts[0] | parts[1])


def refusal_of(data):
    """Give the refusal of what is no list of valid rules."""
    with pytest.raises(InvalidRules) as caught:
        parse_rules(data)
    return caught.value


def result_or_refusal(work, data):
    """Give what comes of the data, and the refusal; one of them is None."""
    try:
        return work(data), None
    except (InvalidBody, InvalidRules) as e:
        return None, e


@pytest.mark.parametrize(
    ("document", "path", "message"), REFUSED, ids=lambda value: str(value)[:60]
)
def test_refused(document, path, message):
    """A bad rule is refused by its place in the list and the path in it, with what would be right."""
    error = refusal_of([{}, document])

    assert (f"[1]{path}", message) == (error.path, error.message)
    assert () == error.others


@pytest.mark.parametrize(("document", "path", "message"), BAD_CONDITIONS, ids=lambda v: str(v)[:60])
def test_bad_conditions(document, path, message):
    """A condition that is no JMESPath is refused with what JMESPath says of it."""
    error = refusal_of([{}, {}, document])

    assert f"[2]{path}" == error.path
    assert error.message.startswith(message)
    assert "\n" not in error.message


@pytest.mark.parametrize(("data", "expected"), NO_LISTS)
def test_no_list(data, expected):
    """What is no list is refused as a whole."""
    error = refusal_of(data)

    assert ("", expected) == (error.path, error.message)


def test_too_many_rules():
    """A list over the limit is refused, one of just as many is taken."""
    error = refusal_of([{}] * (MAX_RULES + 1))

    assert ("", "20001 rules are too many; at most 20000 are taken") == (error.path, error.message)
    assert MAX_RULES == len(parse_rules([{}] * MAX_RULES))


def test_several_faults():
    """All faults of a list are reported, in order."""
    error = refusal_of([{"times": 0, "servce": "s3"}, {}, {"latency": {}}, 7])

    assert ("[0].times", "0 is out of range: at least 1") == (error.path, error.message)
    assert (
        {"path": "[0].servce", "message": "unknown field 'servce': did you mean 'service'?"},
        {"path": "[2].latency.min", "message": "'min' is missing"},
        {"path": "[2].latency.max", "message": "'max' is missing"},
        {"path": "[3]", "message": "7 is a number; expected an object"},
    ) == error.others


def test_many_faults():
    """Of many faults the first twenty are reported."""
    error = refusal_of([{"times": 0}] * 30)

    paths = [error.path, *(other["path"] for other in error.others)]

    assert MAX_PROBLEMS == 20
    assert [f"[{i}].times" for i in range(20)] == paths


def test_surrogates_in_names():
    """A name that is no text is refused."""
    error = refusal_of([{}, {"\ud800": 1}])

    assert "[1]" == error.path
    assert rf"'\ud800' {NO_SURROGATES}" == error.message


def test_names_that_are_no_text():
    """YAML has objects with names that are no text; they are refused."""
    assert "Keys should be strings" == refusal_of([{1: 2}]).message


@pytest.mark.parametrize("field", ["times", "latency", "service", "error", "x"])
def test_numbers_without_end(field):
    """A number of more digits than Python writes, which YAML can have, is refused like any other."""
    assert f"[0].{field}" == refusal_of([{field: 0x10**5000}]).path


@pytest.mark.parametrize(
    ("document", "path", "hint"),
    [
        ({"error": "trottling"}, ".error", "throttling"),
        ({"error": "Internal"}, ".error", "internal"),
        ({"connection": "rest"}, ".connection", "reset"),
        ({"origin": "extrenal"}, ".origin", "external"),
        ({"throttle": {"rate": 1, "by": "acount"}}, ".throttle.by", "account"),
        ({"sequence": ["pas"]}, ".sequence[0]", "pass"),
        ({"sequence": [{"error": "throtling"}]}, ".sequence[0].error", "throttling"),
    ],
)
def test_a_misspelt_word(document, path, hint):
    """Of a word that is none of those expected, the nearest is named."""
    error = refusal_of([document])

    assert f"[0]{path}" == error.path
    assert error.message.endswith(f": did you mean '{hint}'?")


@pytest.mark.timeout(10)
def test_a_name_again_and_again():
    """An object that has a name many thousand times is refused as quickly as any other."""
    body = b"[{" + b'"z": 1, ' * 200_000 + b'"a": 1}]'

    with pytest.raises(InvalidBody, match="the name 'z' appears twice in one object"):
        decode_json(body)


def test_none():
    """An empty list is a list of rules."""
    assert [] == parse_rules([])


@pytest.mark.parametrize("document", TAKEN, ids=lambda value: str(value)[:60])
def test_taken(document):
    """A good rule is taken, whatever it leaves out, and its document is kept as it was."""
    before = json.dumps(document)

    (parsed,) = parse_rules([document])

    assert parsed.document is document
    assert before == json.dumps(document)
    assert parsed.rule == Rule(**document)


def test_documents():
    """Each rule is kept with its own document, field for field and in order."""
    documents = [{"times": 1, "service": "s3"}, {"region": "*"}, {}]

    parsed = parse_rules(documents)

    assert documents == [p.document for p in parsed]
    assert [["times", "service"], ["region"], []] == [list(p.document) for p in parsed]
    assert ["s3", "*", "*"] == [p.rule.service for p in parsed]


@given(JSON | RULE_LIKE)
def test_any_json(data):
    """Whatever is given, it becomes rules or a refusal with a message."""
    parsed, error = result_or_refusal(parse_rules, data)

    if error is None:
        assert data == [p.document for p in parsed]
    else:
        assert error.message
        assert all(other["message"] for other in error.others)
        assert len(error.others) < MAX_PROBLEMS


@given(valid_rules())
def test_valid_rules(document):
    """A valid rule is taken, and its document gives an equal rule again, also after a trip as JSON."""
    rule = parse_rules([document])[0].rule

    for again in (
        document,
        decode_json(json.dumps(document).encode()),
        rule.model_dump(mode="json", by_alias=True),
        rule.model_dump(mode="json", by_alias=True, exclude_unset=True),
    ):
        (parsed,) = parse_rules([again])
        assert rule == parsed.rule
        assert rule.identity == parsed.rule.identity


@pytest.mark.parametrize(("data", "message"), NO_JSON, ids=lambda value: repr(value)[:40])
def test_no_json(data, message):
    """What is no JSON is refused with the reason and the place."""
    with pytest.raises(InvalidBody) as caught:
        decode_json(data)

    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"[]", []),
        (b"\xef\xbb\xbf[]", []),
        (b' {"latency": 1.5} ', {"latency": 1.5}),
        ('["\u00e9"]'.encode(), ["\u00e9"]),
        (b'[{"a": 1}, {"a": 1}, {"b": {"a": 1}}]', [{"a": 1}, {"a": 1}, {"b": {"a": 1}}]),
    ],
)
def test_json(data, expected):
    """JSON is decoded, with or without a byte order mark."""
    assert expected == decode_json(data)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes(data):
    """Whatever the bytes, they are JSON or are refused with a message."""
    decoded, error = result_or_refusal(decode_json, data)

    if error is None:
        assert decoded == json.loads(data.decode("utf-8-sig"))
    else:
        assert error.message


@pytest.mark.parametrize("place", ['{"service": %s}', '{"x": %s}', '{"error": %s}', "%s"])
def test_deepest_json(place):
    """The deepest JSON that is decoded is refused like any other that is no rule."""
    refused = 0
    for depth in range(900, 1000):
        body = "[" + place % ("[" * depth + "]" * depth) + "]"
        try:
            data = decode_json(body.encode())
        except InvalidBody:
            break
        refused += bool(refusal_of(data).message)

    assert refused > 0
