"""What counts as an address and as the URL of an endpoint."""

import pytest

from localstack_outages.schema.addresses import is_endpoint_url, read_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:4566", ("127.0.0.1", 4566)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:10000", ("::1", 10000)),
        ("127.0.0.1", None),
        (":4566", None),
        ("[]:4566", None),
        ("127.0.0.1:", None),
        ("127.0.0.1:65536", None),
        ("127.0.0.1:-1", None),
        ("127.0.0.1:http", None),
    ],
)
def test_addresses(text, address):
    """A host and a port, with a colon between them."""
    assert address == read_address(text)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("http://127.0.0.1:4566", True),
        ("https://localhost.localstack.cloud/", True),
        ("http://[::1]:4566/behind/a/path", True),
        ("127.0.0.1:4566", False),
        ("ftp://127.0.0.1", False),
        ("http://:4566", False),
        ("http://127.0.0.1:0", False),
        ("http://127.0.0.1:port", False),
        ("http://[::1", False),
        ("http://127.0.0.1?x=1", False),
        ("http://127.0.0.1#x", False),
    ],
)
def test_urls_of_endpoints(url, is_one):
    """HTTP or HTTPS, with a host, and nothing after the path."""
    assert is_one == is_endpoint_url(url)
