"""Writes the results: ``results.json`` for programs, ``results.md`` for readers."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from localstack_outages.schema.vocabulary import MAX_RULES

from . import console, controlling, decision, fleet, gateway, passing, refusing, starting
from .figures import Spread, Table

Results = Mapping[str, list[Table]]
"""The tables by part."""


class Mark(NamedTuple):
    """Something that is to be reached."""

    what: str
    wanted: str
    part: str
    measured: Callable[[list[Table]], float]
    """Gives the figure of the tables of its part."""
    is_met: Callable[[float], bool]
    unit: str


def _worst_warm(tables: list[Table]) -> float:
    return max(
        row.value.median
        for found in tables[1:]
        for row in found.rows
        if row.name.endswith((", hit", ", miss")) and not row.name.startswith("condition, hit")
    )


def _rates(tables: list[Table]) -> list[Table]:
    return [found for found in tables if found.unit == "calls/s"]


def _passing(name: str) -> Callable[[list[Table]], float]:
    """Give the mean of the ratios of a variant over all operations and levels."""

    def mean(tables: list[Table]) -> float:
        # A KeyError where there was no LocalStack without the extension to compare with.
        ratios = [found.value(name) / found.value(passing.WITHOUT) for found in _rates(tables)]
        return sum(ratios) / len(ratios)

    return mean


def _named(tables: list[Table], part: str) -> Table:
    """Give the table whose title has a text in it.

    :raises KeyError: where there is none
    """
    for found in tables:
        if part in found.title:
            return found
    raise KeyError(part)


def _over_peer(part: str) -> Callable[[list[Table]], float]:
    """Give the throughput of the gateway, as a multiple of microburst's."""

    def ratio(tables: list[Table]) -> float:
        found = _named(tables, part)
        # Ratios of neighbours; a KeyError where there was no microburst to compare with.
        return found.ratio(gateway.GATEWAY) / found.ratio(gateway.PEER)

    return ratio


MARKS = (
    Mark("a decision without rules", "at most 0.15 µs", "decision",
         lambda t: t[0].value("warm"), lambda v: v <= 0.15, "µs"),
    Mark(f"a decision on a known key, up to {MAX_RULES:,} rules, conditions apart", "at most 1 µs", "decision",
         _worst_warm, lambda v: v <= 1, "µs"),
    Mark("throughput of calls that pass, 10,000 rules", "at least 0.97 of without", "passing",
         _passing(passing.MANY_RULES), lambda v: v >= 0.97, "of without"),
    Mark("refused calls, 16 connections", "at least 1.5 times STS answered", "refusing",
         lambda t: t[-1].ratio("sts refused"), lambda v: v >= 1.5, "times"),
    Mark("10,000 rules accepted", "under 500 ms", "controlling",
         lambda t: t[0].value("10,000 rules"), lambda v: v < 500, "ms"),
    Mark("untouched calls in the five seconds after 10,000 rules were posted",
         "at least 0.95 of without", "controlling",
         lambda t: t[2].ratio(controlling.RIGHT_AFTER), lambda v: v >= 0.95, "of without"),
    Mark("added to LocalStack's start", "under 50 ms", "starting",
         lambda t: t[0].value(starting.ADDED), lambda v: v < 50, "ms"),
    Mark("importing the client, beside requests", "under 150 ms", "starting",
         lambda t: t[2].value(starting.CLIENT) - t[2].value(starting.REQUESTS),
         lambda v: v < 150, "ms"),
    Mark("added to a call that passes the gateway, p50", "at most 0.30 ms", "gateway",
         lambda t: _named(t, "1 connection, p50").value(gateway.GATEWAY)
         - _named(t, "1 connection, p50").value(gateway.DIRECT), lambda v: v <= 0.3, "ms"),
    Mark("throughput of calls that pass the gateway", "at least 1.5 times microburst's", "gateway",
         _over_peer("passes, 16 connections"), lambda v: v >= 1.5, "times"),
    *(Mark(f"calls of {service} that the gateway refuses", "at least 2 times microburst's", "gateway",
           _over_peer(f"{service} refused"), lambda v: v >= 2, "times")
      for service in ("sts", "s3", "lambda")),
    Mark("memory of the gateway, 1 GiB up and down", "less than 50 MiB of growth", "gateway",
         lambda t: _named(t, "up and down").value(gateway.GROWTH), lambda v: v < 50, "MiB"),
    Mark("p99 of others beside 5,000 calls that hang", "at most 1.5 times", "gateway",
         lambda t: _named(t, "hang").ratio(gateway.BESIDE), lambda v: v <= 1.5, "times"),
    Mark("start of the gateway, without moto", "under 1 s", "gateway",
         lambda t: _named(t, "start-up").value(gateway.WITHOUT_MOTO), lambda v: v < 1, "s"),
    Mark("throughput of untouched calls with --share", "at least 0.97 of without", "fleet",
         lambda t: _named(t, "calls of sts untouched, 16").ratio(fleet.SHARED),
         lambda v: v >= 0.97, "of without"),
    Mark("a change in force at another replica, p99", "within 100 ms", "fleet",
         lambda t: _named(t, "a change, p99").value(fleet.ELSEWHERE), lambda v: v <= 100, "ms"),
    Mark("first paint of the console", "under 300 ms", "console",
         lambda t: _named(t, "first paint").value(console.EMPTY), lambda v: v < 300, "ms"),
    Mark("the console's longest task while long lists are scrolled", "at most 200 ms", "console",
         lambda t: _named(t, "longest task").value(console.SCROLLING), lambda v: v <= 200, "ms"),
)  # fmt: skip

