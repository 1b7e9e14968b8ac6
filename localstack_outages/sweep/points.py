"""What a sweep makes fail: one call of a test, and how; and how a person writes that."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_SPEC = re.compile(
    r"(?P<service>[a-z0-9-]+):(?P<operation>\w+)(#(?P<call>[1-9]\d{0,5}))?=(?P<fault>[\w.:-]+)"
)


class Place(NamedTuple):
    """One logical call of a test: the k-th of its operation, with all its attempts."""

    service: str
    operation: str
    call: int
    """Which of the calls of this operation, from 1."""

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}#{self.call}"


class Fault(NamedTuple):
    """A call that fails, and how."""

    place: Place
    name: str
    """One of ``faults.KINDS``, or the code of an error."""

    def __str__(self) -> str:
        return f"{self.place}={self.name}"


Faults = tuple[Fault, ...]
"""What fails together in one run; usually one."""


def written(faults: Faults) -> str:
    """Write faults as ``--outages-replay`` takes them: ``dynamodb:PutItem#2=internal``."""
    return ",".join(map(str, faults))


def read_faults(text: str) -> Faults:
    """Read what ``written`` writes.

    :raises ValueError: where it is nothing of the kind
    """
    return tuple(_read(part.strip()) for part in text.split(","))


def _read(text: str) -> Fault:
    found = _SPEC.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is not a call and a fault; write service:Operation#call=fault, "
            "such as dynamodb:PutItem#2=internal"
        )
    place = Place(found["service"], found["operation"], int(found["call"] or 1))
    return Fault(place, found["fault"])


class Call(NamedTuple):
    """A logical call that a test made."""

    place: Place
    site: str | None
    """``file:line`` of the application's code that made it; None where another process did."""
    client: str
    """The SDK, its retry mode and, where that is known, how long it waits for an answer."""
    attempts: int
    is_done: bool
    """Whether an attempt was carried out."""
    is_conditional: bool
    """Whether it has a condition that may not hold."""
    error: str | None
    """The code of the last attempt's error."""
    target: frozenset[str] = frozenset()
    """What its request names; empty where that is not known."""
    aim: int | None = None
    """Equal for requests of one run that are after the same; None where that is not known."""

    @property
    def kind(self) -> tuple[str, str]:
        """Its service and operation."""
        return self.place.service, self.place.operation


def kinds_of(calls: Iterable[Call]) -> list[tuple[str, str]]:
    """Give the services and operations that were called, sorted, each as often as it was called."""
    return sorted(call.kind for call in calls)
