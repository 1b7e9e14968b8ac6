"""What commands print for people: tables and lines. Data of the client in, text out."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from localstack_outages.durations import format_roughly
from localstack_outages.reasons import what_happened
from localstack_outages.rules import Rule
from localstack_outages.wording import how_it_fails, in_words, what_fails, when_it_fails

if TYPE_CHECKING:
    from localstack_outages.answers import (
        DepartedStatus,
        Event,
        RuleStatus,
        StatusDocument,
        Verdict,
        VerdictsDocument,
    )

    from .changes import Change, Changed
    from .files import Checked
    from .tally import Summary
    from .watching import Back, Gone, Missed

MAX_LINES = 50
"""So many rules are named one by one where a command changed them."""

_WITHOUT_END = 100_000
"""The width of what is no terminal, columns: nothing is wrapped there."""

_USUAL_ACCOUNT = "000000000000"
_STATE_STYLES = {"active": "red", "waiting": "yellow", "off": "yellow"}
_ENDING_STYLES = {"failed": "red", "open": "yellow", "recovered": "green"}


def to_text(what: RenderableType, width: int | None = None, *, colour: bool = False) -> str:
    """Write something down as it stands in a terminal, without the line break at its end.

    :param width: columns; where None no line is wrapped
    :param colour: whether to mark it up with the escape sequences of terminals
    """
    console = Console(
        file=StringIO(),
        width=width or _WITHOUT_END,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
    )
    with console.capture() as capture:
        console.print(what)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def visible(text: str, style: str = "") -> Text:
    """Give text in which what a terminal would obey is written out instead."""
    return Text("".join(c if c.isprintable() else repr(c)[1:-1] for c in text), style)


def change_lines(change: "Change") -> Iterator[str]:
    """Say what changed in the list of rules."""
    started, ended = ("Would start", "Would end") if change["dryRun"] else ("Started", "Ended")
    yield from _listed(ended, change["ended"], with_hits=True)
    yield from _listed(started, change["started"])
    yield from _listed("Unchanged", change["unchanged"], with_hits=True)
    if not (change["ended"] or change["started"] or change["unchanged"]):
        yield "There was nothing to do."


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
        yield f"{checked['file']}: {_placed(fault)}"
    for warning in checked["warnings"]:
        yield f"{checked['file']}: warning: {_placed(warning)}"
    if not checked["valid"]:
        yield f"{checked['file']}: not valid, {_count(len(checked['faults']), 'fault')}"
    else:
        warnings = len(checked["warnings"])
        more = f", {_count(warnings, 'warning')}" if warnings else ""
        yield f"{checked['file']}: valid, {_count(checked['rules'], 'rule')}{more}"


def _placed(fault: dict[str, str]) -> str:
    return f"{fault['path']}: {fault['message']}" if fault["path"] else fault["message"]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def status_parts(status: "StatusDocument", *, with_departed: bool) -> Iterator[RenderableType]:
    """Show how the rules are doing.

    :param with_departed: whether to show those that left the list too
    """
    departed = status["departed"] if with_departed else []
    if status["latencyMs"]:
        yield Text(f"Every call is {status['latencyMs']:g} ms late, by the Chaos API.")
    if not status["ready"]:
        yield Text("LocalStack is not ready yet: the rules of its start are not in force.")
    if not status["rules"] and not departed:
        yield Text("No outages.")
        return
    table = _table("ID", "WHAT", "FAULT", "STATE", "HITS", "TIME")
    table.columns[4].justify = "right"
    for rule in status["rules"]:
        _add_rule(table, rule)
    for entry in departed:
        _add_departed(table, entry)
    yield table
    for rule in status["rules"]:
        for warning in rule["warnings"]:
            yield visible(f"warning: {rule['id']}: {warning['message']}", "yellow")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _add_rule(table: Table, entry: "RuleStatus") -> None:
    rule = Rule.model_validate(entry["rule"])
    state = "off" if entry["state"] == "active" and not entry["inForce"] else str(entry["state"])
    times = str(entry["hits"])
    if entry["hitsLeft"] is not None:
        times = f"{entry['hits']} of {entry['hits'] + entry['hitsLeft']}"
    if entry["startsIn"]:
        left = f"in {format_roughly(entry['startsIn'])}"
    else:
        left = "" if entry["timeLeft"] is None else format_roughly(entry["timeLeft"])
    _add(table, entry["id"], rule, Text(state, _STATE_STYLES.get(state, "")), times, left)


def _add_departed(table: Table, entry: "DepartedStatus") -> None:
    rule = Rule.model_validate(entry["rule"])
    ago = f"{format_roughly(entry['secondsAgo'])} ago"
    _add(table, entry["id"], rule, Text(entry["state"], "dim"), str(entry["hits"]), ago)


def _add(table: Table, name: str, rule: Rule, state: Text, hits: str, left: str) -> None:
    fault = ", ".join(filter(None, (how_it_fails(rule), when_it_fails(rule))))
    table.add_row(name, visible(what_fails(rule)), visible(fault), state, hits, left)


def verdict_parts(document: "VerdictsDocument") -> Iterator[RenderableType]:
    """Show how clients retried."""
    summary = document["summary"]
    if not summary["calls"]:
        yield Text("No call was hit by a rule.")
        return
    table = _table("CALL", "ATTEMPTS", "PAUSES (MS)", "ENDING", "FLAGS")
    table.columns[1].justify = "right"
    for verdict in document["verdicts"]:
        ending = Text(verdict["ending"], _ENDING_STYLES.get(verdict["ending"], ""))
        flags = Text(", ".join(verdict["flags"]), "red")
        call = visible(f"{verdict['service']}.{verdict['operation']} in {verdict['region']}")
        table.add_row(call, _attempts(verdict), _pauses(verdict), ending, flags)
    yield table
    yield Text("")
    endings = _figures(summary["endings"])
    hidden = summary["calls"] - len(document["verdicts"])
    left_out = f", {hidden} of them not shown" if hidden else ""
    yield Text(f"{_count(summary['calls'], 'call')}: {endings}{left_out}")
    flags_found = _figures(summary["flags"])
    yield Text(f"flags: {flags_found or 'none'}")
    recovery = summary["recoveryMs"]
    if recovery["p50"] is not None:
        yield Text(
            f"time to recover: p50 {recovery['p50']:.0f} ms, p95 {recovery['p95']:.0f} ms, "
            f"max {recovery['max']:.0f} ms"
        )


def _attempts(verdict: "Verdict") -> str:
    most = verdict["maxAttempts"]
    return f"{verdict['attempts']} of {most}" if most else str(verdict["attempts"])


def _pauses(verdict: "Verdict") -> str:
    gaps = verdict["gapsMs"]
    shown = ["?" if gap is None else f"{gap:.0f}" for gap in gaps[:5]]
    return " ".join([*shown, f"+{len(gaps) - 5}"] if len(gaps) > 5 else shown)


def _figures(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def call_line(event: "Event") -> Text:
    """Tell of a call that a rule touched."""
    time = datetime.fromisoformat(event["time"]).astimezone().strftime("%H:%M:%S")
    place = f"{event['service']}.{event['operation']} in {event['region']}"
    account = "" if event["account"] == _USUAL_ACCOUNT else f", account {event['account']}"
    number, most = event["client"]["attempt"], event["client"]["maxAttempts"]
    of = f" of {most}" if most else ""
    attempt = f", attempt {number}{of}" if number else ""
    rule = f" ({event['ruleId']})" if event["ruleId"] else ""
    style = "red" if event["outcome"] == "injected" else "yellow"
    line = visible(f"{time} {place}{account}{attempt}: ")
    return line.append_text(visible(what_happened(event), style)).append(rule)


def notice_line(notice: "Missed | Gone | Back") -> Text:
    """Tell of what befell the watch itself."""
    from .watching import Gone, Missed

    if isinstance(notice, Missed):
        return Text(f"-- {_count(notice.calls, 'call')} came too fast to be read", "yellow")
    if isinstance(notice, Gone):
        return visible(f"-- LocalStack is gone: {notice.reason}", "yellow")
    if notice.restarted:
        return Text("-- LocalStack was restarted: the rules of before are gone", "yellow")
    return Text("-- LocalStack is back", "yellow")


def summary_line(summary: "Summary") -> Text:
    """Sum up what a watch has seen, in one line."""
    if not summary["calls"]:
        return Text("no call was affected")
    line = f"{_count(summary['calls'], 'affected call')}, {summary['failed']} failed"
    errors = _figures(summary["errors"])
    return visible(f"{line}: {errors}" if errors else line)


def summary_parts(summary: "Summary") -> Iterator[RenderableType]:
    """Sum up what a watch has seen, at its end."""
    yield summary_line(summary)
    if summary["places"]:
        table = _table("CALLS", "FAILED", "OPERATION", "REGION")
        for column in table.columns[:2]:
            column.justify = "right"
        for place in summary["places"]:
            operation = visible(f"{place['service']}.{place['operation']}")
            table.add_row(
                str(place["calls"]), str(place["failed"]), operation, visible(place["region"])
            )
        yield table
    if summary["missed"]:
        yield Text(f"{_count(summary['missed'], 'call')} could not be read in time")
    if summary["restarts"]:
        yield Text(f"LocalStack was restarted {_count(summary['restarts'], 'time')}")
