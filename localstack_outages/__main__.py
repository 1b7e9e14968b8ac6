"""The command line: ``localstack-outages``, or ``python -m localstack_outages``."""

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process."""
    # Ctrl-C ends the process at once while modules are read, and not by a traceback.
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli.main import main as run

    signal.signal(signal.SIGINT, before)
    run()


if __name__ == "__main__":
    main()
