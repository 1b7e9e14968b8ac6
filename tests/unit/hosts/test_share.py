"""Where a fleet meets."""

from importlib.util import find_spec

import pytest

from localstack_outages.hosts.fleet.settings import InvalidShare, Share, read_share

HAS_REDIS = find_spec("redis") is not None


@pytest.mark.parametrize(
    "url",
    [
        "redis://h",
        "redis://h:1/2",
        "rediss://:secret@h/0",
        "unix:///run/redis.sock",
        "redis://[::1]",
    ],
)
@pytest.mark.skipif(not HAS_REDIS, reason="needs redis-py")
def test_what_names_a_redis(url):
    """A URL of redis-py's serves, with the default of what budgets do without Redis."""
    assert Share(url, "closed") == read_share(url, "--share")


@pytest.mark.parametrize("url", ["", "h:1", "http://h", "redis://", "redis://h:x", "redis://h/x"])
def test_what_names_none(url):
    """Anything else is refused, with what would be right."""
    with pytest.raises(InvalidShare, match="write it as redis://"):
        read_share(url, "--share")


@pytest.mark.skipif(HAS_REDIS, reason="redis-py is installed")
def test_without_redis_py():
    """Where redis-py is missing it says how to install it."""
    with pytest.raises(InvalidShare, match=r"needs redis-py: pip install '.*\[fleet\]'"):
        read_share("redis://h", "--share")


def test_no_message_has_the_password():
    """The name for messages has no password."""
    assert "redis://user:***@h:1/2" == Share("redis://user:secret@h:1/2", "closed").name
