"""What is made at its first use."""

import threading
import time

import pytest

from localstack_outages.control.first_use import FirstUse


def test_it_is_made_once_for_all_threads():
    """Threads that come first together get one and the same thing."""
    made = []

    def make():
        made.append(object())
        time.sleep(0.05)  # the others come while it is made
        return made[-1]

    first_use, found = FirstUse(make), []
    threads = [threading.Thread(target=lambda: found.append(first_use())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert 1 == len(made)
    assert made * 8 == found


def test_it_is_not_made_to_see_whether_it_was():
    """To ask whether it was made makes nothing."""
    first_use = FirstUse(object)

    assert first_use.if_made() is None
    assert first_use() is first_use.if_made()


def test_the_next_use_tries_again():
    """Where it cannot be made, the error goes to who asked, and the next one tries again."""
    results = iter([OSError("no room"), "made"])

    def make():
        result = next(results)
        if isinstance(result, OSError):
            raise result
        return result

    first_use = FirstUse(make)

    with pytest.raises(OSError, match="no room"):
        first_use()
    assert first_use.if_made() is None
    assert "made" == first_use()
