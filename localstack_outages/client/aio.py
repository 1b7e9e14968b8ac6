"""The client for asyncio: the same methods, to be awaited. Requests are made in threads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from .client import DEFAULT_TIMEOUT, OutagesClient
from .outage import Outage
from .rule_like import ALL, RuleLike
from .scenario_control import ScenarioLike

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Event, Verdict
    from localstack_outages.schema.fields import Fields

_POLL_SECONDS = 2.0
"""How long one request of a stream waits for events: so long a thread outlives its task at most."""

P = ParamSpec("P")
T = TypeVar("T")


def _awaited(
    method: Callable[Concatenate[OutagesClient, P], T],
) -> Callable[Concatenate["AsyncOutagesClient", P], Coroutine[Any, Any, T]]:
    @wraps(method)
    async def call(self: "AsyncOutagesClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(method, self.sync, *args, **kwargs)

    return call


class AsyncOutagesClient:
    """An ``OutagesClient`` whose methods are awaited.

    Example::

        async with AsyncOutagesClient().outage("sqs", latency=200) as outage:
            await application.send(message)
        await outage.assert_hit()

    :param endpoint: as of ``OutagesClient``
    :param timeout: as of ``OutagesClient``, seconds
    :param account: as of ``OutagesClient``
    :param token: as of ``OutagesClient``
    :raises ValueError: where the endpoint is no URL, or the timeout not more than 0
    """

    def __init__(
        self,
        endpoint: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        account: str = ALL,
        token: str | None = None,
    ) -> None:
        self.sync = OutagesClient(endpoint, timeout, account, token)
        """The client that does the work."""

    rules = _awaited(OutagesClient.rules)
    replace = _awaited(OutagesClient.replace)
    add = _awaited(OutagesClient.add)
    remove = _awaited(OutagesClient.remove)
    clear = _awaited(OutagesClient.clear)
    rule = _awaited(OutagesClient.rule)
    edit = _awaited(OutagesClient.edit)
    move = _awaited(OutagesClient.move)
    end = _awaited(OutagesClient.end)
    evidence = _awaited(OutagesClient.evidence)
    status = _awaited(OutagesClient.status)
    events = _awaited(OutagesClient.events)
    calls = _awaited(OutagesClient.calls)
    traffic = _awaited(OutagesClient.traffic)
    load = _awaited(OutagesClient.load)
    verdicts = _awaited(OutagesClient.verdicts)
    marks = _awaited(OutagesClient.marks)
    mark = _awaited(OutagesClient.mark)
    names = _awaited(OutagesClient.names)
    metrics = _awaited(OutagesClient.metrics)
    openapi = _awaited(OutagesClient.openapi)

    async def stream(
        self, after: int = 0, *, service: str | None = None, region: str | None = None
    ) -> "AsyncIterator[Event]":
        """Give calls that rules touched as they end; see ``OutagesClient.stream()``.

        :raises Unreachable: where LocalStack goes away
        """
        while True:
            page = await self.events(after, service=service, region=region, wait=_POLL_SECONDS)
            for event in page["events"]:
                yield event
            after = page["next"]

    def outage(
        self, service: str | Iterable[RuleLike] = ALL, **fields: "Unpack[Fields]"
    ) -> "AsyncOutage":
        """Make an outage for an ``async with`` block; see ``OutagesClient.outage()``.

        :raises InvalidRules: where a field is not valid
        """
        return AsyncOutage(self.sync.outage(service, **fields))

    def scenario(
        self, scenario: ScenarioLike, *, speed: float = 1, phase: str | None = None
    ) -> "AsyncOutage":
        """Make an outage of a scenario for an ``async with`` block; see
        ``OutagesClient.scenario()``.

        :raises InvalidScenario: where it is not valid, or cannot be played so
        :raises UnknownScenario: where none has the name
        """
        return AsyncOutage(self.sync.scenario(scenario, speed=speed, phase=phase))

    async def close(self) -> None:
        """Close its connections."""
        self.sync.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncOutage:
    """An outage for as long as an ``async with`` block lasts.

    :param sync: the outage that does the work
    """

    def __init__(self, sync: Outage) -> None:
        self.sync = sync

    async def __aenter__(self) -> Self:
        try:
            await _uninterrupted(self.sync.start)
        except asyncio.CancelledError:
            await _uninterrupted(self.sync.stop)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await _uninterrupted(self.sync.stop)

    async def hits(self) -> int:
        """Give how many calls its rules fired on until now."""
        return await asyncio.to_thread(lambda: self.sync.hits)

    async def events(self) -> "list[Event]":
        """Give the calls that its rules touched."""
        return await asyncio.to_thread(lambda: self.sync.events)

    async def verdicts(self) -> "list[Verdict]":
        """Give what clients made of those calls."""
        return await asyncio.to_thread(lambda: self.sync.verdicts)

    async def assert_hit(
        self, times: int | None = None, *, at_least: int = 1, within: float = 0
    ) -> None:
        """See ``Outage.assert_hit()``."""
        __tracebackhide__ = True
        await asyncio.to_thread(self.sync.assert_hit, times, at_least=at_least, within=within)

    async def assert_retried(self, at_least: int = 1, *, backoff: bool = False) -> None:
        """See ``Outage.assert_retried()``."""
        __tracebackhide__ = True
        await asyncio.to_thread(self.sync.assert_retried, at_least, backoff=backoff)

    async def assert_no_entries_lost(self, within: float = 10) -> None:
        """See ``Outage.assert_no_entries_lost()``."""
        __tracebackhide__ = True
        await asyncio.to_thread(self.sync.assert_no_entries_lost, within)

    async def assert_not_repeated(self) -> None:
        """See ``Outage.assert_not_repeated()``."""
        __tracebackhide__ = True
        await asyncio.to_thread(self.sync.assert_not_repeated)

    async def assert_recovered(self, within: float = 10) -> None:
        """See ``Outage.assert_recovered()``."""
        __tracebackhide__ = True
        await asyncio.to_thread(self.sync.assert_recovered, within)


async def _uninterrupted(function: Callable[[], object]) -> None:
    """Run a function in a thread to its end, also where the task is cancelled meanwhile: a rule that
    is being added must not come after it was taken out.
    """
    running = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
