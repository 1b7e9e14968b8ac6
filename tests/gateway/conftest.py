"""A gateway before an upstream that tells what it got, both in the test's own event loop. Needs the
extra ``standalone``.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

pytest.importorskip("aiohttp")

from aiohttp import web

from localstack_outages.control.http import Guard
from localstack_outages.hosts.app import App
from localstack_outages.hosts.gateway.server import Gateway
from localstack_outages.hosts.gateway.upstream import Upstream
from localstack_outages.schema.reading import parse_rules

SIGNED = (
    "Authorization: AWS4-HMAC-SHA256 Credential=123456789012/20261123/eu-west-1/{}/aws4_request, "
    "SignedHeaders=host, Signature=00"
)

BOTH_WAYS = pytest.mark.parametrize("way", ["short", "long"])
"""Marks what holds whichever way calls go."""


class Setup:
    """A gateway and what stands behind it."""

    def __init__(self, *, is_short: bool = True) -> None:
        self._is_short = is_short
        self.app = App("test", Guard())
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        """What came to the upstream: target, headers, body."""
        self.answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]] = self.echo
        self.port = 0
        self._gateway: Gateway | None = None
        self._upstream: Any = None

    async def echo(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a hundred bytes."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append((request.raw_path, headers, body))
        return web.Response(body=b"0123456789" * 10, headers={"x-amz-request-id": "its-id"})

    async def start(self) -> None:
        """Have both serve."""

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            return await self.answer(request)

        server = web.Server(answer)
        self._upstream = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
        upstream_port = self._upstream.sockets[0].getsockname()[1]
        self.upstream = Upstream(f"http://127.0.0.1:{upstream_port}")
        self._gateway = Gateway(self.app, self.upstream)
        if not self._is_short:
            self._gateway._load_shortcut = lambda: None
        self.port = await self._gateway.start("127.0.0.1", 0)
        self.app.begin()

    @property
    def long_calls(self) -> int:
        """How many requests went the long way."""
        assert self._gateway is not None
        return sum(server.requests_count or 0 for server in self._gateway._servers.values())

    async def stop(self) -> None:
        """End both."""
        assert self._gateway is not None
        await self._gateway.stop()
        self.stop_upstream()

    def stop_upstream(self) -> None:
        """End what stands behind the gateway."""
        self._upstream.close()

    def rules(self, *rules: dict[str, Any]) -> None:
        """Put rules into force."""
        self.app.store.replace(parse_rules(list(rules)))

    async def connect(self) -> "Connection":
        """Connect to the gateway."""
        return Connection(*await asyncio.open_connection("127.0.0.1", self.port))

    async def call(
        self,
        service: str = "s3",
        line: str = "GET /bucket/key",
        *headers: str,
        body: bytes = b"",
    ) -> tuple[int, dict[str, str], bytes]:
        """Make a call of AWS on a connection of its own."""
        connection = await self.connect()
        try:
            given = (SIGNED.format(service), *headers)
            return await connection.ask(line, *given, body=body)
        finally:
            connection.close()

    def events(self) -> list[dict[str, Any]]:
        """Give the calls that rules touched."""
        return [json.loads(json.dumps(event)) for event in self._events()]

    def _events(self) -> Any:
        from io import BytesIO

        from localstack_outages.control.http import ControlRequest, Headers

        request = ControlRequest("GET", "/outages/events", "", Headers(), BytesIO().read)
        answer = self.app.api.handle(request)
        assert isinstance(answer.body, bytes)
        return json.loads(answer.body)["events"]


class Connection:
    """A raw connection, to see every byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, line: str, *headers: str, body: bytes = b"") -> None:
        """Send a request."""
        lines = [f"{line} HTTP/1.1", *headers]
        if not any(header.lower().startswith("host:") for header in headers):
            lines.append("Host: localhost:4566")
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def head(self) -> tuple[int, dict[str, str]]:
        """Read the head of an answer."""
        raw = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode().strip().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        return int(first.split()[1]), {name.lower(): value for name, value in pairs}

    async def ask(
        self, line: str, *headers: str, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request and read its answer."""
        self.send(line, *headers, body=body)
        status, given = await self.head()
        length = 0 if line.startswith("HEAD") else int(given.get("content-length", 0))
        return status, given, await self.reader.readexactly(length)

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


Scene = Callable[[Setup], Awaitable[None]]


@pytest.fixture
def way() -> str:
    """Give the way that calls go where they can."""
    return "short"


@pytest.fixture
def play(way: str) -> Callable[[Scene], None]:
    """Give what runs a coroutine with a gateway."""

    def run(scene: Scene) -> None:
        async def main() -> None:
            setup = Setup(is_short=way == "short")
            await setup.start()
            try:
                await asyncio.wait_for(scene(setup), 60)
            finally:
                await setup.stop()

        asyncio.run(main())

    return run
