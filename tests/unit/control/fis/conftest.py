"""FIS over an empty list of rules."""

import pytest

from .client import Client


@pytest.fixture
def fis(clock):
    """Give FIS."""
    return Client(clock)
