"""A real LocalStack in host mode, with this extension in it, in a process of its own.

Needs the extra ``runtime``, and neither Docker nor a token.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .environment import DEFAULT_HOST, check, endpoint_of, environment
from .process import HostProcess, StartError

__all__ = ["DEFAULT_HOST", "LocalStack", "StartError", "check", "endpoint_of", "environment"]


class LocalStack(HostProcess):
    """A LocalStack in host mode, in a process of its own.

    Example::

        with LocalStack(environment("127.0.0.1:4567"), log=Path("localstack.log")) as localstack:
            boto3.client("sqs", endpoint_url=localstack.endpoint, ...)

    :param env: its environment, see ``environment``
    :param log: the file for its output; by default the terminal
    """

    name = "LocalStack"

    def __init__(self, env: Mapping[str, str], log: Path | None = None) -> None:
        super().__init__(endpoint_of(env), env, log)

    def _prepare(self) -> Sequence[str]:
        check(self._env)
        Path(self._env["FILESYSTEM_ROOT"]).mkdir(parents=True, exist_ok=True)
        # -P: no file of the working folder is taken for a module, whatever its name.
        return [sys.executable, "-P", "-m", "localstack.runtime.main"]
