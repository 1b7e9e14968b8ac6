#!/usr/bin/env python3
"""Takes the pictures of the console that the docs show, in Chromium, of a LocalStack with traffic: docs/images/.

usage: console_pictures.py [FOLDER]

With a folder it takes more of them, to look at every screen after a change.
"""

import os
import shutil
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from playwright.sync_api import Browser, Page, sync_playwright

from localstack_outages import OutagesClient
from localstack_outages.launch.localstack import LocalStack, environment

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SHOWN = ("outage", "verdict", "form", "recovering")
"""Those that the docs show."""

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
CALLS = {
    "sqs": "list_queues",
    "kms": "list_keys",
    "sts": "get_caller_identity",
    "s3": "list_buckets",
    "sns": "list_topics",
    "ssm": "describe_parameters",
    "secretsmanager": "list_secrets",
    "lambda": "list_functions",
    "events": "list_rules",
}
REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")
OWNER = "tests/test_orders.py::test_order_survives"


def main() -> None:
    """Start a LocalStack, call it, and take the pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop = threading.Event()
    with (
        TemporaryDirectory() as volume,
        LocalStack(
            environment(f"127.0.0.1:{port}", Path(volume)), Path(volume, "log")
        ) as localstack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            take(browser, localstack.endpoint, folder, lambda: begin(localstack.endpoint, stop))
        finally:
            stop.set()


def begin(endpoint: str, stop: threading.Event) -> None:
    """Call some services again and again, some of them without retries, until it is over."""
    for number, (service, operation) in enumerate(CALLS.items()):
        for region in REGIONS[: 1 + number % 4]:
            retries = {"mode": "standard", "total_max_attempts": 1 if service == "ssm" else 3}
            client = boto3.client(
                service,
                endpoint_url=endpoint,
                region_name=region,
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 # LocalStack takes any
                config=Config(retries=retries),
            )
            work = (getattr(client, operation), stop, 0.4 + number / 4)
            threading.Thread(target=repeat, args=work, daemon=True).start()


def repeat(call: Callable[[], Any], stop: threading.Event, pause: float) -> None:
    """Make a call now and then."""
    while not stop.wait(pause):
        with suppress(BotoCoreError, ClientError):  # an outage is what they are made to meet
            call()


def take(browser: Browser, endpoint: str, folder: Path, traffic: Callable[[], None]) -> None:
    """Take a picture of each scene."""
    outages = OutagesClient(endpoint)

    def opened(**options: Any) -> Page:
        page = browser.new_page(**{"viewport": WIDE, **options})
        page.goto(f"{endpoint.replace('127.0.0.1', 'localhost')}/_extension/outages/")
        page.wait_for_selector("#health[data-state]")
        return page

    def shoot(page: Page, name: str, *, full: bool = False) -> None:
        if folder != IMAGES or name in SHOWN:
            page.screenshot(path=folder / f"console-{name}.png", full_page=full)

    page = opened()
    page.wait_for_timeout(1500)
    shoot(page, "empty")
    traffic()
    outages.add([{"service": "sns", "latency": 150, "times": 5}])
    page.wait_for_timeout(8000)
    outages.add([{"service": "s3", "region": "us-*"}, {"service": "ssm", "error": "throttling"}])
    outages.add([{"service": "sqs", "error": "throttling", "probability": 0.4, "duration": 300}])
    outages.add([{"service": "kms", "latency": {"p50": 200, "p95": 900}}])
    outages.add([{"service": "lambda", "times": n} for n in (1, 2, 3)], owner=OWNER)
    page.wait_for_timeout(int(os.environ.get("SETTLE_MS", "45000")))
    shoot(page, "outage")
    shoot(page, "outage-full", full=True)
    group = page.locator("#verdicts .row", has_text="ssm").first
    group.locator("button").click()
    page.locator("#verdicts .inner button").first.click()
    page.wait_for_selector("dialog[open]")
    page.wait_for_timeout(300)
    shoot(page, "verdict")
    page.keyboard.press("Escape")
    page.locator("#glance button", has_text="recovered").click()
    page.wait_for_timeout(300)
    shoot(page, "narrowed")
    page.click("#all")
    page.click("#new-rule")
    page.wait_for_timeout(500)
    shoot(page, "form")
    page.keyboard.press("Escape")
    dark, phone = opened(color_scheme="dark"), opened(viewport=PHONE)
    outages.replace([rule for rule in outages.rules() if rule.service == "ssm"])
    dark.wait_for_timeout(6000)
    shoot(dark, "recovering")
    shoot(phone, "phone", full=True)


if __name__ == "__main__":
    main()
