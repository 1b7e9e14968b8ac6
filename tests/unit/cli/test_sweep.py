"""The parts of ``sweep`` that need no LocalStack."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from localstack_outages.cli.main import outages, run
from localstack_outages.cli.sweep_record import read_record, record_document
from localstack_outages.cli.sweep_runs import Ended, Runs, _error_of, _run
from localstack_outages.sweep.limits import Hung
from localstack_outages.sweep.oracle import CommandFailed, Judgement, judge, mark_narrow
from localstack_outages.sweep.points import Call, Fault, Place
from localstack_outages.sweep.run import Run
from localstack_outages.sweep.search import Search

PUT = Call(Place("sqs", "SendMessage", 1), None, "boto3 standard", 1, True, False, None)
READ = Call(Place("sqs", "ListQueues", 1), None, "boto3 standard", 2, False, False, "SlowDown")
PLAIN = Run((PUT, READ), None, 1.5)
INTERNAL, RESET = (Fault(PUT.place, name) for name in ("internal", "reset"))
FAILED = CommandFailed("exit code 3: no luck")


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    """A record keeps the command, its time, and its calls in their order."""
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record_document(("sh", "-c", "true"), PLAIN)))

    assert (("sh", "-c", "true"), PLAIN) == read_record(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no file"),
        ("{", "is no record"),
        ("[]", "is no record"),
        ('{"version": 1, "command": ["a"], "seconds": 1, "calls": [{}]}', "is no record"),
        ('{"version": 2, "command": ["a"], "seconds": 1, "calls": []}', "of another version"),
    ],
)
def test_a_file_that_is_no_record(tmp_path: Path, text: str | None, message: str) -> None:
    """A file that is no record is refused, with what writes one."""
    path = tmp_path / "record.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(ValueError, match=message) as caught:
        read_record(str(path))
    assert f"--record {path}" in str(caught.value)


def test_a_command_fails_or_passes() -> None:
    """An exit code tells nothing about the reason: it is no finding. A write that is missing is one."""
    assert Judgement("failed", "exit code 3: no luck") == judge(
        PLAIN, PLAIN._replace(error=FAILED), (INTERNAL,)
    )
    assert "silent" == judge(PLAIN, PLAIN._replace(calls=(READ,)), (INTERNAL,)).outcome
    assert "absorbed" == judge(PLAIN, PLAIN, (INTERNAL,)).outcome
    assert "hung" == judge(PLAIN, PLAIN._replace(error=Hung("late")), (INTERNAL,)).outcome
    assert Judgement("unreached", "the call did not come; late") == judge(
        PLAIN, PLAIN._replace(error=Hung("late"), is_reached=False), (INTERNAL,)
    )


def test_each_call_is_tried() -> None:
    """Nobody knows where a command makes its calls: the second one of an operation may be another's."""
    again = PUT._replace(place=PUT.place._replace(call=2))
    points = Search((), everything=False, each_call=True).points_of("a", (PUT, again))

    assert [1, 1, 1, 1, 1, 2, 2, 2, 2] == [point.faults[0].place.call for point in points]


def test_a_command_that_survives_one_failure_only() -> None:
    """A command that survives an error of AWS, and fails when the connection breaks, is too narrow."""
    marked = mark_narrow(
        [((INTERNAL,), Judgement("absorbed", "well")), ((RESET,), Judgement("failed", "code 1"))]
    )

    assert ["absorbed", "narrow"] == [judgement.outcome for judgement in marked]


@pytest.mark.parametrize(
    ("ended", "message"),
    [
        (Ended(0, 1, "well"), "None"),
        (Ended(3, 1, "so\nno luck\n\n"), "exit code 3: no luck"),
        (Ended(-9, 1, ""), "signal 9"),
        (Ended(None, 14, ""), "it did not end within 13 s"),
    ],
)
def test_how_a_command_ended(ended: Ended, message: str) -> None:
    """The end of a command is told with the last line that it printed."""
    assert message == str(_error_of(ended, 13))


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups")
def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """After its time a command is ended, and so is the process that it started, which ignores SIGTERM."""
    child = tmp_path / "child"
    code = f"""
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
open({str(child)!r}, "w").write(str(child.pid))
print("waiting", flush=True)
child.wait()
"""
    begin = time.monotonic()
    ended = _run([sys.executable, "-S", "-c", code], os.environ, 8, shows_output=False)

    assert (None, "waiting\n") == (ended.code, ended.output)
    assert time.monotonic() - begin < 30
    deadline = time.monotonic() + 10
    while _is_running(int(child.read_text())) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_running(int(child.read_text()))


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"AWS_ACCESS_KEY_ID": ""}, True),
        ({"AWS_ACCESS_KEY_ID": "test"}, False),
        ({"AWS_PROFILE": "dev"}, False),
    ],
)
def test_who_gets_accounts(environ: dict[str, str], expected: bool) -> None:
    """Runs get accounts of their own where no credentials are set."""

    def nobody(account: str) -> None:
        raise AssertionError(account)

    assert expected == Runs(("true",), nobody, environ).has_own_accounts  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a command behind '--', such as: sweep -- sh deploy.sh"),
        (("--record", "--run", "--", "true"), "--record, --run and --replay exclude each other"),
        (("--fail-on", "loud", "true"), "'loud' is no outcome; it is one of absorbed, "),
        (("--report", "report.pdf", "true"), "'report.pdf' has no form; let it end in .json, "),
        (("--replay", "PutItem", "true"), "'PutItem' is not a call and a fault; write service:"),
        (("--minutes", "0", "true"), "0 is not in the range 0<x<=1000000"),
        (("--run", "none.json"), "there is no file 'none.json'; write it with --record none.json"),
    ],
)
def test_options_that_are_not_valid(arguments: tuple[str, ...], message: str) -> None:
    """An option that is not valid is refused before anything runs, with what would be right."""
    done = CliRunner().invoke(outages, ["sweep", *arguments])

    assert 2 == done.exit_code
    assert message in " ".join(done.output.split())


def test_options_of_the_command_are_not_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """--json behind the command is the command's: our errors stay text."""
    code = run(("sweep", "--endpoint", "http://127.0.0.1:1", "--", "true", "--json"))

    assert 3 == code
    assert capsys.readouterr().err.startswith("error: ")
