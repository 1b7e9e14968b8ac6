"""What calls a test made, as the host saw them, and what the test's process knows of each."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from localstack_outages.aws.aims import aim_of
from localstack_outages.client.client import OutagesClient
from localstack_outages.client.rule_like import ALL
from localstack_outages.sweep import numbering
from localstack_outages.sweep.points import Call
from localstack_outages.testing.botocore_events import register, unregister

if TYPE_CHECKING:
    from localstack_outages.testing.call_sites import NotedCall

MAX_CALLS = 10_000
MAX_BODY = 100_000
_WAIT_SECONDS = 2.0
_POLL_SECONDS = 0.01
_EVENT = "before-send"
_ID = "amz-sdk-invocation-id"

Noted = Callable[[str], "NotedCall | None"]
"""Gives what was noted of a call when it was made, by its invocation id."""


class TooManyCalls(Exception):
    """A test made more calls than the host keeps, so that they cannot be numbered."""


class _Request(NamedTuple):
    """What is kept of a request."""

    is_conditional: bool = False
    """Whether it has a condition of DynamoDB's."""
    target: frozenset[str] = frozenset()
    """What it names: its path, and the texts in its parameters."""
    aim: int | None = None


_UNKNOWN = _Request()


class Sent:
    """Notes what the clients of this process send: by it is known what the host has yet to tell."""

    def __init__(self) -> None:
        self._port: int | None = None
        self._requests: dict[str, _Request] = {}

    def register(self) -> None:
        """Have all clients that botocore makes from now on tell of their requests."""
        register(_EVENT, self._note)

    def unregister(self) -> None:
        """Have them tell no more."""
        unregister(_EVENT, self._note)

    def begin(self, endpoint: str) -> None:
        """Forget what was sent until now, and note what is sent to an endpoint from now on."""
        self._port = urlsplit(endpoint).port
        self._requests = {}

    @property
    def ids(self) -> set[str]:
        """The invocation ids of the calls that were sent."""
        return set(self._requests)

    def request(self, invocation_id: str) -> _Request:
        """Give what is known of the request of a call."""
        return self._requests.get(invocation_id, _UNKNOWN)

    def _note(self, request: Any, **_: Any) -> None:
        name = request.headers.get(_ID)
        if name is not None and urlsplit(request.url).port == self._port:
            name = name.decode() if isinstance(name, bytes) else name
            body = request.body if isinstance(request.body, bytes) else b""
            ranges = request.headers.get("Range") or b""
            self._requests[name] = _Request(
                b'"ConditionExpression"' in body,
                _target(request.url, body),
                _aim(request.method, request.url, ranges, body),
            )


def _aim(method: str, url: str, ranges: bytes | str, body: bytes) -> int:
    to = urlsplit(url)
    span = ranges.decode() if isinstance(ranges, bytes) else ranges
    form = _form(body) or None
    return aim_of(method, f"{to.netloc}{to.path}", to.query, span, body, form).key


def _target(url: str, body: bytes) -> frozenset[str]:
    path = unquote(urlsplit(url).path)
    if len(body) > MAX_BODY:
        return frozenset((path,))
    if body.startswith(b"{"):
        try:
            return frozenset((*path.split("/"), *_texts(json.loads(body))))
        except ValueError:
            return frozenset((path,))
    form = _form(body)
    texts = [value for name, value in form if name not in ("Action", "Version")]
    return frozenset((*path.split("/"), *texts)) if form else frozenset((path,))


def _form(body: bytes) -> list[tuple[str, str]]:
    """Read the body of a service of the query protocol; nothing where it is another one."""
    return parse_qsl(body.decode(errors="replace")) if body.startswith(b"Action=") else []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


class Recorder:
    """Gives the calls from one moment to another.

    :param client: of the host, for the account of the test
    :param sent: what the process knows that it has sent
    :param noted: what was noted of each call when it was made
    """

    def __init__(self, client: OutagesClient, sent: Sent, noted: Noted) -> None:
        self._client = client
        self._sent = sent
        self._noted = noted
        sent.begin(client.endpoint)
        self._start = client.calls(-1, account=ALL, limit=1)["next"]

    def calls(self) -> tuple[Call, ...]:
        """Give the calls until now, in the order in which they came.

        :raises TooManyCalls: where the host does not have them all any more
        """
        wanted = self._sent.ids
        deadline = time.monotonic() + _WAIT_SECONDS
        never = threading.Event()
        while True:
            page = self._client.calls(self._start, account=self._client.account, limit=MAX_CALLS)
            if page["missed"]:
                raise TooManyCalls
            found = page["events"]
            # A record is made when the answer is out: the last one may come after it.
            if wanted <= {event["client"]["invocationId"] for event in found}:
                break
            if time.monotonic() > deadline:
                break
            never.wait(_POLL_SECONDS)
        return numbering.numbered(found, self._known)

    def _known(self, invocation_id: str) -> numbering.Sent:
        noted, request = self._noted(invocation_id), self._sent.request(invocation_id)
        if noted is None:
            return numbering.Sent(None, *request)
        timeout = noted.read_timeout
        waits = "for ever" if timeout is None else f"{timeout:g} s"
        return numbering.Sent(str(noted.site), *request, waits)
