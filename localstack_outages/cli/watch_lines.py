"""What ``watch`` prints for people: a line for each call and for each effort that is decided, and a
summary at the end.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from localstack_outages.explain.verdict_words import FLAG_WORDS, how_it_ended
from localstack_outages.explain.why import what_happened

from .feed import Back, Gone, Missed
from .printing import visible
from .rendering import counted, figures, table_of
from .verdict_lines import ENDING_STYLES

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Event, Verdict

    from .tally import Summary

_USUAL_ACCOUNT = "000000000000"
_WIDTHS = (3, 18, 9, 6)
"""The least widths of the columns after the time: rule, operation, region, attempt."""


class CallLines:
    """Writes calls, and how efforts ended, in columns. A column is as wide as the widest value so far."""

    def __init__(self) -> None:
        self._widths = list(_WIDTHS)

    def line(self, event: "Event") -> Text:
        """Describe a call that a rule touched: when it ended, and how."""
        ended = datetime.fromisoformat(event["time"]) + timedelta(milliseconds=event["durationMs"])
        number, most = event["client"]["attempt"], event["client"]["maxAttempts"]
        attempt = f"{number} of {most}" if number and most else str(number or "")
        operation = f"{event['service']}.{event['operation']}"
        line = self._columns(ended, event["ruleId"] or "", operation, event["region"], attempt)
        style = "red" if event["outcome"] == "injected" else "yellow"
        line.append_text(visible(what_happened(event), style))
        if event["account"] != _USUAL_ACCOUNT:
            line.append_text(visible(f", account {event['account']}"))
        return line

    def verdict_line(self, verdict: "Verdict") -> Text:
        """Describe how an effort ended: when, and what is to be said of it."""
        ended = datetime.fromisoformat(verdict["time"]) + timedelta(milliseconds=verdict["totalMs"])
        operation = f"{verdict['service']}.{verdict['operation']}"
        line = self._columns(
            ended, ",".join(verdict["ruleIds"]), operation, verdict["region"], "=>"
        )
        line.append_text(visible(how_it_ended(verdict), ENDING_STYLES.get(verdict["ending"], "")))
        for flag in verdict["flags"]:
            line.append(f", {FLAG_WORDS.get(flag, flag)}", "red")
        return line

    def _columns(self, ended: datetime, *texts: str) -> Text:
        cells = [visible(cell).plain for cell in texts]
        self._widths = [max(len(c), width) for c, width in zip(cells, self._widths, strict=True)]
        columns = (c.ljust(width) for c, width in zip(cells, self._widths, strict=True))
        return Text("  ".join([ended.astimezone().strftime("%H:%M:%S"), *columns, ""]))


def notice_line(notice: Missed | Gone | Back) -> Text:
    """Describe what happened to the watch itself."""
    if isinstance(notice, Missed):
        return Text(f"-- {counted(notice.calls, 'call')} came too fast to read", "yellow")
    if isinstance(notice, Gone):
        return visible(f"-- LocalStack is gone: {notice.reason}", "yellow")
    if notice.restarted:
        return Text("-- LocalStack was restarted: its rules are gone", "yellow")
    return Text("-- LocalStack is back", "yellow")


def summary_line(summary: "Summary") -> Text:
    """Sum up what a watch has seen, in one line."""
    if not summary["calls"]:
        return Text("no call was affected")
    line = f"{counted(summary['calls'], 'affected call')}, {summary['failed']} failed"
    errors = figures(summary["errors"])
    return visible(f"{line}: {errors}" if errors else line)


def summary_parts(summary: "Summary") -> Iterator[RenderableType]:
    """Sum up what a watch has seen, in full."""
    yield summary_line(summary)
    if summary["places"]:
        table = table_of("CALLS", "FAILED", "OPERATION", "REGION")
        for column in table.columns[:2]:
            column.justify = "right"
        for place in summary["places"]:
            operation = visible(f"{place['service']}.{place['operation']}")
            table.add_row(
                str(place["calls"]), str(place["failed"]), operation, visible(place["region"])
            )
        yield table
    if summary["missed"]:
        yield Text(f"{counted(summary['missed'], 'call')} were not read in time")
    if summary["restarts"]:
        yield Text(f"LocalStack was restarted {counted(summary['restarts'], 'time')}")
