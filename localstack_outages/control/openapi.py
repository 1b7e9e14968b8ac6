"""The control API in OpenAPI 3.1, made from the models that check requests and describe answers.

The module has over 300 lines because every route is described in one table.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from localstack_outages.schema.documents import (
    DepartedStatus,
    ErrorDocument,
    EventsDocument,
    EvidenceDocument,
    Mark,
    MarksDocument,
    NamesDocument,
    RuleStatus,
    StatusDocument,
    TrafficDocument,
    VerdictsDocument,
)
from localstack_outages.schema.load_documents import LoadDocument, ScenarioReport
from localstack_outages.schema.parameters import (
    AddQuery,
    ChangeQuery,
    EventsQuery,
    EvidenceQuery,
    LoadQuery,
    NamesQuery,
    OwnerQuery,
    Query,
    TrafficQuery,
    VerdictsQuery,
)
from localstack_outages.schema.product import DISTRIBUTION, version
from localstack_outages.schema.rules import Rule
from localstack_outages.schema.scenario_documents import (
    ScenarioDocument,
    ScenarioQuery,
    ScenarioRequest,
    ScenariosDocument,
    ScenarioStatus,
)
from localstack_outages.schema.vocabulary import MAX_RULES

from .rule_routes import Move
from .verdict_routes import NewMark

_JSON = "application/json"
_STREAMED = (_JSON, "text/event-stream")

_IF_MATCH = ("If-Match", "the ETag of the list that the change is for; another list is left alone")
_KEY = ("Idempotency-Key", "the same for a change that is sent again, which is then made once")

_HEADER = {"type": "string", "minLength": 1, "maxLength": 255}

_Schemas = Mapping[str, dict[str, Any]]


class _Operation(NamedTuple):
    path: str
    method: str
    summary: str
    query: type[Query] | None = None
    answer: str | None = None
    """The name of the answer's schema; None where it is described by ``content_types`` alone."""
    body: str | None = None
    """The name of the schema of the request's body."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that it takes, each with its description."""
    refusals: tuple[int, ...] = (400, 403, 405)
    content_types: tuple[str, ...] = (_JSON,)


_WAITING = (400, 403, 405, 503)
_CHANGING = (400, 403, 405, 412, 413, 422)
_FINDING = (400, 403, 404, 405)
_STARTING = (400, 403, 404, 405, 413)
_CHANGING_ONE = (400, 403, 404, 405, 412, 413)

_LIST, _ONE = "/outages", "/outages/rules/{id}"
_SCENARIOS, _SCENARIO = "/outages/scenarios", "/outages/scenarios/{name}"
_BOTH = (_IF_MATCH, _KEY)

_OPERATIONS = (
    _Operation(_LIST, "get", "Give the list", OwnerQuery, "rules"),
    _Operation(_LIST, "post", "Replace the list", AddQuery, "rules", "rules", _BOTH, _CHANGING),
    _Operation(
        _LIST, "patch", "Add what is not there yet", AddQuery, "rules", "rules", _BOTH, _CHANGING
    ),
    _Operation(
        _LIST, "delete", "Remove equal rules", ChangeQuery, "rules", "rules", _BOTH, _CHANGING
    ),
    _Operation(_ONE, "get", "Give a rule", answer="rule status", refusals=_FINDING),
    _Operation(
        _ONE, "put", "Change a rule", None, "rule status", "rule", (_IF_MATCH,), _CHANGING_ONE
    ),
    _Operation(
        _ONE, "patch", "Move a rule", None, "rule status", "move", (_IF_MATCH,), _CHANGING_ONE
    ),
    _Operation(
        _ONE, "delete", "End a rule", None, "departed", None, (_IF_MATCH,), (*_FINDING, 412)
    ),
    _Operation(_SCENARIOS, "get", "Tell which scenarios there are and run", answer="scenarios"),
    _Operation(
        _SCENARIOS, "post", "Start a scenario", OwnerQuery, "run", "run request", (), _STARTING
    ),
    _Operation(_SCENARIO, "get", "Give a scenario", ScenarioQuery, "scenario", refusals=_FINDING),
    _Operation(_SCENARIO, "delete", "End a scenario", OwnerQuery, "run", refusals=_FINDING),
    _Operation(
        "/outages/reports/{name}",
        "get",
        "Tell how clients came through the newest run of a scenario",
        OwnerQuery,
        "report",
        refusals=_FINDING,
    ),
    _Operation("/outages/status", "get", "Tell how the rules are doing", answer="status"),
    _Operation(
        "/outages/events",
        "get",
        "Tell which calls the rules touched",
        EventsQuery,
        "events",
        refusals=_WAITING,
        content_types=_STREAMED,
    ),
    _Operation(
        "/outages/calls",
        "get",
        "Tell which calls there were last",
        EventsQuery,
        "events",
        refusals=_WAITING,
        content_types=_STREAMED,
    ),
    _Operation("/outages/traffic", "get", "Count all calls", TrafficQuery, "traffic"),
    _Operation("/outages/load", "get", "Tell the load, second by second", LoadQuery, "load"),
    _Operation(
        "/outages/verdicts",
        "get",
        "Judge how applications dealt with the faults",
        VerdictsQuery,
        "verdicts",
        refusals=_FINDING,
    ),
    _Operation("/outages/marks", "get", "Give the marks", answer="marks"),
    _Operation(
        "/outages/marks",
        "post",
        "Set a mark",
        None,
        "mark",
        "new mark",
        refusals=(400, 403, 405, 413),
    ),
    _Operation(
        "/outages/evidence",
        "get",
        "Tell what the rules of an owner did",
        EvidenceQuery,
        "evidence",
        refusals=_FINDING,
    ),
    _Operation("/outages/names", "get", "Give the names that AWS has", NamesQuery, "names"),
    _Operation("/metrics", "get", "Metrics for Prometheus", content_types=("text/plain",)),
    _Operation("/openapi.json", "get", "This document", answer="document"),
)

