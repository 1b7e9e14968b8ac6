"""The fault ``sequence``: outcomes of the calls that match, one after another."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from localstack_outages.schema.batch_operations import why_no_entries
from localstack_outages.schema.effect import Effect, ErrorKind, ErrorSpec
from localstack_outages.schema.fault import (
    ANY_OTHER,
    Action,
    Chain,
    CommandOption,
    ErrorOf,
    Fault,
    Hit,
    refuse_impossible,
)
from localstack_outages.schema.forms import one
from localstack_outages.schema.model import Model, Shapes
from localstack_outages.schema.short_forms import read_json

from . import action_of, discover, given, told
from .error import action_of_error, write_error

MAX_STEPS = 1000
"""Of a sequence."""

MAX_TOLD = 6
"""So many steps of a sequence are written in words; the others are counted."""

_PARTS = sorted(
    (fault for fault in discover(leave_out=__name__) if fault.in_sequence),
    key=lambda fault: fault.turn,
)

_FIELDS: dict[str, Any] = {part.name: (part.annotation | None, None) for part in _PARTS}

_Parts: Any = create_model("_Parts", __base__=Model, **_FIELDS)


class Step(_Parts):
    """One outcome of a sequence: a delay, then a failure or a pass."""

    @model_validator(mode="after")
    def _possible(self) -> "Step":
        refuse_impossible(self, _PARTS)
        faults = given(self)
        if faults and all(fault.is_manner for fault, _ in faults):
            raise PydanticCustomError(
                "no_fault",
                "a step with '{field}' needs a fault beside it, such as 'error'",
                {"field": faults[0][0].name},
            )
        return self


PASS = "pass"  # noqa: S105 - what a call does

AnyStep = Annotated[Literal["pass", ErrorKind] | ErrorSpec | Step, Shapes(default=ErrorSpec)]


def _not_empty(steps: tuple[Any, ...]) -> tuple[Any, ...]:
    if not 1 <= len(steps) <= MAX_STEPS:
        raise PydanticCustomError(
            "length",
            "{count} steps; a sequence has 1 to {most}",
            {"count": len(steps), "most": MAX_STEPS},
        )
    return steps


Sequence = Annotated[
    tuple[AnyStep, ...],
    Field(strict=False),  # JSON has lists, the frozen rule a tuple
    AfterValidator(_not_empty),
]


class _Steps(Action):
    """Does something else to each call, then nothing more.

    :param sequence: what, one after another
    """

    def __init__(self, sequence: tuple[Any, ...]) -> None:
        self._steps = [_action(outcome) for outcome in sequence]
        self.steps = len(sequence)
        self.asks_parameters = any(step.asks_parameters for step in self._steps)

    def on(self, so_far: Effect, hit: Hit) -> Effect | None:  # noqa: ARG002 - nothing stands beside it
        """Give the outcome whose turn it is."""
        return self._steps[hit.hits].on(hit)


def _action(outcome: Any) -> Chain:
    if isinstance(outcome, Step):
        return action_of(outcome, otherwise=Effect())
    return Chain([] if outcome == PASS else [action_of_error(outcome)], Effect())


def _needs(rule: Any) -> str | None:
    if any(getattr(step, "partial", None) is not None for step in rule.sequence):
        return why_no_entries(rule.service, rule.operation)
    return None


def read_sequence(text: str) -> Any:
    """Read words with commas, ``throttling,throttling,pass``, or JSON.

    :raises ValueError: where it is no valid JSON
    """
    if text.startswith("["):
        return read_json(text)
    return [word.strip() for word in text.split(",")]


def _tell(sequence: tuple[Any, ...], _: list[str], error_of: ErrorOf) -> list[str]:
    steps = [_outcome(outcome, error_of) for outcome in sequence[:MAX_TOLD]]
    left_out = len(sequence) - len(steps)
    return ["; ".join([*steps, f"{left_out} more"] if left_out else steps)]


def _outcome(outcome: Any, error_of: ErrorOf) -> str:
    if isinstance(outcome, Step):
        return ", ".join(told(outcome, error_of)) or PASS
    return PASS if outcome == PASS else write_error(outcome, error_of)


FAULT = Fault(
    name="sequence",
    place=10,
    turn=2,
    annotation=Sequence,
    description="outcomes of the calls that match, one after another",
    act=_Steps,
    tell=_tell,
    needs=_needs,
    excludes={ANY_OTHER: "its steps say what", "times": "its length says how often"},
    fails=False,
    is_finite=True,
    option=CommandOption(
        metavar="OUTCOMES",
        help="What calls get one after another: throttling,throttling,pass; or JSON.",
        read=read_sequence,
    ),
    form=one(
        "Sequence",
        "sequence",
        "More",
        hint="an outcome a line: pass, throttling, or JSON",
        type="steps",
    ),
)
