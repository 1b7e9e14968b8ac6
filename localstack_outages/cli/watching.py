"""The live feed of ``watch``: calls that rules touched, as they end, across restarts of LocalStack."""

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.errors import NoControlApi, Unreachable

if TYPE_CHECKING:
    from localstack_outages.answers import Event
    from localstack_outages.client import OutagesClient

POLL_SECONDS = 5.0
"""How long one request waits for events. In silence it is looked so often for a restart."""

RETRY_SECONDS = 0.5


class Called(NamedTuple):
    """A call that a rule touched."""

    event: "Event"


class Missed(NamedTuple):
    """Calls fell out of the journal before they could be read."""

    calls: int


class Gone(NamedTuple):
    """LocalStack does not answer any more."""

    reason: str


class Back(NamedTuple):
    """LocalStack answers again, or was started anew without being missed."""

    restarted: bool


Notice = Called | Missed | Gone | Back


class Watch:
    """Watches one LocalStack.

    :param client: the client to it
    :param service: glob on the service
    :param region: glob on the region
    :param past: whether to begin with the calls that its journal has already
    """

    def __init__(
        self,
        client: "OutagesClient",
        service: str | None = None,
        region: str | None = None,
        *,
        past: bool = False,
    ) -> None:
        self._client = client
        self._service = service
        self._region = region
        self._instance = client.status()["instance"]
        newest = client.events(-1, service=service, region=region)["next"]
        self._after = 0 if past else newest

    def notices(self, seconds: float | None = None) -> Iterator[Notice]:
        """Give what happens, as it happens.

        :param seconds: how long to watch; without end where left out
        """
        deadline = float("inf") if seconds is None else time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                yield from self._page(min(POLL_SECONDS, left))
            except (Unreachable, NoControlApi) as e:
                yield Gone(e.reason if isinstance(e, Unreachable) else "it is not ready")
                instance = self._wait_until_back(deadline)
                if instance is not None:
                    yield Back(restarted=self._notice(instance))

    def _page(self, wait: float) -> Iterator[Notice]:
        page = self._client.events(
            self._after, service=self._service, region=self._region, wait=wait
        )
        if not page["events"] and self._notice(self._client.status()["instance"]):
            yield Back(restarted=True)  # between two requests
            return
        if page["missed"]:
            yield Missed(page["missed"])
        for event in page["events"]:
            self._after = event["sequence"]
            yield Called(event)
        self._after = page["next"]

    def _notice(self, instance: str) -> bool:
        """Give whether LocalStack was started anew since it was last asked; its journal has begun anew
        then, and is read from the beginning.
        """
        is_another = instance != self._instance
        if is_another:
            self._instance, self._after = instance, 0
        return is_another

    def _wait_until_back(self, deadline: float) -> str | None:
        """Wait; give which LocalStack answers then, None where none did in time."""
        never = threading.Event()
        while (left := deadline - time.monotonic()) > 0:
            try:
                return self._client.status()["instance"]
            except (Unreachable, NoControlApi):
                never.wait(min(RETRY_SECONDS, left))
        return None
