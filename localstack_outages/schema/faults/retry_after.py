"""The fault ``retryAfter``: an error says when the client is to try again."""

from typing import Annotated, Any

from pydantic import Field

from localstack_outages.schema.durations import format_duration, parse_duration
from localstack_outages.schema.fault import CommandOption, ErrorOf, Fault, Steady
from localstack_outages.schema.forms import one

MAX_RETRY_AFTER = 3600
"""Seconds. No SDK waits longer than its own longest back-off and some seconds more."""

RetryAfter = Annotated[float, Field(ge=0, le=MAX_RETRY_AFTER)]


def _needs(part: Any) -> str | None:
    if part.error is None and getattr(part, "throttle", None) is None:
        return "an error that says it: give 'error' or 'throttle' beside it"
    return None


def _tell(seconds: float, so_far: list[str], _: ErrorOf) -> list[str]:
    return [*so_far, f"retry after {format_duration(seconds)}"]


FAULT = Fault(
    name="retryAfter",
    place=24,
    annotation=RetryAfter,
    description="after how many seconds the error asks the client to try again",
    act=lambda seconds: Steady(retry_after=seconds),
    tell=_tell,
    needs=_needs,
    in_sequence=True,
    fails=False,
    option=CommandOption(
        metavar="DURATION",
        help="After how long the error asks the client to try again: 2s, 500ms.",
        read=parse_duration,
    ),
    form=one(
        "Retry after, s",
        "retryAfter",
        "How they fail",
        "what the error asks of the client",
        type="number",
    ),
)
