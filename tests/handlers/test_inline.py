"""The thread that reads the network: whatever fails there, the client gets its answer."""

import io
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_outages.hosts.localstack.shortcut.handler import DECIDED
from localstack_outages.hosts.localstack.shortcut.server import _Answer, _Inline


class Early:
    """A handler of early requests that keeps why it was switched off."""

    def __init__(self) -> None:
        self.is_on = True
        self.errors: list[Exception] = []

    def switch_off(self, error: Exception) -> None:
        """Keep the error."""
        self.is_on = False
        self.errors.append(error)


def failing(*_: Any) -> Any:
    """Fail, as a part of Twisted does that is not there any more."""
    raise AttributeError("gone")


class Parts(list[bytes]):
    """The parts of an answer, as a WSGI application gives them."""

    def close(self) -> None:
        """Let go of them."""


class Answer(_Answer):
    """An answer without a server."""

    def __init__(self, *, has_begun: bool) -> None:
        self._early: Any = Early()
        self.environ = {DECIDED: "refuse"}
        self.did: list[str] = []
        self.request = SimpleNamespace(
            channel=object(),
            startedWriting=has_begun,
            content=io.BytesIO(b"body"),
            write=lambda _: self.did.append("write"),
            finish=lambda: self.did.append("finish"),
            loseConnection=lambda: self.did.append("lose"),
        )
        self.request.content.read()
        self.startResponse = lambda *_: None
        self._sendResponseHeaders = lambda: self.did.append("head")
        self.application: Any = lambda *_: Parts([b"a", b"b"])

    def start(self) -> None:
        """Go the long way."""
        assert DECIDED not in self.environ
        assert b"body" == self.request.content.read()
        self.did.append("long way")


def test_an_answer() -> None:
    """Head, body and end are sent."""
    answer = Answer(has_begun=False)
    answer.run_inline()

    assert ["head", "write", "finish"] == answer.did
    assert answer._early.is_on


@pytest.mark.parametrize("part", ["application", "_sendResponseHeaders"])
def test_an_answer_that_fails_goes_the_long_way(part: str) -> None:
    """Where nothing is sent yet, LocalStack answers in a thread, and the short way is closed."""
    answer = Answer(has_begun=False)
    setattr(answer, part, failing)
    answer.run_inline()

    assert ["long way"] == answer.did
    assert not answer._early.is_on


def test_an_answer_that_fails_in_the_middle() -> None:
    """Where a part is sent already, the connection is closed, and no client waits for ever."""
    answer = Answer(has_begun=True)
    answer.request.write = failing
    answer.run_inline()

    assert ["head", "lose"] == answer.did
    assert not answer._early.is_on


class Base:
    """The class of requests that the server had."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.content = io.BytesIO(b"body")
        self.requestHeaders: Any = SimpleNamespace(getRawHeaders=failing, hasHeader=failing)
        self.channel = None

    def requestReceived(self, *_: Any) -> None:  # noqa: N802 - of Twisted's
        """Serve it as ever."""
        assert 4 == self.content.tell()
        self.did.append("as ever")

    def render(self, _resource: Any) -> None:
        """Serve it as ever."""
        self.did.append("rendered as ever")


def test_a_request_that_cannot_be_decided_on() -> None:
    """A request on which nothing can be decided there is served as ever."""

    class Request(_Inline, Base):
        early: Any = Early()

    request = Request()
    request.content.read()
    for _ in range(2):
        request.requestReceived(b"POST", b"/", b"HTTP/1.1")

    assert ["as ever"] * 2 == request.did
    assert 1 == len(Request.early.errors)


def test_an_answer_that_cannot_be_made() -> None:
    """Where no answer can be prepared, the server does it as ever."""

    class Request(_Inline, Base):
        early: Any = Early()
        application: Any = None
        _was_asked_about = True

    request = Request()
    request.render(None)

    assert ["rendered as ever"] == request.did
    assert 1 == len(Request.early.errors)
