"""The installed command line, as a process of its own, against a real LocalStack."""

import contextlib
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from localstack_outages.cli.main import run as run_here
from localstack_outages.launch.process import HostProcess

from .helpers import ONCE, OUT, heed_ctrl_c, outcome, outcomes, signed, unique, wait_until

PROGRAM = Path(sys.executable).with_name("localstack-outages")
Done = subprocess.CompletedProcess[str]
Cli = Callable[..., Done]
COLOUR = "\x1b["
WAITING = "Waiting for up to 30s: an application may try again.\n"


def environ(endpoint: str, **env: str) -> dict[str, str]:
    """Give the environment in which the command line finds a LocalStack."""
    return {**os.environ, "OUTAGES_ENDPOINT": endpoint, "TERM": "xterm", **env}


@pytest.fixture
def cli(endpoint: str) -> Cli:
    """A function that runs the command line."""

    def run(*arguments: str, stdin: str = "", **env: str) -> Done:
        return subprocess.run(
            [PROGRAM, *arguments],
            env=environ(endpoint, **env),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def plain(text: str) -> str:
    """Give an output with every id of a rule as ``rN``."""
    return re.sub(r"\br\d+\b", "rN", text)


def hit(client: Callable[..., Any], count: int = 1) -> list[str]:
    """Make calls to SQS, one attempt each; give how they ended."""
    sqs = client("sqs", retries=ONCE)
    return outcomes(sqs.list_queues, count)


class Watcher:
    """A running ``watch``.

    :param endpoint: the LocalStack that it watches
    :param arguments: options
    """

    def __init__(self, endpoint: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "watch", *arguments],
            env=environ(endpoint, PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=heed_ctrl_c,
        )
        self._read = {"stdout": "", "stderr": ""}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def _text(self, name: str) -> str:
        stream = getattr(self.process, name)
        while select.select([stream], [], [], 0)[0] and (data := os.read(stream.fileno(), 65536)):
            self._read[name] += data.decode()
        return self._read[name]

    @property
    def output(self) -> str:
        """What it has printed until now."""
        return self._text("stdout")

    @property
    def errors(self) -> str:
        """What it has said beside the output."""
        return self._text("stderr")

    def begin(self) -> None:
        """Wait until it watches."""
        wait_until(lambda: "atching" in self.errors + self.output)

    def finish(self, number: int | None = None) -> int:
        """Wait until it ends, after a signal where one is given; give the exit code."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        _ = self.output, self.errors
        return code


def test_an_outage_begins_and_ends(cli: Cli, client: Callable[..., Any], outages: Any) -> None:
    """start makes calls fail, and tells the rule; stop makes them work again."""
    started = cli("start", "sqs", "--region", "us-*", "--for", "5m")
    assert (0, "") == (started.returncode, started.stderr)
    assert "Started rN: sqs in us-*: 503 ServiceUnavailableException, for 5m\n" == plain(
        started.stdout
    )
    assert [OUT] == hit(client)
    assert [{"service": "sqs", "region": "us-*", "duration": 300.0}] == outages.get()[1]

    stopped = cli("stop", "sqs")
    expected = "Deleted rN: sqs in us-*: 503 ServiceUnavailableException, for 5m (1 hit)\n"
    assert (0, expected) == (stopped.returncode, plain(stopped.stdout))
    assert ["ok"] == hit(client)


def test_several_services_are_several_rules(cli: Cli, outages: Any) -> None:
    """Each service has a rule of its own, with all the options."""
    done = cli("start", "sqs", "kms", "--error", "throttling", "--times", "2", "--json")
    change = json.loads(done.stdout)
    rules = [{"service": service, "error": "throttling", "times": 2} for service in ("sqs", "kms")]

    assert rules == outages.get()[1]
    assert rules == [entry["rule"] for entry in change["started"]]
    assert (False, [], []) == (change["dryRun"], change["unchanged"], change["ended"])


def test_a_rule_that_is_there_goes_on(cli: Cli, client: Callable[..., Any]) -> None:
    """A second start of the same is told to change nothing."""
    cli("start", "sqs", "--times", "5")
    hit(client)
    again = cli("start", "sqs", "--times", "5")

    expected = "Unchanged rN: sqs: 503 ServiceUnavailableException, 5 times (1 hit)\n"
    assert (0, expected) == (again.returncode, plain(again.stdout))


def test_a_rule_that_is_over_at_once_has_started(cli: Cli) -> None:
    """A rule that lasts less long than the command is told as started."""
    done = cli("start", "sqs", "--for", "1ms")

    assert "Started rN: sqs: 503 ServiceUnavailableException, for 1ms\n" == plain(done.stdout)


def test_the_first_rule_decides(cli: Cli, client: Callable[..., Any]) -> None:
    """--first puts a rule before those that are there."""
    cli("start", "sqs")
    cli("start", "sqs", "--error", "403:AccessDenied", "--first")

    assert ["AccessDenied"] == hit(client)


def test_likely_mistakes_are_told(cli: Cli) -> None:
    """Warnings go to the standard error, also in a dry run, which changes nothing."""
    for arguments, verb in ((["--dry-run"], "Would start"), ([], "Started rN")):
        done = cli("start", "step-functions", *arguments)
        assert 0 == done.returncode
        assert f"{verb}: step-functions: 503 {OUT}\n" == plain(done.stdout)
        assert "no service matches 'step-functions': did you mean 'stepfunctions'?" in done.stderr


def test_an_owner_has_rules_of_its_own(cli: Cli, client: Callable[..., Any], outages: Any) -> None:
    """With --owner a command sees and changes the rules of that owner alone."""
    mine = ["--owner", "team-a"]
    cli("start", "sqs")
    assert 0 == cli("start", "sqs", "--error", "throttling", "--first", *mine).returncode
    hit(client)

    (told,) = json.loads(cli("status", "--json", *mine).stdout)["rules"]
    assert ("team-a", 1) == (told["owner"], told["hits"])
    assert "(of team-a)" in cli("status").stdout
    assert "403 RequestThrottled" in cli("watch", "--past", "--for", "1s", *mine).stdout
    assert 1 == json.loads(cli("verdicts", "--json", *mine).stdout)["summary"]["calls"]
    nobody = cli("verdicts", "--json", "--owner", "team-b").stdout
    assert 0 == json.loads(nobody)["summary"]["calls"]

    replaced = cli("apply", "-", *mine, stdin='[{"service": "kms"}]')
    assert "Deleted rN: sqs: throttling (403 RequestThrottled) (1 hit)\n" in plain(replaced.stdout)
    assert [{"service": "kms"}, {"service": "sqs"}] == sorted(
        outages.get()[1], key=lambda rule: str(rule["service"])
    )
    assert 1 == cli("stop", "sqs", *mine).returncode
    assert f"Deleted rN: kms: 503 {OUT} (0 hits)\n" == plain(cli("clear", *mine).stdout)
    assert [{"service": "sqs"}] == outages.get()[1]


def test_stop_ends_one_of_two_equal_rules(cli: Cli, outages: Any) -> None:
    """--id means just that rule."""
    outages.post([{"service": "sqs"}, {"service": "sqs"}])
    first, second = (rule["id"] for rule in outages.status()[1]["rules"])

    assert 0 == cli("stop", "--id", first).returncode
    assert [second] == [rule["id"] for rule in outages.status()[1]["rules"]]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_warning_keeps_a_strict_command_from_changing_anything(
    cli: Cli, outages: Any, as_json: bool
) -> None:
    """start and apply exit with 1 and tell the warning; without one they do as ever."""
    outages.post([{"service": "kms"}])
    for arguments, stdin in (
        (["start", "step-functions"], ""),
        (["apply", "-"], "- service: step-functions"),
    ):
        done = cli(*arguments, "--strict", *(["--json"] * as_json), stdin=stdin)
        assert 1 == done.returncode
        assert "did you mean 'stepfunctions'?" in (done.stdout if as_json else done.stderr)
        assert "1 warning; nothing has changed" in done.stderr
    assert [{"service": "kms"}] == outages.get()[1]

    assert 0 == cli("start", "sqs", "--strict").returncode
    assert [{"service": "kms"}, {"service": "sqs"}] == outages.get()[1]


def test_a_dry_run_changes_nothing(cli: Cli, outages: Any) -> None:
    """start, stop, clear and apply say what they would do, and do not."""
    rules = [{"service": "sqs"}]
    outages.post(rules)
    expected = [
        (["start", "sqs"], "", f"Unchanged rN: sqs: 503 {OUT} (0 hits)\n"),
        (["start", "kms"], "", f"Would start: kms: 503 {OUT}\n"),
        (["stop", "sqs"], "", f"Would delete rN: sqs: 503 {OUT} (0 hits)\n"),
        (["clear"], "", f"Would delete rN: sqs: 503 {OUT} (0 hits)\n"),
        (["apply", "--add", "-"], '[{"service": "kms"}]', f"Would start: kms: 503 {OUT}\n"),
        (
            ["apply", "-"],
            '[{"service": "sqs"}]',
            f"Would delete rN: sqs: 503 {OUT} (0 hits)\nWould start: sqs: 503 {OUT}\n",
        ),
    ]
    for arguments, stdin, output in expected:
        done = cli(*arguments, "--dry-run", stdin=stdin)
        assert (0, output) == (done.returncode, plain(done.stdout))
    assert rules == outages.get()[1]


def test_stop_ends_exactly_what_is_named(cli: Cli, outages: Any) -> None:
    """Service, region and id narrow it down together; globs are names of rules, not patterns."""
    outages.post(
        [{"service": "s3"}, {"service": "s*"}, {"service": "s3", "region": "us-*"}, {"region": "x"}]
    )
    ids = [rule["id"] for rule in outages.status()[1]["rules"]]

    def left(*arguments: str) -> list[str]:
        assert 0 == cli("stop", *arguments).returncode
        return [rule["id"] for rule in outages.status()[1]["rules"]]

    assert [ids[0], ids[2], ids[3]] == left("s*")
    assert [ids[0], ids[3]] == left("s3", "--region", "us-*")
    assert [ids[0]] == left("--region", "x")
    assert [] == left("--id", ids[0])


def test_stop_tells_where_nothing_matched(cli: Cli, outages: Any) -> None:
    """Exit code 1, with what there is; what did match is ended."""
    outages.post([{"service": "s3", "region": "us-*"}, {"service": "kms"}])

    nothing = cli("stop", "sns")
    message = "error: no rule is for service sns. There is rN (s3 in us-*), rN (kms).\n"
    assert (1, "", message) == (nothing.returncode, nothing.stdout, plain(nothing.stderr))
    part = cli("stop", "kms", "sns")
    assert (1, f"Deleted rN: kms: 503 {OUT} (0 hits)\n", "error: no rule was there for sns\n") == (
        part.returncode,
        plain(part.stdout),
        part.stderr,
    )
    assert 1 == len(outages.get()[1])
    as_json = cli("--json", "stop", "--id", "r0")
    assert (1, "NothingMatched") == (
        as_json.returncode,
        json.loads(as_json.stderr)["error"]["code"],
    )


def test_clear_ends_everything(cli: Cli, outages: Any) -> None:
    """All rules end; where there are none that is no failure."""
    outages.post([{"service": "s3"}, {"service": "kms"}])
    ended = json.loads(cli("clear", "--json").stdout)["ended"]
    again = cli("clear")

    assert ["s3", "kms"] == [entry["rule"]["service"] for entry in ended]
    assert [] == outages.get()[1]
    assert (0, "No outages.\n") == (again.returncode, again.stdout)


@pytest.mark.parametrize(
    "text", ['[{"service": "kms"}]', '[\n\t{"service": "kms"}\n]', "- service: kms\n"]
)
def test_rules_come_from_the_standard_input(cli: Cli, outages: Any, text: str) -> None:
    """JSON and YAML are taken; with --add what is there stays, without it that ends."""
    outages.post([{"service": "s3"}])

    added = cli("apply", "--add", "-", stdin=text)
    assert (0, f"Started rN: kms: 503 {OUT}\n") == (added.returncode, plain(added.stdout))
    assert [{"service": "s3"}, {"service": "kms"}] == outages.get()[1]
    replaced = cli("apply", "-", "--json", stdin=text)
    counts = {name: len(v) for name, v in json.loads(replaced.stdout).items() if name != "dryRun"}
    assert {"started": 1, "unchanged": 0, "ended": 2} == counts
    assert [{"service": "kms"}] == outages.get()[1]


def test_a_file_that_is_not_valid_changes_nothing(cli: Cli, outages: Any, tmp_path: Path) -> None:
    """All its faults are told, the exit code is 1, and the list is as it was."""
    outages.post([{"service": "s3"}])
    (tmp_path / "rules.yaml").write_text("- service: kms\n- servce: s3\n  times: 0\n")
    done = cli("apply", str(tmp_path / "rules.yaml"))

    assert (1, "") == (done.returncode, done.stdout)
    assert "error: [1].times: 0 is out of range: at least 1\n" in done.stderr
    assert "error: [1].servce: unknown field 'servce': did you mean 'service'?\n" in done.stderr
    assert [{"service": "s3"}] == outages.get()[1]


def test_the_status_is_shown(cli: Cli, client: Callable[..., Any], outages: Any) -> None:
    """Rules in the list are shown, departed ones when asked for, and as JSON the whole document."""
    outages.post([{"service": "kms"}])
    outages.post([{"service": "sqs", "error": "throttling", "times": 2}])
    hit(client)

    lines = plain(cli("status").stdout).splitlines()
    row = "rN active 1 of 2 sqs: throttling (403 RequestThrottled), 2 times"
    assert [row] == [" ".join(line.split()) for line in lines[1:]]
    everything = cli("status", "--all").stdout
    assert re.search(r"\br\d+ +deleted +0 .* ago +kms: 503 ", everything)
    shown, given = json.loads(cli("status", "--json").stdout)["rules"], outages.status()[1]["rules"]
    assert shown[0].pop("startedAgo") <= given[0].pop("startedAgo")  # time goes on
    assert given == shown


def test_verdicts_are_shown_and_judged(endpoint: str, cli: Cli) -> None:
    """A call that is tried again without end is shown, and fails a pipeline that asks for it."""
    cli("start", "sqs")
    call = unique("call")
    for attempt in range(1, 12):
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "amz-sdk-invocation-id": call,
            "amz-sdk-request": f"attempt={attempt}; max=11",
        }
        signed(endpoint, "sqs", body=b"Action=ListQueues&Version=2012-11-05", headers=headers)
    rule = json.loads(cli("status", "--json").stdout)["rules"][0]["id"]

    shown = cli("verdicts", "--id", rule)
    line = (
        r"sqs.ListQueues in us-east-1: open, (noBackoff, )?retryStorm\n"
        r" +11 attempts in [^·]+ · pauses [\d ]+ \+5 ms · 503 ServiceUnavailableException · r\d+"
    )
    assert re.search(line, shown.stdout)
    assert 0 == shown.returncode
    failed = cli("verdicts", "--id", rule, "--fail-on", "neverRetried,retryStorm")
    assert (1, "error: 1 retryStorm\n") == (failed.returncode, failed.stderr)
    at_once = "--wait", "0"
    assert 0 == cli("verdicts", "--id", rule, "--fail-on", "neverRetried", *at_once).returncode
    as_json = cli("verdicts", "--id", rule, "--fail-on", "any", "--json")
    assert 1 == json.loads(as_json.stdout)["summary"]["flags"]["retryStorm"]
    assert "Flagged" == json.loads(as_json.stderr)["error"]["code"]


def test_a_pipeline_waits_for_calls_that_may_be_tried_again(endpoint: str, cli: Cli) -> None:
    """Who fails on a flag is not told that all is well while a call is open."""
    cli("start", "sqs", "--times", "1")
    rule = json.loads(cli("status", "--json").stdout)["rules"][0]["id"]
    call = unique("call")

    def attempt() -> None:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "amz-sdk-invocation-id": call,
        }
        signed(endpoint, "sqs", body=b"Action=ListQueues&Version=2012-11-05", headers=headers)

    attempt()
    at_once = cli("verdicts", "--id", rule, "--fail-on", "neverRetried", "--wait", "0")
    assert (0, "") == (at_once.returncode, at_once.stderr)
    assert " open\n" in at_once.stdout
    with subprocess.Popen(
        [PROGRAM, "verdicts", "--id", rule, "--fail-on", "neverRetried"],
        env=environ(endpoint),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as waiting:
        assert waiting.stderr is not None
        assert WAITING == waiting.stderr.readline()
        attempt()
        output, errors = waiting.communicate(timeout=20)
    assert (0, "") == (waiting.returncode, errors)
    assert "1 effort: 1 recovered" in output


def test_parameters_that_the_server_refuses_are_usage(cli: Cli) -> None:
    """The option is named, not the parameter of the URL."""
    for arguments, option in (
        (["watch", "--service", "a b"], "--service"),
        (["verdicts", "--limit", "0"], "--limit"),
        (["verdicts", "--wait", "61s"], "--wait"),
    ):
        done = cli(*arguments)
        assert (2, "") == (done.returncode, done.stdout)
        assert done.stderr.startswith(f"error: {option}: ")


def test_watch_shows_calls_as_they_happen(endpoint: str, cli: Cli, client: Any) -> None:
    """A line for each call; Ctrl-C ends it with a summary and exit code 0."""
    cli("start", "sqs")
    with Watcher(endpoint, "--service", "sqs") as watcher:
        watcher.begin()
        hit(client, 2)
        wait_until(lambda: 2 == watcher.output.count(OUT))
        code = watcher.finish(signal.SIGINT)
        output = plain(watcher.output)

    line = r"\d\d:\d\d:\d\d  rN +sqs\.ListQueues +us-east-1  1[ of1]* 503 \w+\n"
    summary = (
        f"2 affected calls, 2 failed: 2 {OUT}\n"
        "CALLS  FAILED  OPERATION       REGION\n"
        "    2       2  sqs.ListQueues  us-east-1\n"
    )
    assert 0 == code
    assert re.fullmatch(f"({line}){{2}}{re.escape(summary)}", output)


def test_watch_tells_how_an_effort_ended(endpoint: str, cli: Cli, client: Any) -> None:
    """As soon as a call has recovered, a line says so; later nothing more of it."""
    cli("start", "sqs", "--times", "1")
    with Watcher(endpoint, "--service", "sqs") as watcher:
        watcher.begin()
        client("sqs", retries={"mode": "standard", "total_max_attempts": 3}).list_queues()
        wait_until(lambda: "recovered" in watcher.output)
        watcher.finish(signal.SIGINT)
        output = plain(watcher.output)

    line = r"\d\d:\d\d:\d\d  rN +sqs\.ListQueues +us-east-1  => +recovered after 2 attempts in \d"
    assert 1 == len(re.findall(line, output))


class Impatient(io.StringIO):
    """A stream that presses Ctrl-C as soon as anything is written to it."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if text:  # click looks whether it is a stream of text by writing none
            signal.raise_signal(signal.SIGINT)
        return written


def test_watch_says_goodbye_when_ctrl_c_comes_twice(
    endpoint: str, ctrl_c: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The summary is whole, and the exit code 0, where the signal comes again while it is printed."""
    stdout, stderr = Impatient(), Impatient()
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(sys, "stderr", stderr)
    code = run_here(["--endpoint", endpoint, "watch"])

    assert stderr.getvalue().startswith(f"Watching {endpoint}")
    assert (0, "no call was affected\n") == (code, stdout.getvalue())


def test_watch_speaks_json(endpoint: str, cli: Cli, client: Any) -> None:
    """Each line is an object: the begin, the calls, and the summary, also when it is killed."""
    cli("start", "sqs")
    with Watcher(endpoint, "--json") as watcher:
        watcher.begin()
        hit(client)
        wait_until(lambda: '"call"' in watcher.output)
        code = watcher.finish(signal.SIGTERM)
        objects = [json.loads(line) for line in watcher.output.splitlines()]

    assert (0, ["watching", "call", "summary"]) == (code, [found["type"] for found in objects])
    assert "ListQueues" == objects[1]["event"]["operation"]
    assert (1, 1, {OUT: 1}) == tuple(
        objects[2]["summary"][n] for n in ("calls", "failed", "errors")
    )


def test_watch_ends_by_count_and_by_time(endpoint: str, cli: Cli, client: Any) -> None:
    """For scripts: 0 after so many calls, 1 where the time is over before, 0 where only time counts."""
    cli("start", "sqs")
    with Watcher(endpoint, "--count", "2", "--for", "30s") as watcher:
        watcher.begin()
        hit(client, 2)
        assert 0 == watcher.finish()

    assert 0 == cli("watch", "--past", "--count", "2").returncode
    assert 1 == cli("watch", "--count", "1", "--for", "100ms").returncode
    assert 0 == cli("watch", "--for", "100ms").returncode


@pytest.mark.slow
def test_watch_survives_a_restart(start_host: Callable[..., HostProcess], client: Any) -> None:
    """LocalStack goes and comes back on the same port: both are said, and calls go on to be shown."""
    first = start_host(OUTAGES_RULES='[{"service": "sqs"}]')
    sqs = client("sqs", retries=ONCE, endpoint_url=first.endpoint)
    with Watcher(first.endpoint) as watcher:
        try:
            watcher.begin()
            assert OUT == outcome(sqs.list_queues)
            wait_until(lambda: 1 == watcher.output.count(OUT))
            first.stop()
            wait_until(lambda: "-- LocalStack is gone: " in watcher.output)
            # A call that comes before the watch is back is in the new journal, and is shown too.
            watcher.process.send_signal(signal.SIGSTOP)
            first.start()
            assert OUT == outcome(sqs.list_queues)
            watcher.process.send_signal(signal.SIGCONT)
            wait_until(lambda: 2 == watcher.output.count(OUT))
            code = watcher.finish(signal.SIGINT)
            output = watcher.output
        finally:
            first.stop()

    notices = [line for line in output.splitlines() if line.startswith("--")]
    assert 0 == code
    assert notices[0].startswith("-- LocalStack is gone: ")
    assert ["-- LocalStack was restarted: its rules are gone"] == notices[1:]
    assert output.endswith("LocalStack was restarted 1 time\n")


def test_a_reader_that_has_read_enough_is_no_error(endpoint: str, cli: Cli) -> None:
    """Where a pipe is closed the command ends in silence, also while it watches."""
    cli("start", "sqs")
    script = f"'{PROGRAM}' {{}} | true; echo ${{{{PIPESTATUS[0]}}}}"
    for command in ("operations ec2", "status", "status --json", "watch --past --json"):
        done = subprocess.run(
            ["bash", "-c", script.format(command)],
            env=environ(endpoint),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ("0\n", "") == (done.stdout, done.stderr)


def test_an_output_that_cannot_be_written_is_told(endpoint: str) -> None:
    """A full disk gives one line, and exit code 1."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, "status"], env=environ(endpoint), stdout=full, stderr=subprocess.PIPE
        )

    assert (1, b"error: the system refused: No space left on device\n") == (
        done.returncode,
        done.stderr,
    )


def test_without_the_extension_the_exit_code_is_3(cli: Cli) -> None:
    """Another web server is told from LocalStack."""
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = re.search(r"port (\d+)", server.stdout.readline())
        assert port
        done = cli("status", "--endpoint", f"http://127.0.0.1:{port[1]}")
    finally:
        server.kill()
        server.communicate()

    assert (3, "") == (done.returncode, done.stdout)
    assert "is the extension installed there?" in done.stderr


@contextlib.contextmanager
def on_a_terminal(endpoint: str, *arguments: str, **env: str) -> Iterator[tuple[int, int]]:
    """Run the command line on a terminal of 80 columns; give its process id and the terminal."""
    process, terminal = pty.fork()
    if process == 0:  # the other process
        heed_ctrl_c()
        os.execve(PROGRAM, [str(PROGRAM), *arguments], environ(endpoint, COLUMNS="80", **env))
    try:
        yield process, terminal
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        os.close(terminal)


def read_until(terminal: int, wanted: str | None, within: float = 20) -> str:
    """Read what appears on a terminal, until a text comes, or to the end."""
    text = ""
    deadline = time.monotonic() + within
    while wanted is None or wanted not in text:
        assert time.monotonic() < deadline, text
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # it is closed at the other end
            break
        if not data:
            break
        text += data.decode()
    return text


def test_colours_come_on_a_terminal_alone(endpoint: str, cli: Cli) -> None:
    """On a terminal the status is coloured and fits it; NO_COLOR, a dumb one and a pipe have none."""
    cli("start", "sqs", "--error", "throttling", "--region", "us-east-1", "--for", "1h")

    with on_a_terminal(endpoint, "status") as (_, terminal):
        shown = read_until(terminal, None)
    assert COLOUR in shown
    bare = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert 80 >= max(len(line) for line in bare.splitlines())
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        with on_a_terminal(endpoint, "status", **env) as (_, terminal):
            assert COLOUR not in read_until(terminal, None)
    assert COLOUR not in cli("status").stdout


def test_a_terminal_gets_whole_words(endpoint: str) -> None:
    """A sentence that is too long for a terminal goes on in its next line, between words."""
    arguments = ["dynamodb", "--operation", "PutItem", "--error", "throttling", "--times", "3"]
    with on_a_terminal(endpoint, "start", *arguments) as (_, terminal):
        lines = read_until(terminal, None).splitlines()

    assert 2 == len(lines)
    assert 80 >= max(len(line) for line in lines)
    assert "  ProvisionedThroughputExceededException), 3 times" == lines[1]


def test_watch_keeps_a_summary_on_a_terminal(endpoint: str, cli: Cli, client: Any) -> None:
    """Calls run by above a summary that is kept up to date; Ctrl-C leaves the terminal as it was."""
    cli("start", "sqs")
    with on_a_terminal(endpoint, "watch") as (process, terminal):
        read_until(terminal, "Watching")
        hit(client, 2)
        shown = read_until(terminal, "2 affected calls, 2 failed")
        os.write(terminal, b"\x03")
        shown += read_until(terminal, None)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

    assert "1 affected call, 1 failed" in shown
    assert COLOUR in shown
    assert shown.rindex("CALLS") > shown.rindex("2 affected calls")
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")  # the cursor is shown again
    assert 0 == code


def test_ids_of_rules_are_completed(endpoint: str, cli: Cli) -> None:
    """Bash completes the ids of the rules in the list, and goes by --endpoint."""
    cli("start", "sqs")
    (rule,) = json.loads(cli("status", "--json").stdout)["rules"]
    script = f"""
        eval "$('{PROGRAM}' completion bash)"
        COMP_WORDS=(localstack-outages --endpoint {endpoint} stop --id r) COMP_CWORD=5
        _localstack_outages_completion '{PROGRAM}'
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script],
        env=environ("http://127.0.0.1:1"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (f"{rule['id']}\n", "") == (done.stdout, done.stderr)


@pytest.mark.slow
def test_help_is_quick(endpoint: str) -> None:
    """It takes at most as long again as Python with click, three times over."""

    def seconds(*command: str) -> float:
        started = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        return time.monotonic() - started

    bare = min(seconds(sys.executable, "-c", "import click") for _ in range(5))
    assert 3 * bare > min(seconds(str(PROGRAM), "--help") for _ in range(5))
