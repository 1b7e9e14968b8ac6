"""What the core may import."""

import os
import subprocess
import sys

import pytest

CORE = [
    "errors",
    "signature",
    "effects",
    "rules",
    "parsing",
    "matching",
    "lifecycle",
    "store",
    "engine",
]

FORBIDDEN = ["localstack", "rolo", "werkzeug", "twisted", "boto3", "pytest"]

SCRIPT = """
import sys
import localstack_outages.{}
print(*sorted(sys.modules))
"""


@pytest.mark.parametrize("module", CORE)
def test_core_stands_alone(module):
    """A module of the core brings in nothing of LocalStack, of HTTP or of tests, and only the core."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(module)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )

    imported = done.stdout.split()
    ours = {name.split(".")[1] for name in imported if name.startswith("localstack_outages.")}

    assert [] == [name for name in FORBIDDEN if name in imported]
    assert module in ours
    assert set() == ours - set(CORE)
