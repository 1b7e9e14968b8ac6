"""Calls of the AWS SDK for Rust, as cargo-lambda brings it, each in a process of its own.

Of itself cargo-lambda makes one attempt; it is told to make three, which is the SDK's default.
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SAID = re.compile(r'code: "(\w+)", message: "(.*?)"|(\w+): ([^:]+)$')
"""What it says last, on one line."""


def call(cell: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Make a call."""
    words = ["lambda", "invoke", "--remote", "--endpoint-url", endpoint, "--data-ascii", "{}"]
    access = {"AWS_ACCESS_KEY_ID": cell["account"], "AWS_SECRET_ACCESS_KEY": "test"}
    done = subprocess.run(
        [sys.argv[1], *words, "--retry-attempts", "3", cell["parameters"]["FunctionName"]],
        env={**os.environ, **access, "AWS_REGION": "us-east-1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return {}
    text = " ".join(done.stderr.partition("Was this")[0].split())
    found = SAID.search(text)
    return (
        {"error": found[1] or found[3], "message": found[2] or found[4]}
        if found
        else {"error": text}
    )


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    with ThreadPoolExecutor(len(asked["cells"])) as pool:
        json.dump(
            list(pool.map(lambda cell: call(cell, asked["endpoint"]), asked["cells"])), sys.stdout
        )
