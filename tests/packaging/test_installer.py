"""LocalStack's own extension installer takes the distribution, from a wheel and from source.

The installer is the one of LocalStack Pro, which is on the package registry. To install it needs
no licence; what loads extensions at run time does, and is not tried here.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from localstack_outages import __version__
from localstack_outages.schema.product import DISTRIBUTION

from .conftest import ROOT, Built, clean_environment, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CONSTRAINTS = ROOT / "constraints" / "localstack-ext-4.14.0.txt"
VENV = ROOT / ".venv-installer"
EXTENSIONS = "localstack.pro.core.bootstrap.extensions"

LIST = f"""
import json
from {EXTENSIONS} import repository
repository.get_extension_repository()
print(json.dumps(repository.list_extension_metadata()))
"""

# `localstack extensions install` runs this command in LocalStack's container. Its group asks for a
# licence before, so the command is called without it.
INSTALL = f"""
import sys
from {EXTENSIONS} import repository
from {EXTENSIONS}.__main__ import install
repository.init_extension_venv()
install.main([sys.argv[1]], standalone_mode=False)
"""


def python_for_pro() -> str | None:
    """Give a Python 3.13, the one that this LocalStack is built for."""
    found = (Path.home() / ".pyenv" / "versions").glob("3.13.*/bin/python")
    for candidate in (sys.executable, shutil.which("python3.13"), *map(str, sorted(found))):
        if candidate is None:
            continue
        code = "import sys; sys.exit(sys.version_info[:2] != (3, 13))"
        tried = subprocess.run([candidate, "-c", code], capture_output=True, check=False)
        if tried.returncode == 0:
            return candidate
    return None


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of a LocalStack Pro, installed once and kept."""
    found = python_for_pro()
    if found is None:
        pytest.skip("there is no Python 3.13 here, which LocalStack Pro 4.14.0 needs")
    stamp = VENV / ".made"
    state = hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != state:
        run(found, "-m", "venv", "--clear", VENV)
        pip = (VENV / "bin" / "python", "-m", "pip", "install", "--quiet")
        run(*pip, "--requirement", CONSTRAINTS, "--no-deps", seconds=800, env=clean_environment())
        stamp.write_text(state)
    return VENV / "bin" / "python"


class Pro(NamedTuple):
    """A LocalStack Pro that has no extension yet."""

    python: Path
    folder: Path

    def run(self, *arguments: str, **env: str) -> str:
        """Run its Python, with all that it writes below the folder."""
        return run(
            self.python,
            *arguments,
            # Not in the source tree, which would stand for the installed package.
            cwd=self.folder,
            env=clean_environment(
                ACTIVATE_PRO="1",
                DISABLE_EVENTS="1",
                FILESYSTEM_ROOT=self.folder / "root",
                OVERRIDE_IN_DOCKER="0",
                XDG_CACHE_HOME=self.folder / "cache",
                **env,
            ),
        )

    def extensions(self) -> list[dict[str, Any]]:
        """List the extensions that it finds, as ``localstack extensions list`` does."""
        return json.loads(self.run("-c", LIST).splitlines()[-1])


@pytest.fixture
def pro(python: Path, tmp_path: Path) -> Pro:
    """A LocalStack Pro that has no extension yet."""
    pro = Pro(python, tmp_path)
    pro.run("-c", f"from {EXTENSIONS} import repository; repository.init_extension_venv()")
    assert [] == pro.extensions()
    return pro


SOURCES: dict[str, Callable[[Built, Path], str]] = {
    "wheel": lambda built, _: str(built.wheel),
    "sdist": lambda built, _: str(built.sdist),
    "folder": lambda _, source: str(source),
    "file URL": lambda _, source: source.as_uri(),
}


@pytest.fixture(params=SOURCES)
def name(request: pytest.FixtureRequest, built: Built, source: Path) -> str:
    """What a user names to have the extension installed."""
    return SOURCES[request.param](built, source)


def assert_installed(pro: Pro) -> None:
    """The extension is found, in the place where LocalStack installs extensions."""
    (found,) = pro.extensions()
    expected = ("localstack.extensions", DISTRIBUTION, __version__)
    assert expected == (found["namespace"], found["name"], found["distribution"]["version"])
    assert (
        found["factory"]["code"] == "localstack_outages.hosts.localstack.extension.OutagesExtension"
    )
    assert Path(found["factory"]["file"]).is_relative_to(pro.folder / "root")


def test_auto_install(pro: Pro, name: str) -> None:
    """``EXTENSION_AUTO_INSTALL`` installs the extension, and the one thing that LocalStack lacks."""
    log = pro.run("-m", f"{EXTENSIONS}.autoinstall", EXTENSION_AUTO_INSTALL=name)

    assert "Extension successfully installed" in log
    (installed,) = re.findall(r"Successfully installed (.*)", log)
    names = {name.rpartition("-")[0] for name in installed.split()}
    assert {DISTRIBUTION, "prometheus-client"} == {name.replace("_", "-") for name in names}
    assert_installed(pro)


def test_extensions_install(pro: Pro, built: Built) -> None:
    """``localstack extensions install`` installs the extension and names it."""
    lines = pro.run("-c", INSTALL, str(built.wheel)).splitlines()

    events = [json.loads(line) for line in lines if line.startswith("{")]
    assert [DISTRIBUTION] == [e["extra"]["name"] for e in events if e["event"] == "extension"]
    assert_installed(pro)
