"""What commands print for people, compared as a whole."""

import time
from textwrap import dedent

import pytest

from localstack_outages.cli.rendering import (
    call_line,
    change_lines,
    check_lines,
    notice_line,
    status_parts,
    summary_parts,
    to_text,
    verdict_parts,
)
from localstack_outages.cli.tally import Tally
from localstack_outages.cli.watching import Back, Gone, Missed

ESCAPE = "\x1b"

STATUS = {
    "version": "0.1.0",
    "localstack": "2026.3.0",
    "instance": "0a1b2c3d",
    "ready": True,
    "revision": 4,
    "latencyMs": 0.0,
    "rules": [
        {
            "id": "r1",
            "rule": {"service": "s3", "region": "us-*", "duration": 300},
            "state": "active",
            "inForce": True,
            "hits": 12,
            "hitsLeft": None,
            "startsIn": 0,
            "timeLeft": 287.4,
            "warnings": [],
        },
        {
            "id": "r2",
            "rule": {"service": "step-functions", "error": "throttling", "times": 3},
            "state": "active",
            "inForce": True,
            "hits": 1,
            "hitsLeft": 2,
            "startsIn": 0,
            "timeLeft": None,
            "warnings": [
                {
                    "code": "UnknownService",
                    "message": "no service matches 'step-functions': did you mean 'stepfunctions'?",
                    "field": "service",
                }
            ],
        },
        {
            "id": "r3",
            "rule": {"flap": {"down": 5, "up": 25}},
            "state": "active",
            "inForce": False,
            "hits": 0,
            "hitsLeft": None,
            "startsIn": 0,
            "timeLeft": None,
            "warnings": [],
        },
        {
            "id": "r4",
            "rule": {"service": "sqs", "latency": 250, "after": 30},
            "state": "waiting",
            "inForce": False,
            "hits": 0,
            "hitsLeft": None,
            "startsIn": 9.52,
            "timeLeft": None,
            "warnings": [],
        },
    ],
    "departed": [
        {
            "id": "r0",
            "rule": {"service": "kms", "times": 1},
            "state": "spent",
            "hits": 1,
            "secondsAgo": 61.2,
        }
    ],
}

VERDICTS = {
    "summary": {
        "calls": 3,
        "guessed": 0,
        "endings": {"succeeded": 0, "recovered": 1, "failed": 2, "open": 0},
        "flags": {"neverRetried": 1, "noBackoff": 0, "retryStorm": 1},
        "attempts": {"1": 1, "3": 1, "12": 1},
        "recoveryMs": {"p50": 812.0, "p95": 812.0, "p99": 812.0, "max": 812.0},
        "forgotten": 0,
    },
    "verdicts": [
        {
            "service": "s3",
            "operation": "PutObject",
            "region": "us-east-1",
            "attempts": 3,
            "maxAttempts": 5,
            "gapsMs": [102.4, None],
            "ending": "recovered",
            "flags": [],
        },
        {
            "service": "dynamodb",
            "operation": "PutItem",
            "region": "eu-west-1",
            "attempts": 12,
            "maxAttempts": None,
            "gapsMs": [1.0] * 11,
            "ending": "failed",
            "flags": ["noBackoff", "retryStorm"],
        },
    ],
}


def event(**fields):
    """Give an event of the journal."""
    client = {"attempt": fields.pop("attempt", None), "maxAttempts": fields.pop("most", None)}
    injected = {"error": None, "delayMs": 0, "connection": None, **fields.pop("injected", {})}
    return {
        "time": "2026-11-23T09:44:05.123Z",
        "service": "s3",
        "operation": "GetObject",
        "region": "us-east-1",
        "account": "000000000000",
        "outcome": "injected",
        "statusCode": 503,
        "errorCode": "SlowDown",
        "ruleId": "r1",
        "injected": injected,
        "client": client,
        **fields,
    }


def shown(parts, width=None):
    """Write down what a command shows."""
    return "\n".join(to_text(part, width) for part in parts)


def text(block):
    """Give an expected text that stands indented in a test."""
    return dedent(block).strip("\n")


