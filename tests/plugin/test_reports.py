"""What a run says of its outages: assertions, failures, and outages that were never hit."""

import pytest

from .conftest import OUT, RunPytest

ASSERTIONS = """
def test_hit(outages, call):
    with outages.outage("sqs", region="eu-*") as outage:
        call()
    outage.assert_hit()

def test_retried(outages, call):
    with outages.outage("sqs") as outage:
        call()
    outage.assert_retried(at_least=2)

def test_recovered(outages, call):
    outage = outages.start("sqs")
    call()
    outage.assert_recovered(within=0.2)
"""


def section(result: pytest.RunResult, title: str) -> list[str]:
    """Give the lines of the report on a test, or of another section, up to the next one."""
    lines = result.stdout.lines
    starts = [
        i for i, line in enumerate(lines) if f" {title} " in line and line[:2] in ("__", "==")
    ]
    begin = starts[0] + 1
    ends = [i for i in range(begin, len(lines)) if lines[i][:5] in ("_____", "=====")]
    return lines[begin : ends[0]]


def test_assertions_explain_themselves(run_pytest: RunPytest) -> None:
    """An assertion shows what was expected, the rules, the calls, and why the rules did or did not
    apply; the report ends in the test's own line.
    """
    result = run_pytest(ASSERTIONS)

    result.assert_outcomes(failed=3)
    hit, retried, recovered = (
        section(result, f"test_{n}") for n in ("hit", "retried", "recovered")
    )
    result.stdout.re_match_lines_random(
        [
            r"E +AssertionError: expected the outage to hit at least once, but it hit 0 times",
            r"E +r\d+ \{\"service\":\"sqs\",\"region\":\"eu-\*\"\}",
            r"E +sqs.ListQueues in us-east-1, account 000000000000, attempt 1: 200",
            r"E +r\d+ is not for it: region 'us-east-1' is not 'eu-\*'",
            r"E +AssertionError: expected each call .* to be retried at least 2 times, but not so:",
            r"E +sqs.ListQueues in us-east-1: attempts: 1, .*",
            r"E +AssertionError: expected each operation .* to work again within 0.2 s, .*",
        ]
    )
    for lines in (hit, retried, recovered):
        assert [] == [line for line in lines if line.startswith(("localstack_outages", "/"))]
        assert 1 == sum(line.startswith(">") for line in lines)
        assert 1 == sum(
            line.startswith("E") and "the rules of the outage" in line for line in lines
        )
        # What the message says already is not said again in a section.
        assert 1 == sum("the rules of the outage" in line for line in lines)


def test_a_failure_tells_what_its_outages_did(run_pytest: RunPytest) -> None:
    """The report on a test that fails has a section with what happened to its calls."""
    module = """
import pytest

@pytest.mark.outage("sqs", error="throttling")
def test_it(call):
    assert "ok" == call()

def test_other(call, outages):
    assert "out" == call()
"""
    result = run_pytest(module)

    result.assert_outcomes(failed=2)
    result.stdout.re_match_lines(
        [
            r"-+ outages -+",
            r"the rules of the outage:",
            r"  sqs.ListQueues in us-east-1, .*: 403 RequestThrottled",
            r"      r\d+ applied: 403 RequestThrottled",
        ],
        consecutive=False,
    )
    assert 1 == result.stdout.str().count("- outages -")


NEVER_HIT = """
import pytest

@pytest.mark.outage("s3")
def test_marked(call):
    call()

def test_ended(outages):
    with outages.outage("s3", region="eu-*"):
        pass

def test_started(outages, call):
    outages.start("sqs")
    outages.start("s3", error="throttling")
    call()

def test_added(outages):
    outages.add([{"service": "sqs", "latency": 5}])

def test_expected(outages):
    with outages.outage("s3") as outage:
        pass
    outage.assert_hit(0)

def test_hit(outages, call):
    with outages.outage("s3"), outages.outage([{"service": "sqs"}, {"service": "sts"}]):
        outages.add([{"service": "s3"}], first=True)
        call()
        call("s3")
    with outages.outage("s3"):
        call("s3")

def test_fails_anyway(outages):
    outages.start("s3")
    assert not "failed"
"""
LISTED = {
    'test_app.py::test_marked: {"service":"s3"}',
    'test_app.py::test_ended: {"service":"s3","region":"eu-*"}',
    'test_app.py::test_started: {"service":"s3","error":"throttling"}',
    'test_app.py::test_added: {"service":"sqs","latency":5.0}',
    'test_app.py::test_hit: {"service":"s3"}',
}


@pytest.mark.parametrize("arguments", [(), ("-p", "xdist", "-n", "2", "--dist", "loadfile")])
def test_outages_that_were_never_hit(run_pytest: RunPytest, arguments: tuple[str, ...]) -> None:
    """A run lists the outages that were never hit, of tests that passed and did not expect it."""
    result = run_pytest(NEVER_HIT, *arguments)

    result.assert_outcomes(passed=6, failed=1)
    assert LISTED == set(section(result, "outages that were never hit"))


def test_strict(run_pytest: RunPytest) -> None:
    """``--outages-strict`` fails a test with an outage that was never hit, and says which."""
    result = run_pytest(NEVER_HIT, "--outages-strict")

    result.assert_outcomes(passed=1, failed=6)
    message = 'outages that were never hit: {"service":"s3","region":"eu-*"}'
    assert message in result.stdout.lines
    assert LISTED == set(section(result, "outages that were never hit"))


def test_nothing_is_said_where_there_is_nothing_to_say(run_pytest: RunPytest) -> None:
    """A run in which all outages were hit has no section on them."""
    module = f"""
import pytest

@pytest.mark.outage("sqs")
def test_it(call):
    assert {OUT!r} == call()

def test_other():
    pass
"""
    result = run_pytest(module, "--outages-strict")

    result.assert_outcomes(passed=2)
    assert "never hit" not in result.stdout.str()
