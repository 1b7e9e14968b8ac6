"""Requests to the control API: finds the road to it, and turns what goes wrong into exceptions."""

import contextlib
import json
import secrets
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from localstack_outages.schema.errors import (
    ControlError,
    InvalidRules,
    InvalidScenario,
    MethodNotAllowed,
    NoControlApi,
    Unreachable,
)
from localstack_outages.schema.product import PREFIX, VERSION_HEADER

from .endpoint import is_on_this_machine, reachable

HOST = "outages.localhost.localstack.cloud"
"""The host by which LocalStack's router knows the control API, whatever address is behind it."""

_KINDS: tuple[type[ControlError], ...] = (*ControlError.__subclasses__(), InvalidScenario)
_REFUSALS: Mapping[str, type[ControlError]] = {
    # All but the one that is made of more than a message: a client of ours sends no such request.
    kind.code: kind
    for kind in _KINDS
    if kind is not MethodNotAllowed
}
_STREAM_SILENCE_SECONDS = 30
"""The server breaks the silence of a stream every ten seconds."""


class Transport:
    """Sends requests to the control API of one LocalStack.

    There are two roads: the path ``/_extension/outages`` on any host, and the host
    ``outages.localhost.localstack.cloud``, which is sent as a header and needs no DNS. A proxy in
    between may close one of them. The one that gets through is kept.

    It may be used by several threads at once: each request has a session to itself, which the next
    one takes over with its open connections. ``requests`` does not promise that threads can share
    one.

    :param endpoint: the URL of LocalStack
    :param timeout: how long to wait for an answer, seconds
    :param token: what the control API asks for; None where it asks for none
    """

    def __init__(self, endpoint: str, timeout: float, token: str | None = None) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self._token = token
        self._idle: deque[requests.Session] = deque()
        """Sessions that no request uses now."""
        self._base = reachable(endpoint)
        self._roads: list[tuple[str, dict[str, str]]] = [
            (f"{self._base}{PREFIX}", {}),
            (self._base, {"Host": HOST}),
        ]
        if (urlsplit(endpoint).hostname or "").startswith("outages."):
            self._roads = [(self._base, {"Host": urlsplit(endpoint).netloc}), self._roads[0]]

    def close(self) -> None:
        """Close its connections, but for those of requests that are under way."""
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()

    def json(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        wait: float = 0,
    ) -> Any:
        """Send a request and give the JSON that is answered.

        :param path: below the root of the control API
        :param params: of the URL; what is None is left out
        :param body: is sent as JSON where it is not None
        :param wait: how long the server itself may wait before it answers, seconds
        :raises Unreachable: where there is no answer
        :raises NoControlApi: where something else answers
        :raises ControlError: where the server refuses
        """
        with self._session() as session:
            return self._send(session, method, path, params, body, wait).json()

    def text(self, path: str) -> str:
        """Give the text at a path.

        :raises Unreachable: where there is no answer
        :raises NoControlApi: where something else answers
        :raises ControlError: where the server refuses
        """
        with self._session() as session:
            return self._send(session, "GET", path).text

    def stream(self, path: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Give the JSON of Server-Sent Events as they come.

        :raises Unreachable: where the stream breaks off
        """
        with self._session() as session:
            answer = self._send(session, "GET", path, params, stream=True)
            answer.encoding = "utf-8"
            try:
                for line in answer.iter_lines(chunk_size=None, decode_unicode=True):
                    if line.startswith("data: "):
                        yield json.loads(line.removeprefix("data: "))
            except requests.RequestException as e:
                raise Unreachable(self.endpoint, _reason(e)) from None
            finally:
                answer.close()
        raise Unreachable(self.endpoint, "the stream has ended")

    @contextlib.contextmanager
    def _session(self) -> Iterator[requests.Session]:
        """Take a session that nobody else uses meanwhile."""
        try:
            session = self._idle.pop()
        except IndexError:
            session = requests.Session()
            # A proxy that the environment names does not lead to this machine.
            session.trust_env = not is_on_this_machine(self.endpoint)
            if self._token is not None:
                session.auth = partial(_with_token, self._token)  # before what a .netrc says
        try:
            yield session
        finally:
            self._idle.append(session)

    def _send(
        self,
        session: requests.Session,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        wait: float = 0,
        *,
        stream: bool = False,
    ) -> requests.Response:
        timeout = (self.timeout, _STREAM_SILENCE_SECONDS if stream else self.timeout + wait)
        data = None if body is None else json.dumps(body).encode()
        own = {"Content-Type": "application/json"}
        if stream:
            own["Accept"] = "text/event-stream"
        if method != "GET":
            own["Idempotency-Key"] = secrets.token_hex(16)
        for road in tuple(self._roads):
            root, headers = road
            answer = self._request(
                session,
                method,
                root + path,
                params=None if params is None else _given(params),
                data=data,
                headers={**headers, **own},
                timeout=timeout,
                stream=stream,
            )
            if _is_ours(answer):
                self._roads = [road]
                _raise_refusal(answer)
                return answer
        raise NoControlApi(self.endpoint, answer.status_code)

    def _request(
        self, session: requests.Session, method: str, url: str, **options: Any
    ) -> requests.Response:
        for is_last in (False, True):
            try:
                return session.request(method, url, **options)
            except requests.RequestException as e:
                # A connection that was kept open may be one of a LocalStack that was restarted
                # since. A change may be sent twice: by its key the server knows the second one.
                if is_last or isinstance(e, requests.Timeout) or _is_gone(e):
                    raise Unreachable(self.endpoint, _reason(e), is_gone=_is_gone(e)) from None
        raise AssertionError("the last try returns or raises")


def _with_token(token: str, request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _is_ours(answer: requests.Response) -> bool:
    """Whether the control API answered, and not an AWS service of LocalStack or a proxy."""
    return VERSION_HEADER in answer.headers


def _raise_refusal(answer: requests.Response) -> None:
    if answer.ok:
        return
    error = answer.json()["error"]
    kind = _REFUSALS.get(error["code"], ControlError)
    if issubclass(kind, InvalidRules):
        raise kind(error["message"], error["path"], tuple(error.get("others", ())))
    refusal = kind(error["message"], error["path"])
    refusal.code, refusal.status = error["code"], answer.status_code
    raise refusal


def _is_gone(error: requests.RequestException) -> bool:
    """Whether nobody listens there at all."""
    return isinstance(_cause(error), (ConnectionRefusedError, socket.gaierror))


def _reason(error: requests.RequestException) -> str:
    """Say in a few words why there is no answer."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    cause = _cause(error)
    return "the connection broke off" if cause is None else str(cause.strerror)


def _cause(error: BaseException | None) -> OSError | None:
    """Give what the system itself said, which stands deep in what requests raises."""
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error
        inner = next((a for a in error.args if isinstance(a, BaseException)), None)
        error = getattr(error, "reason", None) or error.__context__ or inner
    return None
