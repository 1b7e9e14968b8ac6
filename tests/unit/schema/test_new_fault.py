"""A fault is one file: what the rest of the package does with it follows from there."""

import json
import os
import subprocess
import sys
from pathlib import Path

FAULT = """
from typing import Annotated

from pydantic import Field

from localstack_outages.schema.effect import ErrorSpec
from localstack_outages.schema.fault import CommandOption, Fault, Labels, Steady
from localstack_outages.schema.forms import one

FAULT = Fault(
    name="status",
    place=70,
    annotation=Annotated[int, Field(ge=400, le=599)],
    description="a bare HTTP status",
    act=lambda status: Steady(error=ErrorSpec(statusCode=status, code=str(status), message="")),
    tell=lambda status, so_far, _: [*so_far, f"bare {status}"],
    excludes={"error": "a call gets one answer"},
    in_sequence=True,
    labels=Labels(("status",), lambda done: "status" if done.code == str(done.status) else None),
    option=CommandOption(metavar="STATUS", help="A bare status.", read=int),
    form=one("Status", "status", "How they fail", type="number"),
)
"""

WHAT_COMES_OF_IT = """
import json, random, sys
sys.path.insert(0, sys.argv[2])
from localstack_outages.schema import faults
faults.__path__.append(sys.argv[1])

import generate
from localstack_outages.cli.rule_options import fault_option
from localstack_outages.engine.call import Call
from localstack_outages.engine.rule_state import Lifecycle
from localstack_outages.evidence.metrics import fault_kinds
from localstack_outages.explain.words import in_words
from localstack_outages.schema.errors import InvalidRules
from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.rules import Rule

def refusal(document):
    try:
        parse_rules([document])
    except InvalidRules as e:
        return str(e)

options = {}
exec(generate.cli_options(), options)
(option,) = [fault_option(o) for o in options["FAULT_OPTIONS"] if o["name"] == "status"]
(parsed,) = parse_rules([{"service": "s3", "status": 418, "latency": 5}])
effect = Lifecycle(parsed.rule, 0, random.Random).fire(Call("s3", "", "", "", {}), 0)
print(json.dumps({
    "field": list(Rule.model_fields)[-2],
    "words": in_words(parsed.rule),
    "in a sequence": in_words(Rule(sequence=[{"status": 418}, "pass"])),
    "effect": [effect.delay_ms, effect.error.status_code, effect.error.code],
    "out of range": refusal({"status": 200}),
    "beside an error": refusal({"status": 418, "error": "internal"}),
    "in a step beside an error": refusal({"sequence": [{"status": 418, "error": "internal"}]}),
    "metric": fault_kinds()[-1],
    "option": [*option.opts, option.metavar, option.callback(None, option, "418")],
    "typed": [line.strip() for line in generate.python_fields().splitlines() if "status" in line],
    "form": [line.strip() for line in (generate.console_form() + generate.console_faults()).splitlines() if '"status"' in line],
    "schema": Rule.model_json_schema()["properties"]["status"]["description"],
}))
"""


def test_a_file_is_a_fault(tmp_path):
    """A file beside the others is a field of rules and steps, with all that comes of it."""
    tmp_path.joinpath("status.py").write_text(FAULT)

    done = subprocess.run(
        [sys.executable, "-c", WHAT_COMES_OF_IT, tmp_path, Path(__file__).parents[3] / "scripts"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "" == done.stderr
    assert {
        "field": "status",
        "words": "s3: 5 ms late, bare 418",
        "in a sequence": "everything: bare 418; pass",
        "effect": [5, 418, "418"],
        "out of range": "[0].status: 200 is out of range: at least 400",
        "beside an error": "[0].status: 'status' cannot stand beside 'error': "
        "a call gets one answer; leave out one of them",
        "in a step beside an error": "[0].sequence[0].status: 'status' cannot stand beside "
        "'error': a call gets one answer; leave out one of them",
        "metric": "status",
        "option": ["--status", "STATUS", 418],
        "typed": ["status: int", "status: int | None = None"],
        "form": [
            '{ path: "status", label: "Status", shapes: [',
            '{ name: "", parts: [{ path: "status", label: "Status", type: "number" }] },',
            '{ name: "status", fails: true, takesAll: true },',
        ],
        "schema": "a bare HTTP status",
    } == json.loads(done.stdout)
