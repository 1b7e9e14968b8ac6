"""The fault ``latency``: a call waits before its answer."""

import re
from bisect import bisect_right
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from localstack_outages.schema.effect import Effect
from localstack_outages.schema.fault import (
    Action,
    CommandOption,
    Done,
    ErrorOf,
    Fault,
    Hit,
    Labels,
    Steady,
)
from localstack_outages.schema.forms import NONE, Form, an_object, plain
from localstack_outages.schema.model import Milliseconds, Model, Shapes
from localstack_outages.schema.short_forms import (
    TIME,
    is_time,
    read_json,
    read_milliseconds,
    shown,
    write_number,
)

NOTICEABLE_MS = 5
"""A fixed delay under this is likely meant in seconds."""


class LatencyRange(Model):
    """A delay drawn evenly between two bounds."""

    min: Milliseconds = Field(description="least delay, milliseconds")
    max: Milliseconds = Field(description="greatest delay, milliseconds")

    @model_validator(mode="after")
    def _in_order(self) -> "LatencyRange":
        if self.max < self.min:
            raise PydanticCustomError(
                "order", "{max} is less than 'min', {min}", {"field": "max", **dict(self)}
            )
        return self

    def sample(self, draw: float, _progress: float) -> float:
        """Give a delay in milliseconds for an even draw from 0 to 1."""
        return self.min + (self.max - self.min) * draw


class LatencyPercentiles(Model):
    """A delay with the given percentiles, straight lines between them."""

    p50: Milliseconds = Field(description="half of the delays are at most this, milliseconds")
    p95: Milliseconds | None = Field(None, description="milliseconds; p50 where left out")
    p99: Milliseconds | None = Field(None, description="milliseconds; p95 where left out")
    max: Milliseconds | None = Field(None, description="milliseconds; p99 where left out")

    @model_validator(mode="after")
    def _in_order(self) -> "LatencyPercentiles":
        last_name, last = "p50", self.p50
        for name in ("p95", "p99", "max"):
            value = getattr(self, name)
            if value is None:
                continue
            if value < last:
                raise PydanticCustomError(
                    "order",
                    "{value} is less than '{lower}', {bound}",
                    {"field": name, "value": value, "lower": last_name, "bound": last},
                )
            last_name, last = name, value
        return self

    def sample(self, draw: float, _progress: float) -> float:
        """Give a delay in milliseconds for an even draw from 0 to 1."""
        p95 = self.p50 if self.p95 is None else self.p95
        p99 = p95 if self.p99 is None else self.p99
        greatest = p99 if self.max is None else self.max
        shares = (0.0, 0.5, 0.95, 0.99, 1.0)
        delays = (0.0, self.p50, p95, p99, greatest)
        i = min(bisect_right(shares, draw), len(shares) - 1)
        part = (draw - shares[i - 1]) / (shares[i] - shares[i - 1])
        return delays[i - 1] + (delays[i] - delays[i - 1]) * part


class LatencyRamp(Model):
    """A delay that grows or shrinks in a straight line over the rule's duration."""

    from_: Milliseconds = Field(alias="from", description="delay at the start, milliseconds")
    to: Milliseconds = Field(description="delay at the end of the duration, milliseconds")

    def sample(self, _draw: float, progress: float) -> float:
        """Give the delay in milliseconds at ``progress``, from 0 (start) to 1 (end)."""
        return self.from_ + (self.to - self.from_) * progress


Latency = Annotated[
    Milliseconds | LatencyPercentiles | LatencyRange | LatencyRamp, Shapes(default=LatencyRange)
]

_BETWEEN = rf"(?P<min>{TIME})-(?P<max>{TIME})"


class _Drawn(Action):
    """Delays each call by another time.

    :param latency: gives it
    """

    def __init__(self, latency: LatencyRange | LatencyPercentiles | LatencyRamp) -> None:
        self._latency = latency

    def on(self, so_far: Effect, hit: Hit) -> Effect:
        """Draw a delay."""
        return so_far._replace(delay_ms=self._latency.sample(hit.draw("latency"), hit.progress))


def read_latency(text: str) -> Any:
    """Read ``200``, ``200ms``, ``1.5s``, ``100-300`` or JSON; milliseconds where no unit is given.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return read_json(text)
    match = re.fullmatch(_BETWEEN, text)
    if match is not None:
        # 1-3s is one to three seconds
        unit = match["max"].lstrip("0123456789.")
        least = match["min"] if match["min"][-1].isalpha() else match["min"] + unit
        return {"min": read_milliseconds(least), "max": read_milliseconds(match["max"])}
    if not is_time(text):
        raise ValueError(
            f"{shown(text)} is not a latency; write milliseconds (200), a time (1.5s), "
            "a range (100-300) or JSON"
        )
    return read_milliseconds(text)


def _act(latency: Any) -> Action:
    is_fixed = isinstance(latency, int | float)
    return Steady(delay_ms=latency) if is_fixed else _Drawn(latency)


def _tell(latency: Any, so_far: list[str], _: ErrorOf) -> list[str]:
    if isinstance(latency, LatencyRange):
        delay = f"{write_number(latency.min)}-{write_number(latency.max)}"
    elif isinstance(latency, LatencyRamp):
        delay = f"{write_number(latency.from_)} to {write_number(latency.to)}"
    elif isinstance(latency, LatencyPercentiles):
        parts = (f"{name} {write_number(ms)}" for name, ms in latency if ms is not None)
        delay = ", ".join(parts)
    else:
        delay = write_number(latency)
    return [*so_far, f"{delay} ms late"]


def _doubt(latency: Any) -> str | None:
    if not isinstance(latency, int | float) or not 0 < latency < NOTICEABLE_MS:
        return None
    return (
        f"a delay of {write_number(latency)} ms is hardly noticed: latency is in milliseconds; "
        f"for {write_number(latency)} s write {write_number(latency * 1000)}"
    )


def _label(done: Done) -> str | None:
    return "delay" if done.delay_ms else None


FAULT = Fault(
    name="latency",
    place=30,
    turn=0,
    annotation=Latency,
    description="delay before the answer, milliseconds",
    act=_act,
    tell=_tell,
    doubt=_doubt,
    needs_end=lambda latency: isinstance(latency, LatencyRamp),
    in_sequence=True,
    fails=False,
    labels=Labels(("delay",), _label),
    option=CommandOption(
        metavar="LATENCY",
        help="A delay before the answer: milliseconds (200), a time (1.5s), a range (100-300) "
        "or JSON.",
        read=read_latency,
    ),
    form=Form(
        label="Latency, ms",
        group="How they fail",
        shapes=(
            NONE,
            plain("latency", "fixed", type="number"),
            an_object("latency", "range", LatencyRange),
            an_object("latency", "percentiles", LatencyPercentiles),
            an_object("latency", "ramp", LatencyRamp),
        ),
    ),
)