@pytest.fixture
def utc(monkeypatch):
    """The local time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_status_is_a_table():
    """Each rule has a line, and warnings follow; where there is no terminal no line is wrapped."""
    expected = text("""
        ID  WHAT            FAULT                                                STATE      HITS  TIME
        r1  s3 in us-*      503 ServiceUnavailableException, for 5m              active       12  4m47s
        r2  step-functions  throttling (400 ThrottlingException), 3 times        active   1 of 3
        r3  everything      503 ServiceUnavailableException, 5s down and 25s up  off           0
        r4  sqs             250 ms late, after 30s                               waiting       0  in 9.5s
        warning: r2: no service matches 'step-functions': did you mean 'stepfunctions'?
        """)
    assert expected == shown(status_parts(STATUS, with_departed=False))


def test_the_status_fits_a_terminal():
    """At 80 columns text goes on in the next line of its column; nothing is cut off."""
    expected = text("""
        ID  WHAT            FAULT                               STATE      HITS  TIME
        r1  s3 in us-*      503 ServiceUnavailableException,    active       12  4m47s
                            for 5m
        r2  step-functions  throttling (400                     active   1 of 3
                            ThrottlingException), 3 times
        r3  everything      503 ServiceUnavailableException,    off           0
                            5s down and 25s up
        r4  sqs             250 ms late, after 30s              waiting       0  in 9.5s
        warning: r2: no service matches 'step-functions': did you mean 'stepfunctions'?
        """)
    assert expected == shown(status_parts(STATUS, with_departed=False), width=80)


def test_departed_rules_are_shown_when_asked_for():
    """A rule that left the list tells why, and how long ago."""
    expected = text("""
        ID  WHAT  FAULT                                    STATE  HITS  TIME
        r0  kms   503 ServiceUnavailableException, once    spent     1  1m1s ago
        """)
    lines = shown(status_parts({**STATUS, "rules": []}, with_departed=True))

    assert [line.split() for line in expected.splitlines()] == [
        line.split() for line in lines.splitlines()
    ]


def test_a_status_without_rules_has_no_table():
    """What is not in the list is said in words: no rule, a delay of every call, a start."""
    status = {**STATUS, "rules": [], "latencyMs": 500.0, "ready": False}

    expected = text("""
        Every call is 500 ms late, by the Chaos API.
        LocalStack is not ready yet: the rules of its start are not in force.
        No outages.
        """)
    assert expected == shown(status_parts(status, with_departed=False))


def test_verdicts_are_a_table_and_a_summary():
    """Each call has a line, and the figures of all follow."""
    expected = text("""
        CALL                           ATTEMPTS  PAUSES (MS)   ENDING     FLAGS
        s3.PutObject in us-east-1        3 of 5  102 ?         recovered
        dynamodb.PutItem in eu-west-1        12  1 1 1 1 1 +6  failed     noBackoff, retryStorm

        3 calls: 1 recovered, 2 failed, 1 of them not shown
        flags: 1 neverRetried, 1 retryStorm
        time to recover: p50 812 ms, p95 812 ms, max 812 ms
        """)
    assert expected == shown(verdict_parts(VERDICTS))


def test_without_verdicts_there_is_no_table():
    """That no call was hit is said in words."""
    document = {"summary": {**VERDICTS["summary"], "calls": 0}, "verdicts": []}

    assert "No call was hit by a rule." == shown(verdict_parts(document))


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"attempt": 2, "most": 5},
            "09:44:05 s3.GetObject in us-east-1, attempt 2 of 5: 503 SlowDown (r1)",
        ),
        (
            {
                "account": "000000000001",
                "statusCode": None,
                "errorCode": None,
                "injected": {"connection": "reset"},
            },
            "09:44:05 s3.GetObject in us-east-1, account 000000000001: connection reset (r1)",
        ),
        (
            {"outcome": "ok", "statusCode": 200, "errorCode": None, "injected": {"delayMs": 250.2}},
            "09:44:05 s3.GetObject in us-east-1: 250 ms late, 200 (r1)",
        ),
        (
            {"ruleId": None, "region": f"us-{ESCAPE}[31m"},
            "09:44:05 s3.GetObject in us-\\x1b[31m: 503 SlowDown",
        ),
    ],
)
def test_a_call_is_told_in_one_line(utc, fields, line):
    """When, what, where, how it ended and by which rule; what a terminal would obey is shown."""
    assert line == to_text(call_line(event(**fields)))


def test_what_befalls_a_watch_is_told():
    """LocalStack goes, comes back, is another one, or is too quick."""
    notices = [Gone("Connection refused"), Back(False), Back(True), Missed(1), Missed(7)]

    assert [
        "-- LocalStack is gone: Connection refused",
        "-- LocalStack is back",
        "-- LocalStack was restarted: the rules of before are gone",
        "-- 1 call came too fast to be read",
        "-- 7 calls came too fast to be read",
    ] == [notice_line(notice).plain for notice in notices]


def test_a_watch_is_summed_up():
    """The summary counts calls by error and by place."""
    tally = Tally()
    for call in (
        event(),
        event(),
        event(outcome="ok", injected={"delayMs": 5}),
        event(service="sqs", operation="SendMessage", injected={"connection": "reset"}),
    ):
        tally.add(call)
    tally.missed, tally.restarts = 3, 1

    expected = text("""
        4 affected calls, 3 failed: 2 SlowDown, 1 connection reset
        CALLS  FAILED  OPERATION        REGION
            3       2  s3.GetObject     us-east-1
            1       1  sqs.SendMessage  us-east-1
        3 calls could not be read in time
        LocalStack was restarted 1 time
        """)
    assert expected == shown(summary_parts(tally.summary()))
    assert "no call was affected" == shown(summary_parts(Tally().summary()))


def test_a_change_is_told_rule_by_rule():
    """What ended, what started and what went on has a line each."""
    rule = {"service": "s3"}
    entry = {"id": "r1", "rule": rule, "hits": 1, "warnings": []}
    change = {
        "dryRun": False,
        "started": [{**entry, "id": "r2", "hits": 0}],
        "unchanged": [{**entry, "id": "r3", "hits": 2}],
        "ended": [entry],
    }
    wanted = {"dryRun": True, "started": [{**entry, "id": None}], "unchanged": [], "ended": [entry]}
    nothing = {"dryRun": False, "started": [], "unchanged": [], "ended": []}

    assert [
        "Ended r1: s3: 503 ServiceUnavailableException (1 hit)",
        "Started r2: s3: 503 ServiceUnavailableException",
        "Unchanged r3: s3: 503 ServiceUnavailableException (2 hits)",
    ] == list(change_lines(change))
    assert [
        "Would end r1: s3: 503 ServiceUnavailableException (1 hit)",
        "Would start: s3: 503 ServiceUnavailableException",
    ] == list(change_lines(wanted))
    assert ["There was nothing to do."] == list(change_lines(nothing))


def test_a_long_change_is_cut():
    """Of many rules the first 50 are named, and the others counted."""
    entries = [{"id": f"r{n}", "rule": {}, "hits": 0, "warnings": []} for n in range(53)]
    lines = list(change_lines({"dryRun": False, "started": entries, "unchanged": [], "ended": []}))

    assert (51, "Started 3 more") == (len(lines), lines[-1])


def test_a_checked_file_is_told():
    """Faults and warnings come with the file and the place, and the verdict comes last."""
    valid = {"file": "a.json", "valid": True, "rules": 1, "faults": [], "warnings": []}
    warned = {**valid, "rules": 2, "warnings": [{"path": "[1].service", "message": "no service"}]}
    wrong = {
        **valid,
        "valid": False,
        "faults": [{"path": "[0].times", "message": "0"}, {"path": "", "message": "no list"}],
    }

    assert ["a.json: valid, 1 rule"] == list(check_lines(valid))
    assert [
        "a.json: warning: [1].service: no service",
        "a.json: valid, 2 rules, 1 warning",
    ] == list(check_lines(warned))
    assert [
        "a.json: [0].times: 0",
        "a.json: no list",
        "a.json: not valid, 2 faults",
    ] == list(check_lines(wrong))


def test_colours_come_when_asked_for():
    """A failed call is red where colours are wanted, and bare where not."""
    line = call_line(event())

    assert ESCAPE in to_text(line, colour=True)
    assert ESCAPE not in to_text(line)
