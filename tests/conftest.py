"""What the tests of the pytest plugin share, those with LocalStack and those without."""

import os

import pytest


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a user who has set nothing, for a pytest that a test runs."""
    for name in os.environ:
        if name.startswith(("AWS_", "OUTAGES_", "LOCALSTACK_", "PYTEST_XDIST")):
            monkeypatch.delenv(name)
    # pytest prints more where it takes itself to run in CI.
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    # Plugins that happen to be here cost seconds, and might disturb.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
