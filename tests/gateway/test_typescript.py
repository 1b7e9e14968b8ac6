"""The client for TypeScript and JavaScript: built, and tried with the AWS SDK v3 against a gateway, by the
test runners that people use.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("moto", reason="the tests need an AWS behind the gateway")

from localstack_outages.schema.product import version

from .processes import gateway

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "typescript"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)

Run = Callable[..., str]


@pytest.fixture(scope="module")
def run() -> Run:
    """A function that runs a command in the client's folder, once it is built, and gives what it prints.
    Skips where npm could not get what it needs.
    """
    if not (CLIENT / "node_modules" / ".ready").exists():
        pytest.skip(
            "npm has not installed what the client needs: make clients/typescript/node_modules/.ready"
        )

    def call(*command: str, **env: str) -> str:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "LOCALSTACK_", "NODE_", "OUTAGES_"))
        }
        done = subprocess.run(
            command, cwd=CLIENT, env={**inherited, "NO_COLOR": "1", "PYTHON": sys.executable, **env},
            capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        assert 0 == done.returncode, done.stdout + done.stderr
        return done.stdout

    call("npm", "run", "build")
    return call


@pytest.fixture(scope="module")
def endpoint() -> Iterator[dict[str, str]]:
    """What the environment says of a gateway before moto, to the client and to the AWS SDK."""
    with gateway() as url:
        yield {
            "OUTAGES_ENDPOINT": url,
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }


def test_vitest(run: Run, endpoint: dict[str, str]) -> None:
    """All that the client does holds, with four files of tests at once."""
    told = run("npx", "vitest", "run", **endpoint)

    assert re.search(r"Tests +\d+ passed \(\d+\)", told), told


def test_jest(run: Run, endpoint: dict[str, str]) -> None:
    """It works in Jest as its page says."""
    run("npm", "run", "test:jest", **endpoint)


def test_node(run: Run, endpoint: dict[str, str]) -> None:
    """The same test works with the test runner of Node.js."""
    text = (CLIENT / "test" / "jest" / "readme.test.js").read_text()
    ported = CLIENT / "test" / "jest" / f"{os.getpid()}.mjs"
    ported.write_text(text.replace("@jest/globals", "node:test"))
    try:
        assert "# pass 1" in run("node", "--test", str(ported), **endpoint)
    finally:
        ported.unlink()


def test_types(run: Run) -> None:
    """Sources and tests have the right types, and the mistakes in the tests are found."""
    run("npx", "tsc", "--noEmit")


def test_generated_types(run: Run) -> None:
    """The types of the control API are those of its description."""
    run("npm", "run", "generate", "--", "--check")


def test_package(run: Run) -> None:
    """The package holds what was built and two pages, and has the version of the distribution."""
    (packed,) = json.loads(run("npm", "pack", "--dry-run", "--json", "--ignore-scripts"))
    files = {file["path"] for file in packed["files"]}

    assert {"LICENSE", "README.md", "package.json"} == {f for f in files if "/" not in f}
    assert {"dist"} == {f.split("/")[0] for f in files if "/" in f}
    assert {"dist/index.js", "dist/index.d.ts", "dist/vitest.js", "dist/vitest.d.ts"} < files
    assert version() == packed["version"]
    assert (ROOT / "LICENSE").read_text() == (CLIENT / "LICENSE").read_text()


def test_it_needs_no_other_package(run: Run, tmp_path: Path) -> None:
    """It is loaded where nothing else is installed."""
    run("npm", "pack", "--ignore-scripts", "--pack-destination", str(tmp_path))
    (packed,) = tmp_path.glob("*.tgz")
    installed = tmp_path / "node_modules" / "localstack-outages"
    installed.mkdir(parents=True)
    subprocess.run(
        ["tar", "-xzf", packed, "-C", installed, "--strip-components=1"], check=True, timeout=30
    )
    script = tmp_path / "script.mjs"
    script.write_text(
        'import { Outages } from "localstack-outages";\n'
        'console.log(new Outages({ endpoint: "http://localhost:1" }).endpoint);\n'
    )

    assert "http://localhost:1\n" == run("node", str(script))


def test_page() -> None:
    """The tests on its page are those that the test runners run."""
    blocks = BLOCK.findall((CLIENT / "README.md").read_text())
    for language, name in [("ts", "readme.test.ts"), ("js", "jest/readme.test.js")]:
        assert (language, (CLIENT / "test" / name).read_text()) in blocks


def test_lock() -> None:
    """The versions are pinned, and where they came from is not told."""
    lock = json.loads((CLIENT / "package-lock.json").read_text())

    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
