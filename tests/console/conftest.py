"""The console in a real Chromium, against a real LocalStack or a gateway. Needs Chromium, and the extra ``dev``
or ``test-gateway``.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from localstack_outages.launch.localstack import LocalStack
from tests.integration.conftest import (
    catalog,
    client,
    endpoint,
    localstack,
    no_rules,
    outages,
    running,
    start_host,
    start_localstack,
    upstream,
)

__all__ = [
    "catalog", "client", "endpoint", "localstack", "no_rules", "outages", "running", "start_host",
    "start_localstack", "upstream",
]  # fmt: skip

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

TIMEOUT_MS = 30_000
"""How long to wait for what has to come: long enough for two cores that others keep busy. How quick the
page is, the benchmarks measure."""

expect.set_options(timeout=TIMEOUT_MS)

HOST = "outages.localhost.localstack.cloud"

ARGUMENTS = [
    "--no-sandbox",  # Chromium asks for it where it is started by root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests once, not for each interpreter, and only where there is a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
            if CHROMIUM is None:
                reason = "there is no Chromium: apt-get install chromium"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser that the tests of a module share.

    Playwright runs an event loop in this thread, which must not be there for the tests after them.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """What a page did that it should not: errors, violations of its policy, foreign requests."""

    def __init__(self, context: BrowserContext, hosts: set[str]) -> None:
        self.problems: list[str] = []
        self.allowed: tuple[str, ...] = ()
        """Texts that a test expects to be among the errors."""
        self._hosts = hosts
        context.on("page", self._follow)

    def _follow(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        page.on("console", self._hear)
        page.on("request", self._see)

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _see(self, request: Any) -> None:
        if urlsplit(request.url).netloc not in self._hosts:
            self.problems.append(f"request to {request.url}")

    def unexpected(self) -> list[str]:
        """Give the problems that the test did not expect."""
        return [p for p in self.problems if not any(text in p for text in self.allowed)]


@pytest.fixture
def address(endpoint: str) -> str:
    """The URL of the console at its host."""
    return f"http://{HOST}:{urlsplit(endpoint).port}/"


@pytest.fixture
def watch() -> list[Watch]:
    """What is watched in each context of a test."""
    return []


@pytest.fixture
def new_page(browser: Browser, endpoint: str, watch: list[Watch]) -> Iterator[Callable[..., Page]]:
    """A function that makes a page in a context of its own.

    A test fails where a page has an error, breaks its Content-Security-Policy (which Chromium tells
    as an error), or asks another host for anything.
    """
    port = urlsplit(endpoint).port
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        watch.append(
            Watch(context, {f"{host}:{port}" for host in (HOST, "localhost", "127.0.0.1")})
        )
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        return page

    yield make
    for context in contexts:
        context.close()
    assert [] == [problem for watched in watch for problem in watched.unexpected()]


@pytest.fixture
def page(new_page: Callable[..., Page], address: str) -> Page:
    """The console, opened at its host."""
    page = new_page()
    page.goto(address)
    page.wait_for_selector("#health[data-state=up]")
    return page


@pytest.fixture
def traffic(client: Callable[..., Any]) -> Iterator[Callable[..., None]]:
    """A function that calls a service again and again, ten times a second, until the test ends."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def begin(service: str, operation: str, region: str = "us-east-1", attempts: int = 1) -> None:
        call = getattr(client(service, region, {"total_max_attempts": attempts}), operation)

        def work() -> None:
            while not stop.wait(0.1):
                try:
                    call()
                except Exception:  # noqa: BLE001 # an outage is what they are made to meet
                    continue

        threads.append(threading.Thread(target=work, daemon=True))
        threads[-1].start()

    yield begin
    stop.set()
    for thread in threads:
        thread.join(30)


@pytest.fixture
def restartable(start_localstack: Callable[..., LocalStack]) -> Iterator[LocalStack]:
    """A LocalStack that a test may stop and start."""
    localstack = start_localstack()
    yield localstack
    localstack.stop()
