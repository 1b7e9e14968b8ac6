"""A scenario for as long as a ``with`` block lasts."""

from typing import TYPE_CHECKING

from .outage import Control, Outage
from .rule_like import ALL, valid_rules
from .scenario_control import ScenarioControl, ScenarioLike

if TYPE_CHECKING:
    from localstack_outages.schema.scenario import ParsedScenario


class ScenarioOutage(Outage):
    """A scenario that is played while a block lasts: an outage whose rules begin and end with its
    phases. Made by ``OutagesClient.scenario()``::

        with client.scenario("kms-down", speed=60) as outage:
            application.run()
        outage.assert_recovered()

    It is among those that run in ``/outages/scenarios``, where its owner tells it from others.

    :param client: the client to the control API
    :param control: starts the scenario
    :param scenario: its name in the package, or its JSON object
    :param speed: by how much phases start sooner and are shorter
    :param phase: the name of a phase that is wanted alone, at once
    :param owner: who owns the rules in the control API; nobody else may have this name
    :raises InvalidScenario: where it is not valid, or cannot be played so
    :raises UnknownScenario: where none has the name
    """

    def __init__(
        self,
        client: Control,
        control: ScenarioControl,
        scenario: ScenarioLike,
        speed: float,
        phase: str | None,
        owner: str,
    ) -> None:
        # Who plays no scenario does not wait for what reads them.
        from localstack_outages.schema.scenario_rules import compile_scenario

        parsed = _parsed(scenario)
        rules = compile_scenario(parsed, speed=speed, phase=phase)
        super().__init__(client, valid_rules(rules, client.account), owner)
        self.title = f"scenario {parsed.scenario.name}" + (f", phase {phase}" if phase else "")
        """What is played, in few words."""
        self._control = control
        self._document = parsed.document
        self._speed = speed
        self._phase = phase

    def _put_into_force(self) -> None:
        account = self.client.account
        self._control.start(
            self._document,
            speed=self._speed,
            phase=self._phase,
            account=None if account == ALL else account,
            owner=self.owner,
        )


def _parsed(scenario: ScenarioLike) -> "ParsedScenario":
    from localstack_outages.schema.scenario import parse_scenario
    from localstack_outages.schema.scenario_files import packaged_scenario

    if isinstance(scenario, str):
        return packaged_scenario(scenario)
    return parse_scenario(dict(scenario))
