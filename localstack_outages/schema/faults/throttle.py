"""The fault ``throttle``: calls over a rate are refused."""

import math
import re
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from localstack_outages.schema.effect import Effect
from localstack_outages.schema.fault import Action, CommandOption, ErrorOf, Fault, Hit
from localstack_outages.schema.forms import NONE, Form, an_object
from localstack_outages.schema.model import Model, Shapes
from localstack_outages.schema.short_forms import (
    AMOUNT,
    read_json,
    read_number,
    shown,
    write_number,
)
from localstack_outages.schema.token_bucket import TokenBucket

from .error import write_error

MAX_BUCKETS = 10_000
"""Buckets are kept by values from requests, so their number must be bounded."""

UNMEASURED_RATE = 1.0
"""Calls a second that a capacity lets pass where no calls were measured."""

_SHORT = rf"(?P<number>{AMOUNT})(?P<times>x?)(?:/(?P<burst>[0-9]{{1,12}}))?"

_REFUSES = "it refuses calls with an error"


Burst = Annotated[
    int | None,
    Field(ge=1, le=1_000_000, description="calls at once; one second's worth where left out"),
]


class Throttle(Model):
    """A token bucket: calls over the rate are refused, the others pass."""

    rate: float = Field(gt=0, le=1_000_000, description="calls per second in the long run")
    burst: Burst = None
    by: Literal["account", "region", "service", "operation"] | None = Field(
        None, description="a bucket for each of these; one bucket for all where left out"
    )

    @model_validator(mode="before")
    @classmethod
    def _without_capacity(cls, value: Any) -> Any:
        if isinstance(value, dict) and "capacity" in value:
            other = "rate" if "rate" in value else "by"
            raise PydanticCustomError(
                "impossible_pair",
                "'capacity' cannot stand beside '{other}': {why}; leave out one of them",
                {"other": other, "why": _WHY_NOT[other]},
            )
        return value

    @property
    def size(self) -> int:
        """How many calls the full bucket lets pass at once."""
        return max(1, math.ceil(self.rate)) if self.burst is None else self.burst


_WHY_NOT = {
    "rate": "both say how many calls a second pass",
    "by": "the rate of calls is measured for the rule as a whole",
}


class Capacity(Model):
    """A service that is as strong as it has to be for the traffic that it had, and somewhat more. It is a
    token bucket too, but the calls that it refuses use up tokens: under too many retries it answers
    hardly any call, as an overloaded service does.
    """

    capacity: float = Field(
        gt=0,
        le=1000,
        description="calls per second, in multiples of those in the minute before the rule was set",
    )
    burst: Burst = None

    def throttle(self, measured: float | None) -> Throttle:
        """Give the throttle that it comes to.

        :param measured: calls per second in the minute before; None where there were none
        """
        rate = self.capacity * measured if measured else UNMEASURED_RATE
        return Throttle(rate=min(max(rate, 1e-3), 1_000_000), burst=self.burst)


def _refused(so_far: Effect) -> Effect:
    return so_far if so_far.error is not None else so_far._replace(error="throttling")


class Buckets(Action):
    """Refuses the calls for which a bucket has no token left.

    :param throttle: what the buckets are like
    """

    lets_pass = True
    keeps_buckets = True

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self.buckets: dict[str, TokenBucket] = {}

    def on_each(self, so_far: Effect) -> Effect:
        """Give what a call over the rate gets: the error beside it, or that of the service."""
        return _refused(so_far)

    def on(self, so_far: Effect, hit: Hit) -> Effect | None:
        """Refuse a call if it is over the rate."""
        throttle = self._throttle
        owner = "" if throttle.by is None else getattr(hit.call, throttle.by)
        if hit.take is None:
            has_token = self._bucket(owner, hit.now).take(hit.now)
        else:
            has_token = hit.take(owner, throttle.rate, throttle.size, False)
        return None if has_token else self.on_each(so_far)

    def _bucket(self, owner: str, now: float) -> TokenBucket:
        throttle = self._throttle
        bucket = self.buckets.get(owner)
        if bucket is None:
            if len(self.buckets) >= MAX_BUCKETS:
                self.buckets.clear()
            bucket = self.buckets[owner] = TokenBucket(throttle.rate, throttle.size, now)
        return bucket


