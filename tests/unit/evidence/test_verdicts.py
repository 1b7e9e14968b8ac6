"""Which attempts are taken for one call, and what the report says."""

import random
import threading

import pytest

from localstack_outages.aws.aims import Aim
from localstack_outages.aws.sdk_headers import Sdk
from localstack_outages.engine.finished import Injected, Peer
from localstack_outages.engine.steps import Delivery
from localstack_outages.evidence.effort import MAX_ATTEMPTS
from localstack_outages.evidence.selection import Selection
from localstack_outages.evidence.verdicts import Verdicts
from localstack_outages.schema.effect import PartialFailure

from .samples import SAMPLE

FAULT = Injected("r1", 0, code="ServiceUnavailable", status=503)
OK = SAMPLE._replace(duration_ms=1.0, access_key="AKIA1", client=Sdk("boto3", "1.42.5", "standard"))
FAILED = OK._replace(
    status=503, outcome="injected", error_code="ServiceUnavailable", injected=FAULT
)
DENIED = FAILED._replace(status=403, error_code="AccessDenied")


def known(call, at, attempt=1, maximum=3, invocation_id="i-1"):
    """Give an attempt of a client that says which it is."""
    return call._replace(
        time=OK.time + at,
        at=at,
        invocation_id=invocation_id,
        attempt=attempt,
        max_attempts=maximum,
    )


def verdicts_of(*calls, now=1000.0, **settings):
    """Give verdicts after some calls."""
    verdicts = Verdicts(lambda: now, **settings)
    for call in calls:
        verdicts.record(call)
    return verdicts


def attempts(verdicts):
    """Give how many attempts each call has that is reported, the newest call first."""
    return [verdict["attempts"] for verdict in verdicts.report()["verdicts"]]


FAILED_ATTEMPT = {
    "durationMs": 1.0,
    "newTry": False,
    "outcome": "injected",
    "statusCode": 503,
    "errorCode": "ServiceUnavailable",
    "connection": None,
    "payload": None,
    "delayMs": 0,
    "ruleId": "r1",
}


def test_a_verdict_lists_few_attempts():
    """Of a storm the first attempts are listed."""
    verdicts = verdicts_of(*(known(FAILED, number / 100, number + 1) for number in range(50)))
    (verdict,) = verdicts.report()["verdicts"]

    assert (50, 20) == (verdict["attempts"], len(verdict["strip"]))


def test_a_verdict():
    """A verdict names the call, its attempts, its end and its flags. Each attempt has the time of its
    record in the journals, which is not that of the steady clock to the millisecond.
    """
    second = known(FAILED, 0.021, 2)
    second = second._replace(time=second.time + 0.009)
    verdicts = verdicts_of(known(FAILED, 0.0, 1), second, known(OK, 0.072, 3))

    assert verdicts.report() == {
        "summary": {
            "calls": 1,
            "guessed": 0,
            "endings": {"succeeded": 0, "recovered": 1, "failed": 0, "open": 0},
            "flags": {
                "neverRetried": 0,
                "noBackoff": 0,
                "retryStorm": 0,
                "amplified": 0,
                "gaveUpEarly": 0,
                "stoppedBelowMax": 0,
                "quotaUsedUp": 0,
                "retriedNonRetryable": 0,
                "failedAfterRetry": 0,
                "carriedOutTwice": 0,
                "halfAnswerTaken": 0,
                "entriesLost": 0,
            },
            "attempts": {"3": 1},
            "tries": {"1": 1},
            "entriesFailed": 0,
            "entriesRecovered": 0,
            "entriesLost": 0,
            "recoveryMs": {"p50": 73.0, "p95": 73.0, "p99": 73.0, "max": 73.0},
            "forgotten": 0,
        },
        "verdicts": [
            {
                "time": "2026-11-23T09:44:00.000Z",
                "service": "s3",
                "operation": "GetObject",
                "region": "us-east-1",
                "account": "000000000000",
                "origin": "external",
                "accessKey": "AKIA1",
                "client": {"name": "boto3", "version": "1.42.5", "retryMode": "standard"},
                "invocationId": "i-1",
                "grouping": "invocationId",
                "attempts": 3,
                "tries": 1,
                "mostAttemptsPerTry": 3,
                "maxAttempts": 3,
                "gapsMs": [20.0, 50.0],
                "tryGapsMs": [],
                "ending": "recovered",
                "totalMs": 73.0,
                "lastStatusCode": 200,
                "lastErrorCode": None,
                "done": False,
                "ruleIds": ["r1"],
                "owners": [],
                "flags": [],
                "entriesFailed": 0,
                "entriesRecovered": 0,
                "entriesLost": 0,
                "strip": [
                    {
                        **FAILED_ATTEMPT,
                        "time": "2026-11-23T09:44:00.000Z",
                        "atMs": 0.0,
                        "newTry": True,
                    },
                    {**FAILED_ATTEMPT, "time": "2026-11-23T09:44:00.030Z", "atMs": 21.0},
                    {
                        **FAILED_ATTEMPT,
                        "time": "2026-11-23T09:44:00.072Z",
                        "atMs": 72.0,
                        "outcome": "ok",
                        "statusCode": 200,
                        "errorCode": None,
                        "ruleId": None,
                    },
                ],
            }
        ],
        "advice": [],
    }


