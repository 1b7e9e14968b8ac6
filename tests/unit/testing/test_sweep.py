"""What a sweep tries and how it judges, without a host and without pytest."""

import signal
import threading
import time
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from localstack_outages.schema.reading import parse_rules
from localstack_outages.sweep.document import make_document, summary
from localstack_outages.sweep.expectations import (
    BASELINE,
    is_expected,
    known_findings,
    problem_of,
    read_expected,
    read_lines,
)
from localstack_outages.sweep.faults import KINDS, in_words, rule_of
from localstack_outages.sweep.journal import Journal, state_of
from localstack_outages.sweep.limits import Hung, hang_of, limit_of
from localstack_outages.sweep.named_codes import names_in, source_files
from localstack_outages.sweep.oracle import OUTCOMES, Judgement, judge, mark_narrow
from localstack_outages.sweep.points import Call, Fault, Place, read_faults, written
from localstack_outages.sweep.report import FORMS, terminal_lines
from localstack_outages.sweep.run import Run
from localstack_outages.sweep.search import Search, in_rounds
from localstack_outages.sweep.sweeping import Observation, Sweep, Wanted
from localstack_outages.testing.sweep.pacing import Quotas, no_pauses
from localstack_outages.testing.sweep.watchdog import bite_after

AWS = ClientError({"Error": {"Code": "InternalError", "Message": "x"}}, "PutItem")
CLOSED = ConnectionClosedError(endpoint_url="http://localhost")
PUT = "dynamodb:PutItem#1"


def call(name, site="app.py:1", done=True, attempts=1, target=(), conditional=False):
    """Make a call of ``service:Operation#number``."""
    (fault,) = read_faults(f"{name}=internal")
    return Call(
        fault.place, site, "boto3 standard", attempts, done, conditional, None, frozenset(target)
    )


def run(*calls, error=None, seconds=1.0, **known):
    """Make a run of calls."""
    made = tuple(one if isinstance(one, Call) else call(one) for one in calls)
    return Run(made, error, seconds, **known)


def raised(error, cause=None, context=None):
    """Give an exception that came from another one: raised from it, or raised while it was handled."""
    error.__cause__ = cause
    error.__context__ = context or cause
    error.__suppress_context__ = cause is not None
    return error


class OrderNotFound(Exception):
    """Of an application."""


class StorageDown(Exception):
    """Of an application."""


ERRORS = [
    (AWS, "internal", "surfaced"),
    (CLOSED, "reset", "surfaced"),
    (raised(StorageDown(), cause=AWS), "internal", "surfaced"),
    (raised(StorageDown(), context=AWS), "internal", "surfaced"),
    (raised(RuntimeError("not stored"), context=AWS), "internal", "surfaced"),
    (ExceptionGroup("two", [ValueError(), AWS]), "internal", "surfaced"),
    (StorageDown(), "internal", "masked"),
    (AssertionError("1 == 2"), "internal", "masked"),
    (raised(KeyError("Item"), context=AWS), "internal", "masked"),
    (raised(OrderNotFound(), cause=AWS), "internal", "masked"),
    (raised(KeyError("order"), cause=AWS), "denied", "masked"),
    (raised(OrderNotFound(), cause=AWS), "notFound", "surfaced"),
    (AssertionError("None == 1"), "notFound", "surfaced"),
    (AttributeError("None"), "notFound", "masked"),
    (Hung("it did not end"), "internal", "hung"),
]


@pytest.mark.parametrize(("error", "fault", "outcome"), ERRORS)
def test_a_test_that_fails(error, fault, outcome):
    """It is judged by whether its exception leads to AWS's error."""
    found = judge(run(PUT), run(call(PUT, done=False), error=error), read_faults(f"{PUT}={fault}"))

    assert outcome == found.outcome
    assert found.why


SEND = "sqs:SendMessage#1"
GREEN = [
    (run(PUT), {}, "internal", "absorbed"),
    (run(call(PUT, done=False)), {}, "internal", "silent"),
    (run(call(PUT, done=False)), {"logged": ("not written",)}, "internal", "absorbed"),
    (run(call(PUT, done=False)), {}, "conflict", "absorbed"),
    (run(call(PUT, done=False), "dynamodb:PutItem#2"), {}, "internal", "absorbed"),
    (run(call(PUT, done=False), SEND), {}, "internal", "absorbed"),
    (run(PUT), {"lost": 2}, "partial", "lost-entries"),
    (run(PUT), {"lost": 2, "logged": ("2 lost",)}, "partial", "absorbed"),
    (run(PUT), {"flags": ("carriedOutTwice", "noBackoff")}, "after", "flagged"),
    (run(PUT), {"flags": ("failedAfterRetry",)}, "after", "absorbed"),
    (run(call(PUT, done=False)), {}, "transient", "silent"),
    (run(PUT), {"is_reached": False}, "internal", "unreached"),
    (run(PUT), {"seconds": 60}, "internal", "hung"),
]


