"""What commands print for people, compared as a whole."""

import time
from textwrap import dedent

import pytest

from localstack_outages.cli.feed import Back, Gone, Missed
from localstack_outages.cli.printing import to_text
from localstack_outages.cli.rendering import (
    change_lines,
    check_lines,
    status_parts,
)
from localstack_outages.cli.tally import Tally
from localstack_outages.cli.verdict_lines import verdict_parts
from localstack_outages.cli.watch_lines import CallLines, notice_line, summary_parts

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
            "owner": None,
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
            "owner": None,
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
            "owner": None,
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
            "owner": "drill",
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
            "owner": None,
            "rule": {"service": "kms", "times": 1},
            "state": "spent",
            "hits": 1,
            "secondsAgo": 61.2,
        }
    ],
}


def verdict(**fields):
    """Give a verdict; without fields it is of a call that recovered."""
    return {
        "time": "2026-11-23T09:44:05.000Z",
        "service": "s3",
        "operation": "PutObject",
        "region": "us-east-1",
        "account": "000000000000",
        "client": {"name": "boto3", "version": "1.42.0", "retryMode": "standard"},
        "invocationId": "i1",
        "attempts": 3,
        "tries": 1,
        "maxAttempts": 5,
        "gapsMs": [102.4, None],
        "ending": "recovered",
        "totalMs": 1400.0,
        "lastStatusCode": 503,
        "lastErrorCode": "SlowDown",
        "ruleIds": ["r1"],
        "flags": [],
        **fields,
    }


VERDICTS = {
    "summary": {
        "calls": 4,
        "guessed": 0,
        "endings": {"succeeded": 0, "recovered": 1, "failed": 3, "open": 0},
        "flags": {"neverRetried": 1, "noBackoff": 0, "retryStorm": 1},
        "attempts": {"1": 1, "3": 1, "12": 1},
        "tries": {"1": 2, "4": 1},
        "recoveryMs": {"p50": 812.0, "p95": 812.0, "p99": 812.0, "max": 812.0},
        "forgotten": 0,
    },
    "verdicts": [
        verdict(),
        verdict(
            service="dynamodb",
            operation="PutItem",
            region="eu-west-1",
            attempts=12,
            tries=4,
            maxAttempts=3,
            gapsMs=[1.0] * 11,
            ending="failed",
            flags=["noBackoff", "retryStorm"],
            lastStatusCode=400,
            lastErrorCode="ProvisionedThroughputExceededException",
            ruleIds=["r1", "r2"],
        ),
        verdict(ending="failed", attempts=1, flags=["neverRetried"], gapsMs=[]),
        verdict(ending="failed", attempts=1, flags=["neverRetried"], gapsMs=[]),
    ],
    "advice": [
        {
            "flag": "neverRetried",
            "efforts": 1,
            "text": "1 effort failed.",
            "boto3": "Config()",
            "javascript": "{ maxAttempts: 5 }",
            "java": None,
        }
    ],
}


