"""Hands the requests that LocalStack's router gives to the control API, and its answers back."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from rolo import Response
from werkzeug.routing import Rule

from localstack_outages.control.message import ControlAnswer, ControlRequest, Headers, Peer
from localstack_outages.hosts.ports import Connection
from localstack_outages.schema.product import PREFIX

from .interceptor import FindConnection

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from rolo import Request


Handle = Callable[[ControlRequest], ControlAnswer]
"""Answers control requests."""


def routes(handle: Handle, find_connection: FindConnection, host: str) -> list[Rule]:
    """Make the routes of the control API: at a host of its own, and below its prefix at any host.

    They are for one call of the router's ``add``, in which it makes all rules that it has anew.
    """
    at_host = endpoint(handle, find_connection)
    below_prefix = endpoint(handle, find_connection, PREFIX)
    return [
        rule
        for path in ("/", "/<path:path>")
        for rule in (
            Rule(path, endpoint=at_host, host=host),
            Rule(f"{PREFIX}{path}", endpoint=below_prefix),
        )
    ]


def endpoint(
    handle: Handle,
    find_connection: FindConnection,
    root: str = "",
) -> Callable[..., Response]:
    """Make an endpoint for LocalStack's router.

    :param handle: answers control requests
    :param find_connection: finds the connection of a request
    :param root: the path at which the API stands
    """

    def answer(request: "Request", **_: str) -> Response:
        asked = ControlRequest(
            method=request.method,
            path=request.path.removeprefix(root),
            query=request.query_string.decode(errors="surrogateescape"),
            headers=Headers(request.headers.items()),
            read=lambda size: _read(request, size),
            root=root,
            scheme=request.scheme,
            peer=_Peer(request, find_connection),
        )
        answered = handle(asked)
        return Response(answered.body, answered.status, answered.headers)

    return answer


def _read(request: "Request", size: int) -> bytes:
    data = b""
    while len(data) < size and (part := request.stream.read(size - len(data))):
        data += part
    # Where something in LocalStack has read the stream before, it has kept the data.
    return data or request.get_data(parse_form_data=False)[:size]


class _Peer(Peer):
    """The client, as Twisted sees it. One that is inside LocalStack is always there."""

    def __init__(self, request: "Request", find_connection: FindConnection) -> None:
        self._request = request
        self._find_connection = find_connection

    def is_gone(self) -> bool:
        return self._connection is not None and not self._connection.is_open

    def is_behind(self) -> bool:
        return self._connection is not None and self._connection.is_behind

    @cached_property
    def _connection(self) -> "Connection[Response] | None":
        return self._find_connection(self._request)
