"""What ``verdicts`` prints for people: efforts that came to the same together, then figures and advice."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from localstack_outages.explain.verdict_words import how_often, in_seconds, last_answer, who

from .printing import visible
from .rendering import counted, figures

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Verdict, VerdictsDocument

ENDING_STYLES = {"failed": "red", "open": "yellow", "recovered": "green"}

_MOST_PAUSES = 5
_INDENT = 10
"""The width of a time and the space after it."""


def verdict_parts(
    document: "VerdictsDocument", *, shows_all: bool = False
) -> Iterator[RenderableType]:
    """Show how applications dealt with the faults.

    :param shows_all: whether to show efforts too that ended well and have no flag
    """
    summary = document["summary"]
    if not summary["calls"]:
        yield Text("No call was hit by a rule.")
        return
    wanted = [v for v in document["verdicts"] if shows_all or _is_telling(v)]
    for group in _groups(wanted):
        yield from _group_parts(group)
    if wanted:
        yield Text("")
    hidden = summary["calls"] - len(wanted)
    left_out = f"; {hidden} not shown" if hidden else ""
    yield Text(f"{counted(summary['calls'], 'effort')}: {figures(summary['endings'])}{left_out}")
    yield Text(f"flags: {figures(summary['flags']) or 'none'}")
    if summary.get("entriesFailed"):  # an older server does not tell
        yield Text(
            f"entries: {summary['entriesFailed']} failed, {summary['entriesRecovered']} sent again, "
            f"{summary['entriesLost']} lost"
        )
    recovery = summary["recoveryMs"]
    if recovery["p50"] is not None:
        yield Text(
            f"time to recover: p50 {recovery['p50']:.0f} ms, p95 {recovery['p95']:.0f} ms, "
            f"max {recovery['max']:.0f} ms"
        )
    for advice in document["advice"]:
        yield Text("")
        yield Text.assemble((advice["flag"], "red"), f": {advice['text']}")
        for name in ("boto3", "javascript", "java"):
            if advice[name] is not None:
                yield Text(f"  {name}: {advice[name]}")


def _is_telling(verdict: "Verdict") -> bool:
    return bool(verdict["flags"]) or verdict["ending"] in ("failed", "open")


def _groups(verdicts: "list[Verdict]") -> "list[list[Verdict]]":
    """Put those together that came to the same; those with most flags first, then the newest."""
    groups: dict[tuple[object, ...], list[Verdict]] = {}
    for verdict in verdicts:
        key = (
            *(verdict[name] for name in ("service", "operation", "region", "ending")),
            tuple(verdict["flags"]),
            last_answer(verdict),
            how_often(verdict),
            tuple(verdict["ruleIds"]),
            who(verdict),
        )
        groups.setdefault(key, []).append(verdict)
    return sorted(groups.values(), key=lambda group: -len(group[0]["flags"]))


def _group_parts(group: "list[Verdict]") -> Iterator[RenderableType]:
    verdict = group[0]
    time = datetime.fromisoformat(verdict["time"]).astimezone().strftime("%H:%M:%S")
    line = Text(f"{time}  ")
    line.append_text(
        visible(f"{verdict['service']}.{verdict['operation']} in {verdict['region']}: ")
    )
    line.append(verdict["ending"], ENDING_STYLES.get(verdict["ending"], ""))
    if verdict["flags"]:
        line.append(", ")
        line.append(", ".join(verdict["flags"]), "red")
    yield line
    efforts = f"{len(group)} efforts, each " if len(group) > 1 else ""
    parts = [f"{efforts}{how_often(verdict)} in {in_seconds(verdict['totalMs'])}"]
    if verdict["gapsMs"]:
        parts.append(f"pauses {_pauses(verdict)} ms")
    if verdict["ending"] != "recovered":
        parts.append(last_answer(verdict))
    parts += [", ".join(verdict["ruleIds"]), who(verdict)]
    yield Padding(visible(" · ".join(part for part in parts if part), "dim"), (0, 0, 0, _INDENT))


def _pauses(verdict: "Verdict") -> str:
    gaps = verdict["gapsMs"]
    shown = ["?" if gap is None else f"{gap:.0f}" for gap in gaps[:_MOST_PAUSES]]
    more = len(gaps) - len(shown)
    return " ".join([*shown, f"+{more}"] if more else shown)
