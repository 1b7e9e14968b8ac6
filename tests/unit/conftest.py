"""What the unit tests share. They need no LocalStack, and never sleep: time passes when told to."""

import pytest
from hypothesis import settings

# How long one example takes says nothing where machines are shared.
settings.register_profile("unit", deadline=None)
settings.load_profile("unit")


class Clock:
    """Seconds that pass only when a test says so. They do not start at zero, as real ones do not."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    """Give a clock that stands still."""
    return Clock()


@pytest.fixture(scope="session")
def make_clock():
    """Give what makes a clock, for tests that need one for each example."""
    return Clock
