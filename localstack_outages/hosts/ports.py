"""What a host must offer, so that the steps of an ``Injection`` can be carried out in it."""

from typing import Any, Protocol, TypeVar

from localstack_outages.engine.call import Call
from localstack_outages.engine.finished import Envelope
from localstack_outages.schema.effect import AwsError

Http = TypeVar("Http", contravariant=True)
"""A request as the host's server has it."""

Answer = TypeVar("Answer", contravariant=True)
"""An answer as the host's server has it."""


class CallReader(Protocol[Http]):
    """Reads which AWS call a request makes."""

    def read(self, http: Http) -> tuple[Call, Envelope] | None:
        """Read a request.

        :return: None where it is no AWS call, or one of an operation that is not known
        """


class ErrorWriter(Protocol[Http]):
    """Writes AWS errors."""

    def write(self, error: AwsError, http: Http) -> Any:
        """Answer a request with an error, in the protocol of its call."""


class Connection(Protocol[Answer]):
    """The connection by which a request came."""

    @property
    def is_open(self) -> bool:
        """Whether the client is still there."""

    @property
    def is_behind(self) -> bool:
        """Whether the client reads more slowly than is written to it."""

    def reset(self) -> None:
        """Break it with a TCP reset."""

    def close(self) -> None:
        """Close it in good order, without an answer."""

    def cut(self, answer: Answer) -> None:
        """Have an answer stop in the middle of its body, the length that was promised unchanged."""