@pytest.mark.parametrize(("faulted", "known", "fault", "outcome"), GREEN)
def test_a_test_that_passes(faulted, known, fault, outcome):
    """It is judged by the writes that it makes without a fault, and by what it logs."""
    found = judge(run(PUT), faulted._replace(**known), read_faults(f"{PUT}={fault}"))

    assert outcome == found.outcome
    assert found.outcome in OUTCOMES


def test_a_call_that_was_never_tried_again():
    """A transient error that nobody tries again is a flag, also where the test fails honestly."""
    lazy = run(call(PUT, done=False), error=AWS)
    found = judge(run(PUT), lazy, read_faults(f"{PUT}=transient"))

    assert ("flagged", ("neverRetried",)) == (found.outcome, found.flags)
    assert "surfaced" == judge(run(PUT), lazy, read_faults(f"{PUT}=internal")).outcome


def test_a_refusal_that_is_asked_for_again():
    """To ask again for what was refused is a flag; what the test asks for twice anyway is not, nor is
    another thing.
    """
    get, again, other = (
        call(f"s3:GetObject#{number}")._replace(aim=aim) for number, aim in ((1, 7), (2, 7), (2, 8))
    )
    denied, deny = get._replace(is_done=False), read_faults("s3:GetObject#1=denied")

    flagged = judge(run(get), run(denied, again), deny)
    assert ("flagged", ("retriedNonRetryable",)) == (flagged.outcome, flagged.flags)
    assert () == judge(run(get, again), run(denied, again), deny).flags
    assert () == judge(run(get), run(denied, other), deny).flags
    assert () == judge(run(get), run(denied, again), read_faults("s3:GetObject#1=internal")).flags
    by_sdk = judge(run(get), run(denied._replace(attempts=2, aim=None)), deny)
    assert ("retriedNonRetryable",) == by_sdk.flags


def test_a_call_that_gets_no_answer():
    """How long it may take is what is wanted, and the client that waits longer is named."""
    hang, late = read_faults(f"{PUT}=hang"), run(call(PUT, done=False), error=Hung("late"))

    assert (5.0, 13.0, 13.0) == (
        limit_of(1, hang, 2),
        limit_of(1, hang),
        limit_of(1, read_faults(f"{PUT}=reset"), 2),
    )
    assert (None, 10.0, 2.0) == (
        hang_of(None, everything=False),
        hang_of(None, everything=True),
        hang_of(2.0, everything=True),
    )
    found = judge(run(PUT), late, hang, 2)
    assert "no answer comes, and after 2 s it still waits; the client: boto3 standard" == found.why
    assert "hung" == judge(run(PUT), run(PUT, seconds=6), hang, 2).outcome


TMP, FINAL = ("/b/tmp/x",), ("/b/x",)
PUBLISH = run(
    call("s3:PutObject#1", target=TMP),
    call("s3:CopyObject#1", target=FINAL),
    call("s3:DeleteObject#1", target=TMP),
)
COPY = read_faults("s3:CopyObject#1=internal")


def test_what_is_left_behind():
    """What a test makes and removes again is missed where a fault keeps it from removing it."""
    made = call("s3:PutObject#1", target=TMP)
    failed = call("s3:CopyObject#1", target=FINAL, done=False)
    removed = call("s3:DeleteObject#1", target=TMP)

    assert "leak" == judge(PUBLISH, run(made, failed, error=AWS), COPY).outcome
    assert "surfaced" == judge(PUBLISH, run(made, failed, removed, error=AWS), COPY).outcome
    nothing = run(made._replace(is_done=False), error=AWS)
    assert "surfaced" == judge(PUBLISH, nothing, read_faults("s3:PutObject#1=internal")).outcome


def test_a_removal_that_fails():
    """A removal that is hit itself, and told of, is no leak; one that nobody hears of is."""
    kept = (*PUBLISH.calls[:2], PUBLISH.calls[2]._replace(is_done=False))
    fault = read_faults("s3:DeleteObject#1=internal")

    assert "surfaced" == judge(PUBLISH, run(*kept, error=AWS), fault).outcome
    assert "leak" == judge(PUBLISH, run(*kept), fault).outcome