def event(**fields):
    """Give an event of the journal."""
    client = {"attempt": fields.pop("attempt", None), "maxAttempts": fields.pop("most", None)}
    injected = {"error": None, "delayMs": 0, "connection": None, **fields.pop("injected", {})}
    return {
        "time": "2026-11-23T09:44:05.123Z",
        "durationMs": 2.0,
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
        ID  STATE      HITS  TIME        RULE
        r1  active       12  4m47s left  s3 in us-*: 503 ServiceUnavailableException, for 5m
        r2  active   1 of 3              step-functions: throttling (400 ThrottlingException), 3 times
        r3  off           0              everything: 503 ServiceUnavailableException, 5s down and 25s up
        r4  waiting       0  in 9.5s     sqs: 250 ms late, after 30s (of drill)
        warning: r2: no service matches 'step-functions': did you mean 'stepfunctions'?
        """)
    assert expected == shown(status_parts(STATUS, with_departed=False))


def test_the_status_fits_a_terminal():
    """At 80 columns text goes on in the next line of its column; nothing is cut off."""
    expected = text("""
        ID  STATE      HITS  TIME        RULE
        r1  active       12  4m47s left  s3 in us-*: 503 ServiceUnavailableException,
                                         for 5m
        r2  active   1 of 3              step-functions: throttling (400
                                         ThrottlingException), 3 times
        r3  off           0              everything: 503 ServiceUnavailableException, 5s
                                         down and 25s up
        r4  waiting       0  in 9.5s     sqs: 250 ms late, after 30s (of drill)
        warning: r2: no service matches 'step-functions': did you mean 'stepfunctions'?
        """)
    assert expected == shown(status_parts(STATUS, with_departed=False), width=80)


def test_no_word_is_broken_at_80_columns():
    """The longest code that AWS throttles with stands in one line."""
    rule = {"service": "dynamodb", "operation": "PutItem", "error": "throttling", "duration": 600}
    entry = {**STATUS["rules"][1], "rule": {**rule, "times": 10}, "timeLeft": 599.2}
    shown_rule = shown(status_parts({**STATUS, "rules": [entry]}, with_departed=False), width=80)

    assert "ProvisionedThroughputExceededException" in shown_rule


def test_states_that_differ_in_kind_look_different():
    """What fails calls, only delays them, is off for now and is gone has a colour each."""
    delay = {**STATUS["rules"][0], "rule": {"latency": 1}}
    fails, off = STATUS["rules"][0], STATUS["rules"][2]
    document = {**STATUS, "rules": [fails, delay, off]}
    parts = list(status_parts(document, with_departed=True))
    (table,) = [part for part in parts if hasattr(part, "columns")]

    states = [(cell.plain, cell.style) for cell in table.columns[1].cells if cell != "STATE"]
    assert [("active", "red"), ("active", "yellow"), ("off", "cyan"), ("spent", "dim")] == states


def test_departed_rules_are_shown_when_asked_for():
    """A rule that left the list tells why, and how long ago."""
    expected = text("""
        ID  STATE  HITS  TIME      RULE
        r0  spent     1  1m1s ago  kms: 503 ServiceUnavailableException, once
        """)
    lines = shown(status_parts({**STATUS, "rules": []}, with_departed=True))

    assert [line.split() for line in expected.splitlines()] == [
        line.split() for line in lines.splitlines()
    ]


def test_a_status_tells_that_redis_is_gone():
    """Where rules are shared and cannot be changed, the status begins with that."""
    fleet = {"goneSince": "2026-11-29T11:02:03Z"}
    status = {**STATUS, "rules": [], "fleet": fleet}

    expected = text("""
        Redis is gone since 2026-11-29T11:02:03Z: this host goes on by what it knew last, and its rules cannot be changed.
        No outages.
        """)
    assert expected == shown(status_parts(status, with_departed=False))
    connected = {**status, "fleet": {"goneSince": None}}
    assert "No outages." == shown(status_parts(connected, with_departed=False)).strip()


def test_a_status_without_rules_has_no_table():
    """What is not in the list is said in words: no rule, a delay of every call, a start."""
    status = {**STATUS, "rules": [], "latencyMs": 500.0, "ready": False}

    expected = text("""
        Every call is delayed by 500 ms, by the Chaos API.
        LocalStack is not ready yet: the rules of OUTAGES_RULES are not in force.
        No outages.
        """)
    assert expected == shown(status_parts(status, with_departed=False))


SUMMED_UP = """
    flags: 1 neverRetried, 1 retryStorm
    time to recover: p50 812 ms, p95 812 ms, max 812 ms

    neverRetried: 1 effort failed.
      boto3: Config()
      javascript: { maxAttempts: 5 }
    """


@pytest.mark.usefixtures("utc")
def test_verdicts_show_first_what_went_wrong():
    """Efforts with most flags come first, those that came to the same together; what went well is
    counted alone.
    """
    expected = text("""
        09:44:05  dynamodb.PutItem in eu-west-1: failed, noBackoff, retryStorm
                  4 tries, 12 attempts in 1.4 s · pauses 1 1 1 1 1 +6 ms · 400 ProvisionedThroughputExceededException · r1, r2 · boto3 1.42.0 (standard)
        09:44:05  s3.PutObject in us-east-1: failed, neverRetried
                  2 efforts, each 1 of 5 attempts in 1.4 s · 503 SlowDown · r1 · boto3 1.42.0 (standard)

        4 efforts: 1 recovered, 3 failed; 1 not shown
        """)  # as it is printed
    assert f"{expected}\n{text(SUMMED_UP)}" == shown(verdict_parts(VERDICTS))


@pytest.mark.usefixtures("utc")
def test_all_verdicts_are_shown_where_that_is_asked_for():
    """Those that went well too."""
    lines = shown(verdict_parts(VERDICTS, shows_all=True)).splitlines()

    assert "09:44:05  s3.PutObject in us-east-1: recovered" in lines
    told = "3 attempts in 1.4 s · pauses 102 ? ms · r1 · boto3 1.42.0 (standard)"
    assert f"          {told}" in lines
    assert "4 efforts: 1 recovered, 3 failed" in lines


@pytest.mark.parametrize("part", ["verdicts", "status"])
def test_no_word_breaks_at_80_columns(part):
    """Names of AWS errors stay whole, however long."""
    name = "ProvisionedThroughputExceededException"
    error = {"code": name, "statusCode": 400}
    rule = {"service": "dynamodb", "operation": "BatchGetItem", "error": error, "duration": 300}
    rules = [{**STATUS["rules"][0], "rule": rule, "owner": "drill"}]
    parts = {
        "verdicts": verdict_parts(VERDICTS),
        "status": status_parts({**STATUS, "rules": rules}, with_departed=True),
    }
    lines = [line for one in parts[part] for line in to_text(one, 80).splitlines()]

    assert any(name in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_entries_of_batches_are_counted():
    """Where entries of batches failed, a line says what became of them."""
    counts = {"entriesFailed": 7, "entriesRecovered": 4, "entriesLost": 2}
    document = {**VERDICTS, "summary": {**VERDICTS["summary"], **counts}}

    assert "entries: 7 failed, 4 sent again, 2 lost" in shown(verdict_parts(document)).splitlines()


def test_without_verdicts_there_is_no_table():
    """That no call was hit is said in words."""
    document = {"summary": {**VERDICTS["summary"], "calls": 0}, "verdicts": []}

    assert "No call was hit by a rule." == shown(verdict_parts(document))


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"attempt": 2, "most": 5},
            "09:44:05  r1   s3.GetObject        us-east-1  2 of 5  503 SlowDown",
        ),
        (
            {
                "account": "000000000001",
                "statusCode": None,
                "errorCode": None,
                "injected": {"connection": "reset"},
            },
            "09:44:05  r1   s3.GetObject        us-east-1          connection reset, "
            "account 000000000001",
        ),
        (
            {"outcome": "ok", "statusCode": 200, "errorCode": None, "injected": {"delayMs": 250.2}},
            "09:44:05  r1   s3.GetObject        us-east-1          250 ms late, 200",
        ),
        (
            {"ruleId": None, "region": f"us-{ESCAPE}[31m"},
            "09:44:05       s3.GetObject        us-\\x1b[31m          503 SlowDown",
        ),
        (
            {"durationMs": 61_000.0},
            "09:45:06  r1   s3.GetObject        us-east-1          503 SlowDown",
        ),
    ],
)
def test_a_call_is_told_in_one_line(utc, fields, line):
    """When it ended, by which rule, what, where and how; what a terminal would obey is shown."""
    assert line == to_text(CallLines().line(event(**fields)))


def test_calls_stand_below_one_another(utc):
    """A longer name moves the columns for all that follow."""
    calls = CallLines()
    table = {"service": "dynamodb", "operation": "BatchWriteItem", "ruleId": "r1024"}

    assert [
        "09:44:05  r1   s3.GetObject        us-east-1          503 SlowDown",
        "09:44:05  r1024  dynamodb.BatchWriteItem  us-east-1          503 SlowDown",
        "09:44:05  r1     s3.GetObject             us-east-1          503 SlowDown",
    ] == [to_text(calls.line(e)) for e in (event(), event(**table), event())]


@pytest.mark.usefixtures("utc")
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "recovered after 3 attempts in 1.4 s"),
        (
            {"ending": "failed", "attempts": 1, "flags": ["neverRetried"], "totalMs": 12},
            "gave up after 1 of 5 attempts in 12 ms: 503 SlowDown, never retried",
        ),
        (
            {"attempts": 12, "tries": 4, "flags": ["carriedOutTwice"]},
            "recovered after 4 tries, 12 attempts in 1.4 s, carried out twice",
        ),
        ({"ending": "succeeded", "attempts": 1}, "succeeded in 1.4 s"),
    ],
)
def test_a_watch_tells_how_an_effort_ended(fields, told):
    """It says so at the time at which it ended, in the columns of the calls."""
    second = "05" if fields.get("totalMs") else "06"

    line = CallLines().verdict_line(verdict(**fields)).plain
    assert f"09:44:{second}  r1   s3.PutObject        us-east-1  =>      {told}" == line


def test_what_befalls_a_watch_is_told():
    """LocalStack goes, comes back, is another one, or is too quick."""
    notices = [Gone("Connection refused"), Back(False), Back(True), Missed(1), Missed(7)]

    assert [
        "-- LocalStack is gone: Connection refused",
        "-- LocalStack is back",
        "-- LocalStack was restarted: its rules are gone",
        "-- 1 call came too fast to read",
        "-- 7 calls came too fast to read",
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
        3 calls were not read in time
        LocalStack was restarted 1 time
        """)
    assert expected == shown(summary_parts(tally.summary()))
    assert "no call was affected" == shown(summary_parts(Tally().summary()))


