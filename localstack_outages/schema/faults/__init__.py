"""What a rule can do to a call: a file for each fault, which defines all of it as ``FAULT``.

To add a fault is to add a file here. Nothing outside of this folder names one.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from localstack_outages.schema.effect import OUTAGE, Effect
from localstack_outages.schema.fault import Chain, ErrorOf, Fault


def discover(leave_out: str = "") -> tuple[Fault, ...]:
    """Find the faults of the files of this folder, in the order of their fields.

    :param leave_out: the name of a module that builds on the others
    """
    names = (f"{__name__}.{module.name}" for module in iter_modules(__path__))
    found: list[Fault] = [import_module(name).FAULT for name in names if name != leave_out]
    return tuple(sorted(found, key=lambda fault: fault.place))


@cache
def all_faults() -> tuple[Fault, ...]:
    """Give all faults, in the order of their fields."""
    return discover()


@cache
def _by_turn() -> tuple[Fault, ...]:
    return tuple(sorted(all_faults(), key=lambda fault: fault.turn))


def given(part: Any) -> list[tuple[Fault, Any]]:
    """Give the faults that a rule or a step names, each with its value, in the order in which they
    happen to a call.
    """
    values = part.__dict__
    return [(f, values[f.name]) for f in _by_turn() if values.get(f.name) is not None]


def action_of(part: Any, otherwise: Effect = OUTAGE) -> Chain:
    """Make what a rule or a step does.

    :param otherwise: what happens where it names no fault
    """
    faults = given(part)
    actions = [fault.act(value) for fault, value in faults]
    return Chain(actions, Effect() if any(not f.is_manner for f, _ in faults) else otherwise)


def told(part: Any, error_of: ErrorOf) -> list[str]:
    """Say what a rule or a step does to a call; nothing where it names no fault."""
    words: list[str] = []
    for fault, value in given(part):
        words = fault.tell(value, words, error_of)
    return words
