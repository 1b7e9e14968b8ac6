"""A scenario played against a real LocalStack, by the command line and from Python."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from localstack_outages.cli.main import run
from localstack_outages.client.aio import AsyncOutagesClient
from localstack_outages.client.client import OutagesClient
from localstack_outages.client.scenario_control import ScenarioControl
from localstack_outages.schema.errors import InvalidScenario, UnknownScenario

from .helpers import heed_ctrl_c

MINE = {
    "name": "mine",
    "title": "Mine",
    "phases": [
        {"name": "down", "at": 0, "length": "10m", "text": "S3 is down.",
         "rules": [{"service": "s3", "error": "unavailable"}]},
        {"name": "slow", "at": "10m", "length": "10m", "text": "S3 is slow.",
         "rules": [{"service": "s3", "latency": 300}]},
    ],
}  # fmt: skip


class Cli:
    """The command line, for one LocalStack."""

    def __init__(self, endpoint: str) -> None:
        self.command = [
            sys.executable,
            "-c",
            "from localstack_outages.cli.main import main; main()",
        ]
        self.env = {**os.environ, "OUTAGES_ENDPOINT": endpoint}

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        done = subprocess.run(
            [*self.command, "scenario", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env=self.env,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def begin(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Run a command that goes on."""
        return subprocess.Popen(
            [*self.command, "scenario", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.env, "PYTHONUNBUFFERED": "1"},
            preexec_fn=heed_ctrl_c,
        )


@pytest.fixture
def cli(endpoint: str, outages) -> Cli:
    """The command line, for a LocalStack without rules."""
    assert (200, []) == outages.get()
    return Cli(endpoint)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A scenario in a file."""
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(MINE))
    return path


def code_of(call: Callable[[], object]) -> str:
    """Give the error code that a call gets; "OK" where it gets none."""
    try:
        call()
    except ClientError as e:
        return str(e.response["Error"]["Code"])
    return "OK"


def test_kms_is_down(cli: Cli, client: Callable[..., BaseClient], outages) -> None:
    """While KMS is down a secret cannot be read, in Secrets Manager's own words; then it can."""
    once = {"retries": {"total_max_attempts": 1}}
    secrets, s3 = (client(name, **once) for name in ("secretsmanager", "s3"))
    secrets.create_secret(Name="of-scenario", SecretString="x")

    def read() -> object:
        return secrets.get_secret_value(SecretId="of-scenario")

    code, output, errors = cli("run", "kms-down", "--phase", "down", "--detach")
    assert (0, "") == (code, errors)
    assert output.startswith("Started kms-down: 1 phase in 8m, ")
    assert "DecryptionFailure" == code_of(read)
    assert "OK" == code_of(s3.list_buckets)
    code, output, _ = cli("status")
    assert "kms-down (owner: scenario kms-down): " in output
    assert re.search(r"^down +active +\w+ +KMS does not work", output, re.MULTILINE)
    assert {"scenario kms-down"} == {rule["owner"] for rule in outages.status()[1]["rules"]}
    code, output, _ = cli("stop", "kms-down")
    assert 0 == code
    assert re.fullmatch(r"Ended kms-down after \S+; its rules are gone\.\n", output)
    assert "OK" == code_of(read)
    assert (200, []) == outages.get()
    assert (1, "", "error: scenario 'kms-down' does not run; no scenario does\n") == cli(
        "stop", "kms-down"
    )
    assert (0, "No scenario runs.\n", "") == cli("status")


def test_a_run_tells_each_phase(cli: Cli, mine: Path, client: Callable[..., BaseClient]) -> None:
    """A scenario of one's own is played at high speed, each phase is told, and it ends by itself."""
    s3 = client("s3", retries={"total_max_attempts": 1})
    begun = cli.begin("run", mine, "--speed", "150")
    assert begun.stdout is not None
    assert begun.stdout.readline() == "Started mine: 2 phases in 8s at speed 150, 2 rules\n"
    assert re.fullmatch(r" +\S+  down, for \S+: S3 is down\.\n", begun.stdout.readline())
    assert "ServiceUnavailable" == code_of(s3.list_buckets)
    assert re.fullmatch(r" +\S+  slow, for \S+: S3 is slow\.\n", begun.stdout.readline())
    before = time.monotonic()
    assert "OK" == code_of(s3.list_buckets)
    assert time.monotonic() - before >= 0.3
    output, errors = begun.communicate(timeout=30)

    assert (0, "mine is over.\n", "") == (begun.returncode, output, errors)
    before = time.monotonic()
    assert "OK" == code_of(s3.list_buckets)


