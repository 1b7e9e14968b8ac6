"""A gateway in a process of its own, before moto or another AWS endpoint.

Needs the extra ``standalone``, and no LocalStack.
"""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .process import HostProcess, StartError

MOTO = "moto"
"""The upstream that a gateway starts for itself."""

_MODULE = "localstack_outages.hosts.gateway"


class GatewayProcess(HostProcess):
    """A gateway in a process of its own.

    Example::

        with GatewayProcess("127.0.0.1:4567", log=Path("gateway.log")) as gateway:
            boto3.client("dynamodb", endpoint_url=gateway.endpoint, ...)

    :param listen: ``host:port``
    :param upstream: the URL of the AWS endpoint behind it, or ``moto``, which it starts itself
    :param env: its environment; by default that of this process
    :param log: the file for its output; by default the terminal
    """

    name = "the gateway"

    def __init__(
        self,
        listen: str,
        upstream: str = MOTO,
        env: Mapping[str, str] = os.environ,
        log: Path | None = None,
    ) -> None:
        super().__init__(f"http://{listen}", env, log)
        self._listen = listen
        self._upstream = upstream

    def _prepare(self) -> Sequence[str]:
        missing = [name for name in _needed(self._upstream) if not _is_installed(name)]
        if missing:
            raise StartError(
                f"the gateway needs {' and '.join(missing)}: "
                "pip install 'localstack-extension-outages[standalone]'"
            )
        # -P: no file of the working folder is taken for a module, whatever its name.
        options = f"--listen={self._listen}", f"--upstream={self._upstream}"
        return [sys.executable, "-P", "-m", _MODULE, *options]


def is_gateway_installed() -> bool:
    """Whether a gateway with moto behind it can be started."""
    return all(map(_is_installed, _needed(MOTO)))


def _needed(upstream: str) -> list[str]:
    # moto's server needs Flask, which its extra `server` brings.
    return ["aiohttp", *([MOTO, "flask"] if upstream == MOTO else [])]


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
