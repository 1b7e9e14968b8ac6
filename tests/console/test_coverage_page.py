"""The page of failure coverage: light, dark, without a network, to filter and to sort."""

import pytest
from playwright.sync_api import expect

from localstack_outages.explain.failure_coverage.figures import make_coverage
from localstack_outages.explain.failure_coverage.page import page as write_page

from .conftest import Watch
from .test_page import faults


def site(line, service, calls, **fields):
    """Give a site; without fields it has met no failure."""
    none = {"met": 0, "failures": {}, "retried": 0, "recovered": 0, "surfaced": 0}
    place = {"file": "app.py", "line": line, "service": service, "operation": "Call"}
    return {**place, "calls": calls, **none, "flags": {}, "tests": [], **fields}


REPORT = make_coverage([
    site(1, "sqs", 9, met=2, failures={"throttled": 2}, retried=2, recovered=2),
    site(2, "s3", 10),
    site(3, "kms", 2, met=1, failures={"cut": 1}, surfaced=1, flags={"neverRetried": 1}),
])  # fmt: skip
SOURCES = {"app.py": ["one()", "two()", "three()"]}


@pytest.fixture(params=["light", "dark"])
def page(browser, tmp_path, request):
    """The page, opened from a file. It asks for nothing, and has no error."""
    file = tmp_path / "index.html"
    file.write_text(write_page(REPORT, SOURCES))
    context = browser.new_context(color_scheme=request.param, offline=True)
    watch = Watch(context, {""})
    page = context.new_page()
    page.goto(file.as_uri())
    yield page
    context.close()
    assert [] == watch.unexpected()


def test_filter_and_sort(page) -> None:
    """The table shows what is looked for, in the order of the column that is clicked, and so does the
    source; axe-core has nothing to say against it.
    """

    def shown():
        return [
            text.split(".")[0]
            for text in page.locator("#sites tbody tr:visible td:nth-child(2)").all_inner_texts()
        ]

    assert ["sqs", "s3", "kms"] == shown()
    assert [] == faults(page)
    page.click("th:has-text('Calls') button")
    assert ["s3", "sqs", "kms"] == shown()
    page.click("th:has-text('Calls') button")
    assert ["kms", "sqs", "s3"] == shown()
    page.select_option("#which", "met")
    assert ["kms", "sqs"] == shown()
    page.select_option("#which", "surfaced")
    assert ["kms"] == shown()
    page.select_option("#which", "unmet")
    assert ["s3"] == shown()
    page.select_option("#which", "")
    page.fill("#text", "APP cut")
    assert ["kms"] == shown()
    expect(page.locator(".told:visible")).to_have_count(1)
    expect(page.locator("#count")).to_have_text("1 of 3")
    page.fill("#text", "nothing like it")
    expect(page.locator("details:visible")).to_have_count(0)
