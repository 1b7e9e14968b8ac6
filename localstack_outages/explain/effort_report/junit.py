"""A report for what reads JUnit's XML, such as Jenkins, GitLab and GitHub's actions."""

from xml.etree import ElementTree

from localstack_outages.explain.verdict_words import FLAG_WORDS, how_it_ended
from localstack_outages.schema.effort_report import EffortReport, Subject

from .figures import by_urgency, figures_of, figures_of_all, is_bad


def junit(report: EffortReport) -> str:
    """Write a report: each subject is a test case, and one that did not do well has failed."""
    subjects = report["subjects"]
    suite = ElementTree.Element(
        "testsuite",
        name="outages",
        tests=str(len(subjects)),
        failures=str(sum(map(is_bad, subjects))),
        skipped=str(sum(subject["outcome"] == "skipped" for subject in subjects)),
        timestamp=report["time"],
        time=f"{sum(subject['seconds'] or 0 for subject in subjects):.3f}",
    )
    for subject in subjects:
        _add(suite, subject)
    output = ElementTree.SubElement(suite, "system-out")
    output.text = _printable(str(figures_of_all(report)))
    ElementTree.indent(suite)
    document = ElementTree.Element("testsuites")
    document.append(suite)
    return ElementTree.tostring(document, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ElementTree.Element, subject: Subject) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname="outages",
        name=_printable(subject["name"]),
        time=f"{subject['seconds'] or 0:.3f}",
    )
    told = "\n".join(_told(subject))
    if is_bad(subject):
        figures = figures_of(subject["verdicts"])
        message = figures.flags_told or str(figures)
        ElementTree.SubElement(case, "failure", message=message).text = _printable(told)
    elif subject["outcome"] == "skipped":
        ElementTree.SubElement(case, "skipped")
    else:
        ElementTree.SubElement(case, "system-out").text = _printable(told)


def _told(subject: Subject) -> list[str]:
    lines = [f"{one['rule']}: {one['hits']} hits" for one in subject["asked"]]
    for verdict in by_urgency(subject["verdicts"]):
        flags = "".join(f", {FLAG_WORDS.get(flag, flag)}" for flag in verdict["flags"])
        place = f"{verdict['service']}.{verdict['operation']} in {verdict['region']}"
        lines.append(f"{place}: {how_it_ended(verdict)}{flags}")
    return lines


def _printable(text: str) -> str:
    """Leave out what XML cannot have."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
