"""What commands print for people: tables and lines. Documents in, text out."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from localstack_outages.explain.words import in_words
from localstack_outages.schema.durations import format_roughly
from localstack_outages.schema.rules import Rule

from .printing import visible

if TYPE_CHECKING:
    from localstack_outages.schema.documents import (
        DepartedStatus,
        RuleStatus,
        StatusDocument,
    )

    from .changes import Change, Changed
    from .checks import Checked, Found

MAX_LINES = 50
"""How many changed rules are named one by one; the others are counted."""


def change_lines(change: "Change") -> list[str]:
    """Say what changed in the list of rules; nothing where nothing did."""
    started, deleted = (
        ("Would start", "Would delete") if change["dryRun"] else ("Started", "Deleted")
    )
    return [
        *_listed(deleted, change["ended"], with_hits=True),
        *_listed(started, change["started"]),
        *_listed("Unchanged", change["unchanged"], with_hits=True),
    ]


def _listed(verb: str, entries: "list[Changed]", *, with_hits: bool = False) -> Iterator[str]:
    for entry in entries[:MAX_LINES]:
        name = f" {entry['id']}" if entry["id"] else ""
        hits = f" ({_hits(entry['hits'])})" if with_hits else ""
        yield f"{verb}{name}: {_rule_in_words(entry['rule'])}{hits}"
    if len(entries) > MAX_LINES:
        yield f"{verb} {len(entries) - MAX_LINES} more"


def _hits(count: int) -> str:
    return "1 hit" if count == 1 else f"{count} hits"


def _rule_in_words(document: dict[str, Any]) -> str:
    return in_words(Rule.model_validate(document))


def check_lines(checked: "Checked") -> Iterator[str]:
    """Say what is wrong with a file of rules."""
    for fault in checked["faults"]:
        yield f"{_place(checked, fault)}: {_with_path(fault)}"
    for warning in checked["warnings"]:
        yield f"{_place(checked, warning)}: warning: {_with_path(warning)}"
    if not checked["valid"]:
        yield f"{checked['file']}: not valid, {counted(len(checked['faults']), 'fault')}"
    else:
        warnings = len(checked["warnings"])
        more = f", {counted(warnings, 'warning')}" if warnings else ""
        yield f"{checked['file']}: valid, {counted(checked['rules'], 'rule')}{more}"


def _place(checked: "Checked", found: "Found") -> str:
    """Say where something is, as compilers do: editors jump there."""
    return checked["file"] if found["line"] is None else f"{checked['file']}:{found['line']}"


def _with_path(found: "Found") -> str:
    return f"{found['path']}: {found['message']}" if found["path"] else found["message"]


def counted(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def status_parts(status: "StatusDocument", *, with_departed: bool) -> Iterator[RenderableType]:
    """Show how the rules are doing.

    :param with_departed: whether to show those that have left the list too
    """
    departed = status["departed"] if with_departed else []
    if status["latencyMs"]:
        yield Text(f"Every call is delayed by {status['latencyMs']:g} ms, by the Chaos API.")
    if not status["ready"]:
        yield Text("LocalStack is not ready yet: the rules of OUTAGES_RULES are not in force.")
    fleet = status.get("fleet")  # which a host of an older release does not tell
    if fleet is not None and fleet["goneSince"] is not None:
        yield Text(
            f"Redis is gone since {fleet['goneSince']}: this host goes on by what it knew last, and its "
            "rules cannot be changed."
        )
    if not status["rules"] and not departed:
        yield Text("No outages.")
        return
    table = table_of("ID", "STATE", "HITS", "TIME", "RULE")
    table.columns[2].justify = "right"
    for column in table.columns[:4]:
        column.no_wrap = True
    for rule in status["rules"]:
        _add_rule(table, rule)
    for entry in departed:
        _add_departed(table, entry)
    yield table
    for rule in status["rules"]:
        for warning in rule["warnings"]:
            yield visible(f"warning: {rule['id']}: {warning['message']}", "yellow")


def table_of(*columns: str) -> Table:
    """Make an empty table."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _add_rule(table: Table, entry: "RuleStatus") -> None:
    rule = Rule.model_validate(entry["rule"])
    hits = str(entry["hits"])
    if entry["hitsLeft"] is not None:
        hits = f"{entry['hits']} of {entry['hits'] + entry['hitsLeft']}"
    if entry["startsIn"]:
        time = f"in {format_roughly(entry['startsIn'])}"
    else:
        time = "" if entry["timeLeft"] is None else f"{format_roughly(entry['timeLeft'])} left"
    table.add_row(entry["id"], _state(entry, rule), hits, time, _told(entry, rule))


def _state(entry: "RuleStatus", rule: Rule) -> Text:
    if entry["state"] != "active":
        return Text(entry["state"], "cyan")
    if not entry["inForce"]:
        return Text("off", "cyan")
    only_delays = rule.latency is not None and rule.error is None and rule.connection is None
    return Text("active", "yellow" if only_delays else "red")


def _add_departed(table: Table, entry: "DepartedStatus") -> None:
    rule = Rule.model_validate(entry["rule"])
    ago = f"{format_roughly(entry['secondsAgo'])} ago"
    table.add_row(
        entry["id"],
        Text(entry["state"], "dim"),
        str(entry["hits"]),
        ago,
        _told(entry, rule, "dim"),
    )


def _told(entry: "RuleStatus | DepartedStatus", rule: Rule, style: str = "") -> Text:
    owner = f" (of {entry['owner']})" if entry["owner"] else ""
    return visible(f"{in_words(rule)}{owner}", style)


def figures(counts: Mapping[Any, int]) -> str:
    """Write what is not 0: ``2 failed, 1 open``."""
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