_TYPES: dict[str, TypeAdapter[Any]] = {
    "rules": TypeAdapter(list[Rule]),
    "rule": TypeAdapter(Rule),
    "move": TypeAdapter(Move),
    "rule status": TypeAdapter(RuleStatus),
    "departed": TypeAdapter(DepartedStatus),
    "status": TypeAdapter(StatusDocument),
    "events": TypeAdapter(EventsDocument),
    "traffic": TypeAdapter(TrafficDocument),
    "load": TypeAdapter(LoadDocument),
    "verdicts": TypeAdapter(VerdictsDocument),
    "marks": TypeAdapter(MarksDocument),
    "mark": TypeAdapter(Mark),
    "new mark": TypeAdapter(NewMark),
    "evidence": TypeAdapter(EvidenceDocument),
    "names": TypeAdapter(NamesDocument),
    "scenarios": TypeAdapter(ScenariosDocument),
    "scenario": TypeAdapter(ScenarioDocument),
    "run request": TypeAdapter(ScenarioRequest),
    "run": TypeAdapter(ScenarioStatus),
    "report": TypeAdapter(ScenarioReport),
    "document": TypeAdapter(dict[str, Any]),
    "error": TypeAdapter(ErrorDocument),
}

_REFUSALS = {
    400: "the request is not valid",
    403: "a web page of another origin, or at another host, may not do so",
    404: "there is nothing of that id or name",
    405: "the path does not take the method",
    412: "the list is another one than that of If-Match",
    413: "the body is too large",
    422: "the Idempotency-Key came with another request before",
    503: "too many clients wait for events",
}

_IN_PATHS = {
    name: {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "minLength": 1},
    }
    for name, description in (
        ("id", "the id of a rule, as the status gives it"),
        ("name", "the name of a scenario"),
    )
}


class _Generator(GenerateJsonSchema):
    """Writes schemas. Of what pydantic tells apart by the keys that are given, several may allow
    {}: that is no "one of".
    """

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> dict[str, Any]:
        written = super().tagged_union_schema(schema)
        return {"anyOf" if key == "oneOf" else key: value for key, value in written.items()}


@cache
def openapi(prefix: str = "") -> dict[str, Any]:
    """Give the document; paths are below the root of the API.

    :param prefix: what the names of all schemas begin with
    """
    schemas, shared = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in _TYPES.items()],
        by_alias=True,
        ref_template=f"#/components/schemas/{prefix}{{model}}",
        schema_generator=_Generator,
    )
    by_name = {name: schema for (name, _), schema in schemas.items()}
    by_name["rules"]["maxItems"] = MAX_RULES
    paths: dict[str, Any] = {}
    for operation in _OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation, by_name)
    named = shared.get("$defs", {}).items()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": DISTRIBUTION,
            "version": version(),
            "description": "Outages of AWS services and regions in LocalStack",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {"schemas": {f"{prefix}{name}": schema for name, schema in named}},
    }


def _described(operation: _Operation, schemas: _Schemas) -> dict[str, Any]:
    answer = {"schema": schemas[operation.answer]} if operation.answer else {}
    content = {kind: answer if kind == _JSON else {} for kind in operation.content_types}
    name = operation.path.title().translate(str.maketrans("", "", "/{}"))
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": f"{operation.method}{name}",
        "responses": {"200": {"description": operation.summary, "content": content}},
    }
    parameters = _parameters(operation)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.method != "delete",  # without one an owner loses all its rules
            "content": {_JSON: {"schema": schemas[operation.body]}},
        }
    for status in operation.refusals:
        described["responses"][str(status)] = {
            "description": _REFUSALS[status],
            "content": {_JSON: {"schema": schemas["error"]}},
        }
    return described


def _parameters(operation: _Operation) -> list[dict[str, Any]]:
    """Describe what a request takes in its path, its URL and its headers."""
    found = [part for name, part in _IN_PATHS.items() if f"{{{name}}}" in operation.path]
    if operation.query is not None:
        properties = operation.query.model_json_schema(by_alias=True)["properties"]
        found += [
            {
                "name": name,
                "in": "query",
                "description": schema.pop("description", ""),
                "schema": {key: value for key, value in schema.items() if key != "title"},
            }
            for name, schema in properties.items()
        ]
    found += [
        {"name": name, "in": "header", "description": text, "schema": _HEADER}
        for name, text in operation.headers
    ]
    return found
