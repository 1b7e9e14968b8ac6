"""What `make` says where it cannot make an environment."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "environment"
OLD = """#!/bin/sh
case "$2" in *print*) echo 3.10 ;; *) exit 1 ;; esac
"""


@pytest.mark.parametrize(
    ("targets", "command"),
    [("lint", "make lint"), ("", "make start"), ("lint test", "make lint test")],
)
def test_a_wrong_python_is_refused_with_a_command_that_works(tmp_path, targets, command):
    """The message names the target that was asked for: without one make only lists them."""
    old = tmp_path / "python3.10"
    old.write_text(OLD)
    old.chmod(0o755)
    said = []
    for python in ("no-such-python", str(old)):
        done = subprocess.run(
            [SCRIPT, python, tmp_path / "venv", "test", "constraints.txt", targets],
            capture_output=True,
            text=True,
            check=False,
        )
        assert 1 == done.returncode
        said.append(done.stderr)

    want = f": {command} PYTHON=python3.13\n"
    assert [
        f"error: there is no 'no-such-python'; name a Python from 3.11 to 3.13{want}",
        f"error: '{old}' is Python 3.10; 3.11, 3.12 or 3.13 is needed{want}",
    ] == said
