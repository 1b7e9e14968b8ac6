"""LocalStack's Chaos API over the same rules, for tools that speak it: LocalStack's own Python SDK,
its MCP server, the curl lines of its documentation.

Published at https://docs.localstack.cloud/aws/capabilities/chaos-engineering/chaos-api/.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from localstack_outages.engine.snapshot import Document
from localstack_outages.engine.store import Store
from localstack_outages.schema.errors import InvalidRules
from localstack_outages.schema.model import MAX_LATENCY_MS, Model
from localstack_outages.schema.product import CHAOS_PATHS
from localstack_outages.schema.reading import ParsedRule, parse_rules, validate

from .http import ControlAnswer, ControlRequest, Guard, Routes, handle, read_json


class FaultError(Model):
    """The error of a fault."""

    status_code: int | None = Field(None, alias="statusCode", ge=400, le=599)
    code: str | None = Field(None, pattern="^[a-zA-Z0-9]+$")


class FaultRule(Model):
    """A rule as the Chaos API has it. Each field may be left out, and then stands for all."""

    region: str | None = Field(None, pattern="^[a-zA-Z0-9-]+$")
    service: str | None = Field(None, pattern="^[a-zA-Z0-9_-]+$")
    operation: str | None = Field(None, pattern="^[a-zA-Z]+$")
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    description: str | None = Field(None, max_length=8192)
    error: FaultError | None = None


class NetworkEffects(Model):
    """What happens to all calls."""

    latency: int = Field(0, ge=0, le=MAX_LATENCY_MS, description="delay, milliseconds")


@cache
def _faults() -> TypeAdapter[list[FaultRule]]:
    return TypeAdapter(list[FaultRule])


@cache
def _effects() -> TypeAdapter[NetworkEffects]:
    return TypeAdapter(NetworkEffects)


class ChaosApi:
    """Answers the requests to ``/_localstack/chaos``.

    :param store: the rules, the same as of ``/outages``
    :param guard: says who may ask
    """

    def __init__(self, store: Store, guard: Guard) -> None:
        self._store = store
        self._guard = guard
        faults, effects = CHAOS_PATHS
        self.routes: Routes = {
            faults: {
                "GET": lambda _: self._faults(),
                "POST": self._changing(store.replace),
                "PATCH": self._changing(store.add),
                "DELETE": self._changing(store.remove),
            },
            effects: {
                "GET": lambda _: self._effects(),
                "POST": self._set_effects,
            },
        }

    def handle(self, request: ControlRequest) -> ControlAnswer:
        """Answer a request."""
        return handle(request, self.routes, self._guard)

    def _faults(self) -> list[Document]:
        return [document for document in self._store.documents() if _is_expressible(document)]

    def _changing(
        self, change: Callable[[Sequence[ParsedRule]], object]
    ) -> Callable[[ControlRequest], list[Document]]:
        """Make an operation of a method of the store that takes rules."""

        def operation(request: ControlRequest) -> list[Document]:
            data = read_json(request)
            if not isinstance(data, list):
                raise InvalidRules("expected a list of fault rules")
            validate(_faults(), data, FaultRule)
            change(parse_rules([_without_nulls(document) for document in data]))
            return self._faults()

        return operation

    def _effects(self) -> dict[str, float]:
        return {"latency": self._store.latency_ms}

    def _set_effects(self, request: ControlRequest) -> dict[str, float]:
        effects = validate(_effects(), read_json(request), NetworkEffects)
        self._store.latency_ms = effects.latency
        return self._effects()


def _without_nulls(document: Document) -> Document:
    """The Chaos API takes null for a field that is left out."""
    return {
        name: _without_nulls(value) if isinstance(value, dict) else value
        for name, value in document.items()
        if value is not None
    }


def _is_expressible(document: Document) -> bool:
    """Whether LocalStack's SDK takes a rule: it keeps fields that it does not know, but refuses
    values that its own fields cannot have, such as wildcards.
    """
    known: dict[str, Any] = {
        name: value for name, value in document.items() if name in FaultRule.model_fields
    }
    error = known.get("error")
    if isinstance(error, dict):
        known["error"] = {n: v for n, v in error.items() if n in ("statusCode", "code")}
    try:
        FaultRule.model_validate(known)
    except ValidationError:
        return False
    return True
