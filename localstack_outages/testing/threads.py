"""Has botocore name the thread of each call that the tests' process makes, by an event of its own.

Calls of one thread that are after the same are then known to be tries of one effort. Without it, and
for clients that were made before the first test with outages began, this is guessed by connections.
"""

import asyncio
import os
import threading
from typing import Any
from urllib.parse import urlsplit

from localstack_outages.aws.sdk_headers import THREAD_HEADER

from .botocore_events import register

_EVENT = "before-send"
"""After a request was signed, so that the header is not part of its signature."""

_ports: set[int] = set()
"""The ports of the endpoints with outages. Calls to others are left as they are."""


def name_threads(endpoint: str) -> None:
    """Have all clients that botocore makes from now on name their threads at an endpoint.

    :param endpoint: the URL of LocalStack or the gateway
    """
    port = urlsplit(endpoint).port
    if port is None:
        return
    _ports.add(port)
    register(_EVENT, _name_thread)


def _name_thread(request: Any, **_: Any) -> None:
    """Add the header to a request of botocore's (``AWSPreparedRequest``)."""
    if urlsplit(request.url).port in _ports:
        request.headers[THREAD_HEADER] = f"{os.getpid()}-{threading.get_ident()}-{_task()}"


def _task() -> int:
    """Give what tells the tasks of asyncio in one thread apart; 0 outside of them."""
    try:
        return id(asyncio.current_task())
    except RuntimeError:  # no event loop runs in this thread
        return 0
