"""The reports of a sweep, by how their files are called: JSON, JUnit's XML, Markdown, a page; and the terminal's."""

from collections import Counter
from collections.abc import Callable, Iterator

from localstack_outages.explain.junit import Case, junit as written
from localstack_outages.explain.report_forms import ReportForms, as_json

from .document import PointDocument, SweepDocument, is_finding, summary
from .oracle import words_of
from .page import page

MAX_LEFT_OUT = 10
"""So many tests that were left out are named in the terminal."""


def terminal_lines(document: SweepDocument) -> Iterator[str]:
    """Give what the end of the run says."""
    for group in _grouped(document["findings"]):
        point = group[0]
        known = " (known)" if point["known"] else ""
        flags = f" ({', '.join(point['flags'])})" if point["flags"] else ""
        others = "".join(f", {other['fault']}" for other in group[1:])
        yield f"{point['outcome']}{flags}{known}: {point['test']}"
        yield f"    {_first(point)}{others}{_at(point)}"
        yield f"    {point['why']}"
        yield f"    {point['replay']}"
    states = Counter(test["state"] for test in document["tests"])
    left_out = [test for test in document["tests"] if test["state"] == "left out"]
    for test in left_out[:MAX_LEFT_OUT]:
        yield f"left out: {test['name']}: {test['why']}"
    if len(left_out) > MAX_LEFT_OUT:
        yield f"left out: {len(left_out) - MAX_LEFT_OUT} more"
    for point in document["points"]:
        if point["outcome"] == "unstable":
            yield f"not deterministic: {point['test']} {point['spec']}: {point['why']}"
    elsewhere = sum(test["elsewhere"] for test in document["tests"])
    if elsewhere:
        yield f"{elsewhere} calls were made by other processes: their call sites are not known"
    if states["no calls"]:
        yield f"without AWS calls: {states['no calls']} tests"
    if document["left"]:
        yield f"not tried in the time given: {document['left']} points; the next run goes on with them"
    if not document["refused"] and document["outcomes"]:
        yield ", ".join(f"{count} {outcome}" for outcome, count in document["outcomes"].items())
    yield summary(document)


def _grouped(findings: list[PointDocument]) -> list[list[PointDocument]]:
    """Put findings together that several faults of one call come to."""
    groups: dict[object, list[PointDocument]] = {}
    for point in findings:
        where = point["test"], point["service"], point["operation"], point["call"]
        key = (*where, tuple(point["faults"][:-1]), point["outcome"], point["known"])
        groups.setdefault(key, []).append(point)
    return list(groups.values())


def _at(point: PointDocument) -> str:
    return f" at {point['site']}" if point["site"] else ""


def _first(point: PointDocument) -> str:
    return " and ".join(point["faults"])


def junit(document: SweepDocument) -> str:
    """Write a test case for each point; one with a finding has failed."""
    cases = [_case(point) for point in document["points"]]
    return written("outages-sweep", document["time"], cases, summary(document))


def _case(point: PointDocument) -> Case:
    text = f"{point['why']}\n{point['does']}\nsite: {point['site']}\n{point['replay']}"
    case = Case(point["test"], point["spec"], point["seconds"], f"{point['outcome']}: {text}")
    if is_finding(point):
        outcome = point["outcome"]
        return case._replace(state="failed", kind=outcome, message=f"{outcome}: {point['why']}")
    is_unstable = point["outcome"] == "unstable"
    return case._replace(state="skipped", message=point["why"]) if is_unstable else case


def markdown(document: SweepDocument) -> str:
    """Write a summary for a pull request."""
    return "\n".join(_markdown(document)) + "\n"


def _markdown(document: SweepDocument) -> Iterator[str]:
    yield f"## Outages sweep: {_text(summary(document))}"
    if document["outcomes"]:
        yield from ("", "| outcome | points | |", "|---|---|---|")
        for outcome, count in document["outcomes"].items():
            yield f"| {outcome} | {count} | {words_of(outcome, document['subject'])} |"
    for is_known in (False, True):
        found = [point for point in document["findings"] if point["known"] == is_known]
        if found:
            yield from ("", "### Known findings" if is_known else "### Findings", "")
        for group in _grouped(found):
            point = group[0]
            site = f" at `{_code(point['site'])}`" if point["site"] else ""
            others = "".join(f", `{_code(other['fault'])}`" for other in group[1:])
            call = f"`{_code(_first(point))}`{others}{site}"
            yield f"- **{point['outcome']}**: {call}: {_text(point['why'])}"
            yield f"  `{_code(point['replay'])}`"
    left_out = [test for test in document["tests"] if test["state"] == "left out"]
    if left_out:
        yield from ("", "### Left out", "")
        for test in left_out:
            yield f"- `{_code(test['name'])}`: {_text(test['why'])}"


def _text(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in text)
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in shown)


def _code(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown.replace("`", "'")


FORMS: ReportForms[Callable[[SweepDocument], str]] = ReportForms(
    {".json": as_json, ".xml": junit, ".html": page, ".md": markdown}
)
"""What writes a report, by the end of the file's name."""
