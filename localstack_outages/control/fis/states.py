"""The states of experiments and of their actions, and what changes about one action."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from .actions.work import Work

Document = dict[str, Any]

Status = Literal[
    "pending",
    "initiating",
    "running",
    "completed",
    "stopping",
    "stopped",
    "failed",
    "cancelled",
    "skipped",
]
"""The states of experiments and of their actions; only actions are ``skipped``."""

OVER = ("completed", "stopped", "failed", "cancelled", "skipped")
DONE = ("completed", "skipped")

STOPPING = "Stopping Experiment."
STOPPED = "Experiment stopped"
HALTED = "Experiment halted by stop condition."
EMPTY = "Target resolution returned empty set"


class State(NamedTuple):
    """A state, with the reason that FIS gives for it."""

    status: Status
    reason: str
    error: Document | None = None

    def document(self) -> Document:
        """Describe it."""
        found: Document = {"status": self.status, "reason": self.reason[:512]}
        return found if self.error is None else {**found, "error": self.error}


_INITIAL = State("pending", "Initial state")


class Happening(NamedTuple):
    """Something that is told by an event or a log record."""

    at: float
    """By the steady clock."""
    old: State
    new: State
    action: "ActionRun | None" = None
    """The action whose state it is; None for that of the experiment."""

    @property
    def is_end(self) -> bool:
        """Whether the experiment or the action has ended by it."""
        return self.new.status in OVER


@dataclass
class ActionRun:
    """An action of an experiment."""

    name: str
    document: Document
    after: Sequence[str]
    work: Work = field(default_factory=Work)
    state: State = _INITIAL
    began_at: float | None = None
    ended_at: float | None = None
    call: Literal["begin", "end"] | None = None
    """The call into the emulator that is due or under way."""
    is_handed_out: bool = False
    has_rules: bool = False
    """Whether its rules were put into force, or will be by themselves."""
    has_begun: bool = False
    """Whether its first call was made, so that there is something to put back."""
    kept: Any = None
    """What that call gave."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state.status in OVER
