"""Warnings of a host that does without something: each cause is told once."""

import logging
from contextlib import AbstractContextManager
from types import TracebackType

MAX_CAUSES = 100
"""So many causes are told. What fails in more ways says nothing new."""

_Cause = tuple[str, type[BaseException], str, int]


class Warnings:
    """Warns of failures that must not reach a call, once for each cause.

    :param log: where to
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told: set[_Cause] = set()

    def warn(self, what: str, error: BaseException) -> None:
        """Tell what failed, unless the same has failed at the same place before.

        :param what: what Outages could not do, to go after "Outages cannot"
        """
        cause = (what, type(error), *_place(error))
        if cause in self._told or len(self._told) >= MAX_CAUSES:
            return
        self._told.add(cause)
        self._log.warning(
            "Outages cannot %s: %s: %s", what, type(error).__name__, error, exc_info=error
        )

    def optional(self, what: str) -> AbstractContextManager[None, bool]:
        """Go on without something that fails.

        :param what: what Outages then cannot do, to go after "Outages cannot"
        """
        return _Optional(self, what)


class _Optional(AbstractContextManager[None, bool]):
    def __init__(self, warnings: Warnings, what: str) -> None:
        self._warnings = warnings
        self._what = what

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._warnings.warn(self._what, error)
        return True


def _place(error: BaseException) -> tuple[str, int]:
    """Give the file and the line where an error was raised."""
    trace = error.__traceback__
    if trace is None:
        return "", 0
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno
