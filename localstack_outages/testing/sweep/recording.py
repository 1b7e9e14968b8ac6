"""What calls a test made, as the host saw them, and what the test's process knows of each."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from localstack_outages.client.client import OutagesClient
from localstack_outages.client.rule_like import ALL
from localstack_outages.sweep import numbering
from localstack_outages.sweep.points import Call
from localstack_outages.testing.botocore_events import register, unregister

MAX_CALLS = 10_000
MAX_BODY = 100_000
_UNKNOWN: tuple[bool, frozenset[str]] = (False, frozenset())
_WAIT_SECONDS = 2.0
_POLL_SECONDS = 0.01
_EVENT = "before-send"
_ID = "amz-sdk-invocation-id"

Sites = Callable[[str], str | None]
"""Gives ``file:line`` of the code that made a call, by its invocation id."""


class TooManyCalls(Exception):
    """A test made more calls than the host keeps, so that they cannot be numbered."""


class Sent:
    """Notes what the clients of this process send: by it is known what the host has yet to tell."""

    def __init__(self) -> None:
        self._port: int | None = None
        self._requests: dict[str, tuple[bool, frozenset[str]]] = {}

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

    def is_conditional(self, invocation_id: str) -> bool:
        """Whether a call has a condition of DynamoDB's."""
        return self._requests.get(invocation_id, _UNKNOWN)[0]

    def target(self, invocation_id: str) -> frozenset[str]:
        """What a request names: its path, and the texts in its parameters."""
        return self._requests.get(invocation_id, _UNKNOWN)[1]

    def _note(self, request: Any, **_: Any) -> None:
        name = request.headers.get(_ID)
        if name is not None and urlsplit(request.url).port == self._port:
            name = name.decode() if isinstance(name, bytes) else name
            body = request.body if isinstance(request.body, bytes) else b""
            self._requests[name] = b'"ConditionExpression"' in body, _target(request.url, body)


def _target(url: str, body: bytes) -> frozenset[str]:
    path = unquote(urlsplit(url).path)
    if len(body) > MAX_BODY:
        return frozenset((path,))
    if body.startswith(b"{"):
        try:
            return frozenset((*path.split("/"), *_texts(json.loads(body))))
        except ValueError:
            return frozenset((path,))
    form = parse_qsl(body.decode(errors="replace")) if body.startswith(b"Action=") else []
    texts = [value for name, value in form if name not in ("Action", "Version")]
    return frozenset((*path.split("/"), *texts)) if form else frozenset((path,))


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
    :param sites: where each call was made
    """

    def __init__(self, client: OutagesClient, sent: Sent, sites: Sites) -> None:
        self._client = client
        self._sent = sent
        self._sites = sites
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
        sent = self._sent
        return numbering.Sent(
            self._sites(invocation_id),
            sent.is_conditional(invocation_id),
            sent.target(invocation_id),
        )