class Overload(Action):
    """Refuses the calls that are beyond a capacity. Those use tokens too.

    :param capacity: what the bucket is like
    """

    lets_pass = True
    asks_rate = True
    keeps_buckets = True

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._throttle: Throttle | None = None
        self._bucket: TokenBucket | None = None

    def on(self, so_far: Effect, hit: Hit) -> Effect | None:
        """Refuse a call if there are too many."""
        if self._throttle is None:
            self._throttle = self._capacity.throttle(hit.measured)
        throttle = self._throttle
        if hit.take is None:
            has_token = self._take(throttle, hit.now)
        else:
            has_token = hit.take("", throttle.rate, throttle.size, True)
        return None if has_token else _refused(so_far)

    def _take(self, throttle: Throttle, now: float) -> bool:
        if self._bucket is None:
            self._bucket = TokenBucket(throttle.rate, throttle.size, now)
        if self._bucket.take(now):
            return True
        self._bucket.empty()
        return False

    def on_each(self, so_far: Effect) -> Effect:
        """Give what a refused call gets: the error beside it, or that of the service."""
        return _refused(so_far)

    def doubt(self, measured: float | None) -> str | None:
        """Say that there is nothing to measure a capacity by."""
        if measured is not None:
            return None
        return (
            "no call that the rule is for came in the minute before it was set: "
            f"it lets {write_number(UNMEASURED_RATE)} call a second pass; send calls before you "
            "set it, or give 'rate'"
        )


def _act(throttle: Throttle | Capacity) -> Action:
    return Overload(throttle) if isinstance(throttle, Capacity) else Buckets(throttle)


def read_throttle(text: str) -> Any:
    """Read ``RATE``, ``RATE/BURST``, ``1.5x`` for a capacity, or JSON.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return read_json(text)
    match = re.fullmatch(_SHORT, text)
    if match is None:
        raise ValueError(
            f"{shown(text)} is not a rate; write calls a second (5), with a burst (5/10), "
            "a multiple of the calls before (1.5x), or JSON"
        )
    burst = {} if match["burst"] is None else {"burst": int(match["burst"])}
    return {"capacity" if match["times"] else "rate": read_number(match["number"]), **burst}


def _tell(throttle: Throttle | Capacity, so_far: list[str], error_of: ErrorOf) -> list[str]:
    burst = f", {throttle.burst} at once" if throttle.burst else ""
    if isinstance(throttle, Capacity):
        what = f"{write_number(throttle.capacity)} times the calls before{burst}"
    else:
        by = f" for each {throttle.by}" if throttle.by else ""
        what = f"{write_number(throttle.rate)} calls a second{burst}{by}"
    refusal = ", ".join(so_far) or write_error("throttling", error_of)
    return [f"over {what}: {refusal}"]


FAULT = Fault(
    name="throttle",
    place=40,
    turn=2,
    annotation=Annotated[Throttle | Capacity, Shapes(Throttle)],
    description="refuses calls over a rate",
    act=_act,
    tell=_tell,
    excludes={"latency": _REFUSES, "connection": _REFUSES},
    lets_pass=lambda _: True,
    option=CommandOption(
        metavar="RATE[/BURST]",
        help="Refuse calls over so many a second, beyond so many at once; 1.5x for 1.5 times the "
        "calls of the minute before; or JSON.",
        read=read_throttle,
    ),
    form=Form(
        label="Throttle",
        group="How they fail",
        hint="calls a second; over it they are refused",
        shapes=(
            NONE,
            an_object("throttle", "over a rate", Throttle),
            an_object("throttle", "over a capacity", Capacity),
        ),
    ),
)
