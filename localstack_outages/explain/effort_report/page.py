"""A report as one page that needs nothing else: no script, no other file."""

from collections.abc import Iterator
from datetime import datetime
from html import escape

from localstack_outages.explain.verdict_words import (
    FLAG_WORDS,
    how_it_ended,
    in_seconds,
    what_it_got,
    who,
)
from localstack_outages.schema.documents import Verdict
from localstack_outages.schema.effort_report import Asked, EffortReport, Subject

from .figures import by_urgency, figures_of, figures_of_all, is_bad

MAX_EFFORTS = 50
"""How many efforts of a subject are shown; all are counted."""

_WIDTH = 640
_LANE = 18
_MAX_LANES = 40
"""The timeline in pixels, and how many subjects have a lane."""

_STYLE = """
:root { color-scheme: light dark; --ok: #1a7f37; --bad: #cf222e; --late: #9a6700; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --bad: #ff7b72; --late: #d29922; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1, h2 { font-weight: 600; } h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
td, th { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; vertical-align: top; }
details { border-top: 1px solid var(--line); padding: .4rem 0; } summary { cursor: pointer; }
svg { max-width: 100%; height: auto; overflow: visible; } svg text { font-size: 11px; fill: currentColor; }
.ok { color: var(--ok); fill: var(--ok); } .bad { color: var(--bad); fill: var(--bad); }
.late { color: var(--late); fill: var(--late); } .axis { stroke: var(--line); }
"""


def page(report: EffortReport) -> str:
    """Write a report."""
    return "\n".join(_parts(report)) + "\n"


def _parts(report: EffortReport) -> Iterator[str]:
    figures = figures_of_all(report)
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8"><title>Outages</title>'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>{escape(str(figures))}</h1>"
    flags = f'<span class="bad">{figures.flags_told}</span>' if figures.flags_told else "none"
    yield f"<p>Flags: {flags}. Made {escape(report['time'])}, {escape(report['endpoint'])}.</p>"
    yield from _compared(report)
    if report["asked"]:
        yield "<h2>What was asked for</h2>"
        yield from _asked(report["asked"])
    yield from _timeline(report["subjects"])
    yield "<h2>What came</h2>"
    for subject in report["subjects"]:
        yield from _subject(subject)
    yield from _advice(report)
    yield "</body></html>"


def _compared(report: EffortReport) -> Iterator[str]:
    compared = report.get("compared")
    if compared is None:
        return
    yield "<h2>Since the earlier run</h2>"
    if not compared:
        yield "<p>Nothing is different.</p>"
        return
    yield "<table>"
    for one in compared:
        style = {"worse": "bad", "better": "ok"}.get(one["kind"], "")
        yield (
            f'<tr><td class="{style}">{one["kind"]}</td><td><code>{escape(one["name"])}</code></td>'
            f"<td>{escape(one['what'])}</td></tr>"
        )
    yield "</table>"


def _asked(asked: list[Asked]) -> Iterator[str]:
    if asked:
        rows = (
            f"<li><code>{escape(a['rule'])}</code>: {a['hits']} hit{'' if a['hits'] == 1 else 's'}</li>"
            for a in asked
        )
        yield f"<ul>{''.join(rows)}</ul>"


def _timeline(subjects: list[Subject]) -> Iterator[str]:
    """Show when each subject made its attempts, and what came of them."""
    lanes = [subject for subject in subjects if subject["verdicts"]][:_MAX_LANES]
    if not lanes:
        return
    begins = [_seconds(verdict) for subject in lanes for verdict in subject["verdicts"]]
    ends = [
        _seconds(verdict) + verdict["totalMs"] / 1000
        for subject in lanes
        for verdict in subject["verdicts"]
    ]
    begin, length = min(begins), max(max(ends) - min(begins), 0.001)
    height = _LANE * (len(lanes) + 1)
    yield "<h2>Timeline</h2>"
    yield f'<svg viewBox="0 0 {_WIDTH + 300} {height}" role="img" aria-label="Attempts over time">'
    for number, subject in enumerate(lanes):
        y = number * _LANE
        yield f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{y + 8}" y2="{y + 8}"/>'
        for verdict in by_urgency(subject["verdicts"])[:MAX_EFFORTS]:
            for attempt in verdict["strip"]:
                at = _seconds(verdict) + attempt["atMs"] / 1000 - begin
                style = _style(attempt["outcome"], attempt["delayMs"])
                x = at / length * (_WIDTH - 4)
                yield f'<rect class="{style}" x="{x:.1f}" y="{y + 2}" width="4" height="12"/>'
        yield f'<text x="{_WIDTH + 8}" y="{y + 12}">{escape(subject["name"][-48:])}</text>'
    yield f'<text x="0" y="{height - 4}">0</text>'
    yield f'<text x="{_WIDTH}" y="{height - 4}" text-anchor="end">{in_seconds(length * 1000)}</text>'
    yield "</svg>"


