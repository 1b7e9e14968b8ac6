"""What the tools of the MCP server take."""

from typing import Annotated

from pydantic import Field

from localstack_outages.schema.globs import Glob
from localstack_outages.schema.model import Model
from localstack_outages.schema.parameters import Owner, WaitSeconds
from localstack_outages.schema.rules import Rule
from localstack_outages.schema.vocabulary import MAX_RULES, MAX_SPEED

MAX_LISTED = 100
"""An agent reads what it is told: so many calls or efforts are listed at most."""

DEFAULT_LISTED = 20

Name = Annotated[str, Field(min_length=1, max_length=100)]
Listed = Annotated[int, Field(ge=1, le=MAX_LISTED)]


class Nothing(Model):
    """No arguments."""


class Start(Model):
    """Of ``start_outages``."""

    rules: list[Rule] = Field(
        min_length=1,
        max_length=MAX_RULES,
        description="which calls fail, how, when and how often; the first one that fires decides",
    )
    owner: Owner | None = Field(
        None, description="who owns them, to end or judge them by that name"
    )
    first: bool = Field(False, description="whether they go before all other rules")


class End(Model):
    """Of ``end_outages``: one of the three."""

    ids: list[Name] | None = Field(None, min_length=1, description="these rules, by their ids")
    owner: Owner | None = Field(None, description="all rules of this owner")
    all: bool = Field(False, description="all rules of everybody")


class NameScenario(Model):
    """Of ``end_scenario`` and ``report_on_scenario``."""

    name: Name = Field(description="of a scenario, as list_scenarios gives it")


class RunScenario(NameScenario):
    """Of ``run_scenario``."""

    speed: Annotated[float, Field(gt=0, le=MAX_SPEED)] = Field(
        1, description="by how much phases start sooner and are shorter"
    )
    phase: Name | None = Field(None, description="the phase that is wanted alone, at once")


class Selection(Model):
    """Which calls or efforts are meant."""

    service: Glob | None = Field(None, description="glob on the service")
    region: Glob | None = Field(None, description="glob on the region")
    owner: Owner | None = Field(None, description="only what a rule of this owner touched")
    limit: Listed = Field(DEFAULT_LISTED, description="so many at most, the newest")


class Verdicts(Selection):
    """Of ``read_verdicts``."""

    mark: Name | None = Field(None, description="only what began after this mark")
    wait: WaitSeconds = Field(
        0, description="seconds to wait while a call is open, for its client may try again"
    )


class Calls(Selection):
    """Of ``list_calls``."""

    untouched: bool = Field(False, description="whether also those that no rule touched")


class ReadSweep(Model):
    """Of ``read_sweep``."""

    file: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        description="the JSON report of a sweep, from the folder in which the server was started"
    )
    limit: Listed = Field(DEFAULT_LISTED, description="so many findings at most, the worst")


class SetMark(Model):
    """Of ``set_mark``."""

    name: Name = Field(description="one of the same name is moved")


class Names(Model):
    """Of ``list_names``."""

    service: Name | None = Field(None, description="whose operations are wanted as well: dynamodb")
