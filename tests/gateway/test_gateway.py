"""The gateway, on its sockets."""

import asyncio
import json
import time

import pytest

pytest.importorskip("aiohttp")

from aiohttp import web

from .conftest import BOTH_WAYS

FORM = "Content-Type: application/x-www-form-urlencoded"
TARGET = "X-Amz-Target: DynamoDB_20120810.PutItem"


@BOTH_WAYS
@pytest.mark.parametrize(
    "target",
    [
        "/bucket//a/../b%2Fc%2fd/./e%20f+g?x=%2F&y=a+b&z",
        "/bucket/%E2%98%83%25",
        "/?list-type=2&prefix=a%2Fb",
        "/bucket/key?",
    ],
)
def test_raw_paths(play, target):
    """Path and query pass byte for byte, and so do the host and the headers."""

    async def scene(setup):
        host = "Host: bucket.s3.localhost.localstack.cloud:4566"
        status, headers, body = await setup.call("s3", f"GET {target}", host, "x-amz-meta-a: ä b")
        raw, got, _ = setup.got[0]

        assert (200, 100, "its-id") == (status, len(body), headers["x-amz-request-id"])
        assert target.removesuffix("?") == raw.removesuffix("?")
        assert "bucket.s3.localhost.localstack.cloud:4566" == got["host"]
        assert "accept-encoding" not in got

    play(scene)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_body(play, is_chunked):
    """A body passes whole, whether its length is said or not."""
    body = b"part" * 100_000

    async def scene(setup):
        connection = await setup.connect()
        if is_chunked:
            connection.send("PUT /bucket/key", "Transfer-Encoding: chunked")
            for _ in range(4):
                connection.writer.write(b"186a0\r\n" + body[:100_000] + b"\r\n")
            connection.writer.write(b"0\r\n\r\n")
        else:
            connection.send("PUT /bucket/key", body=body)

        assert 200 == (await connection.head())[0]
        assert body == setup.got[0][2]
        connection.close()

    play(scene)


def test_streams(play):
    """Requests and answers pass as they come: neither side waits for the end of the other's."""

    async def scene(setup):
        async def answer(request):
            response = web.StreamResponse()
            await response.prepare(request)
            async for part in request.content.iter_any():
                await response.write(part.upper())
            return response

        setup.answer = answer
        connection = await setup.connect()
        connection.send("POST /bucket/key", "Transfer-Encoding: chunked")
        connection.writer.write(b"3\r\nabc\r\n")
        await connection.head()

        assert b"3\r\nABC\r\n" == await connection.reader.readexactly(8)
        connection.writer.write(b"3\r\ndef\r\n0\r\n\r\n")
        assert b"3\r\nDEF\r\n0\r\n\r\n" == await connection.reader.readexactly(13)
        connection.close()

    play(scene)


@BOTH_WAYS
def test_refusal(play):
    """A call that a rule hits is answered as AWS would, and does not come to the upstream."""

    async def scene(setup):
        setup.rules({"service": "s3"})
        status, headers, body = await setup.call()
        event = setup.events()[0]

        assert 503 == status
        assert b"<Code>ServiceUnavailableException</Code>" in body
        assert headers["x-amz-request-id"] == event["requestId"]
        assert ("s3", "GetObject", "eu-west-1", "123456789012") == tuple(
            event[name] for name in ("service", "operation", "region", "account")
        )
        assert [] == setup.got

    play(scene)


@BOTH_WAYS
def test_keep_alive(play):
    """A connection serves one call after the other, refused or not."""

    async def scene(setup):
        setup.rules({"operation": "DeleteObject"})
        connection = await setup.connect()
        lines = [f"{method} /bucket/key" for method in ("GET", "DELETE", "HEAD", "DELETE", "GET")]

        assert [200, 503, 200, 503, 200] == [(await connection.ask(line))[0] for line in lines]
        connection.close()

    play(scene)


def test_expect(play):
    """A client that asks first is told to send its body only where the call passes."""

    async def scene(setup):
        setup.rules({"operation": "PutObject"})
        head = ("Expect: 100-continue", "Content-Length: 5")
        refused, passes = await setup.connect(), await setup.connect()
        refused.send("PUT /bucket/key", *head)
        passes.send("PUT /bucket/key?tagging", *head)

        assert 503 == (await refused.head())[0]
        assert 100 == (await passes.head())[0]
        passes.writer.write(b"hello")
        assert 200 == (await passes.head())[0]
        assert b"hello" == setup.got[0][2]
        refused.close()
        passes.close()

    play(scene)


