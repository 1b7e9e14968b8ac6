"""A sweep as one page that needs nothing else: operations by faults, and each call site below."""

from collections.abc import Iterator
from html import escape

from .document import PointDocument, SweepDocument, summary
from .faults import KINDS
from .oracle import FINDINGS, OUTCOMES, words_of

_STYLE = """
:root { color-scheme: light dark; --ok: #1a7f37; --bad: #cf222e; --fair: #57606a; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --bad: #ff7b72; --fair: #8b949e; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1, h2 { font-weight: 600; } h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } table { border-collapse: collapse; } th { text-align: left; font-weight: 600; }
td, th { border-top: 1px solid var(--line); padding: .3rem .8rem .3rem 0; vertical-align: top; }
details { border-top: 1px solid var(--line); padding: .4rem 0; } summary { cursor: pointer; }
details table { margin: .5rem 0 .5rem 1rem; } a { color: inherit; }
.ok { color: var(--ok); } .bad { color: var(--bad); font-weight: 600; } .fair { color: var(--fair); }
"""


def page(document: SweepDocument) -> str:
    """Write a report."""
    return "\n".join(_parts(document)) + "\n"


def _parts(document: SweepDocument) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8"><title>Outages sweep</title>'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>Outages sweep: {escape(summary(document))}</h1>"
    yield f'<p class="fair">Made {escape(document["time"])}.</p>'
    if document["findings"]:
        yield "<h2>Findings</h2>"
        yield from _table(document["findings"])
    if document["points"]:
        yield from _matrix(document["points"])
        yield "<h2>Call sites</h2>"
        yield from _sites(document["points"])
    left_out = [test for test in document["tests"] if test["state"] not in ("swept", "no calls")]
    if left_out:
        yield "<h2>Tests left out</h2><ul>"
        for test in left_out:
            yield f"<li><code>{escape(test['name'])}</code>: {escape(test['why'])}</li>"
        yield "</ul>"
    yield "<h2>Outcomes</h2><dl>"
    for outcome in OUTCOMES:
        words = words_of(outcome, document["subject"])
        yield f"<dt>{_coloured(outcome)}</dt><dd>{words}</dd>"
    yield "</dl></body></html>"


def _matrix(points: list[PointDocument]) -> Iterator[str]:
    """Show the operations by the faults, each with the worst outcome."""
    cells: dict[tuple[str, str], list[PointDocument]] = {}
    for point in points:
        name = f"{point['service']}:{point['operation']}"
        cells.setdefault((name, point["fault"]), []).append(point)
    faults = [name for name in KINDS if any(fault == name for _, fault in cells)]
    yield '<h2>Operations by faults</h2><div class="wide"><table><tr><th>operation</th>'
    yield f"{''.join(f'<th>{name}</th>' for name in faults)}</tr>"
    for name in sorted({name for name, _ in cells}):
        yield f'<tr><td><a href="#{escape(name)}"><code>{escape(name)}</code></a></td>'
        for fault in faults:
            found = cells.get((name, fault), [])
            yield f"<td>{_cell(found)}</td>"
        yield "</tr>"
    yield "</table></div>"


def _cell(points: list[PointDocument]) -> str:
    if not points:
        return '<span class="fair">·</span>'
    worst = min(points, key=_urgency)
    same = sum(point["outcome"] == worst["outcome"] for point in points)
    count = f" {same}/{len(points)}" if len(points) > 1 else ""
    return f"{_coloured(worst['outcome'], accepted=worst['expected'])}{count}"


def _urgency(point: PointDocument) -> int:
    if point["outcome"] in FINDINGS and not point["expected"]:
        return FINDINGS.index(point["outcome"])
    return len(FINDINGS) + (point["outcome"] == "absorbed")


def _sites(points: list[PointDocument]) -> Iterator[str]:
    """Show each call site, with all that was tried there."""
    sites: dict[tuple[str, str], list[PointDocument]] = {}
    for point in points:
        name = f"{point['service']}:{point['operation']}"
        sites.setdefault((name, point["site"] or ""), []).append(point)
    seen: set[str] = set()
    for (name, site), found in sorted(sites.items()):
        bad = [p for p in found if p["outcome"] in FINDINGS and not p["expected"]]
        anchor = "" if name in seen else f' id="{escape(name)}"'
        seen.add(name)
        sign = f'<span class="bad">✕ {len(bad)}</span>' if bad else '<span class="ok">✓</span>'
        yield f"<details{anchor}{' open' if bad else ''}><summary>{sign} <code>{escape(name)}</code>"
        yield f"{_at(site)}</summary>"
        yield from _table(found)
        yield "</details>"


def _table(points: list[PointDocument]) -> Iterator[str]:
    yield '<div class="wide"><table><tr><th>outcome</th><th>fault</th><th>what came of it</th></tr>'
    for point in points:
        flags = f" ({', '.join(point['flags'])})" if point["flags"] else ""
        notes = [name for name in ("known", "expected") if point[name]]
        noted = f' <span class="fair">{", ".join(notes)}</span>' if notes else ""
        yield (
            f"<tr><td>{_coloured(point['outcome'], accepted=point['expected'])}{flags}{noted}</td>"
            f"<td><code>{escape(' and '.join(point['faults']))}</code><br>{escape(point['does'])}"
            f"<br>{_at(point['site'])}</td>"
            f"<td>{escape(point['why'])}<br><code>{escape(point['replay'])}</code></td></tr>"
        )
    yield "</table></div>"


def _at(site: str | None) -> str:
    """Say where a call is made. That of another process is not known."""
    return f" at <code>{escape(site)}</code>" if site else ""


def _coloured(outcome: str, *, accepted: bool = False) -> str:
    style = "bad" if outcome in FINDINGS else "ok" if outcome == "absorbed" else "fair"
    return f'<span class="{"fair" if accepted else style}">{outcome}</span>'
