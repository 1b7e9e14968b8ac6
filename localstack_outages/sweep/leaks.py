"""What a faulted run leaves behind that the test removes without a fault, told from the two lists of calls."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .points import Call, Faults

_OPENS = (
    "Create", "Put", "Copy", "Upload", "Register", "Allocate", "Acquire", "Run", "Start", "Attach",
)  # fmt: skip
_CLOSES = (
    "Delete", "Abort", "Complete", "Deregister", "Release", "Terminate", "Stop", "Detach",
)  # fmt: skip
"""What the names of operations begin with that make something, and that remove it. ``DeleteObject``
removes what ``PutObject`` made: the rest of both names is the same, but for a plural."""


class Leak(NamedTuple):
    """What is left behind."""

    service: str
    noun: str
    """The rest of the names of the operations, such as ``Object``."""
    number: int

    def __str__(self) -> str:
        what = f"{self.number} {self.noun}{'s' if self.number > 1 else ''}"
        return f"{what} of {self.service}"

    def is_removed_by(self, faults: Faults) -> bool:
        """Whether it is the removal itself that failed."""
        return any(
            place.service == self.service
            and _closes(place.operation)
            and _noun(place.operation) == self.noun
            for place, _ in faults
        )


def leaks_of(plain: Sequence[Call], calls: Sequence[Call]) -> list[Leak]:
    """Give what a run leaves behind.

    :param plain: the calls of the test without a fault
    :param calls: those of the run
    """
    ends = {call.kind for call in plain if _closes(call.kind[1]) and call.is_done}
    found = []
    for service, noun in dict.fromkeys((s, _noun(o)) for s, o in sorted(ends)):
        left = _left_by_name(_of_noun(plain, service, noun), calls)
        if left is None:
            opened, closed = _counts(plain, service, noun)
            now_opened, now_closed = _counts(calls, service, noun)
            # What is made once more, since its answer was lost, is often the same. What is removed and
            # not made by the test itself, but by a fixture for example, is no leak if it stays.
            left = min(opened, now_opened) - now_closed - max(0, opened - closed)
        if left > 0:
            found.append(Leak(service, noun, left))
    return found


def are_removals(plain: Sequence[Call], kinds: Iterable[tuple[str, str]]) -> bool:
    """Whether all of some operations remove what the test itself makes."""
    return all(
        _closes(operation) and _counts(plain, service, _noun(operation))[0]
        for service, operation in kinds
    )


def _left_by_name(made: Sequence[Call], calls: Sequence[Call]) -> int | None:
    """Count what is opened and not closed, by what the requests name.

    :param made: the calls of the plain run that open or close
    :param calls: of the faulted run
    :return: None where no request that closes names what another one opened
    """
    closes = [call for call in made if _closes(call.kind[1])]
    paired = {
        opening.place
        for opening in made
        if opening.kind[1].startswith(_OPENS) and any(_names(c, opening) for c in closes)
    }
    if not paired:
        return None
    tried = [call for call in calls if _closes(call.kind[1]) and call.is_done]
    return sum(
        call.place in paired and call.is_done and not any(_names(c, call) for c in tried)
        for call in calls
    )


def _names(closing: Call, opening: Call) -> bool:
    """Whether a request that closes is about what another one opened."""
    return bool(closing.target) and closing.target <= opening.target


def _of_noun(calls: Iterable[Call], service: str, noun: str) -> list[Call]:
    return [c for c in calls if c.kind[0] == service and c.is_done and _noun(c.kind[1]) == noun]


def _counts(calls: Iterable[Call], service: str, noun: str) -> tuple[int, int]:
    """Count what is opened and what is closed."""
    mine = _of_noun(calls, service, noun)
    opened = sum(c.kind[1].startswith(_OPENS) for c in mine)
    return opened, sum(_closes(c.kind[1]) for c in mine)


def _closes(operation: str) -> bool:
    return operation.startswith(_CLOSES)


def _noun(operation: str) -> str:
    return re.sub(r"^[A-Z][a-z]+", "", operation).removesuffix("s")