def test_json_lines(cli: Cli, mine: Path) -> None:
    """With --json each line of a run is an object."""
    code, output, errors = cli("run", mine, "--speed", "300", "--json")
    lines = [json.loads(line) for line in output.splitlines()]

    assert (0, "") == (code, errors)
    assert ["started", "phase", "phase", "over"] == [line["type"] for line in lines]
    assert ["down", "slow"] == [line["phase"]["name"] for line in lines[1:3]]


@pytest.fixture
def begun(cli: Cli, mine: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that would go on for long, and has told its first phase."""
    process = cli.begin("run", mine)
    assert process.stdout is not None
    process.stdout.readline()
    assert "down" in process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_rule(
    begun: subprocess.Popen[str], outages, number: int
) -> None:
    """Ctrl-C, and kill, end the scenario with the command."""
    assert 2 == len(outages.get()[1])
    begun.send_signal(number)
    output, errors = begun.communicate(timeout=20)

    assert (1, "") == (begun.returncode, output)
    assert "error: interrupted: mine was ended, and its rules are gone\n" == errors
    assert (200, []) == outages.get()


def test_a_run_that_is_interrupted_twice_leaves_no_rule(
    endpoint: str,
    mine: Path,
    outages,
    ctrl_c: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The scenario is ended where the signal comes again before it is."""
    look, stop = ScenarioControl.list, ScenarioControl.stop

    def interrupted_look(control: ScenarioControl) -> object:
        signal.raise_signal(signal.SIGINT)
        return look(control)

    def interrupted_stop(control: ScenarioControl, name: str) -> object:
        signal.raise_signal(signal.SIGINT)
        return stop(control, name)

    monkeypatch.setattr(ScenarioControl, "list", interrupted_look)
    monkeypatch.setattr(ScenarioControl, "stop", interrupted_stop)
    code = run(["--endpoint", endpoint, "scenario", "run", str(mine)])

    assert (1, "error: interrupted: mine was ended, and its rules are gone\n") == (
        code,
        capsys.readouterr().err,
    )
    assert (200, []) == outages.get()


def test_a_run_that_nobody_reads(cli: Cli, mine: Path, outages) -> None:
    """Where the output is closed, as ``head`` does, the scenario ends with the command."""
    begun = cli.begin("run", mine, "--speed", "600")
    assert begun.stdout is not None
    assert begun.stderr is not None
    begun.stdout.readline()
    begun.stdout.readline()
    begun.stdout.close()

    assert 0 == begun.wait(timeout=30)
    assert (200, []) == outages.get()
    assert "" == begun.stderr.read()
    begun.stderr.close()


def test_a_run_that_somebody_ends(begun: subprocess.Popen[str], cli: Cli) -> None:
    """Where somebody else ends the scenario the command says so, and exits with 1."""
    assert 0 == cli("stop", "mine")[0]
    _, errors = begun.communicate(timeout=20)

    assert 1 == begun.returncode
    assert "error: mine was ended before its time by somebody else\n" == errors


def test_a_run_whose_rules_are_spent(
    cli: Cli, tmp_path: Path, client: Callable[..., BaseClient]
) -> None:
    """A scenario whose rules have all hit as often as they may is over, and well so."""
    phase = {**MINE["phases"][0], "rules": [{"service": "s3", "times": 1}]}
    path = tmp_path / "once.json"
    path.write_text(json.dumps({**MINE, "phases": [phase]}))
    begun = cli.begin("run", path)
    assert begun.stdout is not None
    begun.stdout.readline()
    s3 = client("s3", retries={"total_max_attempts": 1})
    assert "ServiceUnavailableException" == code_of(s3.list_buckets)
    output, errors = begun.communicate(timeout=20)

    assert (0, "") == (begun.returncode, errors)
    assert output.endswith("mine is over.\n")


def test_a_run_that_crosses_a_threshold(
    cli: Cli, mine: Path, client: Callable[..., BaseClient], outages
) -> None:
    """With --stop-on the scenario ends as soon as a threshold is crossed, and the command exits with 1."""
    begun = cli.begin("run", mine, "--stop-on", "lost>100,amplification>2")
    assert begun.stdout is not None
    begun.stdout.readline()
    # Its last attempts may come after the end of the scenario.
    code_of(client("s3", retries={"total_max_attempts": 5, "mode": "standard"}).list_buckets)
    _, errors = begun.communicate(timeout=30)

    assert 1 == begun.returncode
    assert errors.startswith("error: mine was ended: amplification>2 (it is ")
    assert (200, []) == outages.get()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--fail-on", "amplification"),
            "'amplification' is no threshold; write amplification>3, ",
        ),
        (("--stop-on", "lost>0", "--detach"), "nobody watches then; leave out --fail-on and "),
    ],
)
def test_thresholds_that_are_refused(
    cli: Cli, mine: Path, outages, arguments: tuple[str, ...], message: str
) -> None:
    """Where a threshold is not valid, or nobody would look at it, nothing is started."""
    code, _, errors = cli("run", mine, *arguments)

    assert 2 == code
    assert message in errors
    assert (200, []) == outages.get()


