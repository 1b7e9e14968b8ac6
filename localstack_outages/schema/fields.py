# Written by 'make generate' from the schema. Do not edit.
"""The fields of a rule, for type checkers: a rule gets those of the faults from ``faults/``."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .effect import ErrorSpec, Payload
from .faults.latency import LatencyPercentiles, LatencyRamp, LatencyRange
from .faults.partial import PartialBatch
from .faults.sequence import Step
from .faults.throttle import Capacity, Throttle
from .model import Model


class Fields(TypedDict, total=False):
    """The fields of a rule but for the service, as ``Rule`` describes them."""

    region: str
    operation: str
    account: str
    principal: str
    header: Mapping[str, str]
    condition: str
    page: int
    call: int
    origin: Literal["external", "internal", "any"]
    probability: float | Mapping[str, float]
    seed: int
    times: int
    after: float
    duration: float
    flap: Mapping[str, float]
    sequence: Sequence[
        Literal[
            "pass",
            "unavailable",
            "throttling",
            "internal",
            "timeout",
            "denied",
            "invalidCredentials",
            "expired",
            "skewed",
            "conflict",
            "notFound",
            "expiredCursor",
        ]
        | Mapping[str, Any]
    ]
    error: (
        Literal[
            "unavailable",
            "throttling",
            "internal",
            "timeout",
            "denied",
            "invalidCredentials",
            "expired",
            "skewed",
            "conflict",
            "notFound",
            "expiredCursor",
        ]
        | Mapping[str, Any]
    )
    skew: float
    retryAfter: float
    partial: Mapping[str, Any]
    latency: float | Mapping[str, float]
    throttle: Mapping[str, Any] | Mapping[str, float]
    connection: Literal["reset", "close", "hang", "truncate"]
    payload: Mapping[str, float]
    listing: Literal["empty", "short"]
    phase: Literal["before", "after"]
    description: str


class FaultFields(Model):
    """The faults of a rule."""

    sequence: (
        tuple[
            Literal[
                "pass",
                "unavailable",
                "throttling",
                "internal",
                "timeout",
                "denied",
                "invalidCredentials",
                "expired",
                "skewed",
                "conflict",
                "notFound",
                "expiredCursor",
            ]
            | ErrorSpec
            | Step,
            ...,
        ]
        | None
    ) = None
    error: (
        Literal[
            "unavailable",
            "throttling",
            "internal",
            "timeout",
            "denied",
            "invalidCredentials",
            "expired",
            "skewed",
            "conflict",
            "notFound",
            "expiredCursor",
        ]
        | ErrorSpec
        | None
    ) = None
    skew: float | None = None
    retryAfter: float | None = None
    partial: PartialBatch | None = None
    latency: float | LatencyPercentiles | LatencyRange | LatencyRamp | None = None
    throttle: Throttle | Capacity | None = None
    connection: Literal["reset", "close", "hang", "truncate"] | None = None
    payload: Payload | None = None
    listing: Literal["empty", "short"] | None = None
    phase: Literal["before", "after"] | None = None
