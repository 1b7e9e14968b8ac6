"""A report for a pull request, in GitHub's Markdown."""

from collections.abc import Iterator

from localstack_outages.explain.verdict_words import FLAG_WORDS, how_it_ended, in_seconds, who
from localstack_outages.schema.documents import Verdict
from localstack_outages.schema.effort_report import Asked, EffortReport, Subject

from .figures import by_urgency, figures_of, figures_of_all, is_bad

MAX_EFFORTS = 10
"""How many efforts of a subject are listed; all are counted."""

_SIGNS = {"worse": "▼", "better": "▲", "new": "＋", "gone": "－"}  # noqa: RUF001 # signs of one width
_ATTEMPT_SIGNS = {"ok": "✓", "clientError": "!", "serverError": "!", "injected": "✕"}


def markdown(report: EffortReport) -> str:
    """Write a report."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: EffortReport) -> Iterator[str]:
    figures = figures_of_all(report)
    yield "## Outages"
    yield ""
    yield f"{figures}. Flags: {figures.flags_told or 'none'}."
    if report.get("compared") is not None:
        yield from ("", "### Since the earlier run", "")
        for one in report["compared"]:
            yield f"- {_SIGNS[one['kind']]} {one['kind']}: `{_code(one['name'])}`: {_text(one['what'])}"
        if not report["compared"]:
            yield "Nothing is different."
    if report["asked"]:
        yield from ("", "### What was asked for", "")
        yield from _asked(report["asked"])
    for subject in report["subjects"]:
        yield from _subject(subject)
    if report["advice"]:
        yield from ("", "### Advice", "")
        for advice in report["advice"]:
            yield f"- **{advice['flag']}**: {_text(advice['text'])}"
            for name in ("boto3", "javascript", "java"):
                if advice[name] is not None:
                    yield f"  - {name}: `{_code(str(advice[name]))}`"


def _subject(subject: Subject) -> Iterator[str]:
    sign = "✕" if is_bad(subject) else "✓"
    time = "" if subject["seconds"] is None else f" ({in_seconds(subject['seconds'] * 1000)})"
    figures = figures_of(subject["verdicts"])
    yield from ("", f"### {sign} `{_code(subject['name'])}`{time}", "")
    yield from _asked(subject["asked"])
    yield f"{figures}" + (f". Flags: {figures.flags_told}" if figures.flags_told else "") + "."
    shown = by_urgency(subject["verdicts"])[:MAX_EFFORTS]
    if shown:
        yield from ("", "| effort | attempts and pauses | ending | client |", "|---|---|---|---|")
    for verdict in shown:
        flags = "".join(f", **{FLAG_WORDS.get(flag, flag)}**" for flag in verdict["flags"])
        yield (
            f"| `{_code(verdict['service'])}.{_code(verdict['operation'])}` in {_text(verdict['region'])} "
            f"| {strip_in_signs(verdict)} | {_text(how_it_ended(verdict))}{flags} "
            f"| {_text(who(verdict))} |"
        )


def _asked(asked: list[Asked]) -> Iterator[str]:
    for one in asked:
        yield f"- `{_code(one['rule'])}` ({one['hits']} hit{'' if one['hits'] == 1 else 's'})"
    if asked:
        yield ""


def strip_in_signs(verdict: Verdict) -> str:
    """Write the attempts of an effort and the pauses between them: ``✕ 102 ms ✕ 1.2 s ✓``."""
    parts: list[str] = []
    end = 0.0
    for attempt in verdict["strip"]:
        if parts:
            parts.append(in_seconds(max(0.0, attempt["atMs"] - end)))
        parts.append(_ATTEMPT_SIGNS[attempt["outcome"]])
        end = attempt["atMs"] + attempt["durationMs"]
    more = verdict["attempts"] - len(verdict["strip"])
    return " ".join([*parts, f"… {more} more"] if more > 0 else parts)


def _text(text: str) -> str:
    """Write text so that Markdown shows it as it is."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c if c.isprintable() else " " for c in text)


def _code(text: str) -> str:
    """Write text that stands between backticks, in a table too."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown.replace("`", "'").replace("|", "\\|")
