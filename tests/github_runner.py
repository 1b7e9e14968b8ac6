"""Runs workflows of GitHub Actions here: their ``run`` steps, and actions that are made of such steps.

It does what GitHub's runner does for those: a bash for each step, ``if: always()``, and the files by which
a step hands something on (GITHUB_ENV, GITHUB_OUTPUT, GITHUB_PATH). Actions of others are left out. An
expression that it does not know is an error.
"""

import os
import re
import site
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

import psutil
import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_SHELL = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")


class Ended(NamedTuple):
    """How a job ended."""

    succeeded: bool
    output: str
    """What its steps printed."""
    outputs: dict[str, str]
    """Those of an action."""


class Runner:
    """A machine of GitHub's, on which a job runs.

    :param folder: an empty one, for its files
    :param workspace: the folder of the repository
    :param actions: the folders of actions that are run, by what ``uses`` names
    :param env: the environment variables of the machine
    """

    def __init__(
        self,
        folder: Path,
        workspace: Path,
        env: Mapping[str, str],
        actions: Mapping[str, Path] | None = None,
    ) -> None:
        self._folder, self._workspace, self._actions = folder, workspace, actions or {}
        self._temp = folder / "temp"
        self._temp.mkdir()
        self.env = {**env, "RUNNER_TEMP": str(self._temp)}
        """What the next step gets, as GITHUB_ENV and GITHUB_PATH have made it."""
        self._groups: list[int] = []
        """The process group of each step."""
        self._files = {name: folder / name for name in ("ENV", "OUTPUT", "PATH", "STEP_SUMMARY")}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End what the steps have left running, as the end of a job does."""
        left = [p for p in psutil.process_iter() if _group(p) in self._groups]
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        deadline = time.monotonic() + 30
        while any(map(_runs, left)):
            assert time.monotonic() < deadline, f"{left} do not end"
            time.sleep(0.05)

    @property
    def workspace(self) -> Path:
        """The folder of the repository."""
        return self._workspace

    @property
    def summary(self) -> str:
        """What the job's page shows."""
        return self._files["STEP_SUMMARY"].read_text()

    def run(self, *command: str) -> str:
        """Run a command as a later step would; give what it prints, or fail with what it says."""
        done = subprocess.run(
            command, env=self.env, capture_output=True, text=True, timeout=60, check=False
        )
        assert 0 == done.returncode, done.stderr
        return done.stdout

    def run_job(self, job: Mapping[str, Any]) -> Ended:
        """Run a job of a workflow."""
        return self._run(job["steps"], {}, job.get("env", {}))

    def run_action(self, folder: Path, **given: str) -> Ended:
        """Run a composite action.

        :param given: its inputs
        """
        action = yaml.safe_load((folder / "action.yml").read_text())
        assert action["runs"]["using"] == "composite"
        assert given.keys() <= action["inputs"].keys()
        inputs = {name: one["default"] for name, one in action["inputs"].items()} | given
        known = {f"inputs.{name}": str(value) for name, value in inputs.items()}
        ended = self._run(action["runs"]["steps"], known, {"GITHUB_ACTION_PATH": str(folder)})
        if not ended.succeeded:
            return ended
        values = {name: _resolved(o["value"], known) for name, o in action["outputs"].items()}
        return ended._replace(outputs=values)

    def _run(
        self, steps: list[dict[str, Any]], known: dict[str, str], env: Mapping[str, str]
    ) -> Ended:
        succeeded, said = True, ""
        for step in steps:
            condition = step.get("if", "success()")
            assert condition in ("success()", "always()", "${{ always() }}"), condition
            if not succeeded and "always()" not in condition:
                continue
            if "run" in step:
                assert step.get("shell", "bash") == "bash"
                given = {
                    name: _resolved(str(value), known)
                    for name, value in {**env, **step.get("env", {})}.items()
                }
                passed, output = self._run_step(step["run"], given)
                name = step.get("id")
                known |= {f"steps.{name}.outputs.{key}": v for key, v in self._outputs().items()}
            elif (folder := self._actions.get(step["uses"])) is not None:
                passed, output, _ = self.run_action(folder, **step.get("with", {}))
            else:
                passed, output = True, ""
            succeeded, said = succeeded and passed, said + output
        return Ended(succeeded, said, {})

    def _run_step(self, script: str, env: Mapping[str, str]) -> tuple[bool, str]:
        for name, path in self._files.items():
            if name != "STEP_SUMMARY" or not path.exists():
                path.write_text("")
        file = self._folder / "step.sh"
        file.write_text(script)
        with (self._folder / "output").open("w+") as output:
            process = subprocess.Popen(
                [*_SHELL, file],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._workspace,
                env={
                    **self.env,
                    **{f"GITHUB_{name}": str(path) for name, path in self._files.items()},
                    **env,
                },
                start_new_session=True,
            )
            self._groups.append(process.pid)
            code = process.wait(300)
            output.seek(0)
            said = output.read()
        self.env |= _pairs(self._files["ENV"])
        for folder in self._files["PATH"].read_text().splitlines():
            self.env["PATH"] = f"{folder}{os.pathsep}{self.env['PATH']}"
        return code == 0, said

    def _outputs(self) -> dict[str, str]:
        return _pairs(self._files["OUTPUT"])


@contextmanager
def github_job(
    folder: Path, actions: Mapping[str, Path] | None = None, **env: str
) -> Iterator[Runner]:
    """Give a machine.

    :param folder: an empty one, in which the job runs
    :param actions: as of ``Runner``
    :param env: more environment variables
    """
    for name in ("runner", "workspace"):
        (folder / name).mkdir(parents=True)
    env = machine_environment(folder / "bin") | env
    with Runner(folder / "runner", folder / "workspace", env, actions) as runner:
        yield runner


def machine_environment(folder: Path) -> dict[str, str]:
    """Give the environment of a machine without settings for AWS, on which ``python3`` is this one.

    Packages that a job installs are found where the tests have them, so that pip need not install them
    once more.

    :param folder: for commands; it is made
    """
    folder.mkdir()
    (folder / "python3").symlink_to(sys.executable)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "OUTAGES_"))}
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "PYTHONPATH": os.pathsep.join(site.getsitepackages())}


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _pairs(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def _resolved(text: str, known: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda found: known[found[1]], text)
