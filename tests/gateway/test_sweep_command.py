"""``localstack-outages sweep``, with real commands and a gateway with moto behind it. Needs the extra
``standalone``.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")

from localstack_outages import OutagesClient
from tests.integration.helpers import heed_ctrl_c

from .processes import gateway

BEGIN = """
import http.client, os, sys, time
from urllib.parse import urlsplit

def call(operation, body):
    address = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(address.hostname, address.port)
    key = os.environ["AWS_ACCESS_KEY_ID"]
    connection.request("POST", "/", body, {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20261123/eu-west-1/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=00",
    })
    answer = connection.getresponse()
    if answer.status != 200:
        raise OSError(f"{operation}: {answer.status} {answer.read().decode()}")

def create(name):
    call("CreateTable", '{"TableName": "%s", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName":'
        ' "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}' % name)

def put(name):
    call("PutItem", '{"TableName": "%s", "Item": {"id": {"S": "1"}}}' % name)

"""
"""What the commands begin with: a client that is loaded at once, which boto3 is not."""

SILENT = """
create("carts")
try:
    put("carts")
except OSError:
    pass
"""
READS = 'call("ListTables", "{}")'
HONEST = """
create("carts")
put("carts")
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a gateway."""
    with gateway() as url:
        yield url


Sweep = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environ(endpoint: str) -> dict[str, str]:
    """An environment without credentials."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL")
    given = {name: value for name, value in os.environ.items() if name not in names}
    return {**given, "OUTAGES_ENDPOINT": endpoint}


