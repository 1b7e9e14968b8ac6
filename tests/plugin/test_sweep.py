"""The sweep: what it finds in the calls of a test suite, and that a finding can be had again."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from .conftest import RunPytest

APP = """
import uuid
import boto3

class Mail:
    def __init__(self, **connection):
        self.sqs = boto3.client("sqs", "us-east-1", **connection)

    def open(self):
        self.queue = self.sqs.create_queue(QueueName=f"mail-{uuid.uuid4()}")["QueueUrl"]

    def note(self, text):
        try:
            self.sqs.send_message(QueueUrl=self.queue, MessageBody=text)
        except Exception:
            pass

    def count(self):
        try:
            found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])
        except Exception:
            found = {}
        return int(found["Attributes"]["ApproximateNumberOfMessages"])
"""

TESTS = """
import pytest
from app import Mail

@pytest.fixture
def mail(outages_endpoint, outages_credentials):
    mail = Mail(endpoint_url=outages_endpoint, **outages_credentials)
    mail.open()
    return mail

def test_notes(mail):
    mail.note("hello")

def test_counts(mail):
    assert mail.count() == 0

def test_nothing():
    pass
"""

SWEEP = ("--outages-sweep", "--outages-sweep-report", "sweep.json")

SILENT = {("SendMessage", fault, "silent") for fault in ("internal", "reset", "denied")}
MASKED = {("GetQueueAttributes", fault, "masked") for fault in ("internal", "reset", "denied")}


@pytest.fixture(autouse=True)
def app(pytester: pytest.Pytester, environment_of_user: None) -> None:
    """The application of the tests that are swept."""
    pytester.makepyfile(app=APP)


def document(pytester: pytest.Pytester) -> dict[str, Any]:
    """Give the report of the sweep."""
    found: dict[str, Any] = json.loads((pytester.path / "sweep.json").read_text())
    return found


def outcomes(found: dict[str, Any], name: str = "points") -> set[tuple[str, str, str]]:
    """Give the operations and faults of a report, and what came of each."""
    return {(point["operation"], point["fault"], point["outcome"]) for point in found[name]}


def test_findings_and_their_replay(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """A sweep finds what a green suite does not, fails the run, and each finding can be had again."""
    result = run_pytest(TESTS, *SWEEP)

    result.assert_outcomes(passed=3)
    assert 1 == result.ret
    found = document(pytester)
    assert SILENT | MASKED | {("GetQueueAttributes", "transient", "absorbed")} <= outcomes(found)
    assert SILENT | MASKED <= outcomes(found, "findings")
    assert "hang" not in {point["fault"] for point in found["points"]}
    (silent,) = (
        p for p in found["findings"] if p["outcome"] == "silent" and p["fault"] == "internal"
    )
    line = 1 + APP[1:].splitlines().index(
        "            self.sqs.send_message(QueueUrl=self.queue, MessageBody=text)"
    )
    assert f"app.py:{line}" == silent["site"]
    states = {test["name"]: test["state"] for test in found["tests"]}
    assert {"test_notes": "swept", "test_counts": "swept", "test_nothing": "no calls"} == {
        name.partition("::")[2]: state for name, state in states.items()
    }
    assert silent["replay"] == (
        "pytest 'test_app.py::test_notes' --outages-replay 'sqs:SendMessage#1=internal'"
    )

    again = run_pytest(TESTS, "-k", "notes", "--outages-replay", "sqs:SendMessage#1=internal")
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(
        ["silent: the test passes, and sqs:SendMessage did not happen", f"site:    app.py:{line}"]
    )

    crash = run_pytest(TESTS, "-k", "counts", "--outages-replay", "sqs:GetQueueAttributes#1=reset")
    crash.assert_outcomes(failed=1)
    crash.stdout.fnmatch_lines(["E*KeyError: 'Attributes'", "outcome: masked: KeyError*"])

    well = run_pytest(TESTS, "-k", "counts", "--outages-replay", "sqs:GetQueueAttributes=transient")
    well.assert_outcomes(passed=1)
    well.stdout.fnmatch_lines(["outcome: absorbed: the test passes"])


def test_workers_find_the_same(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """Two workers of xdist find what one process finds."""
    run_pytest(TESTS, *SWEEP)
    alone = document(pytester)
    result = run_pytest(TESTS, *SWEEP, "-p", "xdist", "-n", "2")

    result.assert_outcomes(passed=3)
    assert 1 == result.ret
    for name in ("points", "findings"):
        assert [(p["test"], p["spec"], p["outcome"]) for p in alone[name]] == [
            (p["test"], p["spec"], p["outcome"]) for p in document(pytester)[name]
        ]


def test_what_is_accepted_and_what_is_known(
    run_pytest: RunPytest, pytester: pytest.Pytester
) -> None:
    """A marker and the ini file accept outcomes, and a baseline those that were there before."""
    pytester.makeini("[pytest]\noutages_sweep_expect =\n    sqs:GetQueue* = masked\n")
    accepting = TESTS.replace(
        "def test_notes",
        '@pytest.mark.outages_sweep(expect={"sqs:SendMessage": ["silent", "flagged"]})\ndef test_notes',
    )
    result = run_pytest(accepting, *SWEEP)

    assert 0 == result.ret
    found = document(pytester)
    assert SILENT | MASKED <= outcomes(found)
    assert [] == found["findings"]

    (pytester.path / "pytest.ini").unlink(missing_ok=True)
    (pytester.path / "tox.ini").unlink(missing_ok=True)
    run_pytest(TESTS, "--outages-sweep", "--outages-sweep-report", ".outages-sweep.json")
    again = run_pytest(TESTS, *SWEEP)

    assert 0 == again.ret
    assert all(point["known"] for point in document(pytester)["findings"])


def test_what_a_sweep_refuses(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """A suite that is red is not swept, nor one that makes no call, nor a test with outages of its own."""
    red = run_pytest(TESTS + "\ndef test_red():\n    assert 0", *SWEEP)

    red.stdout.fnmatch_lines(["the suite is red without faults*test_app.py::test_red"])
    assert [] == document(pytester)["points"]

    idle = run_pytest("def test_it():\n    pass", *SWEEP)

    idle.stdout.fnmatch_lines(["no test made an AWS call that the sweep sees*"])
    assert 0 == idle.ret

    own = """
