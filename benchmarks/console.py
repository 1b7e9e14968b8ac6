"""How quick the console is in a real Chromium: when it is first painted, and for how long at most it does
not answer its user while long lists come in and are scrolled.
"""

import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from localstack_outages.schema.product import PREFIX

from . import servers
from .figures import Table, table
from .load import Plan, drive
from .signed import signed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RULES, CALLS = 1000, 10_000
EMPTY, FULL = "without rules and calls", f"with {RULES:,} rules and {CALLS:,} calls"
LOADING, SCROLLING = "while they come in", "while they are scrolled"

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_LEAST_TASK_MS = 50.0
"""Chromium tells of tasks that take longer."""

_WATCH = """
window.tasks = [];
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: "longtask", buffered: true });
"""
_PAINT = """() => new Promise((done) => {
    new PerformanceObserver((list) => {
        for (const { name, startTime } of list.getEntries())
            if (name === "first-contentful-paint") done(startTime);
    }).observe({ type: "paint", buffered: true });
})"""
_SCROLL = """async () => {
    for (const id of ["rules", "feed"]) {
        for (let top = 0; top < 40_000; top += 2000) {
            document.getElementById(id).scrollTop = top;
            await new Promise(requestAnimationFrame);
        }
    }
}"""


def chromium() -> str | None:
    """Give the path of a Chromium, where there is one."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def measure(*, smoke: bool) -> list[Table]:
    """Measure the first paint of an empty console and of a full one, and the longest tasks of that.

    :return: nothing where there is no Chromium
    """
    program = chromium()
    if program is None:
        return []
    from playwright.sync_api import sync_playwright

    repetitions, rules, calls = (1, 10, 100) if smoke else (7, RULES, CALLS)
    with servers.with_extension() as endpoint, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        root = f"http://localhost:{urlsplit(endpoint).port}{PREFIX}/"
        paints = [_first_paint(browser, root) for _ in range(repetitions)]
        _fill(endpoint, rules, calls)
        full = [_first_paint(browser, root) for _ in range(repetitions)]
        tasks = [_longest_tasks(browser, root, rules, calls) for _ in range(repetitions)]
        browser.close()
    return [
        table("first paint", "ms", {EMPTY: paints, FULL: full}),
        table(
            f"the longest task {FULL}",
            "ms",
            {LOADING: [one for one, _ in tasks], SCROLLING: [two for _, two in tasks]},
        ),
    ]


def _first_paint(browser: "Browser", root: str) -> float:
    page = browser.new_page()
    page.goto(root)
    painted: float = page.evaluate(_PAINT)
    page.close()
    return painted


def _fill(endpoint: str, rules: int, calls: int) -> None:
    """Have so many calls refused, at least, and start so many rules."""
    servers.post_rules(endpoint, [{"service": "sts"}])
    url = urlsplit(endpoint)
    request = signed(endpoint, "sts", "get_caller_identity")
    plan = Plan(url.hostname or "", url.port or 0, (request,), 4, 1.0)
    while calls > 0:
        calls -= drive(plan, (503,)).calls
    servers.post_rules(
        endpoint, [{"service": f"s{n}", "region": f"us-{n % 30}"} for n in range(rules)]
    )


def _longest_tasks(browser: "Browser", root: str, rules: int, calls: int) -> tuple[float, float]:
    """Give the longest task of loading, and that of scrolling, in milliseconds."""
    page = browser.new_page()
    page.add_init_script(_WATCH)
    page.goto(root)
    for name, least in (("rules-count", rules), ("feed-count", calls)):
        page.wait_for_function(
            "([id, least]) => parseInt(document.getElementById(id).textContent.replace(/,/g, '')) >= least",
            arg=[name, least],
        )
    loading = _longest(page)
    page.evaluate(_SCROLL)
    scrolling = _longest(page)
    page.close()
    return loading, scrolling


def _longest(page: "Page") -> float:
    """Give the longest task since it was last asked for."""
    tasks: list[float] = page.evaluate("window.tasks.splice(0)")
    return max(tasks, default=_LEAST_TASK_MS)