def test_an_empty_report():
    """Without calls that an outage touched there is no verdict and no recovery time."""
    report = verdicts_of(OK, known(OK, 1.0), known(OK, 2.0, attempt=2)).report()

    assert report["verdicts"] == []
    assert report["summary"]["calls"] == 0
    assert report["summary"]["recoveryMs"] == {"p50": None, "p95": None, "p99": None, "max": None}


def test_attempts_are_grouped_by_invocation_id():
    """Attempts of several calls that overlap are told apart by their invocation ids."""
    verdicts = verdicts_of(
        known(FAILED, 0.0, 1, invocation_id="a"),
        known(FAILED, 0.01, 1, invocation_id="b"),
        known(FAILED, 0.02, 2, invocation_id="a"),
        known(OK, 0.03, 2, invocation_id="b"),
        known(OK, 0.04, 3, invocation_id="a"),
        known(OK, 0.05, 1, invocation_id="c"),
    )

    assert attempts(verdicts) == [2, 3]


def test_attempts_that_end_out_of_order():
    """An attempt that ended after the retry that its client made meanwhile is the first all the
    same.
    """
    slow = OK._replace(duration_ms=10_000, injected=Injected("r1", 0, delay_ms=9999))

    verdicts = verdicts_of(known(OK, 1.0, 2), known(slow, 0.0, 1))

    (verdict,) = verdicts.report()["verdicts"]
    assert verdict["time"] == "2026-11-23T09:44:00.000Z"
    assert verdict["ending"] == "recovered"
    assert verdict["gapsMs"] == [None]
    assert verdict["lastStatusCode"] == 200


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([(FAILED, 0.0), (FAILED, 0.1), (OK, 0.2)], [3]),
        ([(FAILED, 0.0), (FAILED, 40.0)], [1, 1]),
        ([(FAILED, 0.0), (OK, 40.0)], [1]),
        ([(FAILED, 0.0), (FAILED, 0.0005)], [1, 1]),
        ([(FAILED, 0.0), (OK, 0.1), (FAILED, 0.2)], [1, 2]),
        ([(FAILED, 0.0), (OK, 0.1), (OK, 0.2)], [2]),
        ([(OK, 0.0), (FAILED, 0.1)], [1]),
        ([(FAILED, 0.0), (FAILED._replace(access_key="AKIA2"), 0.1)], [1, 1]),
        ([(FAILED, 0.0), (FAILED._replace(operation="PutObject"), 0.1)], [1, 1]),
        ([(FAILED, 0.0), (FAILED._replace(region="eu-west-1"), 0.1)], [1, 1]),
        ([(FAILED, 0.0), (FAILED._replace(client=Sdk("curl")), 0.1)], [1, 1]),
        ([(FAILED._replace(aim=Aim(1)), 0.0), (FAILED._replace(aim=Aim(2)), 0.1)], [1, 1]),
        ([(FAILED._replace(aim=Aim(1)), 0.0), (FAILED._replace(aim=Aim(1)), 0.1)], [2]),
        ([(DENIED, 0.0), (DENIED, 0.1)], [1, 1]),
        ([(DENIED._replace(aim=Aim(1)), 0.0), (DENIED._replace(aim=Aim(1)), 0.1)], [2]),
    ],
)
def test_attempts_are_guessed_without_invocation_id(calls, expected):
    """Without an invocation id, a call is taken for a retry of one that it equals, that failed, and
    that ended before it came.
    """
    verdicts = verdicts_of(*(call._replace(at=at, time=OK.time + at) for call, at in calls))

    assert attempts(verdicts) == expected
    assert {v["grouping"] for v in verdicts.report()["verdicts"]} == {"guessed"}
    assert verdicts.report()["summary"]["guessed"] == len(expected)


