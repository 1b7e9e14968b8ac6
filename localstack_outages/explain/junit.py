"""JUnit's XML, as Jenkins, GitLab and others read it. All that the package writes in it is written here.

It holds to the schema of Jenkins (``junit-10.xsd`` of its xunit plugin), the strictest of those that read
it: a suite says how many errors it has, and a case has a failure or is skipped.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple
from xml.etree import ElementTree


class Case(NamedTuple):
    """A test case."""

    classname: str
    """What readers put together."""
    name: str
    seconds: float
    text: str
    """What is told of it, in lines."""
    state: Literal["passed", "failed", "skipped"] = "passed"
    message: str = ""
    """Why it has failed or was skipped, in one line."""
    kind: str = ""
    """What it failed of, in one word."""


def junit(name: str, time: str, cases: Sequence[Case], summary: str) -> str:
    """Write a suite.

    :param name: of the suite
    :param time: when it was made, in ISO 8601
    :param summary: what is told of all cases
    """
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(sum(case.state == "failed" for case in cases)),
        errors="0",
        skipped=str(sum(case.state == "skipped" for case in cases)),
        timestamp=time,
        time=f"{sum(case.seconds for case in cases):.3f}",
    )
    for case in cases:
        _add(suite, case)
    ElementTree.SubElement(suite, "system-out").text = _printable(summary)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ElementTree.Element, case: Case) -> None:
    element = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_printable(case.classname),
        name=_printable(case.name),
        time=f"{case.seconds:.3f}",
    )
    said = {"message": _printable(case.message)} if case.message else {}
    if case.state == "failed":
        kind = {"type": case.kind} if case.kind else {}
        ElementTree.SubElement(element, "failure", kind | said).text = _printable(case.text)
    elif case.state == "skipped":
        ElementTree.SubElement(element, "skipped", said)
    else:
        ElementTree.SubElement(element, "system-out").text = _printable(case.text)


def _printable(text: str) -> str:
    """Leave out what XML cannot have."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
