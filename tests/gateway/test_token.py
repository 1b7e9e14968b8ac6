"""A gateway whose control API asks for a token: who has it gets in, each in its own way."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from localstack_outages.client.aio import AsyncOutagesClient
from localstack_outages.client.client import OutagesClient
from localstack_outages.schema.errors import Unauthorized
from localstack_outages.schema.product import ENV_TOKEN

from .processes import gateway

TOKEN = "s3cret~token"
HINT = "a token is needed: send 'Authorization: Bearer TOKEN'; clients of this package take it from"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A gateway that has its token from the environment, where no list of processes shows it."""
    upstream = ("--upstream", "http://127.0.0.1:9")
    with gateway(*upstream, env={**os.environ, ENV_TOKEN: TOKEN}) as url:
        yield url


def command(url: str, **environ: str) -> tuple[int, str]:
    """Ask for the status on the command line."""
    done = subprocess.run(
        [sys.executable, "-m", "localstack_outages", "--endpoint", url, "status"],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_clients(url, monkeypatch) -> None:
    """Clients send what they are given, or what the environment has."""
    with OutagesClient(url, token=TOKEN) as client:
        assert [] == client.rules()
        with client.outage("s3") as outage:
            assert 0 == outage.hits
    assert [] == asyncio.run(AsyncOutagesClient(url, token=TOKEN).rules())
    with pytest.raises(Unauthorized, match=HINT):
        OutagesClient(url).rules()
    with pytest.raises(Unauthorized, match="is not the right one"):
        OutagesClient(url, token="another").rules()
    monkeypatch.setenv(ENV_TOKEN, TOKEN)
    assert [] == OutagesClient(url).rules()


def test_the_command_line(url) -> None:
    """So does the command line."""
    assert 0 == command(url, **{ENV_TOKEN: TOKEN})[0]
    code, said = command(url)

    assert 1 == code
    assert HINT in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(url) -> None:
    """curl sends it as a password too."""
    status = "--silent", "--output", os.devnull, "--write-out", "%{http_code}"
    answers = [
        subprocess.check_output(["curl", *status, *given, f"{url}/_extension/outages/outages"])
        for given in ((), ("--user", f"me:{TOKEN}"), ("--user", "me:another"))
    ]

    assert [b"401", b"200", b"401"] == answers


def test_the_console(url) -> None:
    """A browser asks a person for it once, and sends it with all that the page asks for."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if (chromium := shutil.which("chromium")) is None:
        pytest.skip("chromium is not installed")
    with OutagesClient(url, token=TOKEN) as client:
        client.add([{"service": "dynamodb"}])
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        person = {"username": "me", "password": TOKEN}
        page = browser.new_context(http_credentials=person).new_page()
        page.goto(f"{url}/_extension/outages/")
        sync_api.expect(page.get_by_text("dynamodb").first).to_be_visible(timeout=30_000)
        stranger = browser.new_context(http_credentials={**person, "password": "another"})
        refused = stranger.new_page().goto(f"{url}/_extension/outages/")
        assert 401 == refused.status
        browser.close()
