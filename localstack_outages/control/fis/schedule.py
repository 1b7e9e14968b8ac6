"""When the actions of an experiment begin, as far as their order and their lengths tell."""

from collections.abc import Mapping, Sequence

from .errors import ValidationError

Order = Mapping[str, Sequence[str]]
"""For each action those after which it starts."""


def groups(order: Order) -> list[list[str]]:
    """Group actions by how many others come before them, one after the other.

    :raises ValidationError: where they wait for each other in a circle
    """
    left = dict(order)
    done: set[str] = set()
    found: list[list[str]] = []
    while left:
        ready = [name for name, before in left.items() if done.issuperset(before)]
        if not ready:
            raise ValidationError(f"The startAfter of {', '.join(left)} form a cycle.")
        found.append(ready)
        done.update(ready)
        for name in ready:
            del left[name]
    return found


def begins(order: Order, lengths: Mapping[str, float]) -> dict[str, float]:
    """Give when each action begins, in seconds from the start of the experiment.

    :param lengths: how long each lasts, seconds
    """
    found: dict[str, float] = {}
    for group in groups(order):
        for name in group:
            found[name] = max((found[o] + lengths[o] for o in order[name]), default=0.0)
    return found
