"""The live feed of ``watch``: calls that rules touched, as they end, and how efforts ended, across
restarts of LocalStack.
"""

import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.schema.errors import NoControlApi, Unreachable

from .decided import LOOK_SECONDS, MAX_EFFORTS, Decided

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient
    from localstack_outages.schema.documents import Event, Verdict, VerdictsDocument

POLL_SECONDS = 5.0
"""How long one request waits for events, and so how often a restart is looked for in silence."""

RETRY_SECONDS = 0.5


class Called(NamedTuple):
    """A call that a rule touched."""

    event: "Event"


class Missed(NamedTuple):
    """Calls fell out of the journal before they could be read."""

    calls: int


class Gone(NamedTuple):
    """LocalStack no longer answers."""

    reason: str


class Back(NamedTuple):
    """LocalStack answers again, or was restarted between two requests."""

    restarted: bool


class Judged(NamedTuple):
    """It is decided how an effort ended."""

    verdict: "Verdict"


Notice = Called | Judged | Missed | Gone | Back


class Watch:
    """Watches one LocalStack.

    :param client: the client to it
    :param service: glob on the service
    :param region: glob on the region
    :param owner: only calls that a rule of this owner touched
    :param past: whether to start with the calls that its journal already has
    """

    def __init__(
        self,
        client: "OutagesClient",
        service: str | None = None,
        region: str | None = None,
        owner: str | None = None,
        *,
        past: bool = False,
    ) -> None:
        self._client = client
        self._ask = partial(client.events, service=service, region=region, owner=owner)
        self._judge = partial(
            client.verdicts, MAX_EFFORTS, service=service, region=region, owner=owner
        )
        self._decided = Decided(self._verdicts, past=past)
        self._instance = client.status()["instance"]
        newest = self._ask(-1)["next"]
        self._after = 0 if past else newest

    def notices(self, seconds: float | None = None) -> Iterator[Notice]:
        """Give what happens, as it happens.

        :param seconds: how long to watch; by default forever
        """
        deadline = float("inf") if seconds is None else time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                wait = LOOK_SECONDS if self._decided.is_awaiting else POLL_SECONDS
                yield from self._page(min(wait, left))
            except (Unreachable, NoControlApi) as e:
                yield Gone(e.reason if isinstance(e, Unreachable) else "it is not ready")
                instance = self._wait_until_back(deadline)
                if instance is not None:
                    yield Back(restarted=self._notice(instance))

    def _page(self, wait: float) -> Iterator[Notice]:
        page = self._ask(self._after, wait=wait)
        if not page["events"] and self._notice(self._client.status()["instance"]):
            yield Back(restarted=True)  # between two requests
            return
        if page["missed"]:
            yield Missed(page["missed"])
        for event in page["events"]:
            self._after = event["sequence"]
            yield Called(event)
        self._after = page["next"]
        self._decided.has_news |= bool(page["events"])
        if self._decided.is_due:
            yield from map(Judged, self._decided.look())

    def _verdicts(self, seconds: float | None) -> "VerdictsDocument":
        return self._judge(since=None if seconds is None else f"{seconds:.3f}s")

    def _notice(self, instance: str) -> bool:
        """Say whether LocalStack was restarted since the last answer. Its journal is new then, and is
        read from the start.
        """
        is_another = instance != self._instance
        if is_another:
            self._instance, self._after = instance, 0
        return is_another

    def _wait_until_back(self, deadline: float) -> str | None:
        """Wait until one answers; give its instance, or None if none did in time."""
        never = threading.Event()
        while (left := deadline - time.monotonic()) > 0:
            try:
                return self._client.status()["instance"]
            except (Unreachable, NoControlApi):
                never.wait(min(RETRY_SECONDS, left))
        return None
