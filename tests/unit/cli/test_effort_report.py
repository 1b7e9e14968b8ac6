"""The command ``report``, on reports that were kept as JSON."""

import json

import pytest

OLD = {
    "version": 1,
    "time": "2026-11-23T10:00:00+00:00",
    "endpoint": "http://localhost:4566",
    "asked": [],
    "subjects": [
        {"name": "a", "outcome": "passed", "seconds": 1.0, "asked": [], "verdicts": []},
        {"name": "b", "outcome": "failed", "seconds": 1.0, "asked": [], "verdicts": []},
    ],
    "advice": [],
}
WORSE = {**OLD, "subjects": [{**one, "outcome": "failed"} for one in OLD["subjects"]]}
BETTER = {**OLD, "subjects": [{**one, "outcome": "passed"} for one in OLD["subjects"]]}


@pytest.fixture
def kept(tmp_path):
    """A function that keeps a report, and gives the name of its file."""

    def keep(name, report):
        (tmp_path / name).write_text(json.dumps(report))
        return str(tmp_path / name)

    return keep


def test_a_report_is_written_in_another_form(cli, kept, tmp_path):
    """The name of the file says in which."""
    for name, begin in (("a.html", "<!doctype html>"), ("a.md", "## Outages"), ("a.xml", "<?xml")):
        code, output, _ = cli(
            "report", "--from", kept("old.json", OLD), "--output", str(tmp_path / name)
        )
        assert (0, "") == (code, output)
        assert (tmp_path / name).read_text().startswith(begin)


def test_worse_is_told_and_fails(cli, kept):
    """A pipeline sees what got worse by the exit code too, and what got better does not fail it."""
    old = kept("old.json", OLD)
    code, output, errors = cli("report", "--from", kept("new.json", WORSE), "--baseline", old)

    assert (1, "error: worse than before: a\n") == (code, errors)
    assert "- ▼ worse: `a`: passed before, now failed" in output
    code, output, _ = cli("report", "--from", kept("new.json", BETTER), "--baseline", old)
    assert 0 == code
    assert "- ▲ better: `b`: failed before, now passed" in output


def test_a_flag_fails(cli, kept, tmp_path):
    """A flag that --fail-on names fails the command, when the report is written; another one does not."""
    flagged = {
        "service": "s3", "operation": "PutObject", "region": "us-east-1", "flags": ["neverRetried"],
        "time": "2026-11-23T09:44:05.000Z", "client": {"name": "boto3", "version": None, "retryMode": None},
        "attempts": 1, "tries": 1, "maxAttempts": 3, "ending": "failed", "totalMs": 10.0,
        "lastStatusCode": 503, "lastErrorCode": "SlowDown", "strip": [],
    }  # fmt: skip
    subject = {"name": "a", "outcome": None, "seconds": None, "asked": [], "verdicts": [flagged]}
    source, path = kept("a.json", {**OLD, "subjects": [subject]}), tmp_path / "a.xml"
    command = ("report", "--from", source, "--output", str(path), "--fail-on")

    assert (1, "", "error: 1 neverRetried\n") == cli(*command, "neverRetried,retryStorm")
    assert 'failures="1"' in path.read_text()
    assert (0, "", "") == cli(*command, "retryStorm")
    assert 'failures="0"' in path.read_text()
    well = {**subject, "verdicts": [{**flagged, "flags": [], "ending": "recovered"}]}
    before = kept("old.json", {**OLD, "subjects": [well]})
    errors = cli(*command, "any", "--baseline", before)[2]
    assert "error: worse than before: a; 1 neverRetried\n" == errors


def test_a_report_as_json(cli, kept):
    """It can be read again."""
    output = cli("report", "--from", kept("old.json", OLD), "--json")[1]

    assert OLD == json.loads(output)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "a.txt"], "'a.txt' has no form; let it end in .html, .md, .json, .xml"),
        (["--since", "x"], "'x' is no moment; write how long ago"),
        (["--baseline", "no-such-file"], "'no-such-file' does not exist"),
    ],
)
def test_bad_options_are_refused(cli, arguments, message):
    """The message names the option and what would be right."""
    code, _, errors = cli("report", *arguments)

    assert 2 == code
    assert message in errors


def test_a_file_that_is_no_report_is_refused(cli, kept):
    """So is an option that chooses what the report has."""
    assert "is no report" in cli("report", "--from", kept("old.json", []))[2]
    assert "without other options" in cli("report", "--from", kept("a.json", OLD), "--mark", "m")[2]
