"""The field ``phase``: whether the faults of a rule take the place of the operation, or come after it was
carried out, which is then done although its client is told otherwise.
"""

from typing import get_args

from localstack_outages.schema.effect import OUTAGE_CODE, OUTAGE_STATUS, FaultPhase
from localstack_outages.schema.fault import CommandOption, Done, ErrorOf, Fault, Labels, Steady
from localstack_outages.schema.forms import one

WORDS: tuple[FaultPhase, ...] = get_args(FaultPhase)


def _tell(phase: FaultPhase, so_far: list[str], _: ErrorOf) -> list[str]:
    if phase == "before":
        return so_far
    first, *others = so_far or [f"{OUTAGE_STATUS} {OUTAGE_CODE}"]
    return [f"done, then {first}", *others]


def _label(done: Done) -> str | None:
    return "done" if done.done else None


FAULT = Fault(
    name="phase",
    place=65,
    annotation=FaultPhase,
    description="before: in place of the operation; after: once it was carried out",
    act=lambda phase: Steady(phase=phase),
    tell=_tell,
    excludes={"throttle": "a call over the rate is refused before it is carried out"},
    in_sequence=True,
    is_manner=True,
    labels=Labels(("done",), _label),
    option=CommandOption(
        metavar="|".join(WORDS),
        help="after: carry the call out, then answer as the fault says.",
        words=WORDS,
    ),
    form=one("Phase", "phase", "How they fail", "after: done, but not told", options=("", *WORDS)),
)
