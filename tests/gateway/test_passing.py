"""Bodies, upgrades and hang-ups pass through the gateway as if it were not there."""

import asyncio
import gzip

import pytest

pytest.importorskip("aiohttp")

from aiohttp import WSMsgType, web

from .conftest import BOTH_WAYS
from .test_gateway import until

pytestmark = BOTH_WAYS

TRAILERS = (
    b"5;chunk-signature=00\r\nhello\r\n0;chunk-signature=00\r\n"
    b"x-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:00\r\n\r\n"
)


def test_aws_chunked(play):
    """AWS's own chunks pass byte for byte, with their signatures and trailers."""

    async def scene(setup):
        headers = (
            "Content-Encoding: aws-chunked",
            "X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "X-Amz-Decoded-Content-Length: 5",
            "X-Amz-Trailer: x-amz-checksum-crc32",
        )
        await setup.call("s3", "PUT /bucket/key", *headers, body=TRAILERS)
        _, got, body = setup.got[0]

        assert TRAILERS == body
        assert ("aws-chunked", "x-amz-checksum-crc32") == (
            got["content-encoding"],
            got["x-amz-trailer"],
        )

    play(scene)


def test_packed_answers(play):
    """What is stored packed comes back so."""
    packed = gzip.compress(b"hello" * 100)

    async def scene(setup):
        async def answer(_request):
            return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

        setup.answer = answer
        status, headers, body = await setup.call()

        assert (200, "gzip", packed) == (status, headers["content-encoding"], body)

    play(scene)


def test_packed_uploads(play):
    """A packed body comes to the upstream with every byte."""
    packed = gzip.compress(b"hello" * 100)

    async def scene(setup):
        lengths = []

        async def answer(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            lengths.append(b"content-length: %d" % len(packed) in head.lower())
            lengths.append(await reader.readexactly(len(packed)))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        async with raw_upstream(setup, answer):
            status, *_ = await setup.call(
                "s3", "PUT /bucket/key", "Content-Encoding: gzip", body=packed
            )

        assert 200 == status
        assert [True, packed] == lengths

    play(scene)


def test_event_streams(play):
    """Events pass as they come, though their stream never ends."""

    async def scene(setup):
        more = asyncio.Event()

        async def answer(request):
            response = web.StreamResponse(
                headers={"Content-Type": "application/vnd.amazon.eventstream"}
            )
            await response.prepare(request)
            await response.write(b"first")
            await more.wait()
            await response.write(b"second")
            return response

        setup.answer = answer
        connection = await setup.connect()
        connection.send("POST /bucket/key?select&select-type=2", body=b"<a/>")
        await connection.head()

        assert b"5\r\nfirst\r\n" == await connection.reader.readexactly(10)
        more.set()
        assert b"6\r\nsecond\r\n0\r\n\r\n" == await connection.reader.readexactly(16)
        connection.close()

    play(scene)


def test_a_client_that_hangs_up(play):
    """The upstream's connection ends with that of the client, in the middle of an answer or before."""

    async def scene(setup):
        ended = []

        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            if not ended:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
            ended.append(await reader.read())

        async with raw_upstream(setup, answer):
            for _ in range(2):
                connection = await setup.connect()
                connection.send("GET /bucket/key")
                if not ended:
                    await connection.head()
                await asyncio.sleep(0.1)
                before = len(ended)
                connection.close()
                await until(lambda at=before: len(ended) > at)

        assert [b"", b""] == ended

    play(scene)


def test_an_upstream_that_breaks_off(play):
    """An answer that breaks off breaks off for the client too, and is never taken for whole."""

    async def scene(setup):
        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
            writer.close()

        async with raw_upstream(setup, answer):
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await setup.call()

    play(scene)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_nothing_is_tried_again(play, method):
    """A call whose connection breaks before its answer comes once to the upstream, also where the
    connection was used before.
    """

    async def scene(setup):
        came = []

        async def answer(reader, writer):
            for number in range(2):
                came.append((await reader.readuntil(b"\r\n\r\n")).split()[0])
                if number == 0:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        async with raw_upstream(setup, answer):
            first, *_ = await setup.call("s3", f"{method} /bucket/key")
            second, _, body = await setup.call("s3", f"{method} /bucket/key")

        assert (200, 502) == (first, second)
        assert b"UpstreamNotAvailable" in body
        assert [method.encode()] * 2 == came

    play(scene)


def test_websockets(play):
    """Websockets pass, both ways, with what is sent right behind the head."""

    async def scene(setup):
        async def answer(request):
            socket = web.WebSocketResponse(protocols=("graphql-ws",))
            await socket.prepare(request)
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await socket.send_str(message.data.upper())
            return socket

        setup.answer = answer
        connection = await setup.connect()
        connection.send(
            "GET /graphql/realtime",
            "Connection: keep-alive, Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: graphql-ws",
        )
        connection.writer.write(masked(1, b"a"))
        status, headers = await connection.head()

        assert (101, "graphql-ws") == (status, headers["sec-websocket-protocol"])
        assert "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" == headers["sec-websocket-accept"]
        assert b"\x81\x01A" == await connection.reader.readexactly(3)
        connection.writer.write(masked(1, b"bc"))
        assert b"\x81\x02BC" == await connection.reader.readexactly(4)
        connection.writer.write(masked(8, b"\x03\xe8"))
        assert b"\x88\x02\x03\xe8" == await connection.reader.readexactly(4)
        assert b"" == await connection.reader.read()
        connection.close()

    play(scene)


def test_an_upgrade_that_is_refused(play):
    """An upstream that speaks no websockets answers as to any request."""

    async def scene(setup):
        status, _, body = await setup.call(
            "s3", "GET /bucket/key", "Connection: Upgrade", "Upgrade: websocket"
        )

        assert (200, 100) == (status, len(body))

    play(scene)


def masked(kind, text):
    """Give a frame as a client sends it."""
    return bytes((0x80 | kind, 0x80 | len(text))) + bytes(4) + text


class raw_upstream:  # noqa: N801 - it is used like a function
    """Stands in for the upstream of a gateway, on raw connections."""

    def __init__(self, setup, answer):
        self._setup = setup
        self._answer = answer

    async def __aenter__(self):
        """Put it in the place of the other upstream."""

        async def serve(reader, writer):
            try:
                await self._answer(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        self._server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self._setup.upstream.url = f"http://127.0.0.1:{port}"

    async def __aexit__(self, *_):
        """Close it."""
        self._server.close()