def test_it(outages, mail):
    outages.start("s3")
    mail.note("hello")
"""
    other = run_pytest(TESTS[: TESTS.index("def test_notes")] + own, *SWEEP)

    other.stdout.fnmatch_lines(["left out: test_app.py::test_it: it makes outages of its own"])

    wrong = run_pytest(
        TESTS.replace("def test_n", '@pytest.mark.outages_sweep(expect={"*": "gone"})\ndef test_n'),
        *SWEEP,
    )

    wrong.stderr.fnmatch_lines(
        ["*test_notes: @pytest.mark.outages_sweep: expect: 'gone' is no outcome*"]
    )


INTERRUPTED = """
import pathlib
import pytest
from test_base import mail

RUNS = pathlib.Path(__file__).with_name("runs")

def test_notes(mail, outages):
    with RUNS.open("a") as runs:
        runs.write(f"{outages.injected}\\n")
    if len(RUNS.read_text().splitlines()) == 5:
        raise KeyboardInterrupt
    mail.note("hello")
"""


def test_an_interrupted_sweep_goes_on(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """What was tried before an interruption is not tried again; a test is told what fails."""
    pytester.makepyfile(test_base=TESTS)
    run_pytest(INTERRUPTED, *SWEEP, "test_app.py")
    first = (pytester.path / "runs").read_text().splitlines()
    run_pytest(INTERRUPTED, *SWEEP, "test_app.py")
    both = (pytester.path / "runs").read_text().splitlines()

    send = "sqs:SendMessage#1="
    # Once as it is, once more for the sweep, a finding twice, and then the interruption.
    assert ["None", "None", f"{send}internal", f"{send}internal", f"{send}reset"] == first
    second = both[5:]
    assert ["None", "None", f"{send}reset"] == second[:3]
    assert f"{send}internal" not in second
    assert SILENT <= outcomes(document(pytester))

    late = run_pytest(
        INTERRUPTED.replace("== 5", "< 0"),
        *SWEEP,
        "test_app.py",
        "--outages-sweep-minutes",
        "0.00001",
    )
    late.stdout.fnmatch_lines(
        ["not tried in the time given: * points; the next run goes on with them"]
    )


SCOPES = """
import pathlib
import pytest
from app import Mail

