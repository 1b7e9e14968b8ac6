"""A report for what reads JUnit's XML, such as Jenkins, GitLab and GitHub's actions."""

from collections.abc import Iterator

from localstack_outages.explain.junit import Case, junit as written
from localstack_outages.explain.verdict_words import FLAG_WORDS, how_it_ended, who
from localstack_outages.schema.documents import Advice, Verdict
from localstack_outages.schema.effort_report import EffortReport, Subject

from .figures import by_urgency, figures_of, figures_of_all, is_bad, is_bad_effort


def junit(report: EffortReport) -> str:
    """Write a report: each test is a case, and so is each effort where there are no tests."""
    summary = str(figures_of_all(report))
    return written("outages", report["time"], list(_cases(report)), summary)


def _cases(report: EffortReport) -> Iterator[Case]:
    for subject in report["subjects"]:
        if subject["outcome"] is not None:
            yield _test(subject)
            continue
        in_order = sorted(subject["verdicts"], key=lambda verdict: verdict["time"])
        for number, verdict in enumerate(in_order, 1):
            yield _effort(verdict, number, report)


def _test(subject: Subject) -> Case:
    lines = [f"{one['rule']}: {one['hits']} hits" for one in subject["asked"]]
    lines += map(_told, by_urgency(subject["verdicts"]))
    case = Case("outages", subject["name"], subject["seconds"] or 0, "\n".join(lines))
    if is_bad(subject):
        figures = figures_of(subject["verdicts"])
        return case._replace(state="failed", message=figures.flags_told or str(figures))
    return case._replace(state="skipped") if subject["outcome"] == "skipped" else case


def _effort(verdict: Verdict, number: int, report: EffortReport) -> Case:
    name = f"{verdict['operation']} in {verdict['region']}, effort {number}"
    lines = [_told(verdict), f"client: {who(verdict)}", f"began: {verdict['time']}"]
    for advice in report["advice"]:
        if advice["flag"] in verdict["flags"]:
            lines += ["", *_advised(advice)]
    text = "\n".join(lines)
    case = Case(f"outages.{verdict['service']}", name, verdict["totalMs"] / 1000, text)
    wanted = report.get("failOn")
    flags = [flag for flag in verdict["flags"] if wanted is None or flag in wanted]
    if not flags and (wanted is not None or not is_bad_effort(verdict)):
        return case
    kind = flags[0] if flags else verdict["ending"]
    return case._replace(state="failed", kind=kind, message=_told(verdict))


def _told(verdict: Verdict) -> str:
    flags = "".join(f", {FLAG_WORDS.get(flag, flag)}" for flag in verdict["flags"])
    place = f"{verdict['service']}.{verdict['operation']} in {verdict['region']}"
    return f"{place}: {how_it_ended(verdict)}{flags}"


def _advised(advice: Advice) -> Iterator[str]:
    yield f"{advice['flag']}: {advice['text']}"
    for name in ("boto3", "javascript", "java"):
        if advice[name] is not None:
            yield f"{name}: {advice[name]}"