TITLES = {
    "decision": "Deciding",
    "passing": "Calls that pass",
    "refusing": "Calls that are refused",
    "controlling": "Changing the rules",
    "starting": "Start",
    "gateway": "The gateway",
    "fleet": "A fleet",
    "console": "The console",
}
_NOTES = {
    "decision": f"`Engine.decide` in one process, by pyperf. The last rule alone hits. The ratio is "
    f"to the '{decision.WALK}', one loop with fnmatch over the list, up to 10,000 rules; with "
    f"{MAX_RULES:,} to a hit. A condition is evaluated for each call. 'cold key' decides on keys that "
    "the engine has forgotten.",
    "passing": f"The same requests, signed by the SDK, sent from another process. '{passing.AGAIN}' "
    "is another LocalStack of the same kind: its distance from 1 is the noise. Throughput is in "
    "calls/s, more is better; latency in ms, less is better.",
    "refusing": f"'{refusing.ANSWERED}' is LocalStack's own cheapest answer, from the same LocalStack "
    f"with the extension in it, '{refusing.PLAIN}' a route of its gateway that is no AWS call. "
    "microburst and mitmproxy are proxies that refuse calls before they come to LocalStack, "
    "mitmproxy with an empty answer.",
    "controlling": f"Over HTTP, each list in place of the one before; the ratio is to "
    f"'{controlling.READ}'. The first call after the answer was refused each time.",
    "starting": "Time and memory of importing and wiring the extension, after all that LocalStack "
    "imports anyway.",
    "gateway": f"Before roto, an AWS of few services that is written in Rust; '{gateway.DIRECT}' is roto "
    "alone. What is refused does not come to it. Memory is the most that the process has had.",
    "fleet": f"Gateways that share through one Valkey, before roto, all on one machine. The client, roto "
    f"and Valkey want cores too: '{fleet.FOUR}' tell what is left for them. CPU tells what a call costs "
    "whoever else is busy.",
    "console": "In Chromium, in a new page each time. A task is what the page does in one go; its user "
    "waits for it. Chromium does not tell of those under 50 ms: they are given as 50.",
}


