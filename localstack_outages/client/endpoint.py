"""Where LocalStack is, for a client: by argument, by environment, or on its usual port."""

import ipaddress
import os
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from localstack_outages.schema.addresses import is_endpoint_url

DEFAULT_ENDPOINT = "http://localhost:4566"

ENV_ENDPOINT = "OUTAGES_ENDPOINT"
"""The URL of LocalStack for the client, the pytest plugin and the command line."""

_ENV_URLS = (ENV_ENDPOINT, "AWS_ENDPOINT_URL", "LOCALSTACK_ENDPOINT")
_ENV_HOST = "LOCALSTACK_HOST"
_DEFAULT_PORT = 4566
_LOCALSTACK_DOMAIN = "localhost.localstack.cloud"


def find_endpoint(given: str | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """Give the URL of LocalStack, without a slash at its end.

    It is that of the argument, else of ``OUTAGES_ENDPOINT``, ``AWS_ENDPOINT_URL``,
    ``LOCALSTACK_ENDPOINT`` or ``LOCALSTACK_HOST`` (``host`` or ``host:port``), else
    ``http://localhost:4566``.

    :raises ValueError: where it is no URL; the message names where it comes from
    """
    if given is not None:
        return _checked(given, "endpoint")
    for name in _ENV_URLS:
        if value := environ.get(name, "").strip():
            return _checked(value, name)
    if host := environ.get(_ENV_HOST, "").strip():
        has_port = urlsplit(f"//{host}").netloc.rpartition("]")[2].rpartition(":")[1] == ":"
        return _checked(f"http://{host}" + ("" if has_port else f":{_DEFAULT_PORT}"), _ENV_HOST)
    return DEFAULT_ENDPOINT


def names_endpoint(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment says where LocalStack is."""
    return any(environ.get(name, "").strip() for name in (*_ENV_URLS, _ENV_HOST))


def _checked(value: str, source: str) -> str:
    if not is_endpoint_url(value):
        raise ValueError(
            f"{source}: {value!r} is no URL of LocalStack; write it as {DEFAULT_ENDPOINT}"
        )
    return value.rstrip("/")


def is_on_this_machine(endpoint: str) -> bool:
    """Whether an endpoint names this machine itself, which no proxy leads to."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", _LOCALSTACK_DOMAIN))


def reachable(endpoint: str) -> str:
    """Give an endpoint that needs no name server where there is none for LocalStack's domain.

    ``localhost.localstack.cloud`` and all below it stand for 127.0.0.1 in the public DNS, and for
    LocalStack's container in a network of containers.
    """
    url = urlsplit(endpoint)
    host = url.hostname or ""
    if host != _LOCALSTACK_DOMAIN and not host.endswith(f".{_LOCALSTACK_DOMAIN}"):
        return endpoint
    try:
        socket.getaddrinfo(host, url.port)
    except OSError:
        return url._replace(netloc=url.netloc.lower().replace(host, "127.0.0.1", 1)).geturl()
    return endpoint
