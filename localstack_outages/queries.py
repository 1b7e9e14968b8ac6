"""The parameters that the control API takes in its URLs."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from .journal import DEFAULT_LIMIT, FROM_NOW
from .rules import Glob
from .selection import Selection

MAX_WAIT_SECONDS = 60
"""A poll holds one of the gateway's threads while it waits."""


WaitSeconds = Annotated[float, Field(ge=0, le=MAX_WAIT_SECONDS)]


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


class AddQuery(ChangeQuery):
    """Of ``PATCH /outages``."""

    position: Literal["first", "last"] = Field(
        "last", description="where in the list the new rules go; the first that fires decides"
    )


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

    @property
    def selection(self) -> Selection:
        """What is asked for."""
        ids = None if self.rules is None else frozenset(self.rules.split(","))
        return Selection(self.service, self.region, self.account, ids)


class NamesQuery(Query):
    """Of ``/outages/names``."""

    service: Glob | None = Field(None, description="a service, whose operations are given too")


class TrafficQuery(Query):
    """Of ``/outages/traffic``."""

    seconds: int = Field(900, ge=1, le=900, description="how far back")
    service: Glob | None = Field(None, description="glob on the service")
    region: Glob | None = Field(None, description="glob on the region")


class VerdictsQuery(SelectionQuery):
    """Of ``/outages/verdicts``."""

    limit: int = Field(100, ge=1, le=5000, description="calls to list at most")
    wait: WaitSeconds = Field(0, description="seconds to wait while a call is open")


class EventsQuery(SelectionQuery):
    """Of ``/outages/events`` and ``/outages/calls``."""

    after: int = Field(
        0, ge=FROM_NOW, description="number of the event that was seen last; -1 for those to come"
    )
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=10_000, description="events at most")
    wait: WaitSeconds = Field(0, description="seconds to wait where there is no event yet")
