"""LocalStack Outages: what does an application do when AWS is down?

For tests and scripts::

    from localstack_outages import OutagesClient

    with OutagesClient().outage("s3", region="us-*", error="throttling") as outage:
        ...
    outage.assert_retried()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localstack_outages.client.aio import AsyncOutagesClient
    from localstack_outages.client.client import OutagesClient
    from localstack_outages.client.outage import Outage
    from localstack_outages.schema.errors import OutagesError
    from localstack_outages.schema.rules import Rule

    __version__: str

__all__ = ["AsyncOutagesClient", "Outage", "OutagesClient", "OutagesError", "Rule", "__version__"]

_MODULES = {
    "AsyncOutagesClient": ".client.aio",
    "Outage": ".client.outage",
    "OutagesClient": ".client.client",
    "OutagesError": ".schema.errors",
    "Rule": ".schema.rules",
}


def __getattr__(name: str) -> Any:
    # All of it is read when it is asked for: the extension needs no client.
    if name == "__version__":
        return import_module(".schema.product", __name__).version()
    if name in _MODULES:
        return getattr(import_module(_MODULES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