@pytest.fixture
def sweep(environ: dict[str, str], tmp_path: Path) -> Sweep:
    """Runs the command line, with a script as the command where one is given."""

    def run(*options: str, script: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [] if script is None else ["--", *written(tmp_path, script)]
        return subprocess.run(
            [sys.executable, "-m", "localstack_outages", "sweep", *options, *command],
            cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    return run


def written(folder: Path, script: str) -> list[str]:
    """Write a script, and give the command that runs it."""
    (folder / "app.py").write_text(BEGIN + script)
    return [sys.executable, "-S", "app.py"]


def rules(endpoint: str) -> list[object]:
    """Give the rules that are in force."""
    with OutagesClient(endpoint) as client:
        return list(client.rules())


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Give the outcome of each fault."""
    return {point["spec"]: point["outcome"] for point in json.loads(done.stdout)["points"]}


def test_a_silent_loss_is_found(sweep: Sweep, endpoint: str, tmp_path: Path) -> None:
    """A script that goes on without a write exits with 0, and the sweep tells that the write is missing.
    A call that the script does not survive has failed honestly.
    """
    done = sweep("--json", "--report", "report.md", script=SILENT)

    assert {
        "dynamodb:CreateTable#1=internal": "failed",
        "dynamodb:CreateTable#1=reset": "failed",
        "dynamodb:CreateTable#1=denied": "failed",
        "dynamodb:CreateTable#1=after": "failed",
        "dynamodb:CreateTable#1=transient": "flagged",
        "dynamodb:PutItem#1=internal": "silent",
        "dynamodb:PutItem#1=reset": "silent",
        "dynamodb:PutItem#1=denied": "silent",
        "dynamodb:PutItem#1=after": "absorbed",
    } == outcomes(done)
    assert (1, "Found") == (done.returncode, json.loads(done.stderr)["error"]["code"])
    assert "- **silent**: `dynamodb:PutItem#1=internal`" in (tmp_path / "report.md").read_text()
    assert [] == rules(endpoint)
    assert not (tmp_path / ".outages-sweep").exists()


LAX = """
for name in ("carts", "spare"):
    try:
        create(name)
        break
    except OSError:
        pass
"""


def test_what_is_accepted_and_what_is_known(sweep: Sweep, tmp_path: Path) -> None:
    """At depth 2 a fallback fails too. What --expect accepts and what is in the baseline is no reason
    to exit with 1.
    """
    done = sweep("--json", "--depth", "2", script=LAX)
    document = json.loads(done.stdout)
    baseline = tmp_path / ".outages-sweep.json"
    document["findings"] = [p for p in document["findings"] if p["fault"] == "internal"]
    baseline.write_text(json.dumps(document))
    again = sweep("--depth", "2", "--expect", "dynamodb:CreateTable#2=reset = silent", script=LAX)

    create = "dynamodb:CreateTable#1={},dynamodb:CreateTable#2={}"
    assert ("silent", 1) == (outcomes(done)[create.format("reset", "internal")], done.returncode)
    assert 0 == again.returncode, again.stderr
    assert "silent (known): " in again.stdout
    assert "4 silent" in again.stdout
    wrong = sweep("--expect", "dynamodb:PutItem", script=LAX)
    assert "'dynamodb:PutItem' is not of the form 'sqs:* = surfaced'" in wrong.stderr
    baseline.write_text("{}")
    refused = sweep(script=LAX)
    assert 2 == refused.returncode
    assert ".outages-sweep.json is no report of a sweep: version: Field required" in refused.stderr
    assert "; write one with --report .outages-sweep.json" in refused.stderr


@pytest.mark.parametrize(("limit", "outcome"), [("None", "hung"), ("0.3", "failed")])
def test_a_call_without_an_answer(sweep: Sweep, limit: str, outcome: str) -> None:
    """A client that waits for ever keeps the command; one with a time-out ends it."""
    done = sweep(
        "--json",
        "--hang",
        "1",
        script=f"""
import socket
socket.setdefaulttimeout({limit})
{READS}
""",
    )

    assert outcome == outcomes(done)["dynamodb:ListTables#1=hang"]
    assert (outcome == "hung") == bool(done.returncode)


def test_a_record_is_swept_later(sweep: Sweep, tmp_path: Path) -> None:
    """What --record has written is swept by --run, and a command that fails on each fault is fine; one
    that does not try again is told."""
    recorded = sweep("--record", script=HONEST)
    done = sweep("--run")

    assert (0, "") == (recorded.returncode, recorded.stderr)
    assert "  dynamodb:CreateTable#1\n  dynamodb:PutItem#1\n" in recorded.stdout
    assert 0 == done.returncode, done.stderr
    assert "8 failed, 1 flagged\n1 finding: 9 of 9 points tried in 1 command" in done.stdout
    other = sweep("--run", "--", "true")
    assert 2 == other.returncode
    assert "'outages-sweep-record.json' is the record of another command" in other.stderr


def test_outcomes_are_chosen(sweep: Sweep) -> None:
    """--fail-on takes an outcome that is no finding."""
    done = sweep("--fail-on", "failed", script=READS)

    assert "3 failed, 1 flagged\n" in done.stdout
    assert (1, "error: 3 points: failed") == (done.returncode, done.stderr.splitlines()[-1])


def test_the_time_is_up(sweep: Sweep, tmp_path: Path) -> None:
    """A sweep whose time is up says how much is left, and has nothing against it."""
    done = sweep("--minutes", "0.0001", script=READS)

    assert (0, "") == (done.returncode, done.stderr)
    assert "not tried in the time given: 5 points; the next run goes on with them" in done.stdout


def test_a_finding_again(sweep: Sweep) -> None:
    """A replay shows what the command prints, and fails as the sweep does."""
    done = sweep("--replay", "dynamodb:PutItem=internal", script=SILENT + 'print("well")')

    assert 1 == done.returncode
    assert "500 InternalServerError" in done.stderr
    assert "\nwell\nerror: silent: the command passes, and dynamodb:PutItem did not" in done.stderr


@pytest.mark.parametrize(
    ("script", "code", "message"),
    [
        ('create("a"); sys.exit("no luck")', "Red", "without a fault, and a sweep would tell nothing: exit code 1"),
        ("", "NoCalls", "the command made no AWS call that LocalStack saw"),
        (
            'create("a")\nif os.path.exists("mark"): put("a")\nopen("mark", "w")',
            "Unstable",
            "it does not make the same calls each time: dynamodb:PutItem 0 and then 1",
        ),
    ],
    ids=["red", "no calls", "unstable"],
)  # fmt: skip
def test_what_is_not_swept(sweep: Sweep, script: str, code: str, message: str) -> None:
    """A command that is red without a fault, makes no calls or other ones each time is refused."""
    done = sweep("--json", script=script)
    error = json.loads(done.stderr)["error"]

    assert (1, code) == (done.returncode, error["code"])
    assert message in error["message"]


def test_there_is_no_such_command(sweep: Sweep) -> None:
    """A command that is not there is told by its name."""
    done = sweep("--", "no-such-command")

    assert (1, "error: there is no command 'no-such-command'\n") == (done.returncode, done.stderr)


def test_credentials_stay(
    sweep: Sweep, environ: dict[str, str], endpoint: str, tmp_path: Path
) -> None:
    """Credentials that are set go to the command: all runs are in one account."""
    environ.update(AWS_ACCESS_KEY_ID="111122223333", AWS_SECRET_ACCESS_KEY="x")
    done = sweep("--record", script=HONEST)
    with OutagesClient(endpoint, account="111122223333") as client:
        calls = client.calls(0)["events"]

    assert 0 == done.returncode, done.stderr
    assert ["CreateTable", "PutItem"] == [call["operation"] for call in calls]


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups")
def test_ctrl_c_leaves_nothing(environ: dict[str, str], endpoint: str, tmp_path: Path) -> None:
    """Ctrl-C while a fault is in force ends the command, and takes the rule with it."""
    script = """
create("carts")
try:
    put("carts")
except OSError:
    open("pid", "w").write(str(os.getpid()))
    time.sleep(60)
"""
    process = subprocess.Popen(
        [sys.executable, "-m", "localstack_outages", "sweep", "--", *written(tmp_path, script)],
        cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    pid = tmp_path / "pid"
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    in_force = rules(endpoint)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)

    assert 1 == len(in_force)
    assert [] == rules(endpoint)
    assert 1 == process.returncode
    assert "error: interrupted: the rule of this sweep is gone; the next sweep goes on\n" in told
    kept = (tmp_path / ".outages-sweep" / "main.jsonl").read_text()
    assert "dynamodb:CreateTable#1=internal" in kept
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
