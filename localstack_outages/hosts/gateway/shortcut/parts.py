"""What all connections of the short way share."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.engine.injection import Injector
from localstack_outages.hosts.gateway.call_reader import CallReader
from localstack_outages.hosts.gateway.upstream import Upstream
from localstack_outages.hosts.warnings import Warnings

from .upstream_side import Pool

if TYPE_CHECKING:
    from .client_side import Client


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
    clients: "set[Client]"
    """The connections that are open."""
