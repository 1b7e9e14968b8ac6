"""Failure coverage: what counts as a failure, how figures are put together and written."""

import copy
import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from localstack_outages.explain.failure_coverage.figures import make_coverage, merge, percent_told
from localstack_outages.explain.failure_coverage.forms import FORMS, file_of
from localstack_outages.explain.failure_coverage.kinds import kind_of
from localstack_outages.explain.failure_coverage.table import KIND_WORDS, table
from localstack_outages.schema.failure_coverage import FAILURE_KINDS

SOURCES = {
    "app/orders.py": ["import boto3", "", "def send(a, b):", "    if a < b:", "        put(a)"]
}


def site(line=5, **fields):
    """Give a site; without fields it has met no failure."""
    return {
        "file": "app/orders.py",
        "line": line,
        "service": "sqs",
        "operation": "SendMessage",
        "calls": 3,
        "met": 0,
        "failures": {},
        "retried": 0,
        "recovered": 0,
        "surfaced": 0,
        "flags": {},
        "tests": [],
        **fields,
    }


def hit(line=5, **fields):
    """Give a site two of whose calls met failures."""
    met = {
        "met": 2,
        "failures": {"throttled": 2, "cut": 1},
        "retried": 2,
        "recovered": 1,
        "surfaced": 1,
        "flags": {"noBackoff": 1},
        "tests": ["test_app.py::test_one"],
    }
    return site(line, **{**met, **fields})


def event(outcome="injected", **injected):
    """Give an event of the journal, as far as it says what was done to the call."""
    untouched = {"error": None, "delayMs": 0, "connection": None, "done": False}
    return {"outcome": outcome, "injected": {**untouched, **injected}}


def error(code="InternalError", status=500, **injected):
    """Give the event of a call that got an error."""
    return event(error={"code": code, "statusCode": status}, **injected)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("throttled", error("SlowDown", 503)),
        ("throttled", error("Anything", 429)),
        ("failed", error()),
        ("failed", error("AccessDenied", 403)),
        ("timedOut", error("RequestTimeout", 400)),
        ("timedOut", error("Anything", 504)),
        ("timedOut", event(connection="hang")),
        ("cut", event(connection="reset")),
        ("cut", event(connection="truncate", done=True)),
        ("cut", event(payload="truncate", done=True)),
        ("cut", event(payload="corrupt", done=True)),
        ("partial", event(partial={"failed": 1, "of": 2})),
        ("doneButFailed", error(done=True)),
        ("doneButFailed", event(connection="reset", done=True)),
        ("doneButFailed", event(partial={"failed": 1, "of": 2}, done=True)),
        (None, event("ok", delayMs=50)),
        (None, event("ok", payload="bandwidth", done=True)),
        (None, event("ok", listing="empty")),
    ],
)
def test_kinds(kind, found):
    """Each fault is a failure of one kind, or none."""
    assert kind == kind_of(found, was_last=True, timed_out=False)


@pytest.mark.parametrize(
    ("kind", "done", "was_last", "timed_out"),
    [
        (None, False, True, False),
        ("timedOut", False, True, True),
        ("timedOut", False, False, False),
        ("doneButFailed", True, False, False),
    ],
)
def test_late_answers(kind, done, was_last, timed_out):
    """An answer that is late is a failure where the client did not wait for it."""
    late = event("ok", delayMs=1500, done=done)

    assert kind == kind_of(late, was_last=was_last, timed_out=timed_out)


def test_merges_what_several_processes_saw():
    """Figures of the same line and operation are added up, those of others stay apart."""
    other = hit(operation="DeleteMessage")
    second = hit(failures={"cut": 4}, tests=["test_app.py::test_two"], calls=9)
    inputs = [hit(), site(2), second, other]
    before = copy.deepcopy(inputs)
    first, deleted, sent = merge(inputs)

    assert [(2, "SendMessage"), (5, "DeleteMessage")] == [
        (one["line"], one["operation"]) for one in (first, deleted)
    ]
    assert (12, 4) == (sent["calls"], sent["met"])
    assert {"throttled": 2, "cut": 5} == sent["failures"]
    assert (4, 2, 2) == (sent["retried"], sent["recovered"], sent["surfaced"])
    assert {"noBackoff": 2} == sent["flags"]
    assert ["test_app.py::test_one", "test_app.py::test_two"] == sent["tests"]
    assert before == inputs


def test_totals():
    """Coverage is the share of sites that met a failure; calls and failures are added up."""
    totals = make_coverage([hit(), site(2), site(3)])["totals"]

    assert (3, 1, 33.33) == (totals["sites"], totals["metSites"], totals["percent"])
    assert (9, 2, {"throttled": 2, "cut": 1}) == (
        totals["calls"],
        totals["met"],
        totals["failures"],
    )


