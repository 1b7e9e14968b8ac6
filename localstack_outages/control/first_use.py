"""What is made, and loaded, when it is first needed: LocalStack's start does not wait for it."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class FirstUse(Generic[T]):
    """Makes something at its first use, once, whichever thread comes first.

    What it is made of is imported in ``make``, not at the top of a file.

    :param make: makes it; where that fails, the next use tries again
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: T | None = None

    def __call__(self) -> T:
        """Give it."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._make()
        return self._made

    def if_made(self) -> T | None:
        """Give it where somebody has used it; None where nobody has."""
        with self._lock:  # somebody may be the first just now
            return self._made
