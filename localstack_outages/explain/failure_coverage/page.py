"""Failure coverage as one page that needs nothing else: no other file, no network.

Without scripts it is whole; the script in it filters and sorts.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from localstack_outages.schema.failure_coverage import (
    FAILURE_KINDS,
    FailureCoverage,
    SiteCoverage,
)

from .figures import percent_told
from .page_parts import POLICY, SCRIPT, STYLE
from .table import KIND_WORDS, failures_told, notes, site_told

AROUND = 4
"""How many lines are shown before and after a call."""

_COLUMNS = ("Call site", "Operation", "Calls", "Failures met", "Retried", "Recovered", "Surfaced")
_TEXT = (0, 1)


def page(report: FailureCoverage, sources: Mapping[str, Sequence[str]]) -> str:
    """Write a report.

    :param sources: the lines of files
    """
    return "\n".join(_parts(report, sources)) + "\n"


def _parts(report: FailureCoverage, sources: Mapping[str, Sequence[str]]) -> Iterator[str]:
    percent = percent_told(report["totals"]["percent"])
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>Failure coverage: {percent}</title><style>{STYLE}</style></head><body>"
    yield from _head(report, percent)
    yield "<main>"
    yield from _table(report["sites"])
    yield from _files(report["sites"], sources)
    yield f"</main><script>{SCRIPT}</script></body></html>"


def _head(report: FailureCoverage, percent: str) -> Iterator[str]:
    totals = report["totals"]
    yield f"<header><h1>Failure coverage: <strong>{percent}</strong></h1>"
    yield (
        f'<meter min="0" max="100" value="{totals["percent"] or 0}" '
        f'aria-label="Failure coverage">{percent}</meter>'
    )
    yield (
        f"<p>{totals['metSites']} of {totals['sites']} call sites have met a failure. "
        f"{totals['met']} of {totals['calls']} calls did: "
        f"{escape(failures_told(totals)) or 'none'}. {totals['retried']} were tried again, "
        f"{totals['recovered']} recovered, {totals['surfaced']} surfaced in the application.</p>"
    )
    told = [*notes(report), f"Made {report['time']}."]
    yield f'<p class="note">{" ".join(map(escape, told))}</p></header>'
    yield (
        '<form role="search" hidden><label>Filter <input type="search" id="text" '
        'placeholder="file, service, failure"></label> <label>Show <select id="which">'
        '<option value="">all</option><option value="unmet">not met</option>'
        '<option value="met">met</option><option value="surfaced">surfaced</option>'
        '</select></label> <output id="count"></output></form>'
    )


def _table(sites: list[SiteCoverage]) -> Iterator[str]:
    yield '<div class="wide" tabindex="0"><table id="sites"><thead><tr>'
    for number, name in enumerate(_COLUMNS):
        style = "" if number in _TEXT or name == "Failures met" else ' class="number"'
        sort = ' aria-sort="ascending"' if number == 0 else ""
        yield f'<th scope="col"{style}{sort}><button type="button">{name}</button></th>'
    yield "</tr></thead><tbody>"
    for number, site in enumerate(sites):
        yield from _row(number, site)
    yield "</tbody></table></div>"


def _row(number: int, site: SiteCoverage) -> Iterator[str]:
    told = escape(site_told(site))
    link = f'<a href="#s{number}"><code>{told}</code></a>' if site["file"] else told
    yield (
        f'<tr data-state="{_states(site)}"><td data-sort="{number}">{_mark(site)} {link}</td>'
        f"<td><code>{escape(site['service'])}.{escape(site['operation'])}</code></td>"
        f'<td class="number">{site["calls"]}</td>'
        f'<td data-sort="{site["met"]}">{_failures(site)}{_flags(site)}</td>'
    )
    for came in (site["retried"], site["recovered"], site["surfaced"]):
        yield f'<td class="number" data-sort="{came}">{came if site["met"] else ""}</td>'
    yield "</tr>"


def _states(site: SiteCoverage) -> str:
    if not site["met"]:
        return "unmet"
    return "met surfaced" if site["surfaced"] else "met"


def _mark(site: SiteCoverage) -> str:
    if site["met"]:
        return '<span class="mark ok" title="has met a failure">✓</span>'
    return '<span class="mark bad" title="has met no failure">✕</span>'


def _failures(site: SiteCoverage) -> str:
    found = (
        f'<span class="kind">{site["failures"][kind]} {KIND_WORDS[kind]}</span>'
        for kind in FAILURE_KINDS
        if kind in site["failures"]
    )
    return " ".join(found) or '<span class="bad">none</span>'


def _flags(site: SiteCoverage) -> str:
    found = (f"{count} {escape(flag)}" for flag, count in site["flags"].items())
    told = ", ".join(found)
    return f' <span class="flag">{told}</span>' if told else ""


def _files(sites: list[SiteCoverage], sources: Mapping[str, Sequence[str]]) -> Iterator[str]:
    numbered = [(number, site) for number, site in enumerate(sites) if site["file"]]
    for file, found in groupby(numbered, key=lambda one: one[1]["file"]):
        of_file = list(found)
        met = sum(site["met"] > 0 for _, site in of_file)
        yield f"<details open><summary><code>{escape(file)}</code> {met} of {len(of_file)}</summary>"
        yield '<div class="wide" tabindex="0"><div class="source">'
        yield from _source(of_file, sources.get(file))
        yield "</div></div></details>"


def _source(sites: list[tuple[int, SiteCoverage]], lines: Sequence[str] | None) -> Iterator[str]:
    """Show the lines that make calls, and some around them."""
    if lines is None:
        yield '<p class="note">The file could not be read.</p>'
        lines = ()
    shown = {
        line
        for _, site in sites
        for line in range(site["line"] - AROUND, site["line"] + AROUND + 1)
        if 1 <= line <= len(lines)
    }
    last = 0
    for line in sorted(shown | {site["line"] for _, site in sites}):
        here = [(number, site) for number, site in sites if site["line"] == line]
        if line != last + 1:
            yield '<div class="gap">⋯</div>'
        last = line
        text = escape(lines[line - 1].rstrip()) if line <= len(lines) else ""
        style = _style_of([site for _, site in here])
        yield f'<div class="line {style}"><span class="at">{line}</span><code>{text}</code></div>'
        for number, site in here:
            yield _told_below(number, site)


def _style_of(sites: list[SiteCoverage]) -> str:
    if not sites:
        return ""
    return "met" if all(site["met"] for site in sites) else "unmet"


def _told_below(number: int, site: SiteCoverage) -> str:
    """Tell below a line what became of one operation that it calls."""
    if site["met"]:
        told = (
            f"{site['met']} of {site['calls']} calls met a failure: {failures_told(site)}. "
            f"{site['retried']} tried again, {site['recovered']} recovered, "
            f"{site['surfaced']} surfaced."
        )
    else:
        told = f"{site['calls']} call{'' if site['calls'] == 1 else 's'}, none met a failure."
    tests = f" In {', '.join(site['tests'])}." if site["tests"] else ""
    operation = f"{site['service']}.{site['operation']}"
    return (
        f'<div class="told {"met" if site["met"] else "unmet"}" id="s{number}">{_mark(site)} '
        f"<code>{escape(operation)}</code> {escape(told)}{escape(tests)}</div>"
    )
