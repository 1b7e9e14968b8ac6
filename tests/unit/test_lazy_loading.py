"""What is loaded at once, and that the rest can be loaded later.

A start of LocalStack waits for all that the extension loads; so does a program for what the client
loads, and each run of pytest for what its plugin loads.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(str(files("localstack_outages")))
OPTIONAL = (
    "aiohttp",
    "anyio",
    "cryptography",
    "localstack",
    "mcp",
    "mcp_types",
    "moto",
    "opentelemetry",
    "plux",
    "redis",
    "rolo",
    "twisted",
    "uvloop",
    "werkzeug",
)

NOT_AT_START = (
    "chaostoolkit",
    "cli",
    "client",
    "control.advice",
    "control.chaos_api",
    "control.console",
    "control.fis.service",
    "control.openapi",
    "control.routes",
    "control.scenarios",
    "control.status",
    "explain.mistakes",
    "explain.why",
    "hosts.fleet",
    "launch",
    "schema.dependencies",
    "schema.documents",
    "schema.fields",
    "schema.parameters",
    "schema.rule_forms",
    "schema.scenario",
    "schema.scenario_documents",
    "schema.scenario_fields",
    "testing",
)
"""Modules of the package, and folders with all that they contain."""

RULES = (
    "schema.faults.error",
    "schema.faults.sequence",
    "schema.reading",
    "schema.rules",
    "schema.rules_file",
)
"""What the first rule loads."""


def loaded_by(code: str) -> set[str]:
    """Give the modules that are loaded once a new process has run some code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def among(modules: set[str], unwanted: tuple[str, ...]) -> list[str]:
    """Give those of the package that are unwanted."""
    names = tuple(f"localstack_outages.{name}" for name in unwanted)
    return sorted(
        m for m in modules if any(m == name or m.startswith(f"{name}.") for name in names)
    )


def test_a_host_loads_little() -> None:
    """A host that nobody has asked for anything has not loaded what answers."""
    loaded = loaded_by(
        "from localstack_outages.control.guard import Guard\n"
        "from localstack_outages.hosts.app import App\n"
        "app = App('1', Guard())\n"
        "app.startup_rules.check()\n"
        "app.begin()\n"
        "app.close()"
    )

    assert "localstack_outages.engine.store" in loaded
    assert [] == among(loaded, (*NOT_AT_START, *RULES))
    assert {"opentelemetry", "prometheus_client", "redis", "requests"}.isdisjoint(loaded)


def test_a_host_of_localstack_loads_little() -> None:
    """LocalStack's start does not wait for what answers requests."""
    pytest.importorskip("localstack.extensions")
    loaded = loaded_by(
        "from localstack_outages.hosts.localstack import plux_hooks\nplux_hooks.on_start()"
    )

    assert "localstack_outages.hosts.localstack.shortcut.reader" in loaded
    assert [] == among(loaded, (*NOT_AT_START, *RULES, "aws.modelled_errors", "hosts.gateway"))


def test_the_first_rules_may_come_together() -> None:
    """The rules that come first, from several threads at once, are all read."""
    code = """
import sys, threading
from localstack_outages.control.guard import Guard
from localstack_outages.hosts.app import App
sys.setswitchinterval(1e-6)
app, start, wrong = App("1", Guard()), threading.Barrier(8), []
rules = [
    {"latency": {"min": 1, "max": 2}},
    {"latency": {"p50": 1}},
    {"throttle": {"rate": 1}},
    {"error": {"code": "SlowDown"}},
    {"sequence": ["throttling", {"latency": 5, "error": "internal"}]},
    {"payload": {"truncate": 9}},
    {"probability": {"from": 0, "to": 1}, "duration": 9},
    {"flap": {"down": 1, "up": 2}},
]

def post(number):
    start.wait()
    try:
        from localstack_outages.schema.reading import parse_rules
        app.store.add(parse_rules(rules[number:] + rules[:number]))
    except Exception as e:
        wrong.append(repr(e))

threads = [threading.Thread(target=post, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join(60)
assert not wrong, wrong
assert len(rules) == len(app.store.documents()), app.store.documents()
"""

    for _ in range(3):
        assert "localstack_outages.schema.rules" in loaded_by(code)


def test_the_client_loads_little() -> None:
    """A program that uses the client does not wait for what describes answers, scenarios, or the
    explanation of an assertion that fails.
    """
    loaded = loaded_by(
        "from localstack_outages import OutagesClient\nOutagesClient('http://localhost:1')"
    )
    unwanted = (
        "aws",
        "client.explanation",
        "explain",
        *(name for name in NOT_AT_START if name.startswith("schema.")),
    )

    assert "localstack_outages.client.client" in loaded
    assert [] == among(loaded, unwanted)
    assert "yaml" not in loaded


def test_the_command_line_loads_little() -> None:
    """A command does not wait for what others need: the MCP server, and what describes rules."""
    loaded = loaded_by("import localstack_outages.cli.main")

    assert "localstack_outages.cli.mcp" in loaded
    assert [] == among(
        loaded, ("cli.mcp_tools", "client", "schema.reading", "schema.rules", "sweep")
    )
    assert {"anyio", "mcp", "pydantic", "requests"}.isdisjoint(loaded)


def test_the_plugin_loads_little() -> None:
    """A run of pytest that makes nothing fail loads no more than the plugin's hooks."""
    loaded = loaded_by("import localstack_outages.testing.plugin")

    assert {
        "localstack_outages",
        "localstack_outages.testing",
        "localstack_outages.testing.coverage_options",
        "localstack_outages.testing.markers",
        "localstack_outages.testing.plugin",
        "localstack_outages.testing.run",
        "localstack_outages.testing.sweep_options",
    } == {name for name in loaded if name.startswith("localstack_outages")}
    assert {"botocore", "pydantic", "requests", "yaml"}.isdisjoint(loaded)


def loaded_later() -> Iterator[tuple[str, str, str]]:
    """Give what functions import of the package: the file, the module and the name."""
    for path in sorted(ROOT.rglob("*.py")):
        package = ".".join(path.relative_to(ROOT.parent).parent.parts)
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if not isinstance(node, ast.ImportFrom):
                    continue
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                module = (
                    ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
                )
                if module and module.split(".")[0] == ROOT.name:
                    for alias in node.names:
                        yield str(path.relative_to(ROOT)), module, alias.name


def test_what_is_loaded_later_is_there() -> None:
    """Whatever a function imports when it is first called can be imported, so that no request fails
    on what would have kept LocalStack from starting.
    """
    wrong, count = [], 0
    for file, module, name in loaded_later():
        try:
            found = hasattr(import_module(module), name) or bool(import_module(f"{module}.{name}"))
        except ModuleNotFoundError as e:
            if (e.name or "").split(".")[0] in OPTIONAL:
                continue
            found = False
        count += 1
        if not found:
            wrong.append(f"{file}: {module}.{name}")

    assert count > 20
    assert [] == wrong