def test_a_leak_without_names():
    """Where a request does not say what it removes, what is made and removed is counted."""
    plain = run("sqs:CreateQueue#1", "sqs:SendMessage#1", "sqs:DeleteQueue#1")
    faulted = run("sqs:CreateQueue#1", call("sqs:SendMessage#1", done=False), error=AWS)

    assert "leak" == judge(plain, faulted, read_faults("sqs:SendMessage#1=internal")).outcome


def test_what_others_made():
    """What a test removes and did not make, such as what a fixture made, is no leak where it stays."""
    plain = run("s3:ListObjectsV2#1", "s3:DeleteObjects#1")
    fault = read_faults("s3:ListObjectsV2#1=internal")

    assert "surfaced" == judge(plain, run("s3:ListObjectsV2#1", error=AWS), fault).outcome


def test_narrow():
    """Surviving one failure of AWS and not another one, at the same call, is a finding."""
    found = [
        (read_faults(f"{PUT}={fault}"), Judgement(outcome, "x"))
        for fault, outcome in (
            ("internal", "absorbed"),
            ("reset", "surfaced"),
            ("denied", "surfaced"),
        )
    ]

    assert ["absorbed", "narrow", "surfaced"] == [j.outcome for j in mark_narrow(found)]
    assert ["surfaced", "surfaced"] == [j.outcome for j in mark_narrow(found[1:])]


def test_how_faults_are_written():
    """What is written can be read, and what cannot be read says how it should be."""
    text = "dynamodb:PutItem#2=internal,sqs:SendMessage#1=ResourceNotFoundException"

    assert text == written(read_faults(text))
    assert (Fault(Place("s3", "GetObject", 1), "reset"),) == read_faults("s3:GetObject=reset")
    for wrong in ("", "s3", "s3:GetObject", "s3:GetObject#0=reset", "S3:GetObject=reset"):
        with pytest.raises(ValueError, match="write service:Operation#call=fault"):
            read_faults(wrong)
    with pytest.raises(ValueError, match="there is no fault 'rest'; it is one of internal, "):
        rule_of(*read_faults("s3:GetObject=rest"))


@pytest.mark.parametrize(
    "fault", [f"dynamodb:BatchWriteItem#1={name}" for name in (*KINDS, "ValidationException")]
)
def test_each_fault_is_a_rule(fault):
    """The rule of each fault is valid, but for listings of what is none, and it has words."""
    (read,) = read_faults(fault)

    assert 1 == parse_rules([rule_of(read)])[0].rule.call
    assert in_words(read)


def names(search, *calls):
    """Give what is tried, as ``call=fault``."""
    return [written(point.faults) for point in search.points_of("test", [
        one if isinstance(one, Call) else call(one) for one in calls
    ])]  # fmt: skip


def test_what_is_tried():
    """Errors that come to the same have one representative, unless the code names one of them."""
    calls = [call("dynamodb:PutItem#1"), call("dynamodb:PutItem#2"), call("dynamodb:GetItem#1")]
    plain = names(Search((), everything=False), *calls)
    put = [f"{PUT}={fault}" for fault in ("internal", "reset", "denied", "after", "transient")]
    get = [f"dynamodb:GetItem#1={fault}" for fault in ("internal", "reset", "denied")]

    assert put + get == plain
    named = {"ProvisionedThroughputExceededException", "ResourceNotFoundException"}
    more = set(names(Search(named, everything=False), *calls)) - set(plain)
    assert {f"{PUT}=throttling", f"{PUT}=notFound"} <= more
    everything = names(Search((), everything=True), *calls)
    assert "dynamodb:PutItem#2=throttling" in everything
    assert f"{PUT}=conflict" not in everything  # it has no condition
    assert f"{PUT}=conflict" in names(Search((), everything=False), call(PUT, conditional=True))


def test_batches_and_listings():
    """Batches fail in part, listings come short, and those with a next page empty."""
    send = names(Search((), everything=False), "sqs:SendMessageBatch#1")
    pages = names(Search((), everything=False), "s3:ListObjectsV2#1", "s3:ListObjectsV2#2")

    assert "sqs:SendMessageBatch#1=partial" in send
    assert {"s3:ListObjectsV2#1=short", "s3:ListObjectsV2#1=empty"} <= set(pages)
    assert "s3:ListBuckets#1=short" not in names(Search((), everything=True), "s3:ListBuckets#1")
    assert "s3:ListObjectsV2#1=empty" not in names(
        Search((), everything=False), "s3:ListObjectsV2#1"
    )


