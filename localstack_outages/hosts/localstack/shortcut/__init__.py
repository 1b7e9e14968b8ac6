"""The short way: calls that are sure to be refused are answered before LocalStack parses them.

Optional: nothing outside this folder needs it, and without it all calls go the long way. It leans on
inner parts of LocalStack, rolo and Twisted that a release may change. It is loaded in a ``try``, each
of its steps fails open, and at the first failure it switches itself off.
"""

from localstack_outages.hosts.localstack.interceptor import Interceptor

from .handler import EarlyHandler
from .server import answer_inline


class Shortcut:
    """Refuses calls early.

    :param interceptor: carries out what is to be done to each call
    """

    def __init__(self, interceptor: Interceptor) -> None:
        self._handler = EarlyHandler(interceptor)

    def add_handler(self) -> None:
        """Refuse calls before LocalStack parses them."""
        self._handler.add()

    def answer_inline(self) -> None:
        """Refuse them in the thread that reads the network, on all connections from now on."""
        answer_inline(self._handler)
