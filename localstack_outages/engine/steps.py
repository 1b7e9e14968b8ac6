"""What may be done to a call, step by step. The engine says it, and a host does it."""

from typing import NamedTuple

from localstack_outages.schema.effect import AwsError, ConnectionFault, Payload

from .edits import Answer, EditAnswer, EditRequest
from .hold import Hold
from .rule_state import Clock


class Wait:
    """Let time pass, until the first of these: ``hold`` is released, ``seconds`` are over or, where
    ``for_client``, the client has gone.
    """

    __slots__ = ("client_left", "for_client", "hold", "refusal", "seconds")

    def __init__(self, hold: Hold, seconds: float | None, *, for_client: bool = False) -> None:
        self.hold = hold
        self.seconds = seconds
        """None where it may take for ever."""
        self.for_client = for_client
        """Whether the host has to look whether the client is still there."""
        self.client_left = False
        """The host sets it where the client has gone."""
        self.refusal: AwsError | None = None
        """The host sets it where it cannot have the call wait: the error that the call gets."""


class Refuse(NamedTuple):
    """Answer with an AWS error in place of carrying the call out."""

    error: AwsError


class Break(NamedTuple):
    """Break the connection: before the call is carried out in place of that, afterwards in the middle
    of its answer. ``hang`` means that nobody is left to answer.
    """

    kind: ConnectionFault


class Delivery:
    """How far the body of an answer has come that a ``BodyShaper`` changes.

    :param clock: the clock of the rules
    """

    __slots__ = ("_clock", "until")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.until = float("-inf")
        """When the last piece went out, seconds; never later than its client can have it."""

    def send(self, seconds: float) -> None:
        """Take note that a piece goes out in so many seconds."""
        self.until = self._clock() + seconds


class Shape(NamedTuple):
    """Have a ``BodyShaper`` change the body of the answer as it is sent; nothing where it has none."""

    payload: Payload
    hold: Hold
    """Released when the rule is deleted: what is left of the body goes out as it is."""
    delivery: Delivery


Step = Wait | Refuse | Break | Shape | EditRequest | EditAnswer | Answer
"""What is done to a call."""
