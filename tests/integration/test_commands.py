"""The commands in README and docs work as they are written, and print what is written."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .helpers import heed_ctrl_c

pytestmark = pytest.mark.host(
    "localstack", reason="the commands of these pages begin with LocalStack"
)

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(
    r"^\$ (.*<<'EOF'\n(?:.*\n)*?EOF|.*(?:\n  .*)*)((?:\n(?!\$ ).*)*)", re.MULTILINE
)

CLI = ("localstack-outages ", 'eval "$(localstack-outages ')
"""How commands of the command line begin."""

ELSEWHERE = {"integrations.md", "sweep.md"}
"""What these pages show needs more packages, or an application: ``tests/gateway`` runs it."""

CURL = """
curl() {{
    command curl --silent --show-error --fail-with-body --connect-to '::127.0.0.1:{port}' "$@"
}}
"""
"""Leads any host to the LocalStack of the test, and fails where the answer is a refusal."""


def commands(program: str | tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Give (page, command, output) for each command of a program that the docs show.

    :param program: what the command begins with
    """
    return [
        (page.name, command, output.strip())
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
        for block in BLOCK.findall(page.read_text())
        for command, output in COMMAND.findall(block)
        if command.startswith(program)
    ]


def pages(program: str | tuple[str, ...]) -> list[str]:
    """Give the pages that show commands of a program."""
    return sorted({page for page, _, _ in commands(program)})


def without_figures(text: str) -> str:
    """Give an output without what differs from run to run: ids of rules."""
    return re.sub(r"\br\d+\b", "rN", text).strip()


def environ(**env: str) -> dict[str, str]:
    """Give an environment in which the programs of this one's are found."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, **env}


def run(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a person would, in the shell."""
    return subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=environ(**env),
        check=False,
    )


def run_until_it_watches(
    command: str, folder: Path, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a command that does not end by itself, and press Ctrl-C once it says what it does."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environ(**env),
        preexec_fn=heed_ctrl_c,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=120)
    return subprocess.CompletedProcess(command, process.returncode, output, said + errors)


@pytest.mark.parametrize(("page", "command", "output"), commands("curl"))
def test_curl(endpoint: str, tmp_path: Path, page: str, command: str, output: str) -> None:
    """A curl command is taken by the control API."""
    assert not output
    (tmp_path / "rules.json").write_text('[{"service": "sqs"}]')
    done = run(CURL.format(port=urlsplit(endpoint).port) + command, tmp_path)
    ends_by_itself = "--max-time" not in command

    assert (0 if ends_by_itself else 28) == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("page", sorted({*pages(CLI)} - ELSEWHERE))
def test_the_command_line(endpoint: str, tmp_path: Path, page: str) -> None:
    """The commands of a page do what it says, one after another, and print what it shows."""
    (tmp_path / "rules.json").write_text('[{"service": "sqs"}]')
    for where, command, output in commands(CLI):
        if where == page:
            is_endless = " watch" in command and " --for " not in command
            act = run_until_it_watches if is_endless else run
            done = act(command, tmp_path, OUTAGES_ENDPOINT=endpoint)
            # What other tests left to judge is none of the page's affair.
            allowed = (0, 1) if "--fail-on" in command else (0,)
            assert done.returncode in allowed, command + done.stdout + done.stderr
            if output:
                assert without_figures(output) == without_figures(done.stdout + done.stderr)


@pytest.mark.usefixtures("no_test_bucket")
def test_the_story_of_the_readme(outages, endpoint: str, tmp_path: Path) -> None:
    """The outage of the first minute shows in the AWS CLI, word for word."""
    prepare = CURL.format(port=urlsplit(endpoint).port)
    outage, *_ = [command for page, command, _ in commands("curl") if page == "README.md"]
    assert 0 == run(prepare + outage, tmp_path).returncode
    assert 3 == len(outages.get()[1])
    told = commands("awslocal")
    assert 2 == len(told)
    for _, command, output in told:
        done = run(command, tmp_path, AWS_ENDPOINT_URL=endpoint, AWS_RETRY_MODE="legacy")
        assert output == (done.stdout + done.stderr).strip()


def test_the_tools_of_the_docs_are_here() -> None:
    """curl and awslocal are what the commands need."""
    assert shutil.which("curl")
    assert Path(sys.executable).with_name("awslocal").exists()
    assert [
        "README.md",
        "cli.md",
        "fis.md",
        "integrations.md",
        "scenarios.md",
        "sweep.md",
    ] == pages(CLI)
