"""The short way: a small call with nothing unusual about it is read, decided on, and passed or refused
without an HTTP library, which takes most of the time of a call.

Optional: nothing outside this folder needs it. Whatever it does not know to the byte it hands to the
long way, before anything of the call has gone to the upstream: requests of another form, bodies that
are long or come in chunks, ``Expect``, upgrades, the control API, FIS, answers with addresses in them,
and all that a rule does but refuse at once.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.engine.injection import Injector
from localstack_outages.hosts.gateway.call_reader import CallReader
from localstack_outages.hosts.gateway.upstream import Upstream
from localstack_outages.hosts.warnings import Warnings

from .client_side import Client
from .parts import Parts
from .upstream_side import Pool


class Shortcut:
    """Serves the connections of clients.

    :param injector: decides on calls
    :param reader: reads them
    :param find_control: gives what answers a control request; None for any other
    :param upstream: an endpoint in plain HTTP
    :param warnings: is told of what fails
    :param make_handler: makes what serves a connection on the long way
    :param idle_seconds: so long a connection may take to send its next request
    """

    def __init__(
        self,
        injector: Injector,
        reader: CallReader,
        find_control: Callable[[HttpRequest], Any],
        upstream: Upstream,
        warnings: Warnings,
        make_handler: Callable[[], asyncio.Protocol],
        idle_seconds: float,
    ) -> None:
        self._pool = Pool(upstream)
        self._parts = Parts(
            injector,
            reader,
            find_control,
            upstream,
            warnings,
            make_handler,
            idle_seconds,
            self._pool,
            set(),
        )

    def __call__(self) -> asyncio.Protocol:
        """Give what serves one connection."""
        return Client(self._parts)

    async def close(self, timeout: float) -> None:
        """End the connections that it serves.

        :param timeout: seconds that calls under way have
        """
        clients = self._parts.clients
        for client in tuple(clients):
            client.close()
        deadline = asyncio.get_running_loop().time() + timeout
        while any(client.is_busy for client in clients):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.01)
        for client in tuple(clients):
            client.abort()
        self._pool.close()
