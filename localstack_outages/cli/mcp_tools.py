"""The tools of the MCP server: what each takes, what it does, and what it tells of itself."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter

from localstack_outages.schema.errors import InvalidRules
from localstack_outages.schema.globs import Glob
from localstack_outages.schema.model import Model
from localstack_outages.schema.parameters import Owner, WaitSeconds
from localstack_outages.schema.reading import validate
from localstack_outages.schema.rules import Rule
from localstack_outages.schema.vocabulary import MAX_RULES, MAX_SPEED

from .changes import change, end as end_rules, end_all

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient

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


class SetMark(Model):
    """Of ``set_mark``."""

    name: Name = Field(description="one of the same name is moved")


class Names(Model):
    """Of ``list_names``."""

    service: Name | None = Field(None, description="whose operations are wanted as well: dynamodb")


def start(client: "OutagesClient", given: Start, arguments: Mapping[str, Any]) -> Any:
    """Add rules, and tell what that changed."""
    documents = arguments["rules"]  # as they were written: so the list gives them back
    return change(
        client,
        given.rules,
        lambda only_ask: client.add(
            documents, first=given.first, owner=given.owner, dry_run=only_ask
        ),
        owner=given.owner,
        replaces=False,
        dry_run=False,
    )


def end(client: "OutagesClient", given: End, _: Mapping[str, Any]) -> Any:
    """End rules; where an id is unknown, none of them."""
    named = [bool(given.ids), given.owner is not None, given.all]
    if sum(named) != 1:
        raise InvalidRules("say which outages end: one of 'ids', 'owner' and 'all': true")
    if not given.ids:
        return end_all(client, given.owner, dry_run=False)
    there = {rule["id"]: rule for rule in client.status()["rules"]}
    unknown = [f"'{rule_id}'" for rule_id in given.ids if rule_id not in there]
    if unknown:
        known = ", ".join(there) or "none"
        raise InvalidRules(f"no rule has the id {', '.join(unknown)}; the rules are {known}", "ids")
    rules = [there[rule_id] for rule_id in dict.fromkeys(given.ids)]
    return end_rules(client, rules, dry_run=False)


def run_scenario(client: "OutagesClient", given: RunScenario, _: Mapping[str, Any]) -> Any:
    """Start a scenario."""
    return client.scenarios.start(given.name, speed=given.speed, phase=given.phase)


def list_calls(client: "OutagesClient", given: Calls, _: Mapping[str, Any]) -> Any:
    """Give the newest calls."""
    ask = client.calls if given.untouched else client.events
    return ask(
        after=None,
        service=given.service,
        region=given.region,
        owner=given.owner,
        limit=given.limit,
    )


def read_verdicts(client: "OutagesClient", given: Verdicts, _: Mapping[str, Any]) -> Any:
    """Judge how applications dealt with the faults."""
    return client.verdicts(
        given.limit,
        service=given.service,
        region=given.region,
        owner=given.owner,
        mark=given.mark,
        wait=given.wait,
    )


class Tool(NamedTuple):
    """One tool."""

    name: str
    title: str
    description: str
    arguments: type[Model]
    run: Callable[["OutagesClient", Any, Mapping[str, Any]], Any]
    """Gives a JSON object, of the client, of the arguments as they were read, and as they came."""
    reads_only: bool = True
    destroys: bool = False
    """Whether it takes away what others may rely on."""
    is_idempotent: bool = True
    """Whether doing it again changes nothing more."""

    def call(self, client: "OutagesClient", arguments: Mapping[str, Any]) -> Any:
        """Run it.

        :raises InvalidRules: where the arguments are not valid
        :raises OutagesError: where it could not be done
        """
        given = validate(TypeAdapter(self.arguments), dict(arguments), self.arguments)
        return self.run(client, given, arguments)

    def input_schema(self) -> dict[str, Any]:
        """Describe the arguments in JSON Schema."""
        schema = self.arguments.model_json_schema(by_alias=True)
        schema.pop("description", None)  # of the class, for who reads the code
        return schema


TOOLS = (
    Tool(
        "start_outages",
        "Start outages",
        "Make AWS calls fail: add rules to the list. Rules that are in it already go on. Example: "
        '{"rules": [{"service": "dynamodb", "operation": "PutItem", "error": "throttling", "times": 2}]}. '
        "A rule without a fault is an outage with HTTP 503. The answer has the ids, and warnings of "
        "likely mistakes.",
        Start,
        start,
        reads_only=False,
    ),
    Tool(
        "end_outages",
        "End outages",
        "End the rules with these ids, those of an owner, or all.",
        End,
        end,
        reads_only=False,
        destroys=True,
    ),
    Tool(
        "list_outages",
        "List outages",
        "Tell which rules are in force, how often each hit calls, how long it has left, and which "
        "left the list lately; with warnings of likely mistakes.",
        Nothing,
        lambda client, _given, _arguments: client.status(),
    ),
    Tool(
        "list_calls",
        "List calls",
        "List the newest AWS calls that a rule touched, with what was done to each; with 'untouched' "
        "also the others.",
        Calls,
        list_calls,
    ),
    Tool(
        "read_verdicts",
        "Read verdicts",
        "Judge how applications dealt with the faults: attempts, pauses, how each effort ended, what "
        "is wrong with it (neverRetried, noBackoff, retryStorm and others), and advice. A failed "
        "effort is 'open' for 30 seconds, for its client may try again: 'wait' for that.",
        Verdicts,
        read_verdicts,
    ),
    Tool(
        "set_mark",
        "Set a mark",
        "Begin an experiment afresh: read_verdicts with this mark judges what began after it.",
        SetMark,
        lambda client, given, _: client.mark(given.name),
        reads_only=False,
        is_idempotent=False,
    ),
    Tool(
        "list_scenarios",
        "List scenarios",
        "List the outages that develop over time, real incidents of AWS and drills, and those that run.",
        Nothing,
        lambda client, _given, _arguments: client.scenarios.list(),
    ),
    Tool(
        "run_scenario",
        "Run a scenario",
        "Start a scenario, or start it anew. It ends by itself.",
        RunScenario,
        run_scenario,
        reads_only=False,
        is_idempotent=False,
    ),
    Tool(
        "end_scenario",
        "End a scenario",
        "End a scenario that runs.",
        NameScenario,
        lambda client, given, _: client.scenarios.stop(given.name),
        reads_only=False,
        destroys=True,
    ),
    Tool(
        "report_on_scenario",
        "Report on a scenario",
        "Tell how clients came through the newest run of a scenario, when they recovered, and what "
        "was lost; also while it goes on.",
        NameScenario,
        lambda client, given, _: client.scenarios.report(given.name),
    ),
    Tool(
        "list_names",
        "List names",
        "List the services and regions that AWS has, and the operations of one service.",
        Names,
        lambda client, given, _: client.names(given.service),
    ),
)
