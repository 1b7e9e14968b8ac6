"""The control API: ``/outages`` and what stands below it, ``/metrics`` and ``/openapi.json``, and
the console at its root.
"""

from collections.abc import Callable
from typing import Any

from rolo import Request, Response

from . import names
from .answers import NamesDocument
from .console import Console
from .control import Routes, read_json, read_query, serve
from .events import Events
from .metrics import Metrics
from .parsing import parse_rules
from .queries import AddQuery, ChangeQuery, NamesQuery, TrafficQuery, VerdictsQuery
from .status import Status
from .store import Document, Store
from .traffic import Traffic
from .verdicts import Verdicts


class ControlApi:
    """Answers the requests to the host ``outages.*`` and below ``/_extension/outages``.

    :param store: the rules
    :param status: tells how they are doing
    :param events: tells which calls they touched
    :param calls: tells which calls there were
    :param traffic: counts all calls
    :param verdicts: judges how clients retried
    :param metrics: writes it all down for Prometheus
    """

    def __init__(
        self,
        store: Store,
        status: Status,
        events: Events,
        calls: Events,
        traffic: Traffic,
        verdicts: Verdicts,
        metrics: Metrics,
    ) -> None:
        def get_traffic(request: Request) -> dict[str, Any]:
            return traffic.report(**read_query(request, TrafficQuery).model_dump())

        def get_verdicts(request: Request) -> dict[str, Any]:
            query = read_query(request, VerdictsQuery)
            return verdicts.wait(query.wait, query.limit, query.selection)

        def get_metrics(request: Request) -> Response:
            text, content_type = metrics.render(request.headers.get("Accept", ""))
            return Response(text, content_type=content_type)

        self._console = Console()
        self.routes: Routes = {
            "/outages": {
                "GET": lambda _: store.documents(),
                "POST": _changing(store.replace),
                "PATCH": _adding(store),
                "DELETE": _changing(store.remove),
            },
            "/outages/status": {"GET": lambda _: status.document()},
            "/outages/events": {"GET": events.get},
            "/outages/calls": {"GET": calls.get},
            "/outages/traffic": {"GET": get_traffic},
            "/outages/verdicts": {"GET": get_verdicts},
            "/outages/names": {"GET": _names},
            "/metrics": {"GET": get_metrics},
            "/openapi.json": {"GET": _openapi},
        }

    def serve(self, request: Request, path: str = "", **_: str) -> Response:
        """Answer a request; an endpoint for LocalStack's router.

        :param path: the path below the API's root
        """
        return self._console.answer(request, path) or serve(self.routes, path, request)


def _names(request: Request) -> NamesDocument:
    service = read_query(request, NamesQuery).service
    document: NamesDocument = {
        "services": list(names.services()),
        "regions": list(names.regions()),
    }
    if service is not None:
        document["operations"] = list(names.operations(service))
    return document


def _openapi(_: Request) -> dict[str, Any]:
    from .openapi import openapi  # what a start need not wait for

    return openapi()


def _changing(change: Callable[..., list[Document]]) -> Callable[[Request], list[Document]]:
    """Make an operation of a method of the store that takes rules."""

    def operation(request: Request) -> list[Document]:
        query = read_query(request, ChangeQuery)
        return change(parse_rules(read_json(request)), dry_run=query.dry_run)

    return operation


def _adding(store: Store) -> Callable[[Request], list[Document]]:
    def operation(request: Request) -> list[Document]:
        query = read_query(request, AddQuery)
        rules = parse_rules(read_json(request))
        return store.add(rules, first=query.position == "first", dry_run=query.dry_run)

    return operation
