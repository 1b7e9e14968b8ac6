"""One replica of a fleet: what a host shares with others, put together."""

from .connection import Connection
from .settings import Share


class Fleet:
    """What this host shares with others.

    :param share: where they meet
    :param replica: names this one
    """

    def __init__(self, share: Share, replica: str) -> None:
        self.share = share
        self.replica = replica
        self.connection = Connection(share)

    def start(self) -> None:
        """Meet the others, now or as soon as Redis answers."""
        self.connection.start()

    def close(self) -> None:
        """Leave."""
        self.connection.close()
