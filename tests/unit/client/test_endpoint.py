"""Where a client looks for LocalStack."""

import pytest

from localstack_outages.client.endpoint import (
    DEFAULT_ENDPOINT,
    find_endpoint,
    is_on_this_machine,
    names_endpoint,
    reachable,
)

ALL = {
    "OUTAGES_ENDPOINT": "http://a:1",
    "AWS_ENDPOINT_URL": "http://b:2",
    "LOCALSTACK_ENDPOINT": "http://c:3",
    "LOCALSTACK_HOST": "d:4",
}


@pytest.mark.parametrize(
    ("leave_out", "expected"),
    [
        (0, "http://a:1"),
        (1, "http://b:2"),
        (2, "http://c:3"),
        (3, "http://d:4"),
        (4, DEFAULT_ENDPOINT),
    ],
)
def test_order_of_the_environment(leave_out, expected):
    """The variable that is most about outages counts most; empty ones do not count."""
    environ = dict.fromkeys(list(ALL)[:leave_out], " ") | dict(list(ALL.items())[leave_out:])

    assert expected == find_endpoint(None, environ)
    assert names_endpoint(environ) is (leave_out < 4)


def test_the_argument_counts_most():
    """What is given is taken, without the slash at its end."""
    assert "https://x/base" == find_endpoint("https://x/base/", ALL)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", "http://localhost:4566"),
        ("localhost.localstack.cloud:4567", "http://localhost.localstack.cloud:4567"),
        ("[::1]", "http://[::1]:4566"),
        ("[::1]:80", "http://[::1]:80"),
    ],
)
def test_localstack_host(host, expected):
    """A host without a port is that of LocalStack's usual port."""
    assert expected == find_endpoint(None, {"LOCALSTACK_HOST": host})


@pytest.mark.parametrize(
    "value",
    ["", "localhost", "localhost:4566", "ftp://x", "http://", "http://x:0", "http://x:70000"]
    + ["http://x:y", "http://[::1", "http://x?a=b", "http://x#a"],
)
def test_what_is_no_url(value):
    """It is refused with its source, the value, and what would be right."""
    with pytest.raises(ValueError, match=r"endpoint: .* is no URL of LocalStack; write it as http"):
        find_endpoint(value, {})
    if value:
        with pytest.raises(ValueError, match="AWS_ENDPOINT_URL: "):
            find_endpoint(None, {"AWS_ENDPOINT_URL": value})


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://localhost:4566", True),
        ("http://127.0.0.1:4566", True),
        ("http://[::1]:4566", True),
        ("http://localhost.localstack.cloud:4566", True),
        ("http://sqs.localhost:4566", True),
        ("http://localstack:4566", False),
        ("http://10.0.0.1:4566", False),
    ],
)
def test_this_machine(endpoint, expected):
    """Loopback addresses and the names that stand for them are this machine."""
    assert expected is is_on_this_machine(endpoint)


def test_other_names_are_left_to_dns():
    """Only LocalStack's own domain is known to stand for this machine."""
    assert "http://no-such-host.invalid:1" == reachable("http://no-such-host.invalid:1")
    assert "http://localhost:4566" == reachable("http://localhost:4566")
