"""What LocalStack needs in host mode: its environment variables, and checks before it starts."""

import importlib.util
import os
import re
import socket
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from .process import StartError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4566
DEFAULT_LISTEN = f"{DEFAULT_HOST}:{DEFAULT_PORT}"

# A host of digits alone is a port that lacks its host.
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|(?!\d+$)[^\s:\[\]]*)(?::(?P<port>\d{1,5}))?")
_ANY_HOST = {"0.0.0.0": "localhost", "[::]": "[::1]"}  # noqa: S104 - compared, not bound
"""How a client on this machine names the addresses that stand for all."""


def environment(
    listen: str | None = None,
    volume: Path | None = None,
    base: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Give the environment that LocalStack needs in host mode.

    What ``base`` sets stays as it is.

    :param listen: ``host:port``; by default ``GATEWAY_LISTEN``, else 127.0.0.1:4566
    :param volume: the folder for LocalStack's files; by default one in the user's cache
    """
    if volume is None:
        cache = Path(base.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        volume = cache / "localstack-outages"
    defaults = {
        "GATEWAY_LISTEN": DEFAULT_LISTEN,
        "LOCALSTACK_VOLUME_DIR": str(volume),
        "FILESYSTEM_ROOT": str(volume),
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        # In a container, such as a CI job's, LocalStack believes that it runs in its own image.
        # All that run there would then share that image's folders.
        "OVERRIDE_IN_DOCKER": "0",
        # LocalStack's DNS server is for the containers of Lambda, and wants port 53.
        "DNS_ADDRESS": "0",
    }
    chosen = {} if listen is None else {"GATEWAY_LISTEN": listen}
    return {**defaults, **base, **chosen}


def endpoint_of(env: Mapping[str, str]) -> str:
    """Give the URL at which LocalStack can be reached from this machine.

    :raises StartError: if ``GATEWAY_LISTEN`` is not valid
    """
    host, port = _addresses(env["GATEWAY_LISTEN"])[0]
    return f"http://{_ANY_HOST.get(host, host)}:{port}"


def check(env: Mapping[str, str]) -> None:
    """Check whether LocalStack can be started.

    LocalStack itself starts without its port if something else has it.

    :raises StartError: if it cannot; one line that says why and what to do
    """
    if not is_localstack_installed():
        raise StartError(
            "LocalStack is not installed: pip install 'localstack-extension-outages[runtime]'"
        )
    for host, port in _addresses(env["GATEWAY_LISTEN"]):
        _check_port(host, port)


def is_localstack_installed() -> bool:
    """Whether LocalStack is there, with what it needs to run in host mode."""
    try:
        metadata.version("localstack-core")
    except metadata.PackageNotFoundError:
        return False
    return importlib.util.find_spec("twisted") is not None


def _addresses(listen: str) -> list[tuple[str, int]]:
    """Read a ``GATEWAY_LISTEN`` as LocalStack does.

    It is one address, or several with commas: ``host:port``, ``host``, ``:port``, ``[::1]:port``.
    """
    found = []
    for address in (part.strip() for part in listen.split(",")):
        match = _ADDRESS.fullmatch(address)
        port = int(match["port"] or DEFAULT_PORT) if match else 0
        if match is None or not 0 < port < 65536:
            raise StartError(_no_address(listen, address))
        found.append((match["host"] or DEFAULT_HOST, port))
    return found


def _no_address(listen: str, address: str) -> str:
    named = f"GATEWAY_LISTEN={listen!r}"
    if address != listen:
        named += f": {address!r}"
    is_port = address.isdecimal() and 0 < int(address) < 65536
    meant = f"{DEFAULT_HOST}:{address}" if is_port else DEFAULT_LISTEN
    return f"{named} is not an address; write {meant}"


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    address = host.strip("[]"), port
    reason = None
    with socket.socket(family) as probe:
        # As the gateway does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as e:
            reason = e.strerror
    with socket.socket(family) as probe:
        # Under macOS one can bind an address of a port that another holds for all addresses.
        probe.settimeout(1)
        if reason is None and probe.connect_ex(address) == 0:
            reason = "Address already in use"
    if reason is not None:
        raise StartError(
            f"port {port} of {host} cannot be used ({reason}); "
            f"stop what uses it, or choose another: GATEWAY_LISTEN={host}:{port + 1}"
        )
