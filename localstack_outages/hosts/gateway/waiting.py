"""Has a call wait as a coroutine: thousands may hang at once, and hold nothing but some memory."""

import asyncio

from localstack_outages.engine.steps import Wait


async def wait(step: Wait) -> None:
    """Wait as a step says.

    :raises asyncio.CancelledError: where the client has gone, which the step is told
    """
    loop = asyncio.get_running_loop()
    released = asyncio.Event()

    def release() -> None:
        loop.call_soon_threadsafe(released.set)

    forget = step.hold.on_release(release)
    try:
        async with asyncio.timeout(step.seconds):
            await released.wait()
    except TimeoutError:
        pass
    except asyncio.CancelledError:
        step.client_left = True
        raise
    finally:
        forget()
