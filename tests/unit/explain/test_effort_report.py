"""The report of a run, in each of its forms."""

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from localstack_outages.explain.effort_report.comparing import compare
from localstack_outages.explain.effort_report.forms import FORMS, read_report
from localstack_outages.explain.effort_report.markdown import strip_in_signs

VOID = {"meta"}


def attempt(at=0.0, outcome="injected", **fields):
    """Give an attempt of an effort."""
    failed = outcome != "ok"
    return {
        "time": f"2026-11-23T09:44:05.{at:03.0f}Z",
        "atMs": at,
        "durationMs": 10.0,
        "newTry": at == 0,
        "outcome": outcome,
        "statusCode": 503 if failed else 200,
        "errorCode": "SlowDown" if failed else None,
        "connection": None,
        "payload": None,
        "delayMs": 0,
        "ruleId": "r1" if failed else None,
        **fields,
    }


def verdict(**fields):
    """Give a verdict; without fields it is of a call that recovered."""
    return {
        "time": "2026-11-23T09:44:05.000Z",
        "service": "s3",
        "operation": "PutObject",
        "region": "us-east-1",
        "client": {"name": "boto3", "version": "1.42.0", "retryMode": "standard"},
        "attempts": 2,
        "tries": 1,
        "maxAttempts": 3,
        "ending": "recovered",
        "totalMs": 122.0,
        "lastStatusCode": 200,
        "lastErrorCode": None,
        "ruleIds": ["r1"],
        "flags": [],
        "strip": [attempt(), attempt(112.0, "ok")],
        **fields,
    }


def failed(*flags):
    """Give a verdict on an effort that failed."""
    answer = {"lastStatusCode": 503, "lastErrorCode": "SlowDown", "strip": [attempt()]}
    return verdict(ending="failed", attempts=1, flags=list(flags), totalMs=10.0, **answer)


def subject(name="a", *verdicts, outcome=None, asked=()):
    """Give a subject of a report."""
    seconds = None if outcome is None else 1.5
    return {
        "name": name,
        "outcome": outcome,
        "seconds": seconds,
        "asked": list(asked),
        "verdicts": list(verdicts),
    }


def report(*subjects, **fields):
    """Give a report."""
    return {
        "version": 1,
        "time": "2026-11-23T10:00:00+00:00",
        "endpoint": "http://localhost:4566",
        "asked": [],
        "subjects": list(subjects),
        "advice": [],
        **fields,
    }


EVIL = '<script>alert("`|*")</script>\x1b'
ADVICE = {
    "flag": "neverRetried",
    "efforts": 1,
    "text": "1 effort failed.",
    "boto3": "Config()",
    "javascript": None,
    "java": None,
}
FULL = report(
    subject("s3.PutObject in us-east-1", verdict(), failed("neverRetried")),
    subject("tests/test_a.py::test_b", failed(), outcome="passed"),
    subject(EVIL, failed("carriedOutTwice"), outcome="failed", asked=[{"rule": EVIL, "hits": 1}]),
    asked=[{"rule": "s3: 503 SlowDown", "hits": 2}],
    advice=[ADVICE],
    compared=[{"name": EVIL, "kind": "worse", "what": "failed: 0 of 1 before, now 1 of 1"}],
)


class Reader(HTMLParser):
    """Reads a page: its tags, its text, and whether all that is opened is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        """Take note of a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Take note of its end."""
        assert tag == self.open.pop()

    def handle_data(self, data):
        """Take note of text."""
        self.text += data


def test_a_page_needs_nothing_else():
    """It is well-formed, has no script, and names no other file; what comes from outside is text."""
    reader = Reader()
    reader.feed(FORMS.of("x.html")(FULL))

    assert [] == reader.open
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in reader.tags}
    assert not {"src", "href"} & {name for _, attrs in reader.tags for name in attrs}
    assert '<script>alert("`|*")</script>' in reader.text


def test_a_page_answers_first():
    """How many efforts there were and how they ended stands on top; then what got worse, what was
    asked for, the attempts, and the advice.
    """
    page = FORMS.of("x.html")(FULL)
    parts = [
        "4 efforts: 1 recovered, 3 failed, p95 to recover 122 ms</h1>",
        "Since the earlier run",
        "What was asked for",
        "Timeline",
        "gave up after 1 of 3 attempts in 10 ms: 503 SlowDown",
        "Config()",
    ]

    assert sorted(parts, key=page.index) == parts
    assert 2 == page.count("<details open>")
    assert "<title>112 ms: 200</title>" in page


def test_markdown():
    """It can be read in a pull request, and nothing in it is taken for markup."""
    lines = FORMS.of("x.md")(FULL).splitlines()

    assert (
        "4 efforts: 1 recovered, 3 failed, p95 to recover 122 ms. Flags: 1 neverRetried, "
        in lines[2]
    )
    assert "### ✕ `s3.PutObject in us-east-1`" in lines
    assert "### ✓ `tests/test_a.py::test_b` (1.5 s)" in lines
    assert (
        "| `s3.PutObject` in us-east-1 | ✕ 102 ms ✓ | recovered after 2 attempts in 122 ms "
        "| boto3 1.42.0 (standard) |"
    ) in lines
    assert "  - boto3: `Config()`" in lines
    assert not any("\x1b" in line or '("`' in line for line in lines)


def junit_cases(report):
    """Give the cases of a report in JUnit's XML: class, name, and what failed of it."""
    suite = ElementTree.fromstring(FORMS.of("x.xml")(report)).find("testsuite")
    return suite, [
        (case.get("classname"), case.get("name"), case.find("failure"))
        for case in suite.findall("testcase")
    ]