def test_a_run_without_traffic(cli: Cli, mine: Path) -> None:
    """A gate that nothing was measured for does not pass: the command says why, and exits with 1."""
    code, _, errors = cli("run", mine, "--speed", "600", "--fail-on", "amplification>3")

    assert 1 == code
    assert "error: not known: amplification>3: " in errors


def test_a_scenario_for_a_block(endpoint: str, client: Callable[..., BaseClient]) -> None:
    """From Python a scenario lasts as long as its block, with all assertions of an outage."""
    s3 = client("s3", retries={"total_max_attempts": 2, "mode": "standard"})
    outages = OutagesClient(endpoint)
    with outages.scenario(MINE, phase="down") as outage:
        assert "ServiceUnavailable" == code_of(s3.list_buckets)
        (run,) = outages.scenarios.list()["running"]
        assert ("mine", "down", outage.owner) == (run["name"], run["phase"], run["owner"])
    assert [] == outages.scenarios.list()["running"]
    assert [] == outages.rules()
    outage.assert_hit(2)
    outage.assert_retried(at_least=1)
    assert "OK" == code_of(s3.list_buckets)
    outage.assert_recovered()


def test_a_scenario_of_an_account(endpoint: str, client: Callable[..., BaseClient]) -> None:
    """A client that is for one account plays a scenario for that one alone, beside another run."""
    mine, other = "111111111111", "222222222222"
    once = {"total_max_attempts": 1}
    with (
        OutagesClient(endpoint, account=mine).scenario(MINE, phase="down"),
        OutagesClient(endpoint, account=other).scenario(MINE, phase="slow"),
    ):
        assert "ServiceUnavailable" == code_of(client("s3", "us-east-1", once, mine).list_buckets)
        assert "OK" == code_of(client("s3", "us-east-1", once, other).list_buckets)
        assert 2 == len(OutagesClient(endpoint).scenarios.list()["running"])


def test_a_scenario_for_a_block_of_asyncio(
    endpoint: str, client: Callable[..., BaseClient]
) -> None:
    """The client for asyncio plays scenarios too."""
    s3 = client("s3", retries={"total_max_attempts": 1})

    async def play() -> str:
        async with AsyncOutagesClient(endpoint).scenario(MINE, speed=2) as outage:
            code = await asyncio.to_thread(code_of, s3.list_buckets)
            await outage.assert_hit(1)
        return code

    assert "ServiceUnavailable" == asyncio.run(play())
    assert "OK" == code_of(s3.list_buckets)


def test_scenarios_by_the_client(endpoint: str) -> None:
    """What outlives a block is started, read and ended by name."""
    outages = OutagesClient(endpoint)
    started = outages.scenarios.start("kms-down", speed=60, account="123456789012")

    assert ("scenario kms-down", 60) == (started["owner"], started["speed"])
    document = outages.scenarios.get("kms-down", speed=60)
    assert [{**rule, "account": "123456789012"} for rule in document["rules"]] == [
        entry["rule"] for entry in outages.status()["rules"]
    ]
    assert "kms-down" == outages.scenarios.stop("kms-down")["name"]
    with pytest.raises(UnknownScenario, match="does not run"):
        outages.scenarios.stop("kms-down")
    with pytest.raises(InvalidScenario, match="has no phase 'up'"):
        outages.scenarios.start("kms-down", phase="up")