def test_a_call_stays_open_for_30_seconds():
    """A call that may be tried again is open, and has failed when no attempt came for 30 s."""
    clock = [0.0]
    verdicts = Verdicts(lambda: clock[0])
    verdicts.record(known(FAILED, 0.0))

    def endings():
        return [(v["ending"], v["flags"]) for v in verdicts.report()["verdicts"]]

    clock[0] = 29.9
    assert endings() == [("open", [])]
    clock[0] = 30.1
    assert endings() == [("failed", ["neverRetried"])]


def test_an_answer_that_comes_slowly():
    """A pause begins when the client has the answer, and so do the 30 s in which it may try again."""
    delivery = Delivery(lambda: 40.0)
    cut = FAILED._replace(injected=Injected("r1", 0, payload="truncate"), delivery=delivery)
    verdicts = verdicts_of(known(cut, 0.0), now=60.0)
    delivery.send(0.5)  # once the call is recorded, the body goes out
    assert ["open"] == [verdict["ending"] for verdict in verdicts.report()["verdicts"]]
    verdicts.record(known(OK, 41.0, 2))

    (verdict,) = verdicts.report()["verdicts"]
    assert [500.0] == verdict["gapsMs"]
    assert 41_001.0 == verdict["totalMs"]


@pytest.mark.parametrize(("since", "expected"), [(31.0, [3, 3]), (5.0, [5])])
def test_a_port_that_is_used_again(since, expected):
    """Two clients that do the same are told apart by their connections. What else came from their
    ports before does not count, but what came by the same connections does: a pool shares them.
    """

    def call(kind, at, port, aim="same"):
        peer = Peer("10.0.0.1", port)
        call = known(kind, at, 1, 1, invocation_id=f"{at}-{port}")
        return call._replace(peer=peer, aim=Aim(aim))

    earlier = [call(FAILED, 0.0 + n, port, f"{port}-{n}") for n in (0, 1) for port in (1, 2)]
    tries = [(FAILED, 0.0, 1), (FAILED, 0.1, 2), (FAILED, 0.3, 1), (FAILED, 0.4, 2)]
    good = [(OK, 0.6, 1), (OK, 0.7, 2)]
    calls = [call(kind, 1 + since + at, port) for kind, at, port in tries + good]
    verdicts = verdicts_of(*earlier, *calls, now=1 + since + 1)

    newest = [v for v in verdicts.report()["verdicts"] if v["ending"] == "recovered"]
    assert expected == [verdict["tries"] for verdict in newest]


def test_giving_up_early():
    """A client that gave up while another soon had answers again is told so."""
    verdicts = verdicts_of(
        known(FAILED, 0.0, maximum=1, invocation_id="a"),
        known(FAILED, 0.5, maximum=1, invocation_id="b"),
        known(OK, 1.0, invocation_id="c"),
        now=40.0,
    )

    assert [v["flags"] for v in verdicts.report()["verdicts"]] == [
        ["neverRetried", "gaveUpEarly"],
        ["neverRetried", "gaveUpEarly"],
    ]


def test_filters_and_limit():
    """A report is of the services and regions asked for; its list is limited, its summary is not."""
    verdicts = verdicts_of(
        known(FAILED, 0.0, invocation_id="a"),
        known(FAILED._replace(region="eu-west-1"), 1.0, invocation_id="b"),
        known(FAILED._replace(service="sqs"), 2.0, invocation_id="c"),
    )

    def listed(**settings):
        return [v["invocationId"] for v in verdicts.report(**settings)["verdicts"]]

    assert listed() == ["c", "b", "a"]
    assert listed(limit=1) == ["c"]
    assert verdicts.report(limit=1)["summary"]["calls"] == 3
    assert listed(selection=Selection("s3")) == ["b", "a"]
    assert listed(selection=Selection(region="eu-*")) == ["b"]
    assert listed(selection=Selection(account="1*")) == []
    assert listed(selection=Selection(rule_ids=frozenset(("r1", "r2")))) == ["c", "b", "a"]
    assert listed(selection=Selection(rule_ids=frozenset(("r2",)))) == []
    assert listed(selection=Selection(owner="me")) == []
    assert verdicts.report(selection=Selection("sns"))["summary"]["calls"] == 0


