"""The markers of tests: which outage each stands for, and what is wrong with one.

It knows nothing of pytest, and imports what it needs when it is needed: a run without outages costs
nothing.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient
    from localstack_outages.client.outage import Outage


class Mark(Protocol):
    """A marker on a test, as pytest gives it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def args(self) -> tuple[Any, ...]:
        """What stands in it without a name."""

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """What stands in it by name."""


class _Kind(NamedTuple):
    method: str
    """Of the client that makes the outage."""
    takes: str
    """What may stand in it."""
    description: str


MARKERS = {
    "outage": _Kind(
        "outage",
        "it takes a service or a list of rules, and the other fields by name",
        "outage(service, region=..., **fields): the test runs while the outage is in force; "
        "the fields are those of a rule; a list of rules is taken too",
    ),
    "outage_scenario": _Kind(
        "scenario",
        "it takes the name of a scenario or a whole one, and 'speed' and 'phase' by name",
        "outage_scenario(name, speed=1, phase=None): the test runs while the scenario is played, "
        "or one phase of it; a whole scenario is taken too",
    ),
}


def make_outage(client: "OutagesClient", mark: Mark) -> "Outage":
    """Make the outage that a marker stands for.

    :raises OutagesError: where it is not valid
    :raises TypeError: where it has what it does not take
    """
    outage: Outage = getattr(client, MARKERS[mark.name].method)(*mark.args, **mark.kwargs)
    return outage


def problem_of(mark: Mark) -> str:
    """Say what is wrong with a marker; nothing where it is valid."""
    from localstack_outages.client.client import OutagesClient
    from localstack_outages.schema.errors import OutagesError

    kind = MARKERS[mark.name]
    if len(mark.args) > 1 or (mark.name == "outage_scenario" and not mark.args):
        return kind.takes
    try:
        make_outage(OutagesClient("http://localhost"), mark)
    except (OutagesError, TypeError) as e:
        return str(e)
    return ""
