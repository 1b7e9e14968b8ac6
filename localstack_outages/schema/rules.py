"""The rule: which calls it is for, what happens to them, when and how often. One schema for the
server and its clients.
"""

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from .expressions import compile_condition
from .fault import refuse_impossible
from .faults import all_faults, given
from .globs import ArnGlob, Glob
from .headers import HeaderGlobs
from .model import Chance, Model, PositiveSeconds, Seconds, Shapes


def _condition(expression: str) -> str:
    try:
        compile_condition(expression)
    except ValueError as e:
        raise PydanticCustomError(
            "jmespath", "{value!r} is not a JMESPath expression: {why}", {"why": str(e)}
        ) from None
    return expression


Condition = Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_condition)]
"""A JMESPath expression."""


MAX_PAGE = 1000
"""The pages before it are remembered, each by its token."""

MAX_COUNT = 10**9
"""A bound for what is only counted."""


class Ramp(Model):
    """A value that goes in a straight line from one figure to another over the rule's duration."""

    from_: Chance = Field(alias="from", description="value when the rule starts, 0 to 1")
    to: Chance = Field(description="value when its duration is over, 0 to 1")

    def at(self, progress: float) -> float:
        """Give the value at ``progress``, from 0 (start) to 1 (end)."""
        return self.from_ + (self.to - self.from_) * progress


Probability = Annotated[Chance | Ramp, Shapes(default=Ramp)]


class Flap(Model):
    """In force for ``down`` seconds, off for ``up`` seconds, and so on."""

    down: PositiveSeconds = Field(description="seconds in force")
    up: PositiveSeconds = Field(description="seconds off")


class _Selection(Model):
    """Which calls a rule is for, when, and how often."""

    service: Glob = Field("*", description="glob on the service, as botocore names it")
    region: Glob = Field("*", description="glob on the region that the client signed for")
    operation: Glob = Field("*", description="glob on the operation")
    account: Glob = Field("*", description="glob on the 12-digit account")
    principal: ArnGlob = Field("*", description="glob on the ARN of the calling role or user")
    header: HeaderGlobs | None = Field(
        None, description="globs on headers of the request, by name; all of them match"
    )
    condition: Condition | None = Field(
        None, description="JMESPath over the operation's parameters; matches when it is truthy"
    )
    page: int | None = Field(
        None, ge=1, le=MAX_PAGE, description="only this page of each listing, from 1"
    )
    call: int | None = Field(
        None,
        ge=1,
        le=MAX_COUNT,
        description="only this logical call, from 1, with all its attempts",
    )
    origin: Literal["external", "internal", "any"] = Field(
        "any", description="calls of clients, calls between LocalStack's own services, or both"
    )
    probability: Probability = Field(1, description="share of the calls that it fires on, 0 to 1")
    seed: int | None = Field(None, description="makes the draws repeatable")
    times: int | None = Field(None, ge=1, le=MAX_COUNT, description="fires at most so often")
    after: Seconds = Field(0, description="seconds until it starts")
    duration: PositiveSeconds | None = Field(None, description="seconds that it lasts")
    flap: Flap | None = Field(None, description="on and off in turn while it lasts")


if TYPE_CHECKING:
    from .fields import FaultFields

    class _Faulty(_Selection, FaultFields):
        pass
else:
    _Faulty = create_model(
        "_Faulty",
        __base__=_Selection,
        **{
            fault.name: (fault.annotation | None, Field(None, description=fault.description))
            for fault in all_faults()
        },
    )


class Rule(_Faulty):
    """Which calls fail, how, when and how often.

    Example::

        Rule(service="dynamodb", operation="Get*", error="throttling", times=2)

    A rule that names no fault is an outage: HTTP 503, ``ServiceUnavailableException``.
    """

    description: str | None = Field(None, max_length=8192, description="free text, no effect")

    @model_validator(mode="after")
    def _possible(self) -> "Rule":
        if _HARMLESS.issuperset(self.model_fields_set):
            return self
        refuse_impossible(self, all_faults())
        if self.duration is None:
            self._refuse_ramps()
        return self

    def _refuse_ramps(self) -> None:
        ramps = [fault.name for fault, value in given(self) if fault.needs_end(value)]
        for field in [*(["probability"] if isinstance(self.probability, Ramp) else []), *ramps]:
            raise PydanticCustomError(
                "ramp_without_end",
                "a ramp needs 'duration': the seconds over which '{field}' changes",
                {"field": field},
            )

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Write only what was given."""
        return ((name, value) for name, value in self if name in self.model_fields_set)

    @property
    def is_outage(self) -> bool:
        """Whether it names no fault, and so is a plain outage."""
        return all(fault.is_manner for fault, _ in given(self))

    @property
    def is_unlimited(self) -> bool:
        """Whether it hits every call that it is asked about, for ever."""
        return (
            self.probability == 1
            and not self.after
            and self.duration is None
            and self.flap is None
            and self.times is None
            and self.page is None
            and self.call is None
            and not any(fault.lets_pass(value) or fault.is_finite for fault, value in given(self))
        )

    @property
    def identity(self) -> Hashable:
        """Equal for rules that are equal once defaults are filled in."""
        return tuple(self.__dict__.values())


_HARMLESS = frozenset(_Selection.model_fields) - {"probability"} | {"description"}
"""No combination of these fields is impossible."""