def test_a_rule_that_touched_any_attempt():
    """A call is asked for by each rule that touched one of its attempts."""
    second = FAILED._replace(injected=FAULT._replace(rule_id="r2"))
    verdicts = verdicts_of(known(FAILED, 0.0), known(second, 1.0, 2), known(OK, 2.0, 3))

    for rule, count in (("r1", 1), ("r2", 1), ("r3", 0)):
        report = verdicts.report(selection=Selection(rule_ids=frozenset((rule,))))
        assert count == report["summary"]["calls"]


def test_recovery_times():
    """The recovery times of a summary are percentiles of the calls that recovered, by rank."""
    calls = []
    for number in range(1, 101):
        calls.append(known(FAILED, float(number), 1, invocation_id=str(number)))
        calls.append(known(OK, number + number / 1000, 2, invocation_id=str(number)))
    random.Random(1).shuffle(calls)

    summary = verdicts_of(*calls).report()["summary"]

    assert summary["endings"]["recovered"] == 100
    assert summary["recoveryMs"] == {"p50": 51.0, "p95": 96.0, "p99": 100.0, "max": 101.0}


def test_calls_are_bounded():
    """The oldest calls are forgotten, and counted; a late attempt of one is no error."""
    calls = [known(FAILED, float(n), invocation_id=str(n)) for n in range(10)]
    verdicts = verdicts_of(*calls, *[OK._replace(at=50.0)] * 3, size=4)

    verdicts.record(known(OK, 60.0, 2, invocation_id="0"))

    report = verdicts.report()
    assert [v["invocationId"] for v in report["verdicts"]] == ["9", "8", "7"]
    assert report["summary"]["forgotten"] == 7


def test_guessed_calls_are_bounded():
    """Forgotten calls without invocation id leave nothing behind."""
    verdicts = verdicts_of(
        *(FAILED._replace(at=float(n), access_key=str(n)) for n in range(10)), size=4
    )

    assert verdicts.report()["summary"]["calls"] == 4
    assert len(verdicts._efforts) == len(verdicts._search.by_key) == 4


def test_a_forgotten_call_does_not_take_a_newer_one_along():
    """When a guessed call is forgotten, a newer one that looks alike still gets its attempts."""
    verdicts = verdicts_of(
        FAILED,
        FAILED._replace(at=50.0, time=OK.time + 50),
        FAILED._replace(at=60.0, access_key="AKIA2"),
        size=2,
    )

    verdicts.record(OK._replace(at=50.1))

    assert sorted(attempts(verdicts)) == [1, 2]


def test_calls_of_an_owner():
    """A call is an owner's if a rule of the owner touched one of its attempts."""
    mine = FAILED._replace(injected=FAULT._replace(owner="me"))
    verdicts = verdicts_of(
        known(FAILED, 0.0, 1),
        known(mine, 0.1, 2),
        known(FAILED, 0.0, 1, invocation_id="i-2"),
    )

    report = verdicts.report(selection=Selection(owner="me"))

    assert ["i-1"] == [verdict["invocationId"] for verdict in report["verdicts"]]


def test_attempts_are_bounded():
    """However often a call is tried, a bounded number of its attempts is kept, and all are counted."""
    verdicts = verdicts_of(*(known(FAILED, float(n), n + 1, None) for n in range(1000)))
    verdicts.record(known(OK, 1000.0, 1001, None))

    (verdict,) = verdicts.report()["verdicts"]
    assert verdict["attempts"] == 1001
    assert len(verdict["gapsMs"]) == MAX_ATTEMPTS - 2
    assert verdict["ending"] == "recovered"
    assert verdict["flags"] == ["retryStorm"]