def test_calls_of_tests():
    """What tests call themselves is left out, unless nothing else makes calls; what is to be omitted is
    left out in any case.
    """
    own, tests = site(), site(file="tests/test_app.py", calls=7)
    globs = {"tests": ["test_*.py"]}
    both = make_coverage([own, tests], **globs)
    alone = make_coverage([tests], **globs)
    omitted = make_coverage([own, tests], omit=["app/*"])

    assert ([own], 7) == (both["sites"], both["leftOut"])
    assert ([tests], 0) == (alone["sites"], alone["leftOut"])
    assert ([tests], 3) == (omitted["sites"], omitted["leftOut"])


@pytest.mark.parametrize(
    ("told", "percent"),
    [("-", None), ("0%", 0), ("1%", 0.2), ("50%", 50.0), ("99%", 99.9), ("100%", 100.0)],
)
def test_percent_is_rounded_as_by_coverage_py(told, percent):
    """Nothing is called whole that is not."""
    assert told == percent_told(percent)


def test_table():
    """A line for each site, and the totals, which end in the percentage, as CI looks for them."""
    report = make_coverage([hit(), site(2), site(file="", line=0)], ["Something is missing."])
    lines = list(table({**report, "leftOut": 4}))

    assert "Call site" == lines[0][:9]
    assert "(no line known)  sqs.SendMessage      3  none" in lines[2]
    assert lines[2].endswith("not met")
    assert lines[4].startswith("app/orders.py:5  sqs.SendMessage      3  2 throttled, 1 cut ")
    assert [*"211", "met"] == lines[4].split()[-4:]
    assert ["TOTAL", "1", "of", "3", "met", "9", "2", "calls", *"211", "33%"] == lines[6].split()
    assert ["Left out: 4 calls that tests made themselves.", "Something is missing."] == lines[7:]


def test_words_for_all_kinds():
    """Each kind has a word."""
    assert set(FAILURE_KINDS) == set(KIND_WORDS)


class Page(HTMLParser):
    """Reads a page: its text, links and targets, and whether each tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.text, self.open, self.ids, self.links, self.loaded = "", [], set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note a tag."""
        found = dict(attrs)
        self.ids.add(found.get("id"))
        self.links.add(found.get("href"))
        self.loaded += [value for key, value in attrs if key in ("src", "data") or tag == "link"]
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Close a tag."""
        assert tag == self.open.pop()

    def handle_data(self, data):
        """Note text."""
        self.text += data


def test_page():
    """It shows each site, and the lines around it, escaped; it loads nothing."""
    sites = [hit(), site(5, operation="DeleteMessage"), site(9, file="gone.py"), site(0, file="")]
    report = make_coverage(sites)
    page = Page(FORMS.of("x.html")(report, SOURCES))
    links = {link for link in page.links if link}

    assert [] == page.open
    assert [] == page.loaded
    assert {"#s1", "#s2", "#s3"} == links
    assert {link[1:] for link in links} <= page.ids
    assert "Failure coverage: 25%" in page.text
    assert "    if a < b:" in page.text
    assert "2 of 3 calls met a failure: 2 throttled, 1 cut." in page.text
    assert "The file could not be read." in page.text
    assert "1 noBackoff" in page.text


def test_page_of_no_calls():
    """There is one."""
    page = Page(FORMS.of("x.html")(make_coverage([]), {}))

    assert "Failure coverage: -" in page.text


def test_cobertura():
    """A line counts as covered where all that it calls has met a failure."""
    sites = [hit(), site(5, operation="DeleteMessage"), hit(7), site(0, file="")]
    root = ElementTree.fromstring(FORMS.of("x.xml")(make_coverage(sites), {}))
    lines = {one.get("number"): one.get("hits") for one in root.iter("line")}

    assert {"5": "0", "7": "2"} == lines
    assert ("2", "1", "0.5") == (
        root.get("lines-valid"),
        root.get("lines-covered"),
        root.get("line-rate"),
    )
    assert ["app/orders.py"] == [one.get("filename") for one in root.iter("class")]


def test_json():
    """It is the report."""
    report = make_coverage([hit()])

    assert report == json.loads(FORMS.of("x.json")(report, {}))


def test_forms():
    """A form alone means the usual file; any other end is refused."""
    assert "coverage-outages.json" == file_of("json")
    assert "a/b.html" == file_of("a/b.html")
    with pytest.raises(ValueError, match=r"'x\.txt' has no form; let it end in \.html, "):
        file_of("x.txt")
