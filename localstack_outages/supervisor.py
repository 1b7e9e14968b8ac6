"""A process that runs LocalStack for as long as another process runs, and ends it when that one has
ended, be it by SIGKILL.

``python -m localstack_outages.supervisor LOCK_FILE LOG_FILE``
"""

import json
import os
import random
import shutil
import signal
import socket
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from .liveness import wait_for_end
from .runtime import DEFAULT_HOST, LocalStack, StartError, environment

_STATE_FILE = "state.json"
_FOLDERS = ("FILESYSTEM_ROOT", "LOCALSTACK_VOLUME_DIR")
# Below those that systems give to outgoing connections, which could take one before LocalStack does.
_PORTS = range(20_000, 32_000)


@dataclass(frozen=True)
class State:
    """What became of the LocalStack that is supervised."""

    endpoint: str = ""
    pid: int = 0
    error: str = ""
    """Why it could not be started."""
    exit_code: int | None = None
    """As of ``subprocess``; None while it runs."""


def folder_of(owner: Path) -> Path:
    """Give the folder of a LocalStack's files: it is there until that has ended.

    :param owner: the lock file of the process for which it runs
    """
    return owner.with_suffix("")


def read_state(folder: Path) -> State | None:
    """Read what became of LocalStack; None while it starts, or where there is none any more."""
    try:
        return State(**json.loads((folder / _STATE_FILE).read_text()))
    except FileNotFoundError:
        return None


def _write_state(folder: Path, state: State) -> None:
    new = folder / f"{_STATE_FILE}.new"
    new.write_text(json.dumps(asdict(state)))
    new.replace(folder / _STATE_FILE)  # nobody reads half of it


def main() -> int:
    """Run LocalStack until its owner has ended."""
    owner, log = (Path(argument) for argument in sys.argv[1:])
    folder = folder_of(owner)
    # A variable of the user's would have it share its files with another LocalStack.
    base = {name: value for name, value in os.environ.items() if name not in _FOLDERS}
    listen = f"{DEFAULT_HOST}:{_free_port()}"
    localstack = LocalStack(environment(listen, folder / "volume", base), log)
    ending = threading.Event()

    def end() -> None:
        ending.set()
        localstack.stop()

    def watch() -> None:
        wait_for_end(owner)
        end()

    def on_signal(_number: int, _frame: object) -> None:
        threading.Thread(target=end).start()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    threading.Thread(target=watch, daemon=True).start()
    try:
        _run(localstack, folder, ending)
        ending.wait()  # what became of it can be read until then
    finally:
        localstack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _run(localstack: LocalStack, folder: Path, ending: threading.Event) -> None:
    """Run LocalStack until it ends, and write down how it does."""
    try:
        localstack.launch()
        if ending.is_set():  # while there was nothing to stop
            return
        localstack.wait_until_ready()
    except StartError as e:
        localstack.stop()
        if not ending.is_set():
            _write_state(folder, State(error=str(e)))
        return
    _write_state(folder, State(localstack.endpoint, localstack.process_id))
    code = localstack.wait()
    _write_state(folder, State(localstack.endpoint, localstack.process_id, exit_code=code))


def _free_port() -> int:
    """Give a port that nobody uses."""
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind((DEFAULT_HOST, port))
            except OSError:
                continue
            return port
    raise StartError(f"no port of {DEFAULT_HOST} from {_PORTS.start} to {_PORTS.stop} is free")


if __name__ == "__main__":
    sys.exit(main())
