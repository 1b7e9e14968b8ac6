"""What the product is called, and how its control API is found and known."""

from functools import cache
from importlib import metadata

DISTRIBUTION = "localstack-extension-outages"

PREFIX = "/_extension/outages"
"""Where the control API stands on any host of LocalStack."""

CHAOS_PATHS = ("/_localstack/chaos/faults", "/_localstack/chaos/effects")
"""Where LocalStack's Chaos API stands."""

VERSION_HEADER = "X-Outages-Version"
"""By it a client knows that this product has answered, and not a service of AWS."""

ENV_TOKEN = "OUTAGES_TOKEN"  # noqa: S105 - a name
"""The token that the control API of a gateway asks for, and that clients send."""


@cache
def version() -> str:
    """Give the version. For it the metadata of all installed packages is searched."""
    return metadata.version(DISTRIBUTION)
