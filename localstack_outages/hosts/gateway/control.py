"""Hands requests to the control API, and its answers back. It waits in threads of its own."""

import asyncio
import contextlib
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import unquote

from aiohttp import web

from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.control.message import (
    MAX_BODY_BYTES,
    ControlAnswer,
    ControlRequest,
    Headers,
    Peer,
    Stream,
)
from localstack_outages.hosts.app import App
from localstack_outages.schema.product import CHAOS_PATHS, PREFIX

from .connection import Connection
from .incoming import Incoming
from .refusals import Refusals

MAX_READERS = 256
"""So many may read a stream or wait for an event at once."""

_HOST = "outages."
_NOT_HOSTS = ("outages.s3.", "outages.s3-")
"""A bucket of S3 may be called outages."""

_STRANGERS = (401, 403)

Handle = Callable[[ControlRequest], ControlAnswer]
T = TypeVar("T")


class Control:
    """Serves the control API and the Chaos API.

    :param app: the parts of all hosts
    :param refusals: is told of strangers
    """

    def __init__(self, app: App, refusals: Refusals) -> None:
        self._app = app
        self._refusals = refusals
        self._threads = ThreadPoolExecutor(MAX_READERS, "outages-control")

    def find(self, head: HttpRequest) -> tuple[Handle, str] | None:
        """Give what answers a request, and the path at which it stands; None for any other."""
        path = head.path
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            return self._app.answer, PREFIX
        if path in CHAOS_PATHS:
            return self._app.answer_chaos, ""
        host = head.headers.get("host", "").lower()
        if host.startswith(_HOST) and not host.startswith(_NOT_HOSTS):
            return self._app.answer, ""
        return None

    async def answer(self, incoming: Incoming, handle: Handle, root: str) -> web.StreamResponse:
        """Answer a control request."""
        body = io.BytesIO(await incoming.read(MAX_BODY_BYTES + 1))  # it refuses what is longer
        asked = as_control_request(incoming, root, body)
        answered = await self._in_thread(lambda: handle(asked))
        if answered.status in _STRANGERS:
            self._refusals.tell(_stranger(answered))
        if not isinstance(answered.body, Stream):
            return web.Response(
                status=answered.status, headers=answered.headers, body=answered.body
            )
        return await self._stream(incoming.request, answered, answered.body)

    def close(self) -> None:
        """Let go of the threads; those that wait must have been let go before."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _stream(
        self, request: web.BaseRequest, answered: ControlAnswer, stream: Stream
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=answered.status, headers=answered.headers)
        try:
            await response.prepare(request)
            while (part := await self._in_thread(lambda: next(stream, None))) is not None:
                await response.write(part)
            await response.write_eof()
        finally:
            stream.close()
        return response

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)


def as_control_request(
    incoming: Incoming, root: str = "", body: io.BytesIO | None = None
) -> ControlRequest:
    """Give a request in the form that the control API and its guard know."""
    method, path, query, _ = incoming.head
    request = incoming.request
    return ControlRequest(
        method=method,
        path=unquote(path).removeprefix(root),
        query=query,
        headers=Headers(request.headers.items()),
        read=(body or io.BytesIO()).read,
        root=root,
        scheme=request.scheme,
        peer=_Peer(Connection(request)),
    )


def _stranger(answered: ControlAnswer) -> str:
    message = f"HTTP {answered.status}"
    with contextlib.suppress(TypeError, ValueError, LookupError):
        if isinstance(answered.body, bytes):
            message = json.loads(answered.body)["error"]["message"]
    return f"a control request: {message}"


class _Peer(Peer):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_gone(self) -> bool:
        return not self._connection.is_open

    def is_behind(self) -> bool:
        return self._connection.is_behind
