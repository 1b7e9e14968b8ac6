"""The fault ``skew``: how far the clock is off by which ``skewed`` refuses calls."""

from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from localstack_outages.schema.durations import format_duration, parse_duration
from localstack_outages.schema.fault import CommandOption, ErrorOf, Fault, Steady
from localstack_outages.schema.forms import one
from localstack_outages.schema.model import MAX_SECONDS

from .error import TOLERANCE

LEAST = 2 * TOLERANCE
"""Seconds. With less, a call of a client whose clock is right would be near the clock that is off."""


def _noticeable(skew: float) -> float:
    if not LEAST <= abs(skew) <= MAX_SECONDS:
        raise PydanticCustomError(
            "skew",
            "{value!r} is out of range: {least} to {most} seconds, or as many below 0",
            {"least": LEAST, "most": MAX_SECONDS},
        )
    return skew


Skew = Annotated[float, AfterValidator(_noticeable)]


def read_skew(text: str) -> float:
    """Read a duration, with a minus for a clock that is behind: ``-1h``.

    :raises ValueError: where it is none
    """
    return -parse_duration(text[1:]) if text.startswith("-") else parse_duration(text)


def _needs(part: Any) -> str | None:
    return None if part.error == "skewed" else "'error': 'skewed' beside it"


def _tell(skew: float, so_far: list[str], _: ErrorOf) -> list[str]:
    where = "ahead" if skew > 0 else "behind"
    return [*so_far, f"AWS's clock {format_duration(abs(skew))} {where}"]


FAULT = Fault(
    name="skew",
    place=22,
    turn=0,
    annotation=Skew,
    description="how far the clock of AWS is ahead, seconds; negative where it is behind",
    act=lambda skew: Steady(skew=skew),
    tell=_tell,
    needs=_needs,
    in_sequence=True,
    fails=False,
    option=CommandOption(
        metavar="DURATION",
        help="How far AWS's clock is ahead for --error skewed: 1h; -1h where it is behind.",
        read=read_skew,
    ),
    form=one(
        "Skew, s", "skew", "How they fail", "of AWS's clock, for the error skewed", type="number"
    ),
)
