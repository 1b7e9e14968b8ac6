"""Actions: they start and end outages and scenarios."""

from collections.abc import Mapping, Sequence
from typing import Any

from .target import Configuration, outages, owner_of

__all__ = ["end_outages", "end_scenario", "run_scenario", "start_outages"]


def start_outages(
    rules: Sequence[Mapping[str, Any]], configuration: Configuration = None
) -> list[dict[str, Any]]:
    """Make AWS calls fail: put rules before all others.

    :param rules: which calls fail, how, when and how often; the fields are in ``docs/rules.md``
    :return: the rules of the experiment, each with its id
    :raises InvalidRules: where one is not valid; nothing has changed then
    """
    owner = owner_of(configuration)
    with outages(configuration) as client:
        client.add(rules, first=True, owner=owner)
        status = client.status()["rules"]
    return [{"id": each["id"], **each["rule"]} for each in status if each["owner"] == owner]


def end_outages(configuration: Configuration = None) -> None:
    """End the outages of the experiment, and nobody else's. For ``rollbacks`` above all."""
    with outages(configuration) as client:
        client.clear(owner=owner_of(configuration))


def run_scenario(
    name: str, speed: float = 1, phase: str | None = None, configuration: Configuration = None
) -> dict[str, Any]:
    """Start a scenario, which ends by itself.

    :param name: of one that comes with the package
    :param speed: by how much phases start sooner and are shorter
    :param phase: the name of a phase that is wanted alone, at once
    :return: how far it is
    :raises UnknownScenario: where none has the name
    """
    with outages(configuration) as client:
        owner = owner_of(configuration)
        return dict(client.scenarios.start(name, speed=speed, phase=phase, owner=owner))


def end_scenario(name: str, configuration: Configuration = None) -> dict[str, Any]:
    """End a scenario of the experiment.

    :return: how far it was
    :raises UnknownScenario: where it does not run
    """
    with outages(configuration) as client:
        return dict(client.scenarios.stop(name, owner=owner_of(configuration)))
