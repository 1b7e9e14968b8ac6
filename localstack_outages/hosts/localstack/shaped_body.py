"""The body of an answer that breaks off, has wrong bytes or comes slowly, as the server reads it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from localstack_outages.engine.body import BodyShaper

from .waiting import WaitingRoom, wait_in_thread

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from rolo import Response


class ShapedBody:
    """Gives the parts of a body as a shaper says, in the thread of the request.

    :param answer: the answer; its length stays what it is
    :param shaper: says what is given, and when
    :param room: where it waits. Where that is full the body comes as fast as it can
    :param break_off: closes the connection once what was given is sent; None where there is none
    """

    def __init__(
        self,
        answer: "Response",
        shaper: BodyShaper,
        room: WaitingRoom,
        break_off: Callable[[], None] | None,
    ) -> None:
        length: int | None = answer.content_length
        if length is None and answer.is_sequence:
            answer.headers["Content-Length"] = str(sum(map(len, answer.iter_encoded())))
        self._close_body: Callable[[], None] | None = getattr(answer.response, "close", None)
        self._stack = ExitStack()
        self._may_wait: bool | None = None
        self._shaper = shaper
        self._room = room
        self._pieces = self._shaped(answer.iter_encoded(), break_off)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Let go of the body, also where nobody has read it: a service may hold a lock until then."""
        self._stack.close()
        close, self._close_body = self._close_body, None
        if close is not None:
            close()

    def _shaped(
        self, body: Iterator[bytes], break_off: Callable[[], None] | None
    ) -> Iterator[bytes]:
        shaper = self._shaper
        try:
            for part in body:
                for seconds, piece in shaper.feed(part):
                    if seconds and self._is_let_in():
                        wait_in_thread(shaper.hold, seconds)
                    yield piece
                if shaper.is_cut:
                    if break_off is not None:
                        break_off()
                    return
        finally:
            self.close()

    def _is_let_in(self) -> bool:
        """Take a place in the room when first needed, and keep it to the end of the body."""
        if self._may_wait is None:
            self._may_wait = self._stack.enter_context(self._room.enter()) is None
        return self._may_wait
