"""The short way: small calls pass without an HTTP library, and nobody can tell."""

import asyncio
import json

import pytest

pytest.importorskip("aiohttp")

from localstack_outages.hosts.gateway import server
from localstack_outages.hosts.gateway.shortcut.bodies import Chunked
from localstack_outages.hosts.gateway.shortcut.heads import BadAnswer, read_answer, read_request

from .conftest import SIGNED
from .test_gateway import FORM, TARGET
from .test_passing import raw_upstream

WHOAMI = b"Action=GetCallerIdentity&Version=2011-06-15"
CONTROL = "/_extension/outages/outages"


def test_what_goes_which_way(play):
    """A connection changes between the ways from call to call, whichever it needs."""
    dynamodb, s3 = SIGNED.format("dynamodb"), SIGNED.format("s3")
    sqs, sts = SIGNED.format("sqs"), SIGNED.format("sts")

    async def scene(setup):
        setup.rules(
            {"service": "s3", "operation": "DeleteObject"},
            {"service": "dynamodb", "operation": "GetItem", "latency": 1},
            {"service": "dynamodb", "operation": "Scan", "phase": "after", "error": "throttling"},
        )
        connection = await setup.connect()
        target = "X-Amz-Target: DynamoDB_20120810.{}"
        calls = [
            (200, 0, ("GET /bucket/key", s3)),
            (200, 0, ("POST /", sts, FORM), WHOAMI),
            (200, 0, ("PUT /bucket/key", s3, "Connection: Keep-Alive"), b"a" * 65_000),
            (503, 0, ("DELETE /bucket/key", s3)),
            (200, 0, ("GET /no/aws/call",)),
            (200, 1, ("PUT /bucket/key", s3), b"a" * 65_537),
            (200, 0, ("HEAD /bucket/key", s3)),
            (200, 1, ("POST /", sqs, "X-Amz-Target: AmazonSQS.CreateQueue"), b"{}"),
            (200, 1, (f"GET {CONTROL}",)),
            (200, 1, ("POST /", dynamodb, target.format("GetItem")), b"{}"),
            (400, 1, ("POST /", dynamodb, target.format("Scan")), b"{}"),
            (503, 0, ("DELETE /bucket/key", s3)),
            (200, 0, ("POST /", dynamodb, target.format("PutItem")), b"{}"),
        ]
        for status, is_long, head, *body in calls:
            before = setup.long_calls
            assert status == (await connection.ask(*head, body=b"".join(body)))[0], head
            assert is_long == setup.long_calls - before, head
        assert [
            len(b"".join(body)) for status, _, head, *body in calls if passes(status, head)
        ] == [len(body) for _, _, body in setup.got]
        connection.close()

    play(scene)


def passes(status, head):
    """Whether a call comes to the upstream."""
    return status != 503 and CONTROL not in head[0]


def test_after_an_expected_body(play):
    """A call that waits to be told to send its body takes the long way, and the next the short one."""
    s3 = SIGNED.format("s3")

    async def scene(setup):
        connection = await setup.connect()
        for number in (1, 2):
            connection.send("PUT /bucket/key", s3, "Expect: 100-continue", "Content-Length: 5")
            assert 100 == (await connection.head())[0]
            connection.writer.write(b"he")
            await asyncio.sleep(0.01)
            connection.writer.write(b"llo")
            assert 200 == (await connection.head())[0]
            await connection.reader.readexactly(100)
            assert 200 == (await connection.ask("GET /bucket/key", s3))[0]
            assert number == setup.long_calls
        assert [b"hello", b""] * 2 == [body for _, _, body in setup.got]
        connection.close()

    play(scene)


@pytest.mark.parametrize("size", [1, 7, 100, 1_000_000])
def test_requests_in_pieces(play, size):
    """Requests are answered in their order, however they are cut and whatever way each takes."""
    s3 = SIGNED.format("s3")
    puts = [
        f"PUT /bucket/{n} HTTP/1.1\r\nHost: a\r\n{s3}\r\nContent-Length: 3\r\n\r\nab{n}"
        for n in range(3)
    ]
    chunks = f"PUT /bucket/3 HTTP/1.1\r\nHost: a\r\n{s3}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab3\r\n0\r\n\r\n"
    refused = f"DELETE /bucket/4 HTTP/1.1\r\nHost: a\r\n{s3}\r\n\r\n"
    message = "".join([*puts, refused, chunks, puts[0], refused, puts[1]]).encode()

    async def scene(setup):
        setup.rules({"operation": "DeleteObject"})
        connection = await setup.connect()
        statuses = []

        async def read():
            for _ in range(8):
                status, headers = await connection.head()
                statuses.append(status)
                await connection.reader.readexactly(int(headers["content-length"]))

        reading = asyncio.create_task(read())
        for start in range(0, len(message), size):
            connection.writer.write(message[start : start + size])
            await connection.writer.drain()
            if size > 1 or start % 50 == 0:
                await asyncio.sleep(0)
        await asyncio.wait_for(reading, 20)
        assert [200] * 3 + [503, 200, 200, 503, 200] == statuses
        assert [b"ab0", b"ab1", b"ab2", b"ab3", b"ab0", b"ab1"] == [body for *_, body in setup.got]
        connection.close()

    play(scene)


