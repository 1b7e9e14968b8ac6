"""LocalStack Outages: what does an application do when AWS is down?"""

from importlib import metadata

DISTRIBUTION = "localstack-extension-outages"

PREFIX = "/_extension/outages"
"""Where the control API stands on any host of LocalStack."""


def __getattr__(name: str) -> str:
    # Read when it is asked for: the metadata of all installed packages is searched for it.
    if name == "__version__":
        return metadata.version(DISTRIBUTION)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
