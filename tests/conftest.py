"""Which host the tests run with, and what the tests of the pytest plugin share.

``--host gateway`` runs the tests of LocalStack against a gateway, before ``--upstream``. What is true of
one host alone is marked so: ``@pytest.mark.host("localstack", reason="...")``.
"""

import os

import pytest

from localstack_outages.launch.environment import is_localstack_installed
from localstack_outages.launch.host_choice import GATEWAY, HOSTS, LOCALSTACK

UPSTREAMS = ("moto", "roto")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what chooses the host."""
    installed = LOCALSTACK if is_localstack_installed() else GATEWAY
    parser.addoption("--host", choices=HOSTS, default=installed, help="what the tests run with")
    parser.addoption("--upstream", choices=UPSTREAMS, default="moto", help="behind a gateway")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is not true of the chosen host, or of what is behind it."""
    for item in items:
        for kind in ("host", "upstream"):
            for mark in item.iter_markers(kind):
                if config.getoption(kind) not in mark.args:
                    only = f"only with the {kind} {mark.args[0]}: {mark.kwargs['reason']}"
                    item.add_marker(pytest.mark.skip(reason=only))


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
