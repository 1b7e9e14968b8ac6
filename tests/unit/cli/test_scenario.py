"""The commands of ``scenario`` where no LocalStack is needed: what there is, a story, a check of a file."""

import io
import json
import sys

import pytest

from localstack_outages.cli.main import run
from localstack_outages.schema.scenario_files import packaged_names, packaged_scenario
from localstack_outages.schema.scenario_rules import compile_scenario

MINE = """
name: mine
title: Mine
began: "2026-01-31T23:30Z"
sources: [a page]
phases:
  - name: second
    at: 1h
    length: 90s
    text: SQS is down.
    note: Guessed.
    rules:
      - {service: sqs, probability: {from: 0, to: 1}}
  - name: first
    at: 0
    length: 1h
    text: S3 is down.
    rules:
      - {service: s3}
"""
STORY = """\
mine: Mine

first, 31 Jan 23:30 to 01 Feb 00:30 UTC, from 0s for 1m: S3 is down.
  s3: 503 ServiceUnavailableException

second, 01 Feb 00:30 to 01 Feb 00:31 UTC, from 1m for 1.5s: SQS is down.
  note: Guessed.
  sqs: 503 ServiceUnavailableException, 0% to 100% of the calls

sources:
  a page
"""


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    """No LocalStack is reached by accident."""
    monkeypatch.setenv("OUTAGES_ENDPOINT", "http://127.0.0.1:1")


@pytest.fixture
def cli(capsys):
    """Give a function that runs a command of ``scenario`` and gives (exit code, output, errors)."""

    def cli(*arguments):
        code = run(["scenario", *arguments])
        return (code, *capsys.readouterr())

    return cli


@pytest.fixture
def mine(tmp_path):
    """Give the path of a scenario in a file."""
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    return str(path)


def test_without_a_command_there_is_help(cli):
    """It lists the commands, on the standard error, and is wrong usage."""
    code, output, errors = cli()

    assert (2, "") == (code, output)
    assert all(
        f"  {name} " in errors for name in ("list", "show", "run", "stop", "status", "check")
    )


def test_the_list(cli):
    """All scenarios of the package are listed, in a table and as JSON."""
    code, output, errors = cli("list")

    assert (0, "") == (code, errors)
    assert list(packaged_names()) == [line.split()[0] for line in output.splitlines()[1:]]
    document = json.loads(cli("list", "--json")[1])
    assert list(packaged_names()) == [one["name"] for one in document["scenarios"]]


def test_a_story(cli, mine):
    """A scenario is told phase by phase, in the order in which they start, at the speed asked for."""
    assert (0, STORY, "") == cli("show", mine, "--speed", "60")


def test_one_phase(cli, mine):
    """One phase alone is told as it would be played."""
    _, output, _ = cli("show", mine, "--phase", "second")

    assert "from 0s for 1m30s: SQS is down." in output
    assert "S3" not in output


def test_json(cli):
    """With --json there is the scenario with the rules that play it."""
    parsed = packaged_scenario("kms-down")
    code, output, _ = cli("show", "kms-down", "--json", "--speed", "60x", "--phase", "down")

    assert 0 == code
    assert {
        "scenario": parsed.document,
        "rules": compile_scenario(parsed, speed=60, phase="down"),
    } == json.loads(output)


@pytest.mark.parametrize("name", packaged_names())
def test_every_scenario_can_be_told(cli, name):
    """Each scenario of the package is told with its title, phases and sources."""
    scenario = packaged_scenario(name).scenario
    code, output, errors = cli("show", name)

    assert (0, "") == (code, errors)
    assert output.startswith(f"{name}: {scenario.title}\n")
    assert all(phase.text in output for phase in scenario.phases)
    assert all(source in output for source in scenario.sources)


REFUSED = [
    (("show", "kms-dwon"), 1, "there is no scenario 'kms-dwon': did you mean 'kms-down'?"),
    (("show", "kms-down", "--phase", "up"), 1,
     "phase: 'kms-down' has no phase 'up'; it has slow, down, catch-up"),
    (("show", "kms-down", "--speed", "fast"), 2,
     "'fast' is not a speed; write a number from 0 to 86400, such as 60"),
    (("show", "kms-down", "--speed", "0"), 2, "'0' is not a speed"),
    (("show", "./none.yaml"), 1, "cannot read './none.yaml': No such file or directory"),
    (("check", "./none.yaml"), 1, "cannot read './none.yaml': No such file or directory"),
    (("run", "./none.yaml"), 1, "cannot read './none.yaml': No such file or directory"),
    (("run", "kms-down"), 3, "cannot reach LocalStack at http://127.0.0.1:1"),
    (("stop", "kms-down"), 3, "cannot reach LocalStack at http://127.0.0.1:1"),
    (("status",), 3, "cannot reach LocalStack at http://127.0.0.1:1"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "message"), REFUSED)
def test_what_cannot_be_done_is_told(cli, arguments, code, message):
    """A message says what is wrong; the exit code, of what kind it is."""
    found, output, errors = cli(*arguments)

    assert (code, "") == (found, output)
    assert message in errors


def test_a_file_is_checked(cli, mine):
    """A valid scenario is found valid, without LocalStack."""
    assert (0, f"{mine}: valid, 2 rules\n", "") == cli("check", mine)


def test_problems_are_told_with_their_places(cli, tmp_path):
    """All problems of a file are named with line and path, and the exit code is 1."""
    path = tmp_path / "mine.yaml"
    path.write_text(MINE.replace("at: 1h", "at: soon").replace("service: s3", "servce: s3"))
    code, output, errors = cli("check", str(path))

    assert (1, "") == (code, errors)
    assert f"{path}:8: phases[0].at: 'soon' is not a duration; write 90s" in output
    unknown = "unknown field 'servce': did you mean 'service'?"
    assert f"{path}:19: phases[1].rules[0].servce: {unknown}\n" in output
    assert output.endswith(f"{path}: not valid, 2 faults\n")
    code, output, errors = cli("show", str(path))
    assert (1, "") == (code, output)
    assert f"error: phases[1].rules[0].servce: {unknown}" in errors


def test_warnings_count_when_asked_to(cli, tmp_path):
    """A likely mistake is named with its place; it is a failure with --strict alone."""
    path = tmp_path / "mine.yaml"
    path.write_text(MINE.replace("service: s3", "service: step-functions"))
    message = "no service matches 'step-functions': did you mean 'stepfunctions'?"

    code, output, _ = cli("check", str(path))
    warning = f"{path}:19: warning: phases[1].rules[0].service: {message}\n"
    assert (0, f"{warning}{path}: valid, 2 rules, 1 warning\n") == (code, output)
    assert 1 == cli("check", "--strict", str(path))[0]


def test_the_standard_input(cli, monkeypatch):
    """A scenario may come by the standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MINE.encode())))

    assert (0, "-: valid, 2 rules\n", "") == cli("check", "-")