MADE = pathlib.Path(__file__).with_name("made")

def note(text):
    with MADE.open("a") as made:
        made.write(f"{text}\\n")

@pytest.fixture(scope="session")
def expensive():
    note("session")

@pytest.fixture(scope="module")
def mail(outages_endpoint, outages_credentials, expensive):
    note(outages_credentials["aws_access_key_id"])
    mail = Mail(endpoint_url=outages_endpoint, **outages_credentials)
    mail.open()
    yield mail
    note("end")

class TestMail:
    def test_notes(self, mail):
        assert not hasattr(self, "is_used")
        self.is_used = True
        mail.sqs.send_message(QueueUrl=mail.queue, MessageBody="x")
"""


def test_fixtures_of_any_scope(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """Each run has an account, and clients, of its own, whatever their scope; a fixture that has
    nothing to do with AWS is made once for the sweep; each run has its own object of the class.
    """
    run_pytest(SCOPES, *SWEEP)

    made = (pytester.path / "made").read_text().splitlines()
    accounts = [text for text in made if text.isdigit()]
    # As it is, once more for the sweep, 4 faults and a transient one, and a finding twice.
    assert (2, 8, 8) == (made.count("session"), len(accounts), made.count("end"))
    assert len(accounts) == len(set(accounts))
    assert {"SendMessage"} == {point["operation"] for point in document(pytester)["points"]}
    surfaced = {
        point["fault"] for point in document(pytester)["points"] if point["outcome"] == "surfaced"
    }
    assert {"internal", "reset", "denied"} == surfaced


DEEP = """
import boto3
import pytest

@pytest.fixture
def mail(outages_endpoint, outages_credentials):
    sqs = boto3.client("sqs", "us-east-1", endpoint_url=outages_endpoint, **outages_credentials)
    return sqs, sqs.create_queue(QueueName="one")["QueueUrl"], sqs.create_queue(QueueName="two")["QueueUrl"]

def test_falls_back(mail):
    sqs, one, two = mail
    try:
        sqs.send_message(QueueUrl=one, MessageBody="x")
    except Exception:
        try:
            sqs.send_message(QueueUrl=two, MessageBody="x")
        except Exception:
            pass
"""


def test_depth_2(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """A call that comes only because another one failed is failed too, at depth 2."""
    run_pytest(DEEP, *SWEEP)
    assert not [p for p in document(pytester)["points"] if p["outcome"] == "silent"]
    run_pytest(DEEP, *SWEEP, "--outages-sweep-depth", "2")

    specs = {p["spec"] for p in document(pytester)["findings"] if p["outcome"] == "silent"}
    assert "sqs:SendMessage#1=internal,sqs:SendMessage#2=internal" in specs


HANGING = """
import threading
import boto3
import pytest
from botocore.config import Config

@pytest.fixture
def make_sqs(outages_endpoint, outages_credentials):
    def make(**config):
        return boto3.client(
            "sqs", "us-east-1", config=Config(**config), endpoint_url=outages_endpoint,
            **outages_credentials,
        )

    make().list_queues()
    return make

def test_waits(make_sqs):
    make_sqs().list_queues()

def test_gives_up(make_sqs):
    make_sqs(read_timeout=0.5, retries={"total_max_attempts": 1}).list_queues()

def test_waits_too(make_sqs):
    make_sqs().list_queues()

def test_waits_elsewhere(make_sqs):
    thread = threading.Thread(target=make_sqs(read_timeout=50).list_queues)
    thread.start()
    while thread.is_alive():
        try:
            thread.join()
        except BaseException:
            pass
