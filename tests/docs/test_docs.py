"""README and docs say what the code does. Needs LocalStack importable, but not running."""

import inspect
import json
import re
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
import yaml
from botocore import configprovider
from localstack import config as localstack_config

from localstack_outages.aws.errors import aws_error
from localstack_outages.control.chaos_api import ChaosApi
from localstack_outages.control.http import MAX_BODY_BYTES, Guard
from localstack_outages.control.openapi import openapi
from localstack_outages.control.status import Status
from localstack_outages.engine.departures import MAX_KEPT_OWNERS, MAX_KEPT_RULES
from localstack_outages.engine.store import Store
from localstack_outages.evidence.effort_tally import MAX_EXAMPLES
from localstack_outages.evidence.lost_entries import MAX_ENTRIES
from localstack_outages.evidence.metrics import Metrics
from localstack_outages.evidence.owner_recoveries import MAX_PLACES
from localstack_outages.evidence.verdicts import MAX_EFFORTS, OPEN_FACTOR
from localstack_outages.hosts import startup_rules
from localstack_outages.schema import documents as answers, errors
from localstack_outages.schema.effect import ErrorSpec
from localstack_outages.schema.errors import InvalidRules
from localstack_outages.schema.model import MAX_LATENCY_MS
from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.rules import Rule
from localstack_outages.schema.scenario import parse_scenario
from localstack_outages.schema.vocabulary import ENDINGS, FLAGS, MAX_RULES, OUTCOMES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    """Give (page, text) for each fenced block of a language."""
    return [
        (page.name, text)
        for page in PAGES
        for found, text in BLOCK.findall(page.read_text())
        if found == language
    ]


def rule_lists() -> list[tuple[str, str]]:
    """Give the JSON blocks that are lists, and those in a curl's --data."""
    data = [
        (page, text)
        for page, block in blocks("console")
        for text in re.findall(r"--data '(\[.*?\])'", block, re.DOTALL)
    ]
    return data + [(page, text) for page, text in blocks("json") if text.startswith("[")]


@pytest.mark.parametrize(("page", "text"), rule_lists())
def test_rules_are_valid(page: str, text: str) -> None:
    """Every list of rules in the docs is taken."""
    rules = json.loads(text)

    assert len(rules) == len(parse_rules(rules))


# Pipelines are tried in tests/gateway/test_ci.py.
@pytest.mark.parametrize(("page", "text"), [b for b in blocks("yaml") if b[0] != "ci.md"])
def test_yaml_is_valid(page: str, text: str) -> None:
    """Every list of rules in YAML is taken, every scenario, and what experiments ask of the driver."""
    document = yaml.safe_load(text)
    if "method" in document:
        for step in document["method"]:
            provider = step["provider"]
            function = getattr(import_module(provider["module"]), provider["func"])
            inspect.signature(function).bind(**provider["arguments"])
            assert parse_rules(provider["arguments"]["rules"])
        return

    assert parse_scenario(document) if isinstance(document, dict) else parse_rules(document)


def test_the_error_example_is_what_is_answered() -> None:
    """The error that the docs show is the one that the parser raises for it."""
    (example,) = (json.loads(text) for _, text in blocks("json") if text.startswith("{"))
    with pytest.raises(InvalidRules) as caught:
        parse_rules([{"servce": "s3"}])

    expected = example["error"]
    actual = {"code": caught.value.code, "message": caught.value.message, "path": caught.value.path}
    assert expected == actual


@pytest.mark.parametrize("page", ["README.md", "docs/rules.md"])
def test_every_field_of_a_rule_is_documented(page: str) -> None:
    """README and the rule reference name each field of a rule, and of an error."""
    text = (ROOT / page).read_text()

    assert [] == [name for name in Rule.model_fields if f"`{name}`" not in text]


def test_every_field_of_an_error_is_documented() -> None:
    """The rule reference names each field of an error."""
    text = (ROOT / "docs/rules.md").read_text()
    names = [field.alias or name for name, field in ErrorSpec.model_fields.items()]

    assert [] == [name for name in names if f"`{name}`" not in text]