def test_rest_of_a_refused_body(play):
    """What a client still sends of a refused call is not taken for another request."""

    async def scene(setup):
        setup.rules({"operation": "PutObject"})
        connection = await setup.connect()
        connection.send("PUT /bucket/key", "Content-Length: 100000")

        assert 503 == (await connection.head())[0]
        connection.writer.write(b"GET /bucket/smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        await connection.reader.read()
        assert [] == setup.got
        connection.close()

    play(scene)


@BOTH_WAYS
def test_condition(play):
    """Rules may ask about parameters in the body, and the body passes unchanged."""

    async def scene(setup):
        setup.rules({"service": "dynamodb", "condition": "TableName == 'orders'"})
        bodies = [json.dumps({"TableName": name, "Item": {}}).encode() for name in ("orders", "a")]
        found = [(await setup.call("dynamodb", "POST /", TARGET, body=body))[0] for body in bodies]

        assert [503, 200] == found
        assert bodies[1] == setup.got[0][2]

    play(scene)


@BOTH_WAYS
def test_form(play):
    """The operation of a Query API stands in the body, which passes unchanged."""
    body = b"A=1&Version=2011-06-15&Action=GetCallerIdentity"

    async def scene(setup):
        setup.rules({"service": "sts", "operation": "AssumeRole"})
        status, *_ = await setup.call("sts", "POST /", FORM, body=body)
        refused, *_ = await setup.call(
            "sts", "POST /", FORM, body=b"Action=AssumeRole&Version=2011-06-15"
        )

        assert (200, 503) == (status, refused)
        assert body == setup.got[0][2]

    play(scene)


def test_reset(play):
    """A connection is reset on the wire."""

    async def scene(setup):
        setup.rules({"connection": "reset"})
        with pytest.raises(ConnectionResetError):
            await setup.call()

        assert "reset" == setup.events()[0]["injected"]["connection"]

    play(scene)


def test_close(play):
    """A connection is closed without an answer."""

    async def scene(setup):
        setup.rules({"connection": "close"})
        with pytest.raises(asyncio.IncompleteReadError):
            await setup.call()

        assert [] == setup.got

    play(scene)


def test_truncate(play):
    """The call is carried out; half of its answer comes, with the length of the whole."""

    async def scene(setup):
        setup.rules({"connection": "truncate"})
        connection = await setup.connect()
        connection.send("GET /bucket/key")
        status, headers = await connection.head()

        assert (200, "100") == (status, headers["content-length"])
        assert b"0123456789" * 5 == await connection.reader.read()
        assert 1 == len(setup.got)
        connection.close()

    play(scene)


@BOTH_WAYS
def test_error_after(play):
    """The call is carried out, and its client is told that it failed."""

    async def scene(setup):
        setup.rules({"error": "throttling", "phase": "after"})
        status, *_ = await setup.call(
            "sts", "POST /", FORM, body=b"Action=GetCallerIdentity&Version=2011-06-15"
        )

        event = setup.events()[0]
        assert (400, 1) == (status, len(setup.got))
        assert (True, 400) == (event["injected"]["done"], event["statusCode"])

    play(scene)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("reset", ConnectionResetError), ("close", asyncio.IncompleteReadError)],
)
def test_break_after(play, fault, error):
    """The call is carried out, and its connection broken in place of the answer."""

    async def scene(setup):
        setup.rules({"connection": fault, "phase": "after"})
        with pytest.raises(error):
            await setup.call()

        assert 1 == len(setup.got)
        assert (fault, True, None) == (
            setup.events()[0]["injected"]["connection"],
            setup.events()[0]["injected"]["done"],
            setup.events()[0]["statusCode"],
        )

    play(scene)


def test_hang_after(play):
    """A client that leaves while its call hangs after the fact is noticed."""

    async def scene(setup):
        setup.rules({"connection": "hang", "phase": "after"})
        leaves = await setup.connect()
        leaves.send("GET /bucket/key")
        await until(lambda: setup.got)
        leaves.close()
        await until(lambda: setup.events())

        injected = setup.events()[0]["injected"]
        assert ("hang", True) == (injected["connection"], injected["done"])

    play(scene)


def test_hang(play):
    """A call that hangs goes on when its rule is deleted, and is recorded when its client leaves."""

    async def scene(setup):
        setup.rules({"connection": "hang"})
        leaves, stays = await setup.connect(), await setup.connect()
        leaves.send("GET /bucket/key")
        stays.send("GET /bucket/key")
        await asyncio.sleep(0.2)
        leaves.close()
        await until(lambda: setup.events())
        setup.rules()

        assert 200 == (await stays.head())[0]
        assert "hang" == setup.events()[0]["injected"]["connection"]
        assert 1 == len(setup.got)
        stays.close()

    play(scene)


