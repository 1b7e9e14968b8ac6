"""The control API: ``/outages`` and what stands below it, ``/metrics`` and ``/openapi.json``, and
the console at its root.
"""

from typing import TYPE_CHECKING, Any

from localstack_outages.aws import names
from localstack_outages.engine.store import Store
from localstack_outages.evidence.journal import Journal
from localstack_outages.evidence.ledger import Ledger
from localstack_outages.evidence.load import Load
from localstack_outages.evidence.marks import Marks
from localstack_outages.evidence.metrics import Metrics
from localstack_outages.evidence.traffic import Traffic
from localstack_outages.evidence.verdicts import Verdicts
from localstack_outages.schema.parameters import LoadQuery, NamesQuery, TrafficQuery

from .console import Console
from .first_use import FirstUse
from .http import ControlAnswer, ControlRequest, Guard, Routes, handle, read_query
from .rule_routes import RuleRoutes
from .status import Status
from .streams import Events, Evidence, Readers
from .verdict_routes import VerdictRoutes

if TYPE_CHECKING:
    from localstack_outages.schema.documents import NamesDocument

    from .scenario_routes import ScenarioRoutes


class ControlApi:
    """Answers the requests to the host ``outages.*`` and below ``/_extension/outages``.

    :param store: the rules
    :param status: tells how they are doing
    :param events: keeps the calls that they touched
    :param calls: keeps the last calls
    :param traffic: counts all calls
    :param load: tells what clients asked for, and what they got
    :param verdicts: judges how applications dealt with the faults
    :param marks: keeps the marks
    :param ledger: keeps what the rules of each owner did
    :param metrics: writes it all down for Prometheus
    :param guard: says who may ask
    """

    def __init__(
        self,
        store: Store,
        status: Status,
        events: Journal,
        calls: Journal,
        traffic: Traffic,
        load: Load,
        verdicts: Verdicts,
        marks: Marks,
        ledger: Ledger,
        metrics: Metrics,
        guard: Guard,
    ) -> None:
        self._guard = guard
        self._readers = Readers()
        rules = RuleRoutes(store, status)
        runs = FirstUse(lambda: _scenario_routes(store, load, verdicts))
        figures = _Figures(traffic, load, metrics, runs)
        judged = VerdictRoutes(verdicts, marks, self._readers, guard)
        self._console = Console()
        self.routes: Routes = {
            "/outages": {
                "GET": rules.get_list,
                "POST": rules.replace,
                "PATCH": rules.add,
                "DELETE": rules.remove,
            },
            "/outages/rules/{id}": {
                "GET": rules.get,
                "PUT": rules.edit,
                "PATCH": rules.move,
                "DELETE": rules.end,
            },
            **_routes_of_runs(runs),
            "/outages/status": {"GET": lambda _: status.document()},
            "/outages/events": {"GET": Events(events, self._readers, guard).get},
            "/outages/calls": {"GET": Events(calls, self._readers, guard).get},
            "/outages/traffic": {"GET": figures.get_traffic},
            "/outages/load": {"GET": figures.get_load},
            "/outages/verdicts": {"GET": judged.get},
            "/outages/marks": {"GET": judged.get_marks, "POST": judged.set_mark},
            "/outages/evidence": {"GET": Evidence(ledger, self._readers, guard).get},
            "/outages/names": {"GET": _names},
            "/metrics": {"GET": figures.get_metrics},
            "/openapi.json": {"GET": _openapi},
        }

    def handle(self, request: ControlRequest) -> ControlAnswer:
        """Answer a request."""
        return handle(request, self.routes, self._guard, self._console.answer)

    def close(self) -> None:
        """Let all that wait for events or verdicts go on, now and from now on."""
        self._readers.close()


class _Figures:
    """Answers the requests for what is counted."""

    def __init__(
        self, traffic: Traffic, load: Load, metrics: Metrics, runs: "FirstUse[ScenarioRoutes]"
    ) -> None:
        self._traffic = traffic
        self._load = load
        self._metrics = metrics
        self._runs = runs

    def get_traffic(self, request: ControlRequest) -> object:
        return self._traffic.report(**read_query(request, TrafficQuery).model_dump())

    def get_load(self, request: ControlRequest) -> object:
        query = read_query(request, LoadQuery).model_dump()
        begun = self._runs.if_made()
        return self._load.report(**query, phases=() if begun is None else begun.phase_marks())

    def get_metrics(self, request: ControlRequest) -> ControlAnswer:
        text, content_type = self._metrics.render(request.headers.get("Accept", ""))
        return ControlAnswer(200, {"Content-Type": content_type}, text)


def _routes_of_runs(runs: "FirstUse[ScenarioRoutes]") -> Routes:
    return {
        "/outages/scenarios": {
            "GET": lambda request: runs().get_all(request),
            "POST": lambda request: runs().start(request),
        },
        "/outages/scenarios/{name}": {
            "GET": lambda request: runs().get(request),
            "DELETE": lambda request: runs().stop(request),
        },
        "/outages/reports/{name}": {"GET": lambda request: runs().report(request)},
    }


def _names(request: ControlRequest) -> "NamesDocument":
    service = read_query(request, NamesQuery).service
    document: NamesDocument = {
        "services": list(names.services()),
        "regions": list(names.regions()),
    }
    if service is not None:
        document["operations"] = list(names.operations(service))
    return document


def _scenario_routes(store: Store, load: Load, verdicts: Verdicts) -> "ScenarioRoutes":
    from .run_reports import RunReports  # few need scenarios
    from .scenario_routes import ScenarioRoutes
    from .scenarios import Scenarios

    reports = RunReports(store, load, verdicts)
    return ScenarioRoutes(Scenarios(store, reports.look_before), reports)


def _openapi(_: ControlRequest) -> dict[str, Any]:
    from .openapi import openapi  # few need it

    return openapi()
