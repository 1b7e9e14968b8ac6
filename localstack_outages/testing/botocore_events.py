"""Registers for events of botocore in all clients that are made from now on, aiobotocore's too."""

import sys
from collections.abc import Callable
from typing import Any


def register(event: str, handler: Callable[..., None]) -> None:
    """Have a handler called for an event; once, however often it is registered.

    :param event: such as ``before-send``: of all services and operations
    """
    from botocore import handlers

    if (event, handler) not in handlers.BUILTIN_HANDLERS:
        handlers.BUILTIN_HANDLERS.append((event, handler))
        if (events := _events_made_before()) is not None:
            events.register(event, handler)


def unregister(event: str, handler: Callable[..., None]) -> None:
    """Have it called no more, but by clients that were made meanwhile."""
    from botocore import handlers

    if (event, handler) in handlers.BUILTIN_HANDLERS:
        handlers.BUILTIN_HANDLERS.remove((event, handler))
        if (events := _events_made_before()) is not None:
            events.unregister(event, handler)


def _events_made_before() -> Any:
    """Give the events of boto3's default session: it has the handlers that there were when it was made."""
    session = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
    return None if session is None else session.events
