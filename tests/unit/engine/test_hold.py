"""What waiting calls wait on."""

import threading
from concurrent.futures import ThreadPoolExecutor

from localstack_outages.engine.hold import Hold


def test_release():
    """A release tells all that wait, once, and those that come later at once."""
    hold, told = Hold(), []
    hold.on_release(lambda: told.append("first"))
    hold.on_release(lambda: told.append("second"))

    assert (False, []) == (hold.is_released, told)

    hold.release()
    hold.release()

    assert (True, ["first", "second"]) == (hold.is_released, told)

    hold.on_release(lambda: told.append("late"))

    assert ["first", "second", "late"] == told


def test_take_back():
    """A callback that is taken back is not called; its equals are. It may be taken back twice."""
    hold, told = Hold(), []
    callback = lambda: told.append(1)  # noqa: E731 - the same twice
    forget = hold.on_release(callback)
    hold.on_release(callback)
    forget()
    forget()

    hold.release()
    forget()

    assert [1] == told


def test_a_callback_that_fails(caplog):
    """A callback that fails is logged and leaves nobody waiting."""
    hold, told = Hold(), []
    hold.on_release(lambda: 1 / 0)
    hold.on_release(lambda: told.append(1))

    hold.release()

    assert [1] == told
    assert ["A call that waits cannot be let go"] == [r.getMessage() for r in caplog.records]


def test_a_callback_may_wait_on_it():
    """A callback may use the hold: it is not called under its lock."""
    hold, told = Hold(), []
    hold.on_release(lambda: hold.on_release(lambda: told.append(hold.is_released)))

    hold.release()

    assert [True] == told


def test_nobody_is_forgotten():
    """Whoever begins to wait while it is released, in whatever thread, is told."""
    for _ in range(50):
        hold, told = Hold(), threading.Semaphore(0)
        with ThreadPoolExecutor(5) as pool:
            for _ in range(4):
                pool.submit(hold.on_release, told.release)
            pool.submit(hold.release)

        assert all(told.acquire(timeout=5) for _ in range(4))
