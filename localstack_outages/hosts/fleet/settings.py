"""Where a fleet meets, and what its budgets do without Redis."""

import os
from importlib.util import find_spec
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from localstack_outages.hosts.settings import read_choice

ENV_WITHOUT = "OUTAGES_SHARE_WITHOUT"
"""What a rule with a shared budget does while Redis is gone: ``closed``, it hits no call, or ``open``,
each replica counts for itself. ``closed`` by default."""

SCHEMES = ("redis", "rediss", "unix")

Without = Literal["closed", "open"]


class InvalidShare(ValueError):
    """A fleet cannot be joined; one line that says why."""


class Share(NamedTuple):
    """How a fleet is shared."""

    url: str
    without: Without

    @property
    def name(self) -> str:
        """The URL for messages, without its password."""
        return _without_password(self.url)


def read_share(url: str, source: str) -> Share:
    """Read how a fleet is shared.

    :param url: such as ``redis://127.0.0.1:6379/0``; the number is of a database, and fleets that have
        another one do not meet
    :param source: the option or the setting that names it, for messages
    :raises InvalidShare: where it is not valid, or redis-py is not installed
    """
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in SCHEMES and parts.port != 0
        is_valid = is_valid and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        database = "" if parts.scheme == "unix" else parts.path.strip("/")
        is_valid = is_valid and (not database or database.isdecimal())
    except ValueError:
        is_valid = False
    if not is_valid:
        raise InvalidShare(
            f"{source} {_without_password(url)}: write it as redis://127.0.0.1:6379, "
            "rediss://host:6379/0 or unix:///run/redis.sock"
        )
    if find_spec("redis") is None:
        raise InvalidShare(
            f"{source} {_without_password(url)} needs redis-py: "
            "pip install 'localstack-extension-outages[fleet]'"
        )
    return Share(url, "open" if read_choice(ENV_WITHOUT, "closed", "open") == "open" else "closed")


def read_share_setting(name: str) -> Share | None:
    """Read how a fleet is shared from an environment variable; None where it is not set.

    :raises InvalidShare: as ``read_share``
    """
    url = os.environ.get(name, "").strip()
    return read_share(url, f"{name}:") if url else None


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    if not at:
        return url
    scheme, _, who = before.partition("://")
    user = who.partition(":")[0]
    return f"{scheme}://{user}:***@{after}" if ":" in who else url