@pytest.mark.timeout(30)
def test_many_writers():
    """With 32 threads that each make calls of three attempts, none is lost, while reports are made."""
    verdicts = verdicts_of()

    def write(thread):
        for number in range(50):
            own = f"{thread}-{number}"
            verdicts.record(known(FAILED, 0.0, 1, invocation_id=own))
            verdicts.record(known(FAILED, 0.1, 2, invocation_id=own))
            verdicts.record(known(OK, 0.2, 3, invocation_id=own))

    writers = [threading.Thread(target=write, args=(thread,)) for thread in range(32)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        verdicts.report()
    for writer in writers:
        writer.join()

    summary = verdicts.report()["summary"]
    assert summary["attempts"] == {"3": 1600}
    assert summary["endings"]["recovered"] == 1600


PART = Injected("r1", 0, owner="mine", partial=PartialFailure(2, 3, ("b", "c")))
BATCH = OK._replace(service="kinesis", operation="PutRecords", entries=("a", "b", "c"))
COUNTS = ("ending", "flags", "totalMs", "entriesFailed", "entriesRecovered", "entriesLost")


def batch_verdict(now, *again):
    """Judge a batch of which two entries failed.

    :param now: when
    :param again: the entries of later batches, one a second
    """
    verdicts = verdicts_of(known(BATCH._replace(injected=PART), 0.0), now=now)
    for number, entries in enumerate(again, 1):
        verdicts.record(known(BATCH._replace(entries=tuple(entries)), number, 1, 3, f"j-{number}"))
    (verdict,) = verdicts.report()["verdicts"]
    return tuple(verdict[name] for name in COUNTS)


@pytest.mark.parametrize(
    ("now", "again", "expected"),
    [
        (29.0, (), ("open", [], 1.0, 2, 0, 0)),
        (29.0, ("b",), ("open", [], 1000.0, 2, 1, 0)),
        (31.0, (), ("failed", ["entriesLost"], 1.0, 2, 0, 2)),
        (31.0, ("xb",), ("failed", ["entriesLost"], 1000.0, 2, 1, 1)),
        (3.0, ("b", "c"), ("recovered", [], 2000.0, 2, 2, 0)),
        (99.0, ("bc",), ("recovered", [], 1000.0, 2, 2, 0)),
    ],
)
def test_entries_of_a_batch(now, again, expected):
    """A batch of which entries failed is open while they may still come, and ends as they do."""
    assert expected == batch_verdict(now, *again)


def test_entries_in_the_summary():
    """The summary counts the entries of all batches, and the calls that lost some."""
    verdicts = verdicts_of(now=99.0)
    for number in range(3):
        names = (f"b{number}", f"c{number}")
        part = PART._replace(partial=PartialFailure(2, 2, names))
        batch = BATCH._replace(injected=part, entries=names)
        verdicts.record(known(batch, float(number), 1, 3, f"i-{number}"))
    verdicts.record(known(BATCH._replace(entries=("b0", "c0", "b1")), 9.0, 1, 3, "again"))
    summary = verdicts.report()["summary"]

    assert {"succeeded": 0, "recovered": 1, "failed": 2, "open": 0} == summary["endings"]
    assert 2 == summary["flags"]["entriesLost"]
    assert (6, 3, 3) == tuple(summary[name] for name in COUNTS[3:])
    assert summary["entriesLost"] == verdicts.tally("mine").figures()["entriesLost"]


def test_a_batch_that_is_refused_as_a_whole():
    """Where the SDK tries again what was refused since no entry could be processed, that is a retry
    like others.
    """
    whole = PART._replace(
        code="ThrottlingException", status=400, partial=PartialFailure(2, 2, ("b", "c"))
    )
    refused = BATCH._replace(entries=("b", "c"), injected=whole, outcome="injected", status=400)
    verdicts = verdicts_of(
        known(refused._replace(error_code="ThrottlingException"), 0.0, 1),
        known(BATCH, 0.5, 2),
        now=99.0,
    )
    (verdict,) = verdicts.report()["verdicts"]

    assert ("recovered", [], 501.0, 2, 2, 0) == tuple(verdict[name] for name in COUNTS)


def test_a_batch_that_is_forgotten_while_it_is_open():
    """Nobody can say how it ends."""
    verdicts = verdicts_of(known(BATCH._replace(injected=PART), 0.0), now=5.0, size=1)
    verdicts.record(known(FAILED, 1.0, invocation_id="other"))

    assert 1 == verdicts.tally("mine").lost