def test_a_change_is_told_rule_by_rule():
    """What was deleted, what started and what went on has a line each."""
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
        "Deleted r1: s3: 503 ServiceUnavailableException (1 hit)",
        "Started r2: s3: 503 ServiceUnavailableException",
        "Unchanged r3: s3: 503 ServiceUnavailableException (2 hits)",
    ] == change_lines(change)
    assert [
        "Would delete r1: s3: 503 ServiceUnavailableException (1 hit)",
        "Would start: s3: 503 ServiceUnavailableException",
    ] == change_lines(wanted)
    assert [] == change_lines(nothing)


def test_a_long_change_is_cut():
    """Of many rules the first 50 are named, and the others counted."""
    entries = [{"id": f"r{n}", "rule": {}, "hits": 0, "warnings": []} for n in range(53)]
    lines = change_lines({"dryRun": False, "started": entries, "unchanged": [], "ended": []})

    assert (51, "Started 3 more") == (len(lines), lines[-1])


def test_a_checked_file_is_told():
    """Faults and warnings come with the file and the place, and the verdict comes last."""
    valid = {"file": "a.json", "valid": True, "rules": 1, "faults": [], "warnings": []}
    warning = {"path": "[1].service", "message": "no service", "line": 7}
    warned = {**valid, "rules": 2, "warnings": [warning]}
    faults = [
        {"path": "[0].times", "message": "0", "line": 2},
        {"path": "", "message": "no list", "line": None},
    ]
    wrong = {**valid, "valid": False, "faults": faults}

    assert ["a.json: valid, 1 rule"] == list(check_lines(valid))
    assert [
        "a.json:7: warning: [1].service: no service",
        "a.json: valid, 2 rules, 1 warning",
    ] == list(check_lines(warned))
    assert [
        "a.json:2: [0].times: 0",
        "a.json: no list",
        "a.json: not valid, 2 faults",
    ] == list(check_lines(wrong))


def test_colours_come_when_asked_for():
    """A failed call is red where colours are wanted, and bare where not."""
    line = CallLines().line(event())

    assert ESCAPE in to_text(line, colour=True)
    assert ESCAPE not in to_text(line)
