"""The report of a run, as people read it."""

import xml.etree.ElementTree as ET

import pytest

from localstack_outages.cli.report_pages import as_html, as_markdown

FIGURES = {"calls": 10, "attempts": 30, "good": 0, "inFlight": 1.5, "amplification": 3.0}
REPORT = {
    "scenario": "mine",
    "title": "Mine & <yours>",
    "owner": "scenario mine",
    "phase": None,
    "speed": 60,
    "startedAt": "2026-11-23T09:44:00.000Z",
    "isOver": True,
    "complete": True,
    "triggerSeconds": 20.0,
    "secondsSince": 40.0,
    "goodputBefore": 10.0,
    "lowestGoodput": 0.0,
    "goodput": 0.805,
    "firstGood": 1.0,
    "recovery": 3.0,
    "amplification": 3.25,
    "metastable": False,
    "lost": 4,
    "open": 0,
    "flags": {"noBackoff": 2},
    "phases": [
        {"name": "down", "text": "S3 | is down.", "start": 0.0, "end": 20.0, "isTrigger": True,
         "calls": 200, "attempts": 600, "good": 0},
        {"name": "slow", "text": "S3 is slow.", "start": 20.0, "end": 60.0, "isTrigger": False,
         "calls": 400, "attempts": 400, "good": 400},
    ],
    "seconds": [{"at": at, **FIGURES} for at in (-1.0, 0.0, 1.0)],
}  # fmt: skip
MARKDOWN = """\
# mine: Mine & <yours>

Started 2026-11-23T09:44:00.000Z at speed 60; over.

| figure | value |
|---|---|
| metastable | no |
| first good answer after the trigger | after 1s |
| back at 95 % of the goodput before | after 3s |
| peak amplification (attempts for each call) | 3.25 |
| goodput before | 10 answers a second |
| lowest goodput | 0 % |
| good answers, of all calls | 80 % |
| calls lost | 4 |
| flags | 2 noBackoff |

| phase | time | calls | attempts | good | what happens |
|---|---|---|---|---|---|
| down (trigger) | 0s to 20s | 200 | 600 | 0 | S3 \\| is down. |
| slow | 20s to 1m | 400 | 400 | 400 | S3 is slow. |"""
UNKNOWN = {
    **REPORT,
    "phase": "down",
    "isOver": False,
    "complete": False,
    **dict.fromkeys(("goodputBefore", "lowestGoodput", "goodput", "firstGood", "recovery")),
    **dict.fromkeys(("amplification", "metastable", "lost")),
    "open": 3,
    "flags": {},
    "seconds": [],
}


def test_markdown():
    """Markdown has the figures and the phases, with no cell broken by what a scenario says."""
    assert MARKDOWN == as_markdown(REPORT)


def test_what_is_not_known():
    """What is not known is said in words."""
    text = as_markdown(UNKNOWN)

    assert "phase down alone; still running; it began over 15 minutes ago" in text
    assert "| metastable | not known |" in text
    assert "| back at 95 % of the goodput before | not yet |" in text
    assert "| calls lost | forgotten |" in text
    assert "| calls that may be tried again | 3 |" in text


@pytest.mark.parametrize("report", [REPORT, UNKNOWN], ids=["known", "unknown"])
def test_html(report):
    """The page is well formed, loads nothing from anywhere, and takes no text for markup."""
    page = as_html(report)
    markup = page.partition("\n")[2].replace('<meta charset="utf-8">', "")
    root = ET.fromstring(markup)

    assert "mine: Mine & <yours>" == root.findtext("body/h1")
    addresses = {name for tag in root.iter() for name in tag.attrib if name in ("src", "href")}
    assert set() == addresses
    assert "http" not in page
    assert "url(" not in page


def test_the_chart():
    """The chart has a line for attempts and one for good answers, and marks the trigger."""
    root = ET.fromstring(as_html(REPORT).partition("\n")[2].replace('<meta charset="utf-8">', ""))
    (chart,) = root.iter("svg")

    lines = {line.get("class"): line.get("points") for line in chart.iter("polyline")}
    assert {
        "attempts": "0.0,0.0 430.0,0.0 860.0,0.0",
        "good": "0.0,220.0 430.0,220.0 860.0,220.0",
    } == lines
    assert ["phase", "trigger"] == [phase.get("class") for phase in chart.iter("rect")]