def test_rounds_and_depth():
    """One fault is tried everywhere before the next; what comes only under a fault is tried with it."""
    search = Search((), everything=False)
    points = search.points_of("a", [call(PUT)]) + search.points_of("b", [call(PUT)])
    rounds = in_rounds(points)

    assert ["a", "b"] == [point.test for point in rounds[0]]
    assert {"internal"} == {point.faults[0].name for point in rounds[0]}
    below = search.points_below(
        rounds[0][0], [call(PUT)], [call(PUT, done=False), call(SEND, "app.py:9")]
    )
    assert [f"{PUT}=internal,{SEND}=internal", f"{PUT}=internal,{SEND}=reset"] == [
        written(point.faults) for point in below
    ]


def test_a_transient_error_is_tried_once_for_each_client():
    """In one process where the client comes first; of several processes the report has the first."""
    alone, shared, hanging = (
        Search((), everything=False),
        Search((), everything=False, is_one_of_several=True),
        Search((), everything=False, hangs=True),
    )
    counts = [
        sum("transient" in name for _ in "ab" for name in names(search, PUT))
        for search in (alone, shared)
    ]
    assert 1 == sum("hang" in n for _ in "ab" for n in names(hanging, PUT))
    transient = {**POINT, "fault": "transient", "spec": "s3:PutObject#1=transient"}
    others = [
        {**transient, "test": "b"},
        {**transient, "test": "a"},
        {**transient, "service": "sqs"},
    ]

    assert [1, 2] == counts
    points = make_document([TEST], others, seconds=3)["points"]
    assert [("a", "s3"), ("test_a.py::test_<b>", "sqs")] == [
        (p["test"], p["service"]) for p in points
    ]


def test_expectations():
    """Outcomes are accepted by globs on the call and the fault."""
    fault = read_faults("sqs:SendMessage#2=reset")

    for glob in (
        "sqs:*",
        "sqs:SendMessage",
        "*:SendMessage#2",
        "sqs:SendMessage=reset",
        "*#2=reset",
    ):
        assert is_expected(read_expected({glob: "masked"}), fault, "masked")
    assert not is_expected(read_expected({"sqs:*": "masked"}), fault, "silent")
    assert not is_expected(read_expected({"s3:*": ["masked"]}), fault, "masked")
    assert read_expected({"sqs:*": ["masked", "leak"]}) == read_lines(["sqs:* = masked, leak"])
    assert "" == problem_of((), {"expect": {"*": "leak"}})
    assert "it takes 'expect' by name" in problem_of((1,), {})
    assert "'leek' is no outcome; it is one of absorbed" in problem_of(
        (), {"expect": {"*": "leek"}}
    )
    with pytest.raises(ValueError, match=r"'sqs' is not of the form 'sqs:\* = surfaced'"):
        read_lines(["sqs"])


POINT = {
    "test": "test_a.py::test_<b>", "service": "s3", "operation": "PutObject", "call": 1, "fault": "reset",
    "faults": ["s3:PutObject#1=reset"], "spec": "s3:PutObject#1=reset", "does": "it is reset",
    "outcome": "masked", "why": "KeyError: <x>", "flags": [], "site": "app.py:3", "client": "boto3 standard", "expected": False,
    "known": False, "seconds": 0.5, "replay": "pytest 'test_a.py::test_<b>'",
}  # fmt: skip
FINE = {**POINT, "fault": "internal", "spec": "s3:PutObject#1=internal", "outcome": "absorbed"}
TEST = {"name": "test_a.py::test_<b>", "state": "swept", "why": "", "calls": 1, "elsewhere": 0}


def test_reports():
    """Each form tells of a finding; markup in names is text."""
    document = make_document([TEST], [POINT, FINE], seconds=3)
    html, text = FORMS.of("a/b.html")(document), FORMS.of("b.md")(document)
    suite = ElementTree.fromstring(FORMS.of("b.xml")(document)).find("testsuite")

    assert "1 finding: 2 of 2 points tried in 1 test, 3 s" == summary(document)
    assert "KeyError: &lt;x&gt;" in html
    assert "<b>" not in html
    assert "- **masked**: `s3:PutObject#1=reset` at `app.py:3`: KeyError: \\<x\\>" in text
    assert ("2", "1") == (suite.get("tests"), suite.get("failures"))
    assert "masked: KeyError: <x>" == suite.find("testcase/failure").get("message")
    assert "    s3:PutObject#1=reset at app.py:3" in list(terminal_lines(document))
    with pytest.raises(
        ValueError, match=r"'b.txt' has no form; let it end in .json, .xml, .html, .md"
    ):
        FORMS.of("b.txt")


