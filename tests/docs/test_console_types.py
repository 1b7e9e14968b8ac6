"""The console's types are those of the control API's answers."""

import re
from pathlib import Path

import pytest
from typing_extensions import is_typeddict

from localstack_outages import answers

TYPES = Path(answers.__file__).with_name("console") / "types.d.ts"
INTERFACE = re.compile(
    r"^interface (\w+)(?: extends (\w+))? \{\n(.*?)^\}", re.MULTILINE | re.DOTALL
)

NAMES = {"Call": "Event"}
"""What is called otherwise there, since browsers have the name."""


def interfaces() -> dict[str, set[str]]:
    """Give the fields of each interface."""
    found: dict[str, set[str]] = {}
    for name, base, body in INTERFACE.findall(TYPES.read_text()):
        found[name] = set(re.findall(r"^  (\w+)\??:", body, re.MULTILINE)) | found.get(base, set())
    return found


ANSWERS = {name for name, kind in vars(answers).items() if is_typeddict(kind)}
SHARED = [name for name in interfaces() if NAMES.get(name, name) in ANSWERS]


@pytest.mark.parametrize("name", SHARED)
def test_fields(name: str) -> None:
    """An answer has the same fields for the console's type checker as for everybody else."""
    document = getattr(answers, NAMES.get(name, name))

    assert set(document.__annotations__) == interfaces()[name]


def test_all_answers_that_the_console_reads_are_held() -> None:
    """The types that the test above holds are those of the answers, and not none."""
    assert {"StatusDocument", "TrafficDocument", "VerdictsDocument", "Call"} <= set(SHARED)
