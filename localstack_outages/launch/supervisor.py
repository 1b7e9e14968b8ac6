"""A process that runs a host as long as another process runs, and then ends it: also after SIGKILL.

``python -m localstack_outages.launch.supervisor LOCK_FILE LOG_FILE HOST UPSTREAM``
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

from .environment import DEFAULT_HOST
from .host_choice import HostChoice, make_host
from .presence import wait_for_end
from .process import HostProcess, StartError

_STATE_FILE = "state.json"
_FOLDERS = ("FILESYSTEM_ROOT", "LOCALSTACK_VOLUME_DIR")
# Below the range for outgoing connections, one of which could take the port before the host does.
_PORTS = range(20_000, 32_000)


@dataclass(frozen=True)
class State:
    """The state of the supervised host."""

    endpoint: str = ""
    pid: int = 0
    error: str = ""
    """Why it could not be started; empty if it could."""
    exit_code: int | None = None
    """As of ``subprocess``; None while it runs."""


def folder_of(lock_file: Path) -> Path:
    """Give the folder of a host's files. It exists until that host has ended.

    :param lock_file: the lock file of the process for which it runs
    """
    return lock_file.with_suffix("")


def read_state(folder: Path) -> State | None:
    """Read the state of the host; None while it starts, or once it is gone."""
    try:
        return State(**json.loads((folder / _STATE_FILE).read_text()))
    except FileNotFoundError:
        return None


def _write_state(folder: Path, state: State) -> None:
    new = folder / f"{_STATE_FILE}.new"
    new.write_text(json.dumps(asdict(state)))
    new.replace(folder / _STATE_FILE)  # so that nobody reads half of it


def main() -> int:
    """Run the host until its owner has ended."""
    lock_file, log = (Path(argument) for argument in sys.argv[1:3])
    folder = folder_of(lock_file)
    # With the user's variables it would share its files with another LocalStack.
    base = {name: value for name, value in os.environ.items() if name not in _FOLDERS}
    listen = f"{DEFAULT_HOST}:{_free_port()}"
    host = make_host(HostChoice(*sys.argv[3:]), listen, folder / "volume", base, log)
    ending = threading.Event()

    def end() -> None:
        ending.set()
        host.stop()

    def watch() -> None:
        wait_for_end(lock_file)
        end()

    def on_signal(_number: int, _frame: object) -> None:
        threading.Thread(target=end).start()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    threading.Thread(target=watch, daemon=True).start()
    try:
        _run(host, folder, ending)
        ending.wait()  # its state can be read until then
    finally:
        host.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _run(host: HostProcess, folder: Path, ending: threading.Event) -> None:
    """Run the host until it ends, and keep its state file up to date."""
    try:
        host.launch()
        if ending.is_set():  # while there was nothing to stop
            return
        host.wait_until_ready()
    except StartError as e:
        host.stop()
        if not ending.is_set():
            _write_state(folder, State(error=str(e)))
        return
    _write_state(folder, State(host.endpoint, host.process_id))
    code = host.wait()
    _write_state(folder, State(host.endpoint, host.process_id, exit_code=code))


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