def test_every_route_is_documented() -> None:
    """The control API's page names each route, and the client's page each that has a method."""
    ours = list(openapi()["paths"])
    control, python = ((ROOT / f"docs/{page}.md").read_text() for page in ("control-api", "python"))

    assert [] == [
        path for path in (*ours, *ChaosApi(Store(), Guard()).routes) if f"`{path}`" not in control
    ]
    assert [] == [path for path in ours if f"`{path}`" not in python]


def test_every_field_of_the_status_is_documented() -> None:
    """The control API's page names each field of the status."""
    store = Store()
    store.replace(parse_rules([{"times": 1}]))
    store.replace(parse_rules([{"service": "no-such-service"}]))
    document = Status(store, "1", "1").document()
    text = (ROOT / "docs/control-api.md").read_text()
    (rule,), (departed,) = document["rules"], document["departed"]
    (warning,) = rule["warnings"]

    named = {name for names in re.findall(r"`([\w.\[\]]+)`", text) for name in [names]}
    wanted = {name for name in document if name not in ("rules", "departed")}
    wanted |= {f"rules[].{name}" for name in rule if name != "warnings"} | set(warning)
    wanted |= {name if name != "state" else "departed[].state" for name in departed}
    assert set() == wanted - named


@pytest.mark.parametrize(
    "document",
    [
        answers.Event,
        answers.Counts,
        answers.Verdict,
        answers.VerdictSummary,
        answers.BoundReached,
        answers.RuleEvidence,
    ],
)
def test_every_field_of_what_happened_is_documented(document: type) -> None:
    """The page on what happened names each field."""
    text = (ROOT / "docs/observability.md").read_text()

    assert [] == [name for name in document.__annotations__ if f"`{name}`" not in text]


def test_every_field_of_the_evidence_is_documented() -> None:
    """The page on what happened names each field, each bound, and the figures of the code."""
    page = (ROOT / "docs/observability.md").read_text()
    (text,) = re.findall(r"^## `/outages/evidence`\n(.*?)^## ", page, re.MULTILINE | re.DOTALL)
    told = set(re.findall(r"`([^`\n]+)`", text))
    own = {
        *(f"calls.{name}" for name in answers.CallsEvidence.__annotations__),
        *(f"places[].{name}" for name in answers.PlaceEvidence.__annotations__),
        *(f"entries[].{name}" for name in answers.EntriesEvidence.__annotations__),
        *answers.EvidenceDocument.__annotations__,
    }
    # What a list or an object begins with stands there once, and so do the names of a table before.
    bare = {name.removesuffix("[]") for name in told}
    known = {name.partition(".")[2] for name in own if name.partition(".")[2] in bare}
    efforts = MAX_EFFORTS * OPEN_FACTOR
    figures = (efforts, MAX_PLACES, MAX_ENTRIES, MAX_KEPT_RULES, MAX_KEPT_OWNERS)

    assert set() == {n for n in own if n not in bare and n.partition(".")[2] not in known}
    assert [] == [bound for bound in get_args(answers.Bound) if f"| `{bound}` |" not in text]
    assert [] == [figure for figure in figures if f"{figure:,}" not in text]
    assert f"the {MAX_EXAMPLES} with the fewest attempts" in text


def test_every_flag_and_ending_is_documented() -> None:
    """The page on what happened names each flag and each ending of a verdict."""
    text = (ROOT / "docs/observability.md").read_text()

    assert [] == [name for name in (*FLAGS, *ENDINGS, *OUTCOMES) if f"`{name}`" not in text]


def test_every_metric_is_documented() -> None:
    """The page on what happened names each metric, and no other."""
    text = (ROOT / "docs/observability.md").read_text()
    written = Metrics(dict).render()[0].decode()
    names = {line.split()[2] for line in written.splitlines() if line.startswith("# TYPE")}

    assert names == set(re.findall(r"`(localstack_outages_\w+)`", text))


