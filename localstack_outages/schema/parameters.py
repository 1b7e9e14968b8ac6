"""The parameters that the control API takes in its URLs."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from .globs import Glob
from .moments import Moment, parse_moment
from .vocabulary import DEFAULT_LIMIT, FROM_NOW

MAX_WAIT_SECONDS = 60
"""A poll holds one of the gateway's threads while it waits."""


WaitSeconds = Annotated[float, Field(ge=0, le=MAX_WAIT_SECONDS)]


class Query(BaseModel):
    """The parameters in a URL. Unknown ones are refused: a misspelt ``dryRun`` must not change
    anything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class NoQuery(Query):
    """Of routes that take no parameters."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError(
            "not_printable", "{value!r} has characters that cannot be printed", {}
        )
    return text


Owner = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_printable)]
"""Whose rules they are: a test, a scenario, an experiment, a session of the console."""


class OwnerQuery(Query):
    """Of ``GET /outages``, and of what starts, ends and reports on scenarios."""

    owner: Owner | None = Field(
        None, description="of the rules that are meant; all others are left alone"
    )


class ChangeQuery(OwnerQuery):
    """Of ``DELETE /outages``."""

    dry_run: bool = Field(
        False, alias="dryRun", description="only check, and answer what the list would be"
    )


class AddQuery(ChangeQuery):
    """Of ``POST`` and ``PATCH /outages``."""

    position: Literal["first", "last"] = Field(
        "last", description="where in the list the new rules go; the first that fires decides"
    )


MarkName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]
"""The name of a moment from which on verdicts are asked for."""


def _moment(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_moment(value)
    except ValueError as e:
        raise PydanticCustomError("moment", "{why}", {"why": str(e)}) from None


Since = Annotated[Moment, BeforeValidator(_moment), WithJsonSchema({"type": "string"})]
"""A moment in the past."""

RuleIds = Annotated[str, Field(max_length=2048, pattern=r"^r[0-9]+(,r[0-9]+)*$")]
"""Ids of rules, as the status gives them, joined by commas."""


class SelectionQuery(Query):
    """What narrows calls down."""

    service: Glob | None = Field(None, description="glob on the service")
    region: Glob | None = Field(None, description="glob on the region")
    account: Glob | None = Field(None, description="glob on the account")
    rules: RuleIds | None = Field(
        None, description="only calls that one of these rules touched, by their ids: r1,r2"
    )
    owner: Owner | None = Field(None, description="only calls that a rule of this owner touched")


class NamesQuery(Query):
    """Of ``/outages/names``."""

    service: Glob | None = Field(None, description="a service, whose operations are given too")


class TrafficQuery(Query):
    """Of ``/outages/traffic``."""

    seconds: int = Field(900, ge=1, le=900, description="how far back")
    origin: Literal["external", "internal", "any"] = Field(
        "any", description="calls of clients, calls between LocalStack's own services, or both"
    )
    service: Glob | None = Field(None, description="glob on the service")
    region: Glob | None = Field(None, description="glob on the region")


class LoadQuery(Query):
    """Of ``/outages/load``."""

    seconds: int = Field(60, ge=1, le=900, description="how far back")
    service: Glob | None = Field(None, description="glob on the service")
    region: Glob | None = Field(None, description="glob on the region")


class VerdictsQuery(SelectionQuery):
    """Of ``/outages/verdicts``."""

    limit: int = Field(100, ge=1, le=5000, description="efforts to list at most")
    since: Since | None = Field(
        None, description="only efforts that began since then: 5m ago, or 2026-11-23T09:44:00Z"
    )
    mark: MarkName | None = Field(None, description="only efforts that began after this mark")
    wait: WaitSeconds = Field(0, description="seconds to wait while an effort is open")


class EvidenceQuery(Query):
    """Of ``/outages/evidence``."""

    owner: Owner = Field(description="whose rules are asked about")
    wait: WaitSeconds = Field(0, description="seconds to wait while an effort is open")


class EventsQuery(SelectionQuery):
    """Of ``/outages/events`` and ``/outages/calls``."""

    after: int = Field(
        0, ge=FROM_NOW, description="number of the event that was seen last; -1 for those to come"
    )
    limit: int = Field(
        DEFAULT_LIMIT,
        ge=1,
        le=10_000,
        description="events at most: the first ones after 'after', or the newest ones without it",
    )
    wait: WaitSeconds = Field(0, description="seconds to wait where there is no event yet")

    @property
    def is_newest(self) -> bool:
        """Whether the newest events are asked for: so many, and after none."""
        return "limit" in self.model_fields_set and "after" not in self.model_fields_set
