"""What is optional about LocalStack, rolo and Twisted can be missing: each name that we import of them
is taken away, one by one, and the extension does without what needs it.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import localstack_outages

PACKAGE = Path(localstack_outages.__file__).parent
HOST = PACKAGE / "hosts" / "localstack"
SHORTCUT = HOST / "shortcut"
FIS = HOST / "fis"
OTHERS = ("localstack", "rolo", "twisted", "werkzeug", "plux")

Name = tuple[str, str]
"""A module, and what is imported from it."""

ESSENTIAL: dict[Name, str] = {
    ("localstack.extensions.api", "Extension"): "what LocalStack Pro loads is a subclass of it",
    ("localstack.aws.api", "CommonServiceException"): "LocalStack answers AWS errors by it",
    ("rolo", "Response"): "what a route of LocalStack's router gives",
    ("werkzeug.routing", "Rule"): "what such a route is",
    ("localstack", "aws"): "handlers are hung in there",
    ("localstack.aws", "handlers"): "handlers are hung in there",
    ("localstack.aws.handlers", "serve_custom_service_request_handlers"): "the same",
    ("localstack.aws.handlers", "run_custom_finalizers"): "the same",
    ("localstack.runtime", "hooks"): "by it the open-source LocalStack loads the extension",
    ("localstack.services.edge", "ROUTER"): "the control API's routes go there",
    ("localstack.config", "is_collect_metrics_mode"): "LocalStack itself asks it for each call",
    ("plux", "Plugin"): "LocalStack finds its plugins by it; for Swagger's page alone",
}


def names_in(path: Path) -> Iterator[Name]:
    """Give the names of others that a file needs when it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in typing_only and not node.level:
            module = node.module or ""
            if module.split(".")[0] in OTHERS:
                for alias in node.names:
                    yield module, alias.name
                    modules[alias.asname or alias.name] = f"{module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = modules.get(node.value.id, "")
            if module in ("localstack.aws.handlers", "localstack.config", "localstack.constants"):
                yield module, node.attr


def names(folder: Path) -> set[Name]:
    """Give those that the files of a folder need, not those below it."""
    return {name for path in folder.glob("*.py") for name in names_in(path)}


def load(package: Path, *without: list[Name]) -> list[tuple[list[Name], dict[str, Any]]]:
    """Load the extension in a LocalStack that lacks names; give what came of it."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", Path(__file__).with_name("load_without.py")],
        input=json.dumps(without),
        # With rules that are not valid, so that what tells of them is needed as well.
        env={**os.environ, "PYTHONPATH": str(package.parent), "OUTAGES_RULES": "["},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[[")]
    assert len(without) == len(lines), done.stderr[-3000:]
    return [([(module, name) for module, name in each], result) for each, result in lines]


def test_nothing_is_missing() -> None:
    """In the LocalStack that is here nothing is missing, and nothing is warned of."""
    ((_, result),) = load(PACKAGE, [("json", "nothing")])

    assert {"statuses": [503, 503], "warnings": []} == result


def test_the_short_way_can_be_missing() -> None:
    """Each name that only the short way needs may be missing: calls go the long way, with one
    warning.
    """
    needed = sorted(names(SHORTCUT) - names(HOST) - set(ESSENTIAL))
    wrong = {
        without[0]: result
        for without, result in load(PACKAGE, *([name] for name in needed))
        if result.get("statuses") != [503, 503]
        or ["refuse calls" in line for line in result["warnings"]] != [True]
    }

    assert len(needed) > 30
    assert {} == wrong


def test_what_else_can_be_missing() -> None:
    """Each name that the host needs, but for those without which it can do nothing, may be missing:
    calls are refused, and a warning says what cannot be done.
    """
    needed = sorted(names(HOST) - set(ESSENTIAL))
    results = load(PACKAGE, *([name] for name in needed))
    wrong = {
        without[0]: result
        for without, result in results
        if result.get("statuses") != [503, 503] or not result["warnings"]
    }

    assert len(needed) > 10
    assert {} == wrong
    for _, result in results:
        assert len(result["warnings"]) == len(set(result["warnings"]))
        assert all(line.startswith("Outages cannot ") for line in result["warnings"])


def test_the_essential_names_are_needed() -> None:
    """Nothing is called essential that no file needs."""
    needed = names(SHORTCUT) | names(HOST) | {("localstack", "aws")}

    assert set() == set(ESSENTIAL) - needed


def test_the_folder_can_be_deleted(tmp_path: Path) -> None:
    """Without the folder of the short way the extension works, and says once that it is missing."""
    copy = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("shortcut", "__pycache__"))
    ((_, result),) = load(copy, [("json", "nothing")])

    assert [503, 503] == result.get("statuses"), result
    (warning,) = result["warnings"]
    assert warning.startswith("Outages cannot refuse calls before LocalStack parses them: ")


def test_nobody_names_the_folder() -> None:
    """Nothing outside the folder names it but the one place in each host that tries to load its own."""
    naming = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "shortcut" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and "shortcut" in (node.module or "").split(".")
    }

    assert {"hosts/gateway/server.py", "hosts/localstack/extension.py"} == naming


def test_fis_is_loaded_by_localstack_alone() -> None:
    """Nothing imports what LocalStack loads for FIS: whatever it lacks costs FIS alone."""
    naming = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if FIS not in path.parents
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.level or "hosts.localstack.fis" in (node.module or ""))
        and "fis" in (node.module or "").split(".")
    ]

    assert [] == naming


@pytest.mark.parametrize("path", sorted(HOST.rglob("*.py")), ids=lambda p: p.stem)
def test_modules_are_imported_by_name(path: Path) -> None:
    """Others' modules are imported so that this test finds what is used of them."""
    plain = [
        alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".")[0] in OTHERS
    ]

    assert [] == plain