def test_a_budget_is_used_once(play):
    """What was decided on the short way is not decided again on the long one."""

    async def scene(setup):
        setup.rules({"service": "s3", "times": 2, "latency": 1, "error": "throttling"})
        assert [503, 503, 200] == [(await setup.call())[0] for _ in range(3)]
        setup.rules({"service": "dynamodb", "times": 2, "latency": 1})
        for _ in range(3):
            await setup.call("dynamodb", "POST /", TARGET, body=b"{}")
        events = setup.events()
        assert 4 == len(events)
        assert [False] * 2 + [True] * 2 == ["PutItem" in json.dumps(event) for event in events]

    play(scene)


ANSWERS = {
    "its length": (b"Content-Length: 5\r\n\r\nhello", b"hello"),
    "chunks": (
        b"Transfer-Encoding: chunked\r\nTrailer: x-a\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nx-a: 1\r\n\r\n",
        b"hello",
    ),
    "the end of its connection": (b"\r\nhello", b"hello"),
    "nothing": (b"Content-Length: 0\r\n\r\n", b""),
}


@pytest.mark.parametrize("ends_by", ANSWERS)
@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("status", [200, 404])
def test_answers_in_pieces(play, ends_by, size, status):
    """An answer ends where its length, its chunks or its connection say, however it is cut; what is
    about the upstream's connection stays there.
    """
    rest, expected = ANSWERS[ends_by]
    head = b"HTTP/1.1 %d Fine\r\nX-Own: \xe4\r\nConnection: x-hop\r\nX-Hop: 1\r\n" % status
    message = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + head + rest

    async def scene(setup):
        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            for start in range(0, len(message), size):
                writer.write(message[start : start + size])
                await writer.drain()
                await asyncio.sleep(0)

        async with raw_upstream(setup, answer):
            connection = await setup.connect()
            connection.send("GET /bucket/key", SIGNED.format("s3"))
            raw = await connection.reader.readuntil(b"\r\n\r\n")
            assert raw.startswith(b"HTTP/1.1 %d Fine\r\nX-Own: \xe4\r\n" % status)
            assert b"x-hop" not in raw.lower()
            if b"Transfer-Encoding: chunked" in raw:
                assert b"Content-Length" not in raw
                body = b""
                while length := int(await connection.reader.readline(), 16):
                    body += (await connection.reader.readexactly(length + 2))[:-2]
                assert b"\r\n" == await connection.reader.readline()
            else:
                body = await connection.reader.readexactly(len(expected))
            assert expected == body
            assert 0 == setup.long_calls
            connection.close()

    play(scene)


BAD = {
    "no HTTP": b"hello\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "no length": b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
    "other coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
    "no header": b"HTTP/1.1 200 OK\r\nhello\r\n\r\n",
    "an upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n",
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Len",
}


@pytest.mark.parametrize("message", BAD.values(), ids=BAD)
def test_answers_that_are_no_http(play, message):
    """What is no answer is an error in the protocol of the call, and the client's connection goes on."""

    async def scene(setup):
        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(message)

        connection = await setup.connect()
        async with raw_upstream(setup, answer):
            for _ in range(2):
                status, _, body = await connection.ask("GET /bucket/key", SIGNED.format("s3"))
                assert 502 == status
                assert b"<Code>UpstreamNotAvailable</Code>" in body
        connection.close()

    play(scene)


def test_chunks_that_are_not_valid(play):
    """An answer whose chunks break breaks off for the client, and is never taken for whole."""

    async def scene(setup):
        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n")
            await asyncio.sleep(0.05)
            writer.write(b"x\r\nllo\r\n0\r\n\r\n")
            await reader.read()

        async with raw_upstream(setup, answer):
            connection = await setup.connect()
            connection.send("GET /bucket/key", SIGNED.format("s3"))
            await connection.head()
            with pytest.raises(ConnectionResetError):
                await connection.reader.readuntil(b"0\r\n\r\n")
            connection.close()

    play(scene)


