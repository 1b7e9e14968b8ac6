"""Batches that fail in part at the gateway, and pages of listings that are changed, with moto behind it."""

import json
import urllib.request

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")
pytest.importorskip("boto3")

import boto3
from botocore.config import Config

from tests.batch_scenes import SCENES, play_after, play_all, play_before
from tests.listing_scenes import LISTINGS, play, play_the_last

from .processes import gateway

EVENTS = {"events.PutEvents"}
"""Nothing that moto does with an event can be seen by a client."""

HERE = [name for name in SCENES if name not in EVENTS]


@pytest.fixture(scope="module")
def url():
    """The URL of a gateway before moto."""
    with gateway() as started:
        yield started


@pytest.fixture
def clients(url):
    """A function that makes a client that does not retry."""
    config = Config(retries={"total_max_attempts": 1})

    def make(service):
        return boto3.client(
            service, "us-east-1", endpoint_url=url, config=config,
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip

    return make


@pytest.fixture
def post(url):
    """A function that sets the rules."""

    def send(rules):
        request = urllib.request.Request(
            f"{url}/_extension/outages/outages", json.dumps(rules).encode(), method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            assert 200 == answer.status

    yield send
    send([])


@pytest.mark.slow
@pytest.mark.parametrize("name", HERE)
def test_before(name, clients, post):
    """Entries that fail never come to the upstream; the answer has them and the others, in order."""
    play_before(name, clients, post)


@pytest.mark.slow
@pytest.mark.parametrize("name", HERE)
def test_after(name, clients, post):
    """With the phase after, an entry that is told to have failed was carried out."""
    play_after(name, clients, post)


@pytest.mark.slow
@pytest.mark.parametrize("name", HERE)
def test_all(name, clients, post):
    """Where all entries fail, the upstream gets none, and the answer is AWS's for that."""
    play_all(name, clients, post)


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTINGS)
def test_pages(name, clients, post):
    """An empty page has a token, short pages lose nothing, and the last page stays as it is."""
    play(name, clients, post)
    play_the_last(name, clients, post)
