"""Failure coverage in Cobertura's XML, as coverage.py writes it: GitLab, Jenkins, Azure DevOps and
Codecov show it beside the lines of a change.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from xml.etree import ElementTree

from localstack_outages.schema.failure_coverage import FailureCoverage, SiteCoverage


def cobertura(report: FailureCoverage, _: Mapping[str, Sequence[str]]) -> str:
    """Write a report: a line is covered where each operation that it calls has met a failure."""
    sites = [site for site in report["sites"] if site["file"]]
    hits = {file: _hits(found) for file, found in _by_file(sites).items()}
    counts = [count for lines in hits.values() for count in lines.values()]
    root = _rated("coverage", counts)
    root.set("timestamp", str(int(datetime.fromisoformat(report["time"]).timestamp() * 1000)))
    root.set("lines-valid", str(len(counts)))
    root.set("lines-covered", str(sum(count > 0 for count in counts)))
    for name in ("branches-covered", "branches-valid"):
        root.set(name, "0")
    ElementTree.SubElement(ElementTree.SubElement(root, "sources"), "source").text = "."
    package = _rated("package", counts, name="outages")
    ElementTree.SubElement(root, "packages").append(package)
    classes = ElementTree.SubElement(package, "classes")
    for file, lines in hits.items():
        entry = _rated("class", list(lines.values()), name=file, filename=file)
        classes.append(entry)
        ElementTree.SubElement(entry, "methods")
        found = ElementTree.SubElement(entry, "lines")
        for line, count in lines.items():
            ElementTree.SubElement(found, "line", number=str(line), hits=str(count))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _by_file(sites: list[SiteCoverage]) -> dict[str, list[SiteCoverage]]:
    return {file: list(found) for file, found in groupby(sites, key=lambda site: site["file"])}


def _hits(sites: list[SiteCoverage]) -> dict[int, int]:
    """Give for each line how many of its calls met a failure; 0 where one of its operations never did."""
    lines = groupby(sites, key=lambda site: site["line"])
    return {line: _of_line([site["met"] for site in found]) for line, found in lines}


def _of_line(met: list[int]) -> int:
    return sum(met) if all(met) else 0


def _rated(tag: str, counts: list[int], **attributes: str) -> ElementTree.Element:
    rate = sum(count > 0 for count in counts) / len(counts) if counts else 0
    fixed = {"line-rate": f"{rate:.4g}", "branch-rate": "0", "complexity": "0"}
    return ElementTree.Element(tag, {**attributes, **fixed})
