"""Has a call wait as a coroutine: thousands may hang at once, and hold nothing but some memory."""

import asyncio
import time
from contextlib import suppress

from localstack_outages.engine.steps import Wait


async def wait(step: Wait) -> None:
    """Wait as a step says.

    :raises asyncio.CancelledError: where the client has gone, which the step is told
    """
    began_at = time.monotonic()
    loop = asyncio.get_running_loop()
    released = asyncio.Event()

    def release() -> None:
        loop.call_soon_threadsafe(released.set)

    def left() -> float | None:
        passed = time.monotonic() - began_at
        return None if step.seconds is None else max(0, step.seconds - passed)

    forget = step.hold.on_release(release)
    try:
        # A busy loop's timer may ring early: it goes by the time at which the loop's turn began.
        while not released.is_set() and (seconds := left()) != 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await released.wait()
    except asyncio.CancelledError:
        step.client_left = True
        raise
    finally:
        forget()
