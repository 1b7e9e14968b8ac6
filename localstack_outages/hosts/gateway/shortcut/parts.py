"""What all connections of the short way share."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.engine.injection import Injector
from localstack_outages.hosts.gateway.call_reader import CallReader
from localstack_outages.hosts.gateway.upstream import Upstream
from localstack_outages.hosts.warnings import Warnings

from .upstream_side import Pool


class Served(Protocol):
    """The connection of a client."""

    @property
    def is_busy(self) -> bool:
        """Whether a call is under way on the short way."""

    def close(self) -> None:
        """Close it after the call that is under way."""

    def abort(self) -> None:
        """Close it at once, unless it is served on the long way."""


class Parts(NamedTuple):
    """See ``Shortcut``."""

    injector: Injector
    reader: CallReader
    find_control: Callable[[HttpRequest], Any]
    upstream: Upstream
    warnings: Warnings
    make_handler: Callable[[], asyncio.Protocol]
    idle_seconds: float
    pool: Pool
    clients: set[Served]
    """The connections that are open."""