def test_a_slow_reader(play):
    """The upstream waits for a client that does not read: what is between them is bounded."""
    length = 64 << 20

    async def scene(setup):
        sent = 0

        async def answer(reader, writer):
            nonlocal sent
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length)
            while sent < length:
                writer.write(bytes(1 << 20))
                await writer.drain()
                sent += 1 << 20

        async with raw_upstream(setup, answer):
            connection = await setup.connect()
            connection.send("GET /bucket/key", SIGNED.format("s3"))
            await connection.head()
            before = -1
            while before != sent:
                before = sent
                await asyncio.sleep(0.2)
            assert sent < length // 2
            got = 0
            while got < length:
                got += len(await connection.reader.read(1 << 20))
            assert 0 == setup.long_calls
            connection.close()

    play(scene)


def test_without_the_short_way(play, monkeypatch, caplog):
    """Where it cannot be prepared, or fails on a call, calls go the long way."""

    async def scene(setup):
        def fail(*_):
            raise TypeError("no such thing")

        monkeypatch.setattr(
            "localstack_outages.hosts.gateway.shortcut.client_side.Client._inject", fail
        )
        setup.rules({"operation": "DeleteObject"})
        connection = await setup.connect()
        for line, status in (("GET /bucket/key", 200), ("DELETE /bucket/key", 503)):
            assert status == (await connection.ask(line, SIGNED.format("s3")))[0]
        assert 2 == setup.long_calls
        connection.close()

    play(scene)
    assert 1 == caplog.text.count("on the short way")


def test_a_loader_that_fails(play, monkeypatch, caplog):
    """A gateway starts without the short way where that cannot be loaded."""
    monkeypatch.setitem(
        __import__("sys").modules, "localstack_outages.hosts.gateway.shortcut", None
    )

    async def scene(setup):
        assert 200 == (await setup.call())[0]
        assert 1 == setup.long_calls

    play(scene)
    assert 1 == caplog.text.count("short way")


def test_idle_connections(play, monkeypatch):
    """A connection without a call is closed in the end, on whichever way the last one went."""
    monkeypatch.setattr(server, "IDLE_SECONDS", 0.3)

    async def scene(setup):
        for lines in ((), ("GET /bucket/key",), (f"GET {CONTROL}",)):
            connection = await setup.connect()
            for line in lines:
                await connection.ask(line, SIGNED.format("s3"))
            assert b"" == await asyncio.wait_for(connection.reader.read(), 10)
            connection.close()

    play(scene)


REQUEST = b"GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GET", b"get"),
        (b"GET /", b"GET  /"),
        (b"/a", b"http://a/a"),
        (b"/a", b"/a#b"),
        (b"/a", b"/\xe4"),
        (b"1.1", b"1.0"),
        (b"Host: a", b"Host : a"),
        (b"Host: a", b"Host:"),
        (b"Host: a", b"X: a"),
        (b"Host: a", b"Host: a\r\nhost: a"),
        (b"Host: a", b"Host: a\r\n b"),
        (b"Host: a", b"Host: a\nX: b"),
        (b"Host: a", b"Host: a\rb"),
        (b"Host: a", b"Host: a\0b"),
        (b"Host: a", b"Host: a\r\nTransfer-Encoding: chunked"),
        (b"Host: a", b"Host: a\r\nUpgrade: websocket"),
        (b"Host: a", b"Host: a\r\nConnection: close"),
        (b"Host: a", b"Host: a\r\nConnection: keep-alive, content-length"),
        (b"Length: 3", b"Length: +3"),
        (b"Length: 3", b"Length: 3, 3"),
        (b"Length: 3", b"Length: 0x3"),
        (b"Length: 3", b"Length: \xb2"),
        (b"Length: 3", b"Length: "),
        (b"Content-Length: 3", b"Content-Length: 3\r\nContent-Length: 3"),
    ],
)
def test_requests_that_are_not_short(old, new):
    """A request that has anything unusual about it is left to who knows it."""
    assert read_request(REQUEST) is not None
    assert old in REQUEST
    assert read_request(REQUEST.replace(old, new)) is None


def test_lengths_of_answers():
    """An answer without a body has none, whatever it says of its length."""
    said = b"HTTP/1.1 %d \r\nContent-Length: 5"

    assert [0, 0, 0, 5] == [
        read_answer(said % status, method).length
        for status, method in ((200, "HEAD"), (204, "GET"), (304, "GET"), (200, "GET"))
    ]
    assert not read_answer(b"HTTP/1.0 200 OK", "GET").stays_open
    assert not read_answer(b"HTTP/1.1 200 OK\r\nConnection: Close", "GET").stays_open


@pytest.mark.parametrize(
    "message", [b"\n", b"2\nhe\r\n", b"-1\r\n", b"1\r\nab\r\n", b"1\r\na\rb", b"0\r\n\n", b"1 ;a\n"]
)
def test_chunks(message):
    """Chunks that are not written as they should be are not read."""
    with pytest.raises(BadAnswer):
        Chunked().feed(message)
