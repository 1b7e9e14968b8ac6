"""What a run did about its faults, beside how it ended: the flags of the verdicts, and what the calls tell."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from localstack_outages.schema.vocabulary import Flag

from .points import Call, Fault, Faults

if TYPE_CHECKING:
    from .run import Run

OF_VERDICTS: tuple[Flag, ...] = ("carriedOutTwice", "failedAfterRetry", "halfAnswerTaken")
"""The flags of verdicts that hold where SDKs do not pause.

The two others follow from the calls. A verdict waits 30 s before it says ``neverRetried``. And whether
one says ``retriedNonRetryable`` depends on time: who asks again at once, as nobody else does, may be
faster than the host's record of the answer, without which the new request belongs to nothing.
"""

_FINAL = ("denied", "notFound", "conflict")
"""Errors that no retry cures."""


def flags_of(plain: "Run", run: "Run", faults: Faults) -> tuple[Flag, ...]:
    """Give the flags of a run.

    :param plain: the same test without a fault
    """
    # A retry that was refused since the first attempt was carried out is well where the test passes.
    handled = run.error is None
    found = [f for f in OF_VERDICTS if f in run.flags and not (handled and f == "failedAfterRetry")]
    if any(f.name in _FINAL and _is_asked_again(plain.calls, run.calls, f) for f in faults):
        found.append("retriedNonRetryable")
    if any(f.name == "transient" and _is_left_alone(run.calls, f) for f in faults):
        found.append("neverRetried")
    return tuple(found)


def _is_asked_again(plain: Sequence[Call], calls: Sequence[Call], fault: Fault) -> bool:
    """Whether what was refused is asked for more often than without the fault. Where nobody knows what
    a request is after, only the attempts of its SDK count.
    """
    call = next((call for call in calls if call.place == fault.place), None)
    if call is None:
        return False
    return call.attempts > 1 or _later(calls, fault) > _later(plain, fault)


def _later(calls: Sequence[Call], fault: Fault) -> int:
    """Count the calls that come after one, and are after the same."""
    place = next((i for i, call in enumerate(calls) if call.place == fault.place), len(calls))
    aims = {call.aim for call in calls[place : place + 1]} - {None}
    return sum(c.kind == fault.place[:2] and c.aim in aims for c in calls[place + 1 :])


def _is_left_alone(calls: Sequence[Call], fault: Fault) -> bool:
    """Whether a call that got a transient error was not sent again by anybody."""
    if any(c.place == fault.place and (c.attempts > 1 or c.is_done) for c in calls):
        return False
    return sum(c.kind == fault.place[:2] and c.is_done for c in calls) < fault.place.call
