"""``/outages/scenarios``, which scenarios there are and which run, ``/outages/scenarios/{name}``, one of
them, and ``/outages/reports/{name}``, how clients came through its newest run.
"""

from functools import cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from localstack_outages.schema.errors import InvalidRules, InvalidScenario
from localstack_outages.schema.parameters import NoQuery, OwnerQuery
from localstack_outages.schema.reading import validate
from localstack_outages.schema.scenario import ParsedScenario, parse_scenario
from localstack_outages.schema.scenario_documents import (
    ScenarioDocument,
    ScenarioQuery,
    ScenarioRequest,
    ScenariosDocument,
    ScenarioStatus,
    outline,
)
from localstack_outages.schema.scenario_files import packaged_names, packaged_scenario
from localstack_outages.schema.scenario_rules import compile_scenario

from .http import ControlRequest, read_json, read_query
from .run_reports import RunReports
from .scenarios import Scenarios

if TYPE_CHECKING:
    from localstack_outages.schema.load_documents import PhaseMark, ScenarioReport


class ScenarioRoutes:
    """Answers the requests about scenarios.

    :param scenarios: starts and ends them
    :param reports: reports on their runs
    """

    def __init__(self, scenarios: Scenarios, reports: RunReports) -> None:
        self._scenarios = scenarios
        self._reports = reports

    def phase_marks(self) -> "list[PhaseMark]":
        """Give the phases that have begun, to mark them in the load."""
        return self._reports.mark(self._scenarios.begun_phases())

    def get_all(self, request: ControlRequest) -> ScenariosDocument:
        """Tell which scenarios there are, and which run."""
        read_query(request, NoQuery)
        return {
            "scenarios": [outline(packaged_scenario(name)) for name in packaged_names()],
            "running": self._scenarios.running(),
        }

    def start(self, request: ControlRequest) -> ScenarioStatus:
        """Start a scenario."""
        owner = read_query(request, OwnerQuery).owner
        wanted = _read_request(request)
        return self._scenarios.start(
            _scenario_of(wanted),
            speed=wanted.speed,
            phase=wanted.phase,
            account=wanted.account,
            owner=owner,
        )

    def get(self, request: ControlRequest) -> ScenarioDocument:
        """Give a scenario and its rules."""
        query = read_query(request, ScenarioQuery)
        parsed = self._scenarios.find(_name(request))
        rules = compile_scenario(parsed, speed=query.speed, phase=query.phase)
        return {"scenario": parsed.document, "rules": rules}

    def stop(self, request: ControlRequest) -> ScenarioStatus:
        """End a scenario that runs."""
        owner = read_query(request, OwnerQuery).owner
        return self._scenarios.stop(_name(request), owner)

    def report(self, request: ControlRequest) -> "ScenarioReport":
        """Tell how clients came through the newest run of a scenario."""
        owner = read_query(request, OwnerQuery).owner
        return self._reports.report(self._scenarios.run(_name(request), owner))


@cache
def _request() -> TypeAdapter[ScenarioRequest]:
    return TypeAdapter(ScenarioRequest)


def _read_request(request: ControlRequest) -> ScenarioRequest:
    try:
        return validate(_request(), read_json(request), ScenarioRequest)
    except InvalidRules as e:
        raise InvalidScenario(e.message, e.path, e.others) from None


def _scenario_of(wanted: ScenarioRequest) -> ParsedScenario:
    if wanted.name is not None and wanted.scenario is not None:
        raise InvalidScenario(
            "it cannot stand beside 'scenario', which has a name of its own; leave out one of them",
            "name",
        )
    if wanted.name is not None:
        return packaged_scenario(wanted.name)
    if wanted.scenario is None:
        raise InvalidScenario("'name' is missing, or 'scenario' with a whole scenario")
    try:
        return parse_scenario(wanted.scenario)
    except InvalidScenario as e:
        raise _below("scenario", e) from None


def _below(field: str, error: InvalidScenario) -> InvalidScenario:
    """Give the error of a part of a request with the paths that it has in the request."""

    def path(of: str) -> str:
        return f"{field}.{of}" if of else field

    others = tuple({**other, "path": path(other["path"])} for other in error.others)
    return InvalidScenario(error.message, path(error.path), others)


def _name(request: ControlRequest) -> str:
    return request.path.rstrip("/").rpartition("/")[2]