def earlier(folder: Path) -> tuple[dict[str, list[Table]], dict[str, Any]]:
    """Read the results of earlier runs.

    :return: the tables by part, and what was said about the run of each; nothing where there are none
    """
    try:
        document = json.loads((folder / "results.json").read_text())
    except FileNotFoundError:
        return {}, {}
    parts = {
        part: [Table.from_json(found) for found in document["parts"][part]]
        for part in TITLES
        if part in document["parts"]
    }
    runs = document.get("runs", {})
    return parts, {part: runs.get(part, document["about"]) for part in parts}


def as_json(results: Results, about: Mapping[str, Any], runs: Mapping[str, Any]) -> dict[str, Any]:
    """Give everything that was measured.

    :param about: of the last run
    :param runs: of the run of each part
    """
    return {
        "about": dict(about),
        "runs": {part: dict(runs[part]) for part in results},
        "marks": [
            {"what": mark.what, "wanted": mark.wanted, "measured": value, "met": mark.is_met(value)}
            for mark, value in _marks(results)
        ],
        "parts": {part: [found.as_json() for found in tables] for part, tables in results.items()},
    }


def as_markdown(results: Results, about: Mapping[str, Any], runs: Mapping[str, Any]) -> str:
    """Give the report for readers; see ``as_json``."""
    lines = ["# Results of `make bench`", ""]
    lines += [
        "Medians, with quartiles in brackets. Variants ran in turns in the same run, and a ratio is "
        "that of neighbours: compare ratios between machines, not absolute figures.",
        "",
        *(f"- {name}: {value}" for name, value in about.items()),
        "",
        "| mark | wanted | measured | met |",
        "|---|---|---|---|",
    ]
    for mark, value in _marks(results):
        met = "yes" if mark.is_met(value) else "no"
        lines.append(f"| {mark.what} | {mark.wanted} | {value:.3g} {mark.unit} | {met} |")
    for part, tables in results.items():
        lines += ["", f"## {TITLES[part]}", "", _NOTES[part]]
        if runs[part] != about:
            said = "; ".join(f"{name}: {value}" for name, value in runs[part].items())
            lines += ["", f"From an earlier run. {said}."]
        for group in _groups(tables):
            lines += ["", *_matrix(group)]
    return "\n".join(lines) + "\n"


def write(
    results: Results, about: Mapping[str, Any], runs: Mapping[str, Any], folder: Path
) -> None:
    """Write both files; see ``as_json``."""
    text = json.dumps(as_json(results, about, runs), indent=1, ensure_ascii=False)
    (folder / "results.json").write_text(text + "\n")
    (folder / "results.md").write_text(as_markdown(results, about, runs))


def _marks(results: Results) -> list[tuple[Mark, float]]:
    """Give each mark whose part was measured, with its figure."""
    found = []
    for mark in MARKS:
        try:
            found.append((mark, mark.measured(results[mark.part])))
        except KeyError:  # the part, or the variant, was left out
            continue
    return found


def _groups(tables: list[Table]) -> list[list[Table]]:
    """Put together the tables that have the same variants."""
    groups: list[list[Table]] = []
    for found in tables:
        names = [row.name for row in found.rows]
        if groups and [row.name for row in groups[-1][0].rows] == names:
            groups[-1].append(found)
        else:
            groups.append([found])
    return groups


def _matrix(tables: list[Table]) -> list[str]:
    """Write tables with the same variants as one: the first in figures, the others in ratios."""
    first, *others = [row.name for row in tables[0].rows]
    lines = [
        f"| | {first} | {' | '.join(others)} |",
        f"|---|---|{'---|' * len(others)}",
    ]
    for found in tables:
        base, *rest = found.rows
        cells = [f"{base.value} {found.unit}"]
        cells += [_cell(row.value, row.ratio, found.unit) for row in rest]
        lines.append(f"| {found.title} | {' | '.join(cells)} |")
    return lines


def _cell(value: Spread, ratio: Spread, unit: str) -> str:
    shown = f"{value.median:.3g} µs, " if unit == "µs" else ""
    return f"{shown}{ratio}"
