"""The bodies of answers at the gateway: broken off, corrupt, slow."""

import asyncio
import time

import pytest

pytest.importorskip("aiohttp")

from aiohttp import web

from .conftest import SIGNED

HEADERS = (SIGNED.format("s3"),)
BODY = b"0123456789" * 10


def test_truncate(play):
    """A body breaks off after so many bytes, its length unchanged."""

    async def scene(setup):
        setup.rules({"service": "s3", "payload": {"truncate": 30}})
        connection = await setup.connect()
        connection.send("GET /bucket/key", *HEADERS)
        status, headers = await connection.head()

        assert (200, "100", BODY[:30]) == (
            status, headers["content-length"], await connection.reader.read(),
        )  # fmt: skip
        connection.close()
        (event,) = setup.events()
        assert ("injected", "truncate") == (event["outcome"], event["injected"]["payload"])

    play(scene)


def test_corrupt(play):
    """Some bytes are wrong, and no more."""

    async def scene(setup):
        setup.rules({"service": "s3", "payload": {"corrupt": 3}})
        status, _, body = await setup.call()

        assert (200, 100, BODY[3:]) == (status, len(body), body[3:])
        assert all(a != b for a, b in zip(body[:3], BODY, strict=False))

    play(scene)


def test_bandwidth(play):
    """A body comes slowly, from its first byte on, and the rest at once when the rule is deleted."""

    async def scene(setup):
        setup.rules({"service": "s3", "payload": {"bandwidth": 10}})
        connection = await setup.connect()
        connection.send("GET /bucket/key", *HEADERS)
        await connection.head()
        started = time.monotonic()
        await connection.reader.readexactly(3)
        assert 0.15 < time.monotonic() - started < 5
        setup.rules()

        await connection.reader.readexactly(97)
        assert time.monotonic() - started < 5
        connection.close()
        (event,) = setup.events()
        assert ("ok", "bandwidth") == (event["outcome"], event["injected"]["payload"])

    play(scene)


@pytest.mark.parametrize("rule", [{"corrupt": 2}, {"truncate": 2000}])
def test_stream(play, rule):
    """A body whose end is far goes out as it comes: nothing waits for the end of it."""
    more = asyncio.Event()

    async def answer(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * 1000)
        await more.wait()
        await response.write(b"y" * 500)
        return response

    async def scene(setup):
        setup.answer = answer
        setup.rules({"service": "s3", "payload": rule})
        connection = await setup.connect()
        connection.send("GET /bucket/key", *HEADERS)
        await connection.head()
        first = await connection.reader.readuntil(b"xxxx\r\n")
        more.set()

        assert len(first) >= 1000
        assert b"y" * 500 in await connection.reader.readuntil(b"0\r\n\r\n")
        connection.close()

    play(scene)


def test_no_body(play):
    """An answer without a body goes out as it is."""

    async def scene(setup):
        setup.rules({"service": "s3", "payload": {"truncate": 0, "corrupt": 5}})
        assert (200, b"") == (await setup.call("s3", "HEAD /bucket/key"))[::2]

    play(scene)
