"""The recipes for pipelines in the docs: their YAML is valid, and what can run here does. Needs bash, curl
and the package registry.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

pytest.importorskip("aiohttp")

from tests.github_runner import github_job, machine_environment

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text()
SOURCE = "git+https://github.com/OWNER/localstack-outages@v0.1.0"
ACTION = "OWNER/localstack-outages@v0.1.0"
SCHEMAS = {
    ".github/workflows/resilience.yml": ("vendor.github-workflows",),
    ".github/workflows/localstack.yml": ("vendor.github-workflows",),
    ".gitlab-ci.yml": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
    "compose.yaml": ("vendor.compose-spec",),
}
RECIPES = dict(re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))

APPLICATION = """#!/usr/bin/env python3
import time
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
sqs = boto3.client("sqs", config=Config(retries={{"total_max_attempts": 1}}))
for _ in range(20):
    try:
        print("queues:", sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"])
        break
    except ClientError as e:
        print(e)
        time.sleep({pause})
"""


def application(folder: Path, pause: float) -> None:
    """Write an application that tries again with pauses, and passes its tests."""
    path = folder / "run-tests"
    path.write_text(APPLICATION.format(pause=pause))
    path.chmod(0o755)


@pytest.fixture
def port() -> str:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


@pytest.mark.parametrize("name", ["action.yml", *RECIPES])
def test_the_schema(tmp_path: Path, name: str) -> None:
    """The action and each recipe are what GitHub, GitLab and Compose take."""
    pytest.importorskip("check_jsonschema", reason="it brings the schemas")
    file = ROOT / name
    schema: tuple[str, ...] = ("vendor.github-actions",)
    if name in RECIPES:
        file, schema = tmp_path / "recipe.yaml", SCHEMAS[name]
        file.write_text(RECIPES[name])
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, file],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert 0 == done.returncode, done.stdout


def test_each_recipe_has_a_schema() -> None:
    """No recipe is left out."""
    assert list(SCHEMAS) == list(RECIPES)
    assert len(RECIPES) == PAGE.count("```yaml\n")


def test_github(tmp_path: Path, port: str) -> None:
    """The job passes where the application pauses between its attempts, and its page has the report."""
    workflow = yaml.safe_load(RECIPES[".github/workflows/resilience.yml"])
    job: dict[str, Any] = workflow["jobs"]["resilience"]
    (action,) = [step for step in job["steps"] if step.get("uses") == ACTION]
    action["with"] = {"port": port}
    with github_job(tmp_path / "job", {ACTION: ROOT}) as runner:
        application(runner.workspace, 0.3)
        ended = runner.run_job(job)

        assert ended.succeeded, ended.output
        assert ["queues: 200"] == re.findall("queues: .*", ended.output)
        assert "RequestThrottled), 2 times` (2 hits)" in runner.summary
        assert "recovered after 3 tries" in runner.summary


@contextmanager
def script(text: str, folder: Path, env: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Run a script as GitLab's runner does; give how it ended, and what it said."""
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            ["bash", "-c", text], cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
        )  # fmt: skip
        try:
            code = process.wait(120)
            log.seek(0)
            yield code, log.read()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def test_gitlab(tmp_path: Path, port: str) -> None:
    """The script fails where the application asks again and again without a pause, and the case of that
    effort says so.
    """
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=120)
    env = machine_environment(tmp_path / "bin")
    job = yaml.safe_load(RECIPES[".gitlab-ci.yml"])["resilience"]
    env |= {name: value.replace("4566", port) for name, value in job["variables"].items()}
    here = {
        SOURCE: ROOT.as_uri(),
        "outages gateway": f"outages gateway --listen 127.0.0.1:{port}",
        "--times 2": "--times 12",
    }
    lines = "\n".join(["set -eo pipefail", *job["script"]])
    for old, new in here.items():
        assert lines.count(old) == 1
        lines = lines.replace(old, new)
    application(tmp_path, 0)
    path = f"{venv / 'bin'}{os.pathsep}{env['PATH']}"
    with script(lines, tmp_path, {**env, "PATH": path}) as (code, log):
        assert 1 == code, log
        assert "queues: 200" in log
    (case,) = ElementTree.parse(tmp_path / job["artifacts"]["reports"]["junit"]).iter("testcase")
    assert "ListQueues in us-east-1, effort 1" == case.get("name")
    failure = case.find("failure")
    assert failure is not None
    assert "retryStorm" == failure.get("type")
    assert "recovered after 13 tries" in str(failure.get("message"))
    for name in job["artifacts"]["paths"]:
        assert (tmp_path / name).exists()


def test_the_python_of_the_page_compiles() -> None:
    """The recipe for Testcontainers is Python, and what it imports of this package is there."""
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    compile(code, "docs/ci.md", "exec")
    (ours,) = re.findall(r"^from localstack_outages import .*", code, re.MULTILINE)
    exec(ours, {})
