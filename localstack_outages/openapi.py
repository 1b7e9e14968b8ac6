"""The control API in OpenAPI 3.1, made from the models that check requests and describe answers."""

import json
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from . import DISTRIBUTION, __version__
from .answers import (
    ErrorDocument,
    EventsDocument,
    NamesDocument,
    StatusDocument,
    TrafficDocument,
    VerdictsDocument,
)
from .parsing import MAX_RULES
from .queries import (
    AddQuery,
    ChangeQuery,
    EventsQuery,
    NamesQuery,
    Query,
    TrafficQuery,
    VerdictsQuery,
)
from .rules import Rule

_REFERENCE = "#/components/schemas/{model}"
_JSON = "application/json"


class _Operation(NamedTuple):
    path: str
    method: str
    summary: str
    query: type[Query] | None = None
    takes_rules: bool = False
    answer: str | None = None
    """The name of the answer's schema; None where it is described by ``content_type`` alone."""
    content_types: tuple[str, ...] = (_JSON,)


_OPERATIONS = (
    _Operation("/outages", "get", "Give the list", answer="rules"),
    _Operation("/outages", "post", "Replace the list", ChangeQuery, True, "rules"),
    _Operation("/outages", "patch", "Add what is not there yet", AddQuery, True, "rules"),
    _Operation("/outages", "delete", "Remove equal rules", ChangeQuery, True, "rules"),
    _Operation("/outages/status", "get", "Tell how the rules are doing", answer="status"),
    _Operation(
        "/outages/events",
        "get",
        "Tell which calls the rules touched",
        EventsQuery,
        answer="events",
        content_types=(_JSON, "text/event-stream"),
    ),
    _Operation(
        "/outages/calls",
        "get",
        "Tell which calls there were last",
        EventsQuery,
        answer="events",
        content_types=(_JSON, "text/event-stream"),
    ),
    _Operation("/outages/traffic", "get", "Count all calls", TrafficQuery, answer="traffic"),
    _Operation(
        "/outages/verdicts", "get", "Judge how clients retried", VerdictsQuery, answer="verdicts"
    ),
    _Operation("/outages/names", "get", "Give the names that AWS has", NamesQuery, answer="names"),
    _Operation("/metrics", "get", "Metrics for Prometheus", content_types=("text/plain",)),
    _Operation("/openapi.json", "get", "This document", answer="document"),
)

_SCHEMAS: dict[str, TypeAdapter[Any]] = {
    "rules": TypeAdapter(list[Rule]),
    "status": TypeAdapter(StatusDocument),
    "events": TypeAdapter(EventsDocument),
    "traffic": TypeAdapter(TrafficDocument),
    "verdicts": TypeAdapter(VerdictsDocument),
    "names": TypeAdapter(NamesDocument),
    "document": TypeAdapter(dict[str, Any]),
    "error": TypeAdapter(ErrorDocument),
}

_REFUSALS = {
    400: "the request is not valid",
    403: "a web page of another origin tried to change something",
    405: "the path does not take the method",
    413: "the body is too large",
}


@cache
def openapi() -> dict[str, Any]:
    """Give the document; paths are below the root of the API."""
    schemas, shared = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in _SCHEMAS.items()],
        by_alias=True,
        ref_template=_REFERENCE,
    )
    # Of what pydantic tells apart by the keys that are given, several may allow {}: that is no
    # "one of".
    schemas, shared = json.loads(
        json.dumps([list(schemas.items()), shared]).replace('"oneOf"', '"anyOf"')
    )
    by_name: dict[str, Any] = {name: schema for (name, _), schema in schemas}
    by_name["rules"]["maxItems"] = MAX_RULES
    paths: dict[str, Any] = {}
    for operation in _OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation, by_name)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": DISTRIBUTION,
            "version": __version__,
            "description": "Outages of AWS services and regions in LocalStack",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {"schemas": shared.get("$defs", {})},
    }


def _described(operation: _Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    answer = {"schema": schemas[operation.answer]} if operation.answer else {}
    content = {kind: answer if kind == _JSON else {} for kind in operation.content_types}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": f"{operation.method}{operation.path.title().replace('/', '')}",
        "responses": {"200": {"description": operation.summary, "content": content}},
    }
    if operation.query is not None:
        described["parameters"] = _parameters(operation.query)
    if operation.takes_rules:
        described["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": schemas["rules"]}},
        }
    refusals = [400, 403, 405, 413] if operation.takes_rules else [400, 405]
    for status in refusals:
        described["responses"][str(status)] = {
            "description": _REFUSALS[status],
            "content": {_JSON: {"schema": schemas["error"]}},
        }
    return described


def _parameters(query: type[Query]) -> list[dict[str, Any]]:
    """Describe the parameters of a URL."""
    properties = query.model_json_schema(by_alias=True)["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "description": schema.pop("description", ""),
            "schema": {key: value for key, value in schema.items() if key != "title"},
        }
        for name, schema in properties.items()
    ]