def _subject(subject: Subject) -> Iterator[str]:
    figures, bad = figures_of(subject["verdicts"]), is_bad(subject)
    sign = '<span class="bad">✕</span>' if bad else '<span class="ok">✓</span>'
    flags = f' · <span class="bad">{figures.flags_told}</span>' if figures.flags_told else ""
    yield f"<details{' open' if bad or figures.flags else ''}><summary>{sign} "
    yield f"<code>{escape(subject['name'])}</code> · {escape(str(figures))}{flags}</summary>"
    yield from _asked(subject["asked"])
    shown = by_urgency(subject["verdicts"])[:MAX_EFFORTS]
    if shown:
        yield "<table><tr><th>effort</th><th>attempts</th><th>ending</th><th>client</th></tr>"
        yield from map(_row, shown)
        yield "</table>"
    if len(subject["verdicts"]) > len(shown):
        yield f"<p>{len(subject['verdicts']) - len(shown)} more.</p>"
    yield "</details>"


def _row(verdict: Verdict) -> str:
    flags = "".join(
        f', <span class="bad">{FLAG_WORDS.get(flag, flag)}</span>' for flag in verdict["flags"]
    )
    style = {"failed": "bad", "recovered": "ok"}.get(verdict["ending"], "late")
    place = f"{verdict['service']}.{verdict['operation']} in {verdict['region']}"
    rules = f" ({', '.join(verdict['ruleIds'])})" if verdict["ruleIds"] else ""
    return (
        f"<tr><td><code>{escape(place)}</code>{escape(rules)}</td><td>{_strip(verdict)}</td>"
        f'<td><span class="{style}">{escape(how_it_ended(verdict))}</span>{flags}</td>'
        f"<td>{escape(who(verdict))}</td></tr>"
    )


def _strip(verdict: Verdict) -> str:
    """Draw the attempts of an effort, with the pauses between them to scale."""
    strip = verdict["strip"]
    length = max((a["atMs"] + a["durationMs"] for a in strip), default=1) or 1
    parts = []
    for attempt in strip:
        x = attempt["atMs"] / length * 230
        width = max(4, attempt["durationMs"] / length * 230)
        got = what_it_got(attempt)
        told = f"{in_seconds(attempt['atMs'])}: {got}{', a new try' if attempt['newTry'] else ''}"
        height, y = (14, 1) if attempt["newTry"] else (8, 4)
        style = _style(attempt["outcome"], attempt["delayMs"])
        parts.append(
            f'<rect class="{style}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}">'
            f"<title>{escape(told)}</title></rect>"
        )
    more = verdict["attempts"] - len(strip)
    rest = f" +{more}" if more > 0 else ""
    return f'<svg viewBox="0 0 240 16" width="240" height="16">{"".join(parts)}</svg>{rest}'


def _advice(report: EffortReport) -> Iterator[str]:
    if not report["advice"]:
        return
    yield "<h2>Advice</h2>"
    for advice in report["advice"]:
        yield f"<p><strong>{advice['flag']}</strong>: {escape(advice['text'])}</p><ul>"
        for name in ("boto3", "javascript", "java"):
            if advice[name] is not None:
                yield f"<li>{name}: <code>{escape(str(advice[name]))}</code></li>"
        yield "</ul>"


def _style(outcome: str, delay_ms: float) -> str:
    if outcome == "ok":
        return "late" if delay_ms else "ok"
    return "bad" if outcome == "injected" else "late"


def _seconds(verdict: Verdict) -> float:
    return datetime.fromisoformat(verdict["time"]).timestamp()
