"""The report of a scenario's run as Markdown, and as a page of HTML that needs nothing else."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from localstack_outages.schema.durations import format_duration, format_roughly

if TYPE_CHECKING:
    from localstack_outages.schema.load_documents import ReportPhase, ScenarioReport

_WIDTH, _HEIGHT = 860, 220

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1f24; background: #fff; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d0d7de; vertical-align: top; }
svg { width: 100%; height: auto; } .attempts { stroke: #bc4c00; } .good { stroke: #1a7f37; }
polyline { fill: none; stroke-width: 2; } .trigger { fill: #ffebe9; } .phase { fill: #f6f8fa; }
.key.attempts { color: #bc4c00; } .key.good { color: #1a7f37; } text { font-size: 12px; fill: #57606a; }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117; }
  th, td { border-color: #30363d; } .trigger { fill: #4c1d1d; } .phase { fill: #161b22; }
  .attempts { stroke: #f0883e; } .good { stroke: #3fb950; } .key.attempts { color: #f0883e; }
  .key.good { color: #3fb950; } text { fill: #8b949e; } }
"""


def as_markdown(report: "ScenarioReport") -> str:
    """Write a report in Markdown."""
    rows = "\n".join(f"| {name} | {_cell(value)} |" for name, value in _figures(report))
    phases = "\n".join(
        f"| {' | '.join(_cell(text) for text in _phase_row(phase))} |" for phase in report["phases"]
    )
    return (
        f"# {_heading(report)}\n\n{_subtitle(report)}\n\n| figure | value |\n|---|---|\n{rows}\n\n"
        f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}\n{phases}"
    )


def as_html(report: "ScenarioReport") -> str:
    """Write a report as a page."""
    rows = "".join(_row("td", (name, value)) for name, value in _figures(report))
    phases = "".join(_row("td", _phase_row(phase)) for phase in report["phases"])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(_heading(report))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(_heading(report))}</h1>\n<p>{escape(_subtitle(report))}</p>\n"
        f"{_chart(report)}\n<table>{rows}</table>\n"
        f"<table>{_row('th', _COLUMNS)}{phases}</table>\n</body>\n</html>"
    )


def _heading(report: "ScenarioReport") -> str:
    return f"{report['scenario']}: {report['title']}"


def _subtitle(report: "ScenarioReport") -> str:
    phase = f", phase {report['phase']} alone" if report["phase"] else ""
    state = "over" if report["isOver"] else "still running"
    partial = "" if report["complete"] else "; it began over 15 minutes ago, figures are of those"
    return f"Started {report['startedAt']} at speed {report['speed']:g}{phase}; {state}{partial}."


def _figures(report: "ScenarioReport") -> Iterator[tuple[str, str]]:
    before = report["goodputBefore"]
    yield "metastable", {True: "yes", False: "no", None: "not known"}[report["metastable"]]
    yield "first good answer after the trigger", _seconds(report["firstGood"])
    yield "back at 95 % of the goodput before", _seconds(report["recovery"])
    yield "peak amplification (attempts for each call)", _number(report["amplification"])
    yield "goodput before", "no calls" if before is None else f"{before:.3g} answers a second"
    yield "lowest goodput", _percent(report["lowestGoodput"])
    yield "good answers, of all calls", _percent(report["goodput"])
    yield "calls lost", "forgotten" if report["lost"] is None else str(report["lost"])
    if report["open"]:
        yield "calls that may be tried again", str(report["open"])
    flags = ", ".join(f"{number} {flag}" for flag, number in report["flags"].items())
    yield "flags", flags or "none"


_COLUMNS = ("phase", "time", "calls", "attempts", "good", "what happens")


def _phase_row(phase: "ReportPhase") -> tuple[str, ...]:
    name = phase["name"] + (" (trigger)" if phase["isTrigger"] else "")
    time = f"{format_roughly(phase['start'])} to {format_roughly(phase['end'])}"
    figures = (str(phase["calls"]), str(phase["attempts"]), str(phase["good"]))
    return (name, time, *figures, phase["text"])


def _seconds(value: float | None) -> str:
    return "not yet" if value is None else f"after {format_duration(value)}"


def _number(value: float | None) -> str:
    return "no calls" if value is None else f"{value:g}"


def _percent(value: float | None) -> str:
    return "not known" if value is None else f"{value * 100:.0f} %"


def _cell(text: str) -> str:
    """Keep a text within a cell of a Markdown table, and from being HTML."""
    return escape(" ".join(text.split()), quote=False).replace("|", "\\|")


def _row(cell: str, texts: Sequence[str]) -> str:
    cells = "".join(f"<{cell}>{escape(text)}</{cell}>" for text in texts)
    return f"<tr>{cells}</tr>\n"


def _chart(report: "ScenarioReport") -> str:
    """Draw attempts and good answers by second, over the phases."""
    seconds = report["seconds"]
    if not seconds:
        return ""
    first, last = seconds[0]["at"], max(seconds[-1]["at"], seconds[0]["at"] + 1)
    most = max(1, *(second["attempts"] for second in seconds))

    def x(at: float) -> float:
        return round(_WIDTH * (min(max(at, first), last) - first) / (last - first), 1)

    def line(key: str, values: Sequence[int]) -> str:
        points = " ".join(
            f"{x(second['at'])},{round(_HEIGHT - value * _HEIGHT / most, 1)}"
            for second, value in zip(seconds, values, strict=True)
        )
        return f'<polyline class="{key}" points="{points}"/>'

    phases = "".join(
        f'<rect class="{"trigger" if phase["isTrigger"] else "phase"}" x="{x(phase["start"])}" y="0" '
        f'width="{round(x(phase["end"]) - x(phase["start"]), 1)}" height="{_HEIGHT}">'
        f"<title>{escape(phase['name'])}</title></rect>"
        for phase in sorted(report["phases"], key=lambda phase: phase["isTrigger"])
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 20}" role="img" '
        f'aria-label="Attempts and good answers by second">{phases}'
        f"{line('attempts', [second['attempts'] for second in seconds])}"
        f"{line('good', [second['good'] for second in seconds])}"
        f'<text x="0" y="{_HEIGHT + 15}">{escape(format_duration(round(abs(first))))} before</text>'
        f'<text x="{x(0)}" y="{_HEIGHT + 15}">start</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + 15}" text-anchor="end">'
        f"{escape(format_duration(round(abs(last))))} after</text></svg>\n"
        f'<p><span class="key attempts">■ attempts</span> and <span class="key good">■ good answers'
        f"</span> by second, {most} at the top; the trigger is red.</p>"
    )
