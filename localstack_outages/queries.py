"""The parameters that the control API takes in its URLs."""

from pydantic import BaseModel, ConfigDict, Field

from .journal import DEFAULT_LIMIT
from .rules import Glob

MAX_WAIT_SECONDS = 60
"""A poll holds one of the gateway's threads while it waits."""


class Query(BaseModel):
    """The parameters in a URL. Unknown ones are refused: a misspelt ``dryRun`` must not change
    anything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class ChangeQuery(Query):
    """Of the methods of ``/outages`` that change the list."""

    dry_run: bool = Field(
        False, alias="dryRun", description="only check, and answer what the list would be"
    )


class TrafficQuery(Query):
    """Of ``/outages/traffic``."""

    seconds: int = Field(900, ge=1, le=900, description="how far back")
    service: Glob | None = Field(None, description="glob on the service")
    region: Glob | None = Field(None, description="glob on the region")


class VerdictsQuery(Query):
    """Of ``/outages/verdicts``."""

    limit: int = Field(100, ge=1, le=5000, description="calls to list at most")
    service: Glob | None = Field(None, description="glob on the service")
    region: Glob | None = Field(None, description="glob on the region")


class EventsQuery(Query):
    """Of ``/outages/events``."""

    after: int = Field(0, ge=0, description="number of the event that was seen last")
    service: Glob | None = Field(None, description="glob on the service")
    region: Glob | None = Field(None, description="glob on the region")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=10_000, description="events at most")
    wait: float = Field(
        0, ge=0, le=MAX_WAIT_SECONDS, description="seconds to wait where there is no event yet"
    )
