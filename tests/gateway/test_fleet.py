"""Several gateways that are one, with a real Valkey between them."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest

from .processes import COMMAND, gateway, gateway_and_log
from .redis_server import RedisServer, redis_server

NOWHERE = "http://127.0.0.1:9"
"""Nothing listens there: what a rule answers needs no upstream."""


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Give a Valkey."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


def get(url: str, path: str) -> Any:
    """Ask the control API of a gateway."""
    with urlopen(f"{url}/_extension/outages{path}", timeout=20) as answer:
        return json.load(answer)


def test_a_gateway_joins(redis: RedisServer) -> None:
    """A gateway starts with a Redis to share by, and serves."""
    with gateway("--upstream", NOWHERE, "--share", redis.url) as url:
        assert get(url, "/outages/status")["ready"]


def test_a_redis_that_is_not_there_yet_is_no_reason_not_to_start() -> None:
    """A warning says that it is not there."""
    with gateway_and_log("--upstream", NOWHERE, "--share", "redis://127.0.0.1:9") as (url, _):
        assert get(url, "/outages/status")["ready"]


@pytest.mark.parametrize("url", ["http://localhost", "redis://", "redis://h:0", "redis://h/x"])
def test_what_is_no_redis_is_refused(url: str) -> None:
    """One line says what would be right."""
    done = subprocess.run(
        [*COMMAND, "--upstream", NOWHERE, "--share", url], capture_output=True, text=True
    )

    assert (2, f"error: --share {url}: write it as redis://127.0.0.1:6379,") == (
        done.returncode,
        done.stderr[: done.stderr.index(",") + 1],
    )
