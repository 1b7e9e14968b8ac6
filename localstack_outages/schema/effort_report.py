"""The report of a run: what was asked for, what came, and how applications dealt with it."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from .documents import Advice, Verdict
from .vocabulary import Flag

VERSION = 1
"""Of the form of a report that is kept as JSON."""


class Asked(TypedDict):
    """A rule that was in force."""

    rule: str
    """In words."""
    hits: int


class Subject(TypedDict):
    """What is told together: a test, or else an operation in a region."""

    name: str
    outcome: Literal["passed", "failed", "skipped"] | None
    """How the test went; None for an operation."""
    seconds: float | None
    """How long the test took."""
    asked: list[Asked]
    """Its rules; those of operations stand at the report."""
    verdicts: list[Verdict]


class EffortReport(TypedDict):
    """The report of a run."""

    version: int
    time: str
    """When it was made."""
    endpoint: str
    """The host that was asked."""
    asked: list[Asked]
    subjects: list[Subject]
    advice: list[Advice]
    failOn: NotRequired[list[Flag]]
    """The flags that an effort must not have; left out where nobody has said."""
    compared: NotRequired["list[Difference]"]
    """What is different from an earlier run; left out where none is compared."""


class Difference(TypedDict):
    """What is different about a subject since an earlier run."""

    name: str
    kind: Literal["worse", "better", "new", "gone"]
    what: str
