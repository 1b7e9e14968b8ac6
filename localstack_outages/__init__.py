"""LocalStack Outages: what does an application do when AWS is down?

For tests and scripts::

    from localstack_outages import OutagesClient

    with OutagesClient().outage("s3", region="us-*", error="throttling") as outage:
        ...
    outage.assert_retried()
"""

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .aio import AsyncOutagesClient
    from .client import OutagesClient
    from .errors import OutagesError
    from .outage import Outage
    from .rules import Rule

    __version__: str

__all__ = ["AsyncOutagesClient", "Outage", "OutagesClient", "OutagesError", "Rule", "__version__"]

DISTRIBUTION = "localstack-extension-outages"

PREFIX = "/_extension/outages"
"""Where the control API stands on any host of LocalStack."""

VERSION_HEADER = "X-Outages-Version"
"""By it a client knows that this extension has answered, and not a service of LocalStack."""

_MODULES = {
    "AsyncOutagesClient": ".aio",
    "Outage": ".outage",
    "OutagesClient": ".client",
    "OutagesError": ".errors",
    "Rule": ".rules",
}


def __getattr__(name: str) -> Any:
    # Both are read when they are asked for: the extension needs no client, and for the version the
    # metadata of all installed packages is searched.
    if name == "__version__":
        return metadata.version(DISTRIBUTION)
    if name in _MODULES:
        return getattr(import_module(_MODULES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
