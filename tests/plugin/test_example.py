"""The examples of the docs run as they are written, and catch the bug that they are there to catch."""

import re
import shutil
from pathlib import Path

import pytest

from .conftest import RunPytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "receipts"
PAGE = (ROOT / "docs" / "testing.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str, text: str = PAGE) -> list[str]:
    """Give the fenced blocks of a language."""
    return [block for found, block in BLOCK.findall(text) if found == language]


def put_bug_in(path: Path) -> None:
    """Do what ``patch < bug.patch`` does."""
    lines = (EXAMPLE / "bug.patch").read_text().splitlines(keepends=True)[3:]
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    text = path.read_text()
    assert 1 == text.count(before)
    path.write_text(text.replace(before, after))


def same_for_all_runs(text: str) -> str:
    """Write ids and accounts as they would be in any run."""
    return re.sub(r"\b\d{12}\b", "account", re.sub(r"\br\d+\b", "r1", text))


@pytest.mark.parametrize(
    ("name", "language"),
    [("receipts.py", "python"), ("test_receipts.py", "python"), ("bug.patch", "diff")],
)
def test_the_docs_show_the_example(name: str, language: str) -> None:
    """Each file of the example is in the docs, word for word."""
    assert (EXAMPLE / name).read_text() in blocks(language)
    assert f"`{name}`" in PAGE


@pytest.mark.slow
def test_the_example(run_pytest: RunPytest, pytester: pytest.Pytester) -> None:
    """The tests of the example pass, and fail with the bug, as the docs say, and cover what they say."""
    for path in EXAMPLE.glob("*.p*"):
        shutil.copy(path, pytester.path)
    result = run_pytest("", "--outages-strict", "--outages-coverage")
    result.assert_outcomes(passed=3)
    page = (ROOT / "docs" / "failure-coverage.md").read_text()
    (table,) = (block for block in blocks("text", page) if block.startswith("Call site"))
    assert table in result.stdout.str()

    put_bug_in(pytester.path / "receipts.py")
    result = run_pytest("", "--tb=line", "-p", "no:cacheprovider")

    result.assert_outcomes(passed=1, failed=2)
    text = same_for_all_runs(result.stdout.str())
    failed, told, *_ = blocks("text")
    assert same_for_all_runs(told) in text
    assert failed.split() == [
        word for line in text.splitlines() if line.startswith("FAILED") for word in line.split()[:2]
    ]


def test_the_example_of_the_readme(run_pytest: RunPytest) -> None:
    """The first test of README runs, and its outage was hit."""
    (code,) = (
        block
        for block in blocks("python", (ROOT / "README.md").read_text())
        if "def test_" in block
    )
    result = run_pytest(code, "--outages-strict")

    result.assert_outcomes(passed=1)


def test_what_the_docs_say_of_markers(run_pytest: RunPytest) -> None:
    """The markers in the docs are valid, and the message on one that is not is the one there is."""
    (code,) = (block for block in blocks("python") if "class TestBothAreOut" in block)
    run_pytest(code).assert_outcomes(passed=2)
    result = run_pytest(code.replace("region=", "regoin="))

    (message,) = (block.strip() for block in blocks("text") if "did you mean" in block)
    assert message in result.stdout.lines


def test_what_the_docs_say_of_outages_that_were_never_hit(
    run_pytest: RunPytest, pytester: pytest.Pytester
) -> None:
    """The section is the one that the docs show, when the outage is of the wrong region."""
    for path in EXAMPLE.glob("*.py"):
        text = path.read_text().replace('outages.outage("s3", region="us-west-2")', "WRONG")
        (pytester.path / path.name).write_text(
            text.replace("WRONG", 'outages.outage("s3", region="us-east-1")').replace(
                "    outage.assert_hit(times=3)  # all attempts of the first region", ""
            )
        )
    result = run_pytest("", "-k", "next_region")

    result.assert_outcomes(passed=1, deselected=2)
    (shown,) = (block for block in blocks("text") if "never hit" in block)
    title, line = shown.splitlines()
    assert any(f" {title} " in found for found in result.stdout.lines)
    listed = [found.replace(',"account"', "") for found in result.stdout.lines]
    assert line in listed
