"""The tools of the MCP server: what each takes, what it does, and what it tells of itself."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter

from localstack_outages.schema.errors import InvalidRules
from localstack_outages.schema.model import Model
from localstack_outages.schema.reading import validate

from .changes import change, end as end_rules, end_all
from .mcp_arguments import (
    Calls,
    End,
    Names,
    NameScenario,
    Nothing,
    ReadSweep,
    RunScenario,
    SetMark,
    Start,
    Verdicts,
)

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient


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


def read_sweep(_: "OutagesClient", given: ReadSweep, _arguments: Mapping[str, Any]) -> Any:
    """Give what a sweep has found, new findings before known ones."""
    from localstack_outages.sweep.document import read_document, summary

    try:
        document = read_document(Path(given.file))
    except FileNotFoundError:
        name = shlex.quote(given.file)
        raise InvalidRules(
            f"there is no file '{given.file}'; a sweep writes it: pytest --outages-sweep "
            f"--outages-sweep-report {name}, or localstack-outages sweep --report {name} -- COMMAND",
            "file",
        ) from None
    except (OSError, ValueError) as e:
        raise InvalidRules(str(e), "file") from None
    findings = sorted(document["findings"], key=lambda point: point["known"])
    return {
        "summary": summary(document),
        "time": document["time"],
        "outcomes": document["outcomes"],
        "total": len(findings),
        "findings": findings[: given.limit],
    }


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
        "read_sweep",
        "Read a sweep",
        "Tell what a sweep has found: which test or command breaks where which call fails, how, at "
        "which line, and the command that shows it again. It reads the JSON report that 'pytest "
        "--outages-sweep --outages-sweep-report FILE.json' or 'localstack-outages sweep --report "
        "FILE.json -- COMMAND' has written.",
        ReadSweep,
        read_sweep,
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
