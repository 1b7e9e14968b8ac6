"""Scenarios by the control API: what there is, what runs, start and end."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .transport import Transport

if TYPE_CHECKING:
    from localstack_outages.schema.load_documents import ScenarioReport
    from localstack_outages.schema.scenario_documents import (
        ScenarioDocument,
        ScenariosDocument,
        ScenarioStatus,
    )

ScenarioLike = str | Mapping[str, Any]
"""The name of a scenario that comes with the package, or the JSON object of one."""

_PATH = "/outages/scenarios"
_REPORTS = "/outages/reports"


class ScenarioControl:
    """Starts and ends scenarios, and tells how far they are. What is started lasts until it is over or
    ended, whatever becomes of the client; for the length of a block there is
    ``OutagesClient.scenario()``.

    :param transport: to the control API
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> "ScenariosDocument":
        """Tell which scenarios there are, and which run."""
        document: ScenariosDocument = self._transport.json("GET", _PATH)
        return document

    def get(self, name: str, *, speed: float = 1, phase: str | None = None) -> "ScenarioDocument":
        """Give a scenario, and the rules that a run of it would have.

        :raises UnknownScenario: where none has the name
        """
        params = {"speed": speed, "phase": phase}
        document: ScenarioDocument = self._transport.json("GET", f"{_PATH}/{name}", params)
        return document

    def start(
        self,
        scenario: ScenarioLike,
        *,
        speed: float = 1,
        phase: str | None = None,
        account: str | None = None,
        owner: str | None = None,
    ) -> "ScenarioStatus":
        """Start a scenario, or start it anew.

        :param speed: by how much phases start sooner and are shorter; latencies stay as they are
        :param phase: the name of a phase that is wanted alone, at once
        :param account: the 12-digit account that rules are for which name none
        :param owner: whose rules they are; ``scenario NAME`` where left out
        :raises InvalidScenario: where it cannot be run so
        :raises UnknownScenario: where none has the name
        """
        body = {"name" if isinstance(scenario, str) else "scenario": scenario, "speed": speed}
        body |= {"phase": phase} if phase is not None else {}
        body |= {"account": account} if account is not None else {}
        status: ScenarioStatus = self._transport.json("POST", _PATH, {"owner": owner}, body)
        return status

    def stop(self, name: str, *, owner: str | None = None) -> "ScenarioStatus":
        """End a scenario that runs.

        :param owner: whose run of it is meant; ``scenario NAME`` where left out
        :return: how far it was
        :raises UnknownScenario: where it does not run
        """
        params = {"owner": owner}
        status: ScenarioStatus = self._transport.json("DELETE", f"{_PATH}/{name}", params)
        return status

    def report(self, name: str, *, owner: str | None = None) -> "ScenarioReport":
        """Tell how clients came through the newest run of a scenario, also while it goes on.

        :param owner: whose run of it is meant; the newest one, whoever started it, where left out
        :raises UnknownScenario: where it has not run
        """
        report: ScenarioReport = self._transport.json("GET", f"{_REPORTS}/{name}", {"owner": owner})
        return report
