"""JUnit's XML, as those that read it want it."""

from xml.etree import ElementTree

from localstack_outages.explain.junit import Case, junit

TIME = "2026-11-23T10:00:00+00:00"
EVIL = 'a "b" <c> & \x1b\ufffe\nd'


def test_a_suite():
    """A suite counts its cases, and has what the schema of Jenkins asks for."""
    cases = [
        Case("a", "one", 1.5, "told"),
        Case("a", "two", 0.25, "why", "failed", "in short", "silent"),
        Case("b", "three", 0, "", "skipped", "unstable"),
    ]
    suite = ElementTree.fromstring(junit("outages", TIME, cases, "all")).find("testsuite")

    counts = {"tests": "3", "failures": "1", "errors": "0", "skipped": "1"}
    assert {"name": "outages", "timestamp": TIME, "time": "1.750", **counts} == suite.attrib
    passed, failed, skipped = suite.findall("testcase")
    assert {"classname": "a", "name": "one", "time": "1.500"} == passed.attrib
    assert "told" == passed.findtext("system-out")
    assert {"type": "silent", "message": "in short"} == failed.find("failure").attrib
    assert "why" == failed.findtext("failure")
    assert {"message": "unstable"} == skipped.find("skipped").attrib
    assert "all" == suite.findtext("system-out")


def test_what_xml_cannot_have():
    """Characters that XML forbids become question marks, and all others stay."""
    text = junit("outages", TIME, [Case(EVIL, EVIL, 0, EVIL, "failed", EVIL, "x")], EVIL)
    (case,) = ElementTree.fromstring(text).iter("testcase")

    shown = 'a "b" <c> & ??\nd'
    assert text.startswith("<?xml version='1.0' encoding='utf-8'?>")
    assert [shown] * 4 == [
        case.get("classname"),
        case.get("name"),
        case.find("failure").get("message"),
        case.findtext("failure"),
    ]
