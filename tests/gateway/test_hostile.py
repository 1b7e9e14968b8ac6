"""Requests that are made to harm: none is read in two ways, none stops the gateway."""

import asyncio
import logging
import random

import pytest

pytest.importorskip("aiohttp")

from localstack_outages.hosts.gateway import server
from localstack_outages.hosts.gateway.upstream import MAX_LINE_BYTES

HOST = b"Host: localhost\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
POST = b"POST /bucket/key HTTP/1.1\r\n"
GET = b"GET /bucket/key HTTP/1.1\r\n"
SMUGGLED = b"GET /bucket/smuggled HTTP/1.1\r\n" + HOST + b"\r\n"

HARMFUL = {
    "two lengths": POST + HOST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
    "length and chunks": POST + HOST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "chunks and length": POST + HOST + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "other coding": POST + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "coding behind chunks": POST + HOST + b"Transfer-Encoding: chunked, a\r\n\r\n0\r\n\r\n",
    "signed length": POST + HOST + b"Content-Length: +4\r\n\r\nabcd",
    "space before colon": POST + HOST + b"Content-Length : 4\r\n\r\nabcd",
    "bare line feeds": b"GET /bucket/key HTTP/1.1\nHost: localhost\n\n",
    "one bare line feed": GET + b"Host: localhost\nX: 1\r\n\r\n",
    "bare carriage return": GET + HOST + b"X: a\rb\r\n\r\n",
    "zero byte": GET + HOST + b"X: a\0b\r\n\r\n",
    "folded line": GET + HOST + b"X: 1\r\n Transfer-Encoding: chunked\r\n\r\n",
    "line feed in a chunk's size": POST + HOST + CHUNKED + b"\r\n4\nabcd\n0\n\n",
    "line feed in a chunk's extension": POST + HOST + CHUNKED + b"\r\n4;a\nb\r\nabcd\r\n0\r\n\r\n",
    "two hosts": GET + HOST + b"Host: example.org\r\n\r\n",
    "no host": GET + b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "many headers": GET + HOST + b"".join(b"X-%d: a\r\n" % n for n in range(500)) + b"\r\n",
    "long header": GET + HOST + b"X: " + b"a" * (MAX_LINE_BYTES + 1) + b"\r\n\r\n",
    "long target": b"GET /" + b"a" * (MAX_LINE_BYTES + 1) + b" HTTP/1.1\r\n" + HOST + b"\r\n",
}


@pytest.mark.parametrize("message", HARMFUL.values(), ids=HARMFUL)
def test_ambiguous_requests(play, message):
    """A request that two servers could read differently is refused, and so is what follows it."""

    async def scene(setup):
        assert await refused(setup, message + SMUGGLED)
        assert [] == [target for target, *_ in setup.got if "smuggled" in target]
        assert 200 == (await setup.call())[0]

    play(scene)


@pytest.mark.parametrize(
    "beginning", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\n", b"get / HT"]
)
def test_what_cannot_become_a_request(play, beginning):
    """A client that speaks something else, such as TLS, is not left to wait."""

    async def scene(setup):
        assert await refused(setup, beginning)

    play(scene)


def test_connection_names_the_length(play):
    """A request keeps its length and its host, though it calls them headers of one connection."""

    async def scene(setup):
        headers = ("Connection: content-length, host, x-own", "X-Own: 1")
        await setup.call("s3", "PUT /bucket/key", *headers, body=b"abcd")
        _, got, body = setup.got[0]

        assert (b"abcd", "4", "localhost:4566") == (body, got["content-length"], got["host"])
        assert "x-own" not in got

    play(scene)


def test_slow_clients(play, monkeypatch):
    """A connection whose next request does not come whole in time is closed, the first or a later."""
    monkeypatch.setattr(server, "IDLE_SECONDS", 0.3)

    async def scene(setup):
        for before in (0, 1):
            connection = await setup.connect()
            for _ in range(before):
                await connection.ask("GET /bucket/key")
            connection.writer.write(GET + b"X-Slow: ")
            for _ in range(10):
                connection.writer.write(b"a")
                await asyncio.sleep(0.01)

            assert b"" == await asyncio.wait_for(connection.reader.read(), 10)
            connection.close()

    play(scene)


def test_each_cause_is_logged_once(play, caplog):
    """What is refused is logged once, without what came, and control requests of strangers too."""
    caplog.set_level(logging.INFO)

    async def scene(setup):
        foreign = ("Host: example.org", "Origin: http://example.org")
        for _ in range(3):
            await refused(setup, HARMFUL["length and chunks"])
            await refused(setup, HARMFUL["many headers"])
            connection = await setup.connect()
            path = "/_extension/outages/outages"
            assert 403 == (await connection.ask(f"GET {path}", *foreign))[0]
            connection.close()

    play(scene)
    said = [record.getMessage() for record in caplog.records if "Refused" in record.getMessage()]

    assert 3 == len(said)
    assert "Transfer-Encoding can't be present with Content-Length" in said[0]
    assert "example.org" in said[2]
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("seed", range(4))
def test_fuzz(play, caplog, seed):
    """Whatever comes, the gateway answers or hangs up, asks its upstream once for each answer that
    comes from there, raises nothing, and goes on.
    """
    chance = random.Random(seed)
    seeds = [*HARMFUL.values(), SMUGGLED, POST + HOST + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n"]
    seeds = [message for message in seeds if len(message) < 1000]

    async def scene(setup):
        answers = 0
        for _ in range(50):
            message = mutated(chance, b"".join(chance.sample(seeds, 2)))
            said, _ = await everything(setup, message)
            answers += said.count(b"x-amz-request-id: its-id")
            assert said.startswith(b"HTTP/1.") or said == b""

        assert answers == len(setup.got)
        assert 200 == (await setup.call())[0]

    play(scene)
    assert not any(record.exc_info for record in caplog.records)


def mutated(chance, message):
    """Change some bytes of a message: remove, double, replace, or put in what HTTP is made of."""
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(message))
        piece = chance.choice((b"", b"\r\n", b"\n", b"\r", b":", b" ", b"\0", b"0", b"\xff", b","))
        message = message[:place] + piece + message[place + chance.randint(0, 3) :]
    return message


async def everything(setup, message):
    """Send a message.

    :return: all that comes back, and whether the connection was closed
    """
    connection = await setup.connect()
    connection.writer.write(message)
    said = b""
    try:
        while part := await asyncio.wait_for(connection.reader.read(65_536), 0.5):
            said += part
    except ConnectionError:  # what was sent and not read resets it
        return said, True
    except TimeoutError:
        return said, False
    finally:
        connection.close()
    return said, True


async def refused(setup, message):
    """Whether a message is refused and its connection closed."""
    said, is_closed = await everything(setup, message)
    return is_closed and (not said or said.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400")))
