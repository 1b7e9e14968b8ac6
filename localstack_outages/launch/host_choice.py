"""Which host to start, and how: LocalStack with the extension in it, or a gateway."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .environment import environment, is_localstack_installed
from .gateway import MOTO, GatewayProcess, is_gateway_installed
from .localstack import LocalStack
from .process import HostProcess, StartError

LOCALSTACK = "localstack"
GATEWAY = "gateway"
HOSTS = (LOCALSTACK, GATEWAY)

TITLES = {LOCALSTACK: "LocalStack", GATEWAY: "gateway"}
"""What messages call them, after an article."""


class HostChoice(NamedTuple):
    """A host to start."""

    host: str
    """One of ``HOSTS``."""
    upstream: str = MOTO
    """The AWS endpoint behind a gateway."""

    @property
    def title(self) -> str:
        """What messages call it, after an article, with its upstream."""
        title = TITLES[self.host]
        return f"{title} before {self.upstream}" if self.host == GATEWAY else title


def choose_host(host: str | None = None, upstream: str | None = None) -> HostChoice:
    """Choose the host to start: LocalStack where it is installed, else a gateway.

    :param host: the one to start in any case
    :param upstream: what shall be behind a gateway, which it therefore is
    :raises StartError: where nothing is asked for, and neither is installed
    """
    if host is None and upstream is None and not is_localstack_installed():
        if not is_gateway_installed():
            raise StartError(
                "LocalStack is not installed: pip install 'localstack-extension-outages[runtime]'; "
                "nor is the gateway, which needs no LocalStack: "
                "pip install 'localstack-extension-outages[standalone]'"
            )
        host = GATEWAY
    if host is None:
        host = LOCALSTACK if upstream is None else GATEWAY
    return HostChoice(host, upstream or MOTO)


def make_host(
    choice: HostChoice, listen: str, volume: Path, env: Mapping[str, str], log: Path | None = None
) -> HostProcess:
    """Make the process of a host, which is yet to be started.

    :param listen: ``host:port``
    :param volume: the folder for LocalStack's files
    :param env: the environment that it builds upon
    :param log: the file for its output; by default the terminal
    """
    if choice.host == GATEWAY:
        return GatewayProcess(listen, choice.upstream, env, log)
    return LocalStack(environment(listen, volume, env), log)