"""


def test_a_call_without_an_answer(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """A client that waits longer than wanted hangs, one with a time-out of its own does not; each is
    tried once, and a call that nothing ends goes on in the end. The finding can be had again.
    """
    run_pytest(HANGING, *SWEEP, "--outages-sweep-hang", "1.5")
    found = [point for point in document(pytester)["points"] if point["fault"] == "hang"]
    (hung, _) = (p for p in document(pytester)["findings"] if p["outcome"] == "hung")

    assert [
        ("test_gives_up", "surfaced"),
        ("test_waits", "hung"),
        ("test_waits_elsewhere", "hung"),
    ] == [(point["test"].partition("::")[2], point["outcome"]) for point in found]
    assert hung["why"].startswith(
        "no answer comes, and after 1.5 s it still waits; the client: boto3"
    )
    assert hung["why"].endswith(", waits 60 s")

    replay = "sqs:ListQueues=hang", "--outages-sweep-hang", "0.5"
    again = run_pytest(
        HANGING, "-k", "test_waits and not too and not elsewhere", "--outages-replay", *replay
    )
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(["outcome: hung: no answer comes, and after 0.5 s it still waits*"])

    wrong = run_pytest(HANGING, *SWEEP, "--outages-sweep-hang", "soon")
    wrong.stderr.fnmatch_lines(
        ["ERROR: --outages-sweep-hang: 'soon' is no number of seconds; write one such as 5"]
    )


EXAMPLES = Path(__file__).parents[2] / "examples" / "sweep"
PLANTED = {
    ("test_catalogue.py::test_describes_an_article", "s3:GetObject#1", "masked"),
    ("test_catalogue.py::test_lists_all_articles", "s3:ListObjectsV2#1", "masked"),
    ("test_exports.py::test_publishes", "s3:CopyObject#1", "leak"),
    ("test_exports.py::test_writes", "s3:PutObject#1", "narrow"),
    ("test_orders.py::test_submits", "sqs:SendMessage#1,s3:PutObject#1", "silent"),
    ("test_prices.py::test_tells_a_price", "dynamodb:GetItem#1", "hung"),
    ("test_stock.py::test_loads", "dynamodb:BatchWriteItem#1", "lost-entries"),
    ("test_stock.py::test_takes_a_piece", "dynamodb:UpdateItem#1", "masked"),
}
"""The bugs of the examples: the test that finds each, the call, and the outcome."""


@pytest.mark.slow
@pytest.mark.timeout(800)
@pytest.mark.host("gateway", reason="LocalStack has no DynamoDB in host mode without a download")
def test_the_examples(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """The sweep finds each bug of the examples and nothing else, the same each time, and nothing in
    the mended ones; the docs show what it prints.
    """
    (pytester.path / "app.py").unlink()
    for path in (*EXAMPLES.glob("*.py"), EXAMPLES / "pytest.ini"):
        shutil.copy(path, pytester.path)
    result = run_pytest("", *SWEEP, timeout=250)
    first = document(pytester)
    run_pytest("", *SWEEP, timeout=250)
    second = document(pytester)

    assert PLANTED == {
        (p["test"], re.sub(r"=\w+", "", p["spec"]), p["outcome"]) for p in first["findings"]
    }
    for name in ("points", "findings"):
        assert [(p["test"], p["spec"], p["outcome"]) for p in first[name]] == [
            (p["test"], p["spec"], p["outcome"]) for p in second[name]
        ]
    page = (EXAMPLES.parents[1] / "docs" / "failure-coverage.md").read_text()
    shown, green, *_ = re.findall(r"```text\n(.*?)\n?```", page, re.DOTALL)
    assert shown in result.stdout.str()

    for path in (EXAMPLES / "mended").glob("*.py"):
        shutil.copy(path, pytester.path)
    mended = run_pytest("", *SWEEP, timeout=250)

    assert 0 == mended.ret
    assert green in mended.stdout.str()
    assert [] == document(pytester)["findings"]
    assert "unstable" not in document(pytester)["outcomes"]