@BOTH_WAYS
def test_latency(play):
    """A call is delayed, and then passes."""

    async def scene(setup):
        setup.rules({"latency": 200})
        started = time.perf_counter()

        assert 200 == (await setup.call())[0]
        assert time.perf_counter() - started >= 0.2

    play(scene)


def test_many_that_hang(play):
    """A thousand calls hang and others go on."""

    async def scene(setup):
        setup.rules({"service": "s3", "connection": "hang"})
        connections = [await setup.connect() for _ in range(1000)]
        for connection in connections:
            connection.send("GET /bucket/key")

        assert 200 == (await setup.call("dynamodb", "POST /", TARGET, body=b"{}"))[0]
        setup.rules()
        for connection in connections:
            assert 200 == (await connection.head())[0]
            connection.close()

    play(scene)


def test_control(play):
    """The control API stands below its path and at its host, and refuses foreign hosts; the Chaos API
    is there too.
    """

    async def scene(setup):
        connection = await setup.connect()
        body = b'[{"service": "s3"}]'
        path, host = "/_extension/outages/outages", "Host: outages.localhost.localstack.cloud:4566"

        assert 200 == (await connection.ask(f"POST {path}", body=body))[0]
        assert 503 == (await setup.call())[0]
        status, _, found = await connection.ask("GET /outages", host)
        assert (200, json.loads(body)) == (status, json.loads(found))
        foreign = ("Host: example.org", "User-Agent: Mozilla/5.0")
        assert 403 == (await connection.ask(f"GET {path}", *foreign))[0]
        assert 200 == (await connection.ask("GET /_localstack/chaos/faults"))[0]
        assert 404 == (await connection.ask("GET /_extension/outages/nowhere"))[0]
        assert [] == setup.got
        connection.close()

    play(scene)


def test_a_control_request_that_is_too_long(play):
    """A body of unknown length over the limit is refused, though rules stand at its end."""

    async def scene(setup):
        connection = await setup.connect()
        connection.send("POST /_extension/outages/outages", "Transfer-Encoding: chunked")
        for part in (*[b" " * 2**20] * 4, b" ", b'[{"service": "s3"}]'):
            connection.writer.write(b"%x\r\n%b\r\n" % (len(part), part))
            await connection.writer.drain()
        connection.writer.write(b"0\r\n\r\n")

        assert 413 == (await connection.head())[0]
        assert () == setup.app.store.entries()
        connection.close()

    play(scene)


def test_stream_of_events(play):
    """Events are read as they happen, while other calls go on."""

    async def scene(setup):
        setup.rules({"service": "s3"})
        connection = await setup.connect()
        path = "/_extension/outages/outages/events"
        connection.send(f"GET {path}", "Accept: text/event-stream")
        status, headers = await connection.head()
        await setup.call()

        assert 200 == status
        assert headers["content-type"].startswith("text/event-stream")
        await asyncio.wait_for(connection.reader.readuntil(b"GetObject"), 10)
        connection.close()

    play(scene)


@BOTH_WAYS
def test_no_upstream(play):
    """An upstream that is gone is an error in the protocol of the call."""

    async def scene(setup):
        setup.stop_upstream()
        status, _, body = await setup.call()

        assert 502 == status
        assert b"<Code>UpstreamNotAvailable</Code>" in body

    play(scene)


@BOTH_WAYS
def test_errors_of_the_upstream(play):
    """Errors of the upstream pass as they are, and their codes are recorded."""

    async def scene(setup):
        async def answer(_request):
            return web.Response(status=404, body=b"<Error><Code>NoSuchKey</Code></Error>")

        setup.answer = answer
        setup.rules({"service": "s3", "latency": 1})
        status, _, body = await setup.call()

        assert (404, b"<Error><Code>NoSuchKey</Code></Error>") == (status, body)
        assert "NoSuchKey" in json.dumps(setup.events()[0])

    play(scene)


async def until(condition):
    """Wait until something is so."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_principals_are_not_known(play):
    """The gateway does not know who calls: a rule that asks hits nothing, and the status says why."""

    async def scene(setup):
        setup.rules({"service": "sts", "principal": "*"}, {"principal": "arn:aws:iam::*:root"})
        rules = setup.app.status.document()["rules"]

        assert [[], ["PrincipalsNotKnown"]] == [[w["code"] for w in r["warnings"]] for r in rules]
        assert 200 == (await setup.call("dynamodb", "POST /", TARGET, body=b"{}"))[0]

    play(scene)