def test_every_error_code_is_documented() -> None:
    """The control API's page names each code and the status that it comes with."""
    text = (ROOT / "docs/control-api.md").read_text()
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, errors.ControlError)
        and kind is not errors.ControlError
    ]

    assert [] == [k.code for k in kinds if f"| {k.status} | `{k.code}` |" not in text]


def test_every_environment_variable_is_documented() -> None:
    """README names each environment variable of the extension, and no other."""
    text = (ROOT / "README.md").read_text()
    named = set(re.findall(r"`(OUTAGES_[A-Z_]+)`", text))
    sources = "".join(path.read_text() for path in (ROOT / "localstack_outages").rglob("*.py"))
    read = set(re.findall(r'"(OUTAGES_[A-Z_]+)"', sources))

    assert read == named
    assert startup_rules.ENV_RULES in read


def test_every_other_variable_of_the_readme_means_something() -> None:
    """A variable that README names is read by the package, by LocalStack or by botocore."""
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?==|`)", (ROOT / "README.md").read_text()))
    ours = "".join(path.read_text() for path in (ROOT / "localstack_outages").rglob("*.py"))
    theirs = "".join(Path(str(m.__file__)).read_text() for m in (localstack_config, configprovider))
    # LocalStack Pro alone reads this one, and its source is closed.
    known = {name for name in named if re.search(rf"""["']{name}["']""", ours + theirs)}

    assert {"GATEWAY_LISTEN", "AWS_MAX_ATTEMPTS", "OUTAGES_RULES"} <= known
    assert {"EXTENSION_AUTO_INSTALL"} == named - known


def test_the_bounds_are_those_of_the_code() -> None:
    """The figures in the docs are those of the code."""
    rules = (ROOT / "docs/rules.md").read_text()
    api = (ROOT / "docs/control-api.md").read_text()

    assert f"at most {MAX_LATENCY_MS:,}" in rules
    assert f"{MAX_RULES:,} rules" in api
    assert f"{MAX_BODY_BYTES // 2**20} MiB" in api


def test_the_table_of_errors_is_that_of_the_package() -> None:
    """The table in the rule reference gives the codes and statuses that calls get."""
    text = (ROOT / "docs/rules.md").read_text()
    for kind in ("unavailable", "throttling", "internal"):
        found = [aws_error(service, kind) for service in ("s3", "ec2", "dynamodb", "sqs", "nobody")]
        row = " | ".join(f"`{error.code}` {error.status}" for error in found)

        assert f"| `{kind}` | {row} |" in text


def test_links_lead_somewhere() -> None:
    """Every relative link leads to a file, and to a heading of it where one is named."""
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
            name, _, anchor = target.partition("#")
            path = page.parent / name if name else page
            headings = (
                re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
                if path.suffix == ".md"
                else []
            )
            anchors = [
                re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in headings
            ]
            if not path.exists() or (anchor and anchor not in anchors):
                broken.append(f"{page.name}: {target}")

    assert [] == broken


def test_the_architecture_names_what_is_there() -> None:
    """Every file, room and name on the page about the architecture is one of the package."""
    text = (ROOT / "docs/architecture.md").read_text()
    package = ROOT / "localstack_outages"
    paths = set(re.findall(r"`([a-z_]+/[a-z_/]*(?:\.py)?)`", text))
    sources = "".join(path.read_text() for path in package.rglob("*.py"))
    classes = {name.split(".")[0] for name in re.findall(r"`([A-Z][a-zA-Z]+(?:\.\w+)?)`", text)}

    assert len(paths) > 15
    assert [] == [path for path in sorted(paths) if not (package / path).exists()]
    assert [] == [name for name in sorted(classes) if f"class {name}" not in sources]


def test_make_targets_exist() -> None:
    """Every `make` command in the docs is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    text = "".join(page.read_text() for page in PAGES)
    named = set(re.findall(r"(?:\$ |`|=\S+ )make ([a-z-]+)", text))

    assert {"start", "test", "lint"} <= named
    assert set() == {n for n in named if not re.search(rf"^{n}:", makefile, re.MULTILINE)}