def test_junit():
    """Each effort is a case, with advice; one that failed or has a flag has failed. Each test is one, and
    a test that passed may expect failures.
    """
    suite, cases = junit_cases(FULL)

    assert ("4", "2", "0", "0") == tuple(
        suite.get(name) for name in ("tests", "failures", "errors", "skipped")
    )
    assert [
        ("outages.s3", "PutObject in us-east-1, effort 1", None),
        ("outages.s3", "PutObject in us-east-1, effort 2", "neverRetried"),
        ("outages", "tests/test_a.py::test_b", None),
    ] == [(c, n, None if f is None else f.get("type")) for c, n, f in cases[:3]]
    failure = cases[1][2]
    assert (
        "s3.PutObject in us-east-1: gave up after 1 of 3 attempts in 10 ms: 503 SlowDown, never retried"
    ) == failure.get("message")
    assert "\nboto3: Config()" in failure.text


def test_junit_fails_what_a_pipeline_fails_on():
    """Where flags are named, no other effort fails."""
    found = {
        flag: [f is not None for _, _, f in junit_cases({**FULL, "failOn": [flag]})[1]]
        for flag in ("neverRetried", "retryStorm")
    }

    assert [False, True, False] == found["neverRetried"][:3]
    assert [False, False, False] == found["retryStorm"][:3]


def test_json_is_read_again():
    """A report that is kept as JSON is the same afterwards."""
    assert FULL == read_report(FORMS.of("x.json")(FULL), "old.json")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "'old.json' is not JSON"),
        ("[]", "'old.json' is no report; write one with a name that ends in .json"),
        (json.dumps({"subjects": [], "version": 7}), "a report of version 7, not 1"),
    ],
)
def test_what_is_no_report_is_refused(text, problem):
    """The message names the file, and what would be right."""
    with pytest.raises(ValueError, match=problem):
        read_report(text, "old.json")


def test_the_name_says_which_form():
    """Another name is refused."""
    with pytest.raises(
        ValueError, match=r"'a.txt' has no form; let it end in .html, .md, .json, .xml"
    ):
        FORMS.of("a.txt")


@pytest.mark.parametrize(
    ("before", "now", "differences"),
    [
        (subject("a", verdict()), subject("a", verdict(), verdict()), []),
        (
            subject("a", verdict()),
            subject("a", failed("neverRetried")),
            [
                (
                    "worse",
                    "failed: 0 of 1 before, now 1 of 1; neverRetried: 0 of 1 before, now 1 of 1",
                )
            ],
        ),
        (
            subject("a", failed(), failed("retryStorm")),
            subject("a", failed("noBackoff"), verdict()),
            [
                ("worse", "noBackoff: 0 of 2 before, now 1 of 2"),
                (
                    "better",
                    "failed: 2 of 2 before, now 1 of 2; retryStorm: 1 of 2 before, now 0 of 2",
                ),
            ],
        ),
        (
            subject("a", outcome="passed"),
            subject("a", outcome="failed"),
            [("worse", "passed before, now failed")],
        ),
        (
            subject("a", verdict(totalMs=1000.0)),
            subject("a", verdict(totalMs=1600.0)),
            [("worse", "p95 to recover: 1.0 s before, now 1.6 s")],
        ),
        (
            subject("a", verdict(totalMs=10.0)),
            subject("a", verdict(totalMs=100.0)),
            [],
        ),
        (
            subject("b", verdict()),
            subject("a", verdict()),
            [("new", "1 effort: 1 recovered, p95 to recover 122 ms"), ("gone", "not in this run")],
        ),
    ],
)
def test_what_is_different(before, now, differences):
    """Shares are compared, not numbers: twice the traffic is nothing worse."""
    found = compare(report(now), report(before))

    assert differences == [(one["kind"], one["what"]) for one in found]


def test_a_strip_says_what_it_leaves_out():
    """Of a storm the first attempts are shown."""
    told = strip_in_signs(verdict(attempts=200, strip=[attempt(), attempt(12.0, newTry=True)]))

    assert "✕ 2 ms ✕ … 198 more" == told
