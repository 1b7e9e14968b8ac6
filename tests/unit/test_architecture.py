"""What the core may import, and that no file comes to itself by what it imports."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.resources import files
from pathlib import Path

import pytest

CORE = ("schema", "aws", "engine", "explain", "sweep", "evidence", "control")

FORBIDDEN = ["aiohttp", "boto3", "localstack", "pytest", "rolo", "twisted", "werkzeug"]

SCRIPT = """
import sys
import localstack_outages.{}
print(*sorted(sys.modules))
"""


def modules(room: str) -> list[str]:
    """Give the modules of a room, as they are imported."""
    folder = files("localstack_outages") / room
    return [f"{room}.{file.name[:-3]}" for file in folder.iterdir() if file.name.endswith(".py")]


@pytest.mark.parametrize("room", CORE)
def test_core_stands_alone(room):
    """A room of the core brings in nothing of LocalStack, of web servers or of tests, and no other
    room but those that stand below it.
    """
    names = ", localstack_outages.".join(modules(room))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(names)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )

    imported = done.stdout.split()
    rooms = {name.split(".")[1] for name in imported if name.startswith("localstack_outages.")}

    assert [] == [name for name in FORBIDDEN if name in imported]
    assert room in rooms
    assert rooms <= set(CORE[: CORE.index(room) + 1])


ROOT = Path(str(files("localstack_outages")))
FILES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}


def imported_by(name: str) -> Iterator[str]:
    """Give the files of the package that one imports, be it within a function or for types only."""
    path = FILES[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                found = (n for n in (f"{base}.{alias.name}", base) if n in FILES)
                yield from list(found)[:1]


def test_no_circles():
    """No file imports itself by way of others, also where that happens later or for types alone."""
    graph = {name: set(imported_by(name)) - {name} for name in FILES}

    assert "localstack_outages.schema.rules" in graph["localstack_outages.client.client"]
    assert set(FILES) == set(TopologicalSorter(graph).static_order())  # raises where there is one
