"""Pages of listings that come empty or short, with boto3 against a real LocalStack."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.listing_scenes import LISTINGS, play, play_the_last

pytestmark = pytest.mark.host("localstack", reason="tests/gateway plays the same before moto")

ONCE = {"total_max_attempts": 1}


@pytest.fixture
def clients(client: Callable[..., BaseClient]) -> Callable[[str], BaseClient]:
    """A function that makes a client that does not retry."""
    return lambda service: client(service, retries=ONCE)


@pytest.mark.parametrize("name", LISTINGS)
def test_pages(name: str, clients: Callable[[str], BaseClient], outages: Any) -> None:
    """An empty page has a token, and short pages lose nothing."""
    play(name, clients, outages.post)
    event = outages.send("GET", path="/events?limit=1")[1]["events"][-1]

    assert ("ok", "short") == (event["outcome"], event["injected"]["listing"])


@pytest.mark.parametrize("name", LISTINGS)
def test_last_page(name: str, clients: Callable[[str], BaseClient], outages: Any) -> None:
    """The last page stays as it is."""
    play_the_last(name, clients, outages.post)
