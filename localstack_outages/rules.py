"""The rule: which calls it is for, what happens to them, when and how often. One schema for the
server and its clients.
"""

from collections.abc import Hashable
from typing import Annotated, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from .effects import (
    ConnectionFault,
    Error,
    Latency,
    LatencyRamp,
    Model,
    Outcome,
    PositiveSeconds,
    Probability,
    Ramp,
    Seconds,
    Throttle,
    check_one_answer,
)

MAX_STEPS = 1000
_INVOLVED = frozenset(("sequence", "throttle", "connection", "probability", "latency"))
"""At least one of these stands in each combination of fields that is impossible."""

_FAULTS = ("error", "latency", "throttle", "connection", "sequence")


Glob = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.*?\[\]!-]+$")]
"""A pattern as the module fnmatch reads it, case-sensitive. Any text of these characters is one."""


def compile_condition(expression: str) -> ParsedResult:
    """Compile a JMESPath expression.

    :raises ValueError: where it is none; the message says at which place
    """
    try:
        return jmespath.compile(expression)
    except JMESPathError as e:
        raise ValueError(str(e).splitlines()[0]) from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _condition(expression: str) -> str:
    try:
        compile_condition(expression)
    except ValueError as e:
        raise PydanticCustomError(
            "jmespath", "{value!r} is no JMESPath expression: {why}", {"why": str(e)}
        ) from None
    return expression


Condition = Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_condition)]
"""A JMESPath expression."""


def _not_empty(steps: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    if not 1 <= len(steps) <= MAX_STEPS:
        raise PydanticCustomError(
            "length",
            "{count} steps; a sequence has 1 to {most}",
            {"count": len(steps), "most": MAX_STEPS},
        )
    return steps


Sequence = Annotated[
    tuple[Outcome, ...],
    Field(strict=False),  # JSON has lists, the frozen rule a tuple
    AfterValidator(_not_empty),
]


class Flap(Model):
    """In force for ``down`` seconds, off for ``up`` seconds, and so on."""

    down: PositiveSeconds = Field(description="seconds in force")
    up: PositiveSeconds = Field(description="seconds off")


class Rule(Model):
    """Which calls fail, how, when and how often.

    Example::

        Rule(service="dynamodb", operation="Get*", error="throttling", times=2)

    A rule that names no fault is an outage: HTTP 503, ``ServiceUnavailableException``.
    """

    service: Glob = Field("*", description="glob on the service, as botocore names it")
    region: Glob = Field("*", description="glob on the region that the client signed for")
    operation: Glob = Field("*", description="glob on the operation")
    account: Glob = Field("*", description="glob on the 12-digit account")
    condition: Condition | None = Field(
        None, description="JMESPath over the operation's parameters; matches when it is truthy"
    )
    origin: Literal["external", "internal", "any"] = Field(
        "any", description="calls of clients, calls between LocalStack's own services, or both"
    )
    probability: Probability = Field(1, description="share of the calls that it fires on, 0 to 1")
    seed: int | None = Field(None, description="makes the draws repeatable")
    times: int | None = Field(None, ge=1, le=10**9, description="fires at most so often")
    after: Seconds = Field(0, description="seconds until it starts")
    duration: PositiveSeconds | None = Field(None, description="seconds that it lasts")
    flap: Flap | None = Field(None, description="on and off in turn while it lasts")
    sequence: Sequence | None = Field(
        None, description="outcomes of the calls that match, one after another"
    )
    error: Error | None = Field(None, description="the AWS error that calls get")
    latency: Latency | None = Field(None, description="delay before the answer, milliseconds")
    throttle: Throttle | None = Field(None, description="refuses calls over a rate")
    connection: ConnectionFault | None = Field(None, description="a broken connection")
    description: str | None = Field(None, max_length=8192, description="free text, no effect")

    @model_validator(mode="after")
    def _possible(self) -> "Rule":
        if _INVOLVED.isdisjoint(self.model_fields_set):
            return self
        check_one_answer(self.error, self.connection)
        for field, others, why in (
            ("sequence", ("error", "latency", "throttle", "connection"), "its steps say what"),
            ("sequence", ("times",), "its length says how often"),
            ("throttle", ("latency", "connection"), "it refuses calls with an error"),
        ):
            for other in others:
                if getattr(self, field) is not None and getattr(self, other) is not None:
                    raise PydanticCustomError(
                        "impossible_pair",
                        "'{field}' cannot stand beside '{other}': {why}; leave out one of them",
                        {"field": field, "other": other, "why": why},
                    )
        ramps = {
            "probability": isinstance(self.probability, Ramp),
            "latency": isinstance(self.latency, LatencyRamp),
        }
        for field, is_ramp in ramps.items():
            if is_ramp and self.duration is None:
                raise PydanticCustomError(
                    "ramp_without_end",
                    "a ramp needs 'duration': the seconds over which '{field}' changes",
                    {"field": field},
                )
        return self

    @property
    def is_outage(self) -> bool:
        """Whether it names no fault, and so is a plain outage."""
        return all(getattr(self, fault) is None for fault in _FAULTS)

    @property
    def identity(self) -> Hashable:
        """Equal for rules that are equal once defaults are filled in."""
        return tuple(self.__dict__.values())
