"""What makes a sweep quick and its runs alike: no pause before an SDK's retry, and retry quotas that are full.

botocore waits up to 20 s between attempts, and a persistent error is waited for at each point. So
``botocore.endpoint`` and ``aiobotocore.endpoint`` sleep for nothing while a faulted run lasts; pauses
are not judged then. A client's retry quota (500 tokens, 14 for a retry, 5 for one after throttling, in
botocore 1.44) is used up after some 18 failed calls, and a client that lives longer than a test would
give up at once from then on. So each run begins with full quotas, whatever the scope of the client.
"""

import contextlib
import gc
import sys
import weakref
from collections.abc import Iterator
from typing import Any


class _Impatient:
    """A module whose ``sleep`` returns at once."""

    def __init__(self, module: Any, sleep: Any) -> None:
        self._module = module
        self.sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _sleep(_: float) -> None:
    """Return at once."""


async def _asleep(_: float, result: Any = None) -> Any:
    """Return at once."""
    return result


@contextlib.contextmanager
def no_pauses() -> Iterator[None]:
    """Have SDKs of this process retry at once while a block lasts."""
    import botocore.endpoint

    patched = [(botocore.endpoint, "time", _Impatient(botocore.endpoint.time, _sleep))]
    other = sys.modules.get("aiobotocore.endpoint")
    if other is not None and hasattr(other, "asyncio"):
        patched.append((other, "asyncio", _Impatient(other.asyncio, _asleep)))
    before = [(module, name, getattr(module, name)) for module, name, _ in patched]
    try:
        for module, name, value in patched:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


class Quotas:
    """The retry quotas of all clients of this process."""

    def __init__(self) -> None:
        from botocore.retries.quota import RetryQuota

        self._known: weakref.WeakSet[Any] = weakref.WeakSet(
            found for found in gc.get_objects() if type(found) is RetryQuota
        )
        self._kind, self._make = RetryQuota, RetryQuota.__init__
        known, make = self._known, self._make

        def make_known(quota: Any, *args: Any, **kwargs: Any) -> None:
            make(quota, *args, **kwargs)
            known.add(quota)

        RetryQuota.__init__ = make_known

    def close(self) -> None:
        """Leave botocore as it was."""
        self._kind.__init__ = self._make

    def fill(self) -> None:
        """Make all of them as they were when they were new."""
        for quota in list(self._known):
            quota.release(quota.INITIAL_CAPACITY)
