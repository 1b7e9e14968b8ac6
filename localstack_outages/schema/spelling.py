"""What was meant by a name that is unknown."""

import difflib
from collections.abc import Iterable

_CANDIDATES = 5
"""So many names that share most with the unknown one are compared to the letter."""


def closest(word: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Give the name that comes nearest to a word: by the slips that lie between them, where letters
    that changed places are one slip; of those equally far, the one that shares most.

    :param cutoff: how much a name must share, from 0 to 1
    :return: None where no name comes near
    """
    near = difflib.get_close_matches(word, list(names), n=_CANDIDATES, cutoff=cutoff)
    return min(near, key=lambda name: slips(word, name), default=None)


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Give ``: did you mean '...'?``; nothing where no name comes near."""
    name = closest(word, names)
    return "" if name is None else f": did you mean '{name}'?"


def slips(a: str, b: str) -> int:
    """Count the letters that were added, left out, changed, or that changed places with the next
    (the distance of optimal string alignment).
    """
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
