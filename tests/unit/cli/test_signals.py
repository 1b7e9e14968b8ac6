"""What Ctrl-C does to a command that is about to end."""

import signal

import pytest

from localstack_outages.cli import signals
from localstack_outages.cli.signals import interruptible


@pytest.fixture(autouse=True)
def heeded():
    """Ctrl-C is heeded, also where the tests run in the background, and as before after the test."""
    before = {
        number: signal.signal(number, handler)
        for number, handler in (
            (signal.SIGINT, signal.default_int_handler),
            (signal.SIGTERM, signal.SIG_DFL),
        )
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_ctrl_c_interrupts_once(number):
    """The same Ctrl-C, or ``kill``, that comes twice does not interrupt what the first has begun."""
    with interruptible():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        signal.raise_signal(number)
        signal.raise_signal(signal.SIGINT)


def test_a_later_ctrl_c_interrupts_again(monkeypatch):
    """Who is tired of waiting for the end presses Ctrl-C again, and need not wait."""
    monkeypatch.setattr(signals, "ONE_CTRL_C_SECONDS", 0)
    with interruptible():
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)


def test_signals_do_after_the_block_what_they_did_before():
    """The handlers of the process are put back."""
    with interruptible():
        assert signal.default_int_handler is not signal.getsignal(signal.SIGINT)

    assert signal.default_int_handler is signal.getsignal(signal.SIGINT)
    assert signal.SIG_DFL is signal.getsignal(signal.SIGTERM)


def test_a_command_in_the_background_goes_on_to_ignore_ctrl_c():
    """A shell has its commands in the background ignore Ctrl-C, which is meant for another."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruptible():
        signal.raise_signal(signal.SIGINT)

    assert signal.SIG_IGN is signal.getsignal(signal.SIGINT)
