"""Addresses as users write them: ``host:port``, and the URL of an endpoint."""

from urllib.parse import urlsplit


def read_address(text: str) -> tuple[str, int] | None:
    """Read ``host:port``; an IPv6 host stands in brackets.

    :return: None where it is not one
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > 65_535:
        return None
    return host, int(port)


def is_endpoint_url(url: str) -> bool:
    """Whether it is the URL of an endpoint, to which paths and parameters can be added."""
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_valid and not parts.query and not parts.fragment
