"""The command ``gateway``: runs the gateway in the foreground until Ctrl-C."""

import os
import sys
from importlib.util import find_spec

import click

from .exit_codes import NotAsAsked

_MODULE = "localstack_outages.hosts.gateway"
"""Run in place of this process: the command line brings in nothing of a server."""


@click.command()
@click.option(
    "--listen", metavar="HOST:PORT", help="Its own address; 127.0.0.1:4566 where left out."
)
@click.option(
    "--upstream",
    metavar="URL|moto|aws",
    help="The AWS endpoint behind it; where left out, moto is started beside it. With aws, calls go to "
    "AWS itself, signed with the credentials of the environment.",
)
@click.option(
    "--mode",
    type=click.Choice(["endpoint", "proxy"]),
    help="Whether clients have its URL as their endpoint, which is the default, or as HTTPS_PROXY.",
)
@click.option(
    "--ca-dir",
    metavar="DIR",
    help="Where a proxy keeps the CA that it makes; ~/.localstack-outages where left out.",
)
@click.option(
    "--rules",
    metavar="FILE",
    help="The rules to start with, as JSON or YAML. They go before those of OUTAGES_RULES.",
)
@click.option(
    "--share",
    metavar="URL",
    help="The Redis or Valkey by which several hosts are one: rules, budgets and evidence. By default "
    "OUTAGES_SHARE.",
)
@click.option(
    "--tls-cert",
    metavar="FILE",
    help="The certificate to serve TLS with, PEM, with its key or not.",
)
@click.option("--tls-key", metavar="FILE", help="The key of the certificate.")
@click.option(
    "--token",
    metavar="TOKEN",
    help="What the control API asks for; required on an address that other machines can reach. By "
    "default OUTAGES_TOKEN, from which clients take it too.",
)
def gateway(**options: str | None) -> None:
    """Start a gateway: the same outages before any AWS endpoint.

    It runs in the foreground until Ctrl-C, and needs the package's extra 'standalone', but no
    LocalStack. OUTAGES_RULES can name rules to start with.
    """
    if find_spec("aiohttp") is None:
        raise NotAsAsked(
            "NotInstalled",
            "the gateway is not installed: pip install 'localstack-extension-outages[standalone]'",
        )
    given = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in options.items()
        if value is not None
    ]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", _MODULE, *given])  # noqa: S606 - no shell
