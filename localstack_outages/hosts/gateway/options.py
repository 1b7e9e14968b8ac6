"""The options of the command, and what is wrong with them in one line."""

import argparse
import os
import re
import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from localstack_outages.aws.wire.endpoints import own_endpoints
from localstack_outages.hosts.settings import ENV_SHARE
from localstack_outages.schema.addresses import is_endpoint_url, read_address
from localstack_outages.schema.product import ENV_TOKEN

from .connection import why
from .upstream import ENV_TRUSTED

if TYPE_CHECKING:
    from localstack_outages.hosts.fleet.settings import Share

DEFAULT_LISTEN = "127.0.0.1:4566"
MOTO = "moto"
AWS = "aws"
ENDPOINT = "endpoint"
PROXY = "proxy"
DEFAULT_CA_DIR = "~/.localstack-outages"


class Misuse(Exception):
    """An option is not valid; one line that says what would be right."""


class Options(NamedTuple):
    """How a gateway is to be run."""

    listen: str
    """As it was given, for messages."""
    host: str
    port: int
    upstream: str
    """The URL of an AWS endpoint, or ``MOTO`` or ``AWS``."""
    rules: str | None
    token: str | None
    tls: ssl.SSLContext | None
    """Serves with it; None for plain HTTP."""
    ca_dir: Path | None
    """Where a proxy keeps its authority; None where it is to be an endpoint."""
    share: "Share | None" = None
    """The fleet to join; None where it is to be on its own."""

    @property
    def scheme(self) -> str:
        """Of the gateway's own URL."""
        return "http" if self.tls is None else "https"


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the options.

    :param arguments: None for those of the process
    :raises Misuse: where one is not valid
    """
    given = make_parser().parse_args(arguments)
    host, port = _address(given.listen)
    if not is_loopback(host) and given.token is None:
        raise Misuse(
            f"--listen {given.listen}: other machines can reach the control API there; give it a "
            "--token"
        )
    if given.token is not None and re.fullmatch("[!-~]+", given.token) is None:
        raise Misuse("--token: a token is made of visible ASCII characters, without spaces")
    _check_upstream(given.upstream)
    _check_trusted(os.environ.get(ENV_TRUSTED))
    if given.mode == PROXY:
        _check_proxy(given.listen, host, given.tls_cert)
    elif given.upstream == AWS:
        _check_for_aws(given.listen, host, port)
    return Options(
        given.listen,
        host,
        port,
        given.upstream,
        given.rules,
        given.token,
        _tls(given.tls_cert, given.tls_key),
        Path(given.ca_dir).expanduser() if given.mode == PROXY else None,
        _share(given.share),
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def make_parser() -> argparse.ArgumentParser:
    """Make what reads the command line."""
    parser = argparse.ArgumentParser(
        prog="localstack-outages gateway", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--listen", default=DEFAULT_LISTEN, help="address (%(default)s)")
    parser.add_argument(
        "--upstream",
        default=MOTO,
        help="URL of an AWS endpoint; moto, started beside it; or aws, signed with the credentials "
        "of the environment",
    )
    parser.add_argument(
        "--mode",
        choices=(ENDPOINT, PROXY),
        default=ENDPOINT,
        help="whether clients have its URL as their endpoint, or as HTTPS_PROXY (%(default)s)",
    )
    parser.add_argument(
        "--ca-dir", default=DEFAULT_CA_DIR, help="where a proxy keeps its CA (%(default)s)"
    )
    parser.add_argument("--rules", help="file with the rules to start with, JSON or YAML")
    parser.add_argument(
        "--share",
        metavar="URL",
        help="Redis or Valkey by which several gateways are one: rules, budgets and evidence",
    )
    parser.add_argument("--tls-cert", help="file with the certificate to serve TLS with, PEM")
    parser.add_argument("--tls-key", help="file with its key, where that is another one")
    parser.add_argument(
        "--token",
        default=os.environ.get(ENV_TOKEN) or None,
        help=f"what the control API asks for; {ENV_TOKEN} of the environment where it is left out",
    )
    return parser


def _address(listen: str) -> tuple[str, int]:
    address = read_address(listen)
    if address is None:
        raise Misuse(f"--listen {listen}: write it as {DEFAULT_LISTEN}")
    return address


def _check_upstream(upstream: str) -> None:
    if upstream not in (MOTO, AWS) and not is_endpoint_url(upstream):
        raise Misuse(f"--upstream {upstream}: write it as http://127.0.0.1:5000, moto or aws")


def _check_proxy(listen: str, host: str, tls_cert: str | None) -> None:
    if not is_loopback(host):
        raise Misuse(
            f"--listen {listen}: anybody could use a proxy there; listen on {DEFAULT_LISTEN}"
        )
    if tls_cert is not None:
        raise Misuse("--tls-cert is for --mode endpoint: clients speak to a proxy in the clear")


def _share(url: str | None) -> "Share | None":
    if url is None and not os.environ.get(ENV_SHARE, "").strip():
        return None
    from localstack_outages.hosts.fleet.settings import (
        InvalidShare,
        read_share,
        read_share_setting,
    )

    try:
        return read_share_setting(ENV_SHARE) if url is None else read_share(url, "--share")
    except InvalidShare as e:
        raise Misuse(str(e)) from None


def _check_trusted(bundle: str | None) -> None:
    if not bundle:
        return
    try:
        ssl.create_default_context(cafile=bundle)
    except OSError as e:  # what is no certificate is one too
        raise Misuse(f"{ENV_TRUSTED}={bundle} cannot be used: {why(e)}") from None


def _check_for_aws(listen: str, host: str, port: int) -> None:
    if not is_loopback(host):
        raise Misuse(
            f"--listen {listen}: with --upstream aws whoever reaches it could use your credentials; "
            f"listen on {DEFAULT_LISTEN}"
        )
    for name, url in own_endpoints(os.environ).items():
        parts = urlsplit(url)
        if parts.port == port and parts.hostname and is_loopback(parts.hostname):
            raise Misuse(f"{name}={url} leads to the gateway itself: unset it for the gateway")


def _tls(cert: str | None, key: str | None) -> ssl.SSLContext | None:
    if cert is None:
        if key is not None:
            raise Misuse("--tls-key needs the certificate too: give it a --tls-cert")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except ssl.SSLError as e:
        names = cert if key is None else f"{cert} with --tls-key {key}"
        raise Misuse(
            f"--tls-cert {names} is not a certificate in PEM form with its key: {e.reason or e}"
        ) from None
    except OSError as e:
        names = cert if key is None else f"{cert} or --tls-key {key}"
        raise Misuse(f"--tls-cert {names} cannot be read: {e.strerror}") from None
    return context