def test_a_baseline(tmp_path):
    """The report of an earlier sweep says what is known."""
    assert frozenset() == known_findings(tmp_path)
    report = FORMS.of(BASELINE)(make_document([TEST], [POINT, FINE], seconds=3))
    (tmp_path / BASELINE).write_text(report)

    assert {(POINT["test"], POINT["spec"], "masked")} == known_findings(tmp_path)
    (tmp_path / BASELINE).write_text("{}")
    with pytest.raises(ValueError, match=r"is no report of a sweep: version: .*; write one with"):
        known_findings(tmp_path)


def test_a_journal(tmp_path):
    """It holds what all processes noted, for the same state; half a line of a killed one is left out."""
    Journal(tmp_path, "gw0", "s").note("a", {"x": 1})
    mine = Journal(tmp_path, "gw1", "s")
    mine.note("b", {"x": 2})
    with (tmp_path / "gw0.jsonl").open("a") as output:
        output.write('{"state": "s", "ke')

    assert {"a": {"x": 1}, "b": {"x": 2}} == mine.read()
    assert {} == Journal(tmp_path, "gw1", "other").read()
    mine.clear()
    assert {} == mine.read()


def test_what_was_found_comes_first(tmp_path):
    """A sweep begins with what the one before has found, also where the code is another one."""
    plain, order = run(PUT), []

    def rerun(_test, faults, _limit):
        order.append(written(faults).partition("=")[2])
        seen = Observation()
        is_lost = order[-1] in ("denied", "after")
        seen.run = run(call(PUT, done=not is_lost)) if faults else plain
        return "passed", seen

    for state in ("one", "other"):
        order.clear()
        journal, search = Journal(tmp_path, "main", state), Search((), everything=False)
        sweep = Sweep(Wanted(1, False, None), search, journal, rerun, lambda _: (), lambda *_: None)
        sweep.run({"test_a": plain})
        journal.keep_found()
        if state == "one":
            assert [
                "",
                "internal",
                "reset",
                "denied",
                "denied",
                "after",
                "after",
                "transient",
            ] == order

    assert ["", "denied", "denied", "after", "after", "internal", "reset", "transient"] == order
    assert {} == Journal(tmp_path, "main", "other").read()


def test_the_code_of_a_project(tmp_path):
    """Codes are found in its files, but not in those of an environment."""
    (tmp_path / "venv" / "lib").mkdir(parents=True)
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "venv" / "lib" / "x.py").write_text("OtherException")
    (tmp_path / "app.py").write_text("if code == 'ConditionalCheckFailedException': pass")
    files = source_files(tmp_path)

    assert [tmp_path / "app.py"] == files
    assert {"ConditionalCheckFailedException"} == names_in(files)
    before = state_of((1,), files)
    assert before == state_of((1,), files)
    (tmp_path / "app.py").write_text("pass")
    assert before != state_of((1,), files)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no alarms")
def test_the_watchdog():
    """It bites a block that hangs, through ``except Exception``, and leaves the alarm of another one."""

    def hang():
        while True:
            try:
                threading.Event().wait(30)
            except Exception:  # noqa: BLE001 - as an application does
                continue

    with pytest.raises(Hung, match="it did not end within"), bite_after(0.05):
        hang()
    signal.setitimer(signal.ITIMER_REAL, 30)
    with bite_after(5):
        pass
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)

    assert 20 < left <= 30


def test_no_pauses():
    """botocore does not sleep in the block, and does after it; quotas are filled again."""
    import botocore.endpoint
    from botocore.retries.quota import RetryQuota

    before, quotas, quota = RetryQuota(), Quotas(), RetryQuota()
    begin = time.monotonic()
    with no_pauses():
        botocore.endpoint.time.sleep(30)
    for one in (before, quota):
        assert one.acquire(500)
    quotas.fill()
    quotas.close()

    assert time.monotonic() - begin < 20
    assert botocore.endpoint.time is time
    assert [500, 500] == [one.available_capacity for one in (before, quota)]
