"""What a rule can do to a call: the fields ``error``, ``latency``, ``throttle``, ``connection`` and
the steps of a ``sequence``, as data. Nothing here acts: ``interceptor`` performs.
"""

import math
from bisect import bisect_right
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

MAX_LATENCY_MS = 3_600_000
"""One hour: longer than any client waits, short enough to be a typing mistake beyond it."""

MAX_SECONDS = 30 * 24 * 3600
"""Thirty days: the longest time that a rule may wait or last."""

OUTAGE_CODE = "ServiceUnavailableException"
OUTAGE_STATUS = 503


class Model(BaseModel):
    """A part of a rule: immutable, without type coercion, refusing fields it does not know."""

    # A validator is made when it is first needed: LocalStack's start does not wait for it.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True
    )


Milliseconds = Annotated[float, Field(ge=0, le=MAX_LATENCY_MS)]
Seconds = Annotated[float, Field(ge=0, le=MAX_SECONDS)]
PositiveSeconds = Annotated[float, Field(gt=0, le=MAX_SECONDS)]
Chance = Annotated[float, Field(ge=0, le=1)]

# XML 1.0 cannot carry these characters, escaped or not, and half of AWS's protocols are XML.
XmlText = Annotated[str, Field(pattern="^[^\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*$")]


def _kind_of(value: Any, tags: dict[str, frozenset[str]], default: str) -> str:
    """Say which of several shapes a value is meant to have, from its type and its keys.

    The names of the shapes stand in angle brackets, since pydantic puts them into the location of
    an error, where they are no part of the user's path.

    :param value: what was given: a number, a string, an object, or a model of Python code
    :param tags: per kind of object the keys that mark it; the one that shares most is taken
    :param default: the kind where no key is known
    """
    given = _keys(value)
    if given is None:
        return "<plain>"
    best = max(tags, key=lambda tag: len(tags[tag] & given))
    return best if tags[best] & given else default


def _keys(value: Any) -> frozenset[str] | None:
    if isinstance(value, Model):
        value = value.model_dump(by_alias=True, exclude_unset=True)
    return frozenset(value) if isinstance(value, dict) else None


class Ramp(Model):
    """A value that goes in a straight line from one figure to another over the rule's duration."""

    from_: Chance = Field(alias="from", description="value when the rule starts, 0 to 1")
    to: Chance = Field(description="value when its duration is over, 0 to 1")

    def at(self, progress: float) -> float:
        """Give the value at ``progress``, from 0 (start) to 1 (end)."""
        return self.from_ + (self.to - self.from_) * progress


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


def _latency_kind(value: Any) -> str:
    tags = {
        "<range>": frozenset(("min", "max")),
        "<percentiles>": frozenset(("p50", "p95", "p99")),
        "<ramp>": frozenset(("from", "to")),
    }
    kind = _kind_of(value, tags, default="<range>")
    # "max" stands in two shapes; a percentile beside it tells which
    if kind == "<range>" and tags["<percentiles>"] & (_keys(value) or frozenset()):
        return "<percentiles>"
    return kind


Latency = Annotated[
    Annotated[Milliseconds, Tag("<plain>")]
    | Annotated[LatencyRange, Tag("<range>")]
    | Annotated[LatencyPercentiles, Tag("<percentiles>")]
    | Annotated[LatencyRamp, Tag("<ramp>")],
    Discriminator(_latency_kind),
]

Probability = Annotated[
    Annotated[Chance, Tag("<plain>")] | Annotated[Ramp, Tag("<ramp>")],
    Discriminator(lambda value: _kind_of(value, {"<ramp>": frozenset()}, default="<ramp>")),
]

ErrorKind = Literal["unavailable", "throttling", "internal"]
"""What AWS itself answers for the service, see ``catalogue.aws_error``."""


class ErrorSpec(Model):
    """An AWS error, given in full. What is left out is that of an outage."""

    status_code: int = Field(
        OUTAGE_STATUS, alias="statusCode", ge=400, le=599, description="HTTP status"
    )
    code: str = Field(OUTAGE_CODE, max_length=128, pattern=r"^[A-Za-z0-9]+(\.[A-Za-z0-9]+)*$")
    message: XmlText | None = Field(
        None, max_length=8192, description="text of the error; that of an outage where left out"
    )


Error = Annotated[
    Annotated[ErrorKind, Tag("<plain>")] | Annotated[ErrorSpec, Tag("<object>")],
    Discriminator(lambda value: _kind_of(value, {"<object>": frozenset()}, default="<object>")),
]

ConnectionFault = Literal["reset", "close", "hang", "truncate"]


class Throttle(Model):
    """A token bucket: calls over the rate are refused, the others pass."""

    rate: float = Field(gt=0, le=1_000_000, description="calls per second in the long run")
    burst: int | None = Field(
        None, ge=1, le=1_000_000, description="calls at once; one second's worth where left out"
    )
    by: Literal["account", "region", "service", "operation"] | None = Field(
        None, description="a bucket for each of these; one bucket for all where left out"
    )

    @property
    def size(self) -> int:
        """How many calls the full bucket lets pass at once."""
        return max(1, math.ceil(self.rate)) if self.burst is None else self.burst


class Step(Model):
    """One outcome of a sequence: a delay, then a failure or a pass."""

    latency: Latency | None = None
    error: Error | None = None
    connection: ConnectionFault | None = None

    @model_validator(mode="after")
    def _possible(self) -> "Step":
        check_one_answer(self.error, self.connection)
        return self


def check_one_answer(error: object, connection: object) -> None:
    """Refuse an error together with a connection fault: a call gets one or the other.

    :raises PydanticCustomError: where both are given
    """
    if error is not None and connection is not None:
        raise PydanticCustomError(
            "impossible_pair",
            "'connection' cannot stand beside 'error': a call gets an answer or a broken "
            "connection; leave out one of them",
            {"field": "connection"},
        )


def _outcome_kind(value: Any) -> str:
    tags = {
        "<error>": frozenset(("statusCode", "code", "message")),
        "<step>": frozenset(("latency", "error", "connection")),
    }
    return _kind_of(value, tags, default="<error>")


Outcome = Annotated[
    Annotated[Literal["pass", "unavailable", "throttling", "internal"], Tag("<plain>")]
    | Annotated[ErrorSpec, Tag("<error>")]
    | Annotated[Step, Tag("<step>")],
    Discriminator(_outcome_kind),
]


class AwsError(NamedTuple):
    """An error as an AWS API answers it."""

    code: str
    status: int
    message: str


class Effect(NamedTuple):
    """What happens to one call, after all chances are drawn."""

    delay_ms: float = 0
    error: ErrorSpec | ErrorKind | None = None
    connection: ConnectionFault | None = None
