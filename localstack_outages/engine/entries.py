"""Knows the entries of batches again, when a client sends those that failed another time.

A fingerprint is a hash of what an entry is and where it goes, without the id that the client gives it for
one request. Nothing of an entry can be read from it.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from localstack_outages.aws.batches import batch_of

from .call import Call

KEPT_SECONDS = 600
"""So long after entries failed the entries of further calls of the operation are told. A queue that
clients keep failed entries in, to send them again, is a matter of minutes."""

MAX_FINGERPRINTS = 1000
"""Of one call. ``DeleteObjects`` takes so many entries; of ``PutLogEvents`` only the first are told."""

MAX_OPERATIONS = 1000
"""Calls of so many operations, in as many accounts and regions, are watched."""

Place = tuple[str, str, str, str]
"""Service, region, operation and account."""


class WatchedBatches:
    """The operations on which entries failed lately."""

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until: dict[Place, float] = {}

    def __bool__(self) -> bool:
        return bool(self._until)

    def note(self, place: Place, now: float) -> None:
        """Watch the calls of an operation from now on.

        :param place: as the first parts of a ``Call``
        :param now: by the clock of the rules, seconds
        """
        # Another dictionary in its place: calls in other threads read this one.
        until = {key: end for key, end in self._until.items() if end > now and key != place}
        if len(until) >= MAX_OPERATIONS:
            del until[next(iter(until))]
        until[place] = now + KEPT_SECONDS
        self._until = until

    def has(self, call: Call, now: float) -> bool:
        """Whether entries of an operation failed lately, in the call's account and region."""
        end = self._until.get(call[:4])
        if end is not None and end <= now:
            self._until = {key: end for key, end in self._until.items() if end > now}
            return False
        return end is not None


def fingerprints(call: Call, chosen: Iterable[int] | None = None) -> tuple[str, ...]:
    """Give the fingerprints of the entries of a call, in order.

    :param chosen: the places of the entries that are asked for, from 0; all where left out
    """
    batch = batch_of(call.service, call.operation)
    if batch is None:
        return ()
    identities = list(batch.identities(call.parameters))
    places = range(len(identities)) if chosen is None else chosen
    return tuple(
        _digest((call[:4], identities[i]))
        for i, _ in zip(places, range(MAX_FINGERPRINTS), strict=False)
    )


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=_plain)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value.hex() if isinstance(value, bytes) else str(value)
