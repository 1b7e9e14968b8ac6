"""Requests and answers: paths, methods, query, body, errors."""

import json
from io import BytesIO

import pytest

from localstack_outages.control.http import (
    MAX_BODY_BYTES,
    ControlAnswer,
    ControlRequest,
    Guard,
    Headers,
    Stream,
    handle,
    read_body,
    read_query,
)
from localstack_outages.schema.errors import BodyTooLarge, InvalidQuery
from localstack_outages.schema.parameters import EventsQuery
from localstack_outages.schema.product import VERSION_HEADER, version

from .asking import decoded, request

S3 = {"service": "s3"}


def test_headers():
    """Names are compared without regard to case; the values of a repeated one are joined."""
    headers = Headers([("Accept", "a"), ("X-Y", "1"), ("accept", "b")])

    assert "a, b" == headers["ACCEPT"] == headers.get("accept")
    assert {"accept": "a, b", "x-y": "1"} == dict(headers)
    assert "x-y" in headers
    assert "y" not in headers


def test_an_answer(api):
    """An answer is JSON that nobody caches, and tells the version."""
    answer = api.answer("POST", body=[S3])

    assert (200, b'[{"service": "s3"}]\n') == (answer.status, answer.body)
    assert "application/json" == answer.headers["Content-Type"]
    assert "no-store" == answer.headers["Cache-Control"]
    assert version() == answer.headers[VERSION_HEADER]


@pytest.mark.parametrize("path", ["/outages", "outages", "/outages/", "//outages"])
def test_slashes_at_the_ends_do_not_matter(api, path):
    """A path is found with and without slashes at its ends."""
    assert (200, []) == api.ask(path=path)


@pytest.mark.parametrize("path", ["/x", "/outages/x", "/outages/rules", "/outages/rules/r1/x"])
def test_unknown_paths(api, path):
    """The path is named as it was asked for, and those that there are."""
    status, code, message = api.refusal(path=path, root="/base")

    assert (404, "UnknownPath") == (status, code)
    assert message.startswith(f"there is nothing at '/base{path}'; there is /outages, ")


def test_methods(api):
    """A method that is not taken is refused with those that are."""
    answer = api.answer("PUT")

    assert 405 == answer.status
    assert "GET, POST, PATCH, DELETE" == answer.headers["Allow"]


def test_head(api):
    """HEAD is answered as GET, without the body, whose length is told; no stream stays open."""
    answer = api.answer("HEAD")
    assert (200, b"", "3") == (answer.status, answer.body, answer.headers["Content-Length"])

    stream = api.answer("HEAD", "/outages/events", Accept="text/event-stream")
    assert (200, b"") == (stream.status, stream.body)
    assert set() == api.control._readers._waiting


def test_a_stream_ends_when_it_is_closed():
    """A stream gives its parts, and calls back when it is closed."""
    closed = []
    stream = Stream(iter([b"a", b"b"]), lambda: closed.append(True))
    answer = handle(
        request(path="/x"), {"/x": {"GET": lambda _: ControlAnswer(200, {}, stream)}}, Guard()
    )

    assert [b"a", b"b"] == list(answer.body)
    answer.body.close()
    assert [True] == closed


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {}),
        ("after=5", {"after": 5}),
        ("after=5&limit=7", {"after": 5, "limit": 7}),
        ("owner=a+b%26%20c", {"owner": "a b& c"}),
        ("owner=%C3%A4", {"owner": "ä"}),
        ("owner=a=b", {"owner": "a=b"}),
        ("&&after=1&", {"after": 1}),
        ("owner=a;b", {"owner": "a;b"}),
    ],
)
def test_a_query(query, expected):
    """Plus signs are spaces, percents are decoded as UTF-8, and nothing else is taken apart."""
    assert EventsQuery(**expected) == read_query(request(query=query), EventsQuery)


@pytest.mark.parametrize(
    ("query", "path", "message"),
    [
        ("after=1&limit=2&after=1", "?after", "'after' stands there 2 times"),
        ("aftr=1", "?aftr", "unknown parameter 'aftr': did you mean 'after'?"),
        ("after=", "?after", "'' is a string; expected a whole number"),
        ("after", "?after", "'' is a string; expected a whole number"),
        ("owner=", "?owner", "'' is out of range: at least 1 characters"),
        ("owner=%FF", "?owner", "expected text without lone surrogates"),
        ("owner=a%0Ab", "?owner", "'a\\nb' has characters that cannot be printed"),
        ("owner=" + "x" * 301, "?owner", "at most 300 characters"),
    ],
)
def test_a_bad_query(query, path, message):
    """The parameter is named, with its value and what would be right."""
    with pytest.raises(InvalidQuery) as caught:
        read_query(request(query=query), EventsQuery)

    assert path == caught.value.path
    assert message in caught.value.message


class Endless:
    """A body without an end, as a client that sends chunks may have."""

    def __init__(self):
        self.taken = 0

    def __call__(self, size):
        self.taken += size
        return bytes(size)


def test_a_body_is_never_read_beyond_its_bound():
    """Of a body whose length is not announced, or announced wrongly, one byte too many is read."""
    for headers in (
        Headers(),
        Headers([("Content-Length", "5")]),
        Headers([("Content-Length", "x")]),
    ):
        body = Endless()
        with pytest.raises(BodyTooLarge, match="more than 4194304 bytes"):
            read_body(ControlRequest("POST", "/", "", headers, body))
        assert MAX_BODY_BYTES + 1 == body.taken


def test_a_body_that_is_announced_too_large_is_not_read():
    """Its length is in the message."""
    body = Endless()
    headers = Headers([("content-length", str(MAX_BODY_BYTES + 1))])

    with pytest.raises(BodyTooLarge, match="the body has 4194305 bytes"):
        read_body(ControlRequest("POST", "/", "", headers, body))
    assert 0 == body.taken


def test_a_body_of_just_the_bound():
    """The bound itself is taken."""
    body = BytesIO(bytes(MAX_BODY_BYTES))

    assert MAX_BODY_BYTES == len(read_body(ControlRequest("POST", "/", "", Headers(), body.read)))


def test_refusals(api):
    """A refusal says what is wrong, where, and what else is."""
    status, document = api.ask("POST", body=[{"times": 0}, {"a": 1}])

    assert (400, "InvalidRules", "[0].times") == (
        status,
        document["error"]["code"],
        document["error"]["path"],
    )
    assert ["[1].a"] == [fault["path"] for fault in document["error"]["others"]]
    assert (400, "InvalidBody") == api.refusal("POST", body=b"")[:2]
    assert [] == json.loads(api.answer().body)


def test_every_answer_can_be_written_as_json(api):
    """All routes that are read answer with JSON or text."""
    api.ask("PATCH", query="owner=me", body=[{}])
    for path, methods in api.control.routes.items():
        if "GET" in methods and "{" not in path and path != "/metrics":
            query = "owner=me" if path == "/outages/evidence" else ""
            assert 200 == decoded(api.answer(path=path, query=query))[0]
    metrics = api.answer(path="/metrics")
    assert (200, True) == (metrics.status, b"localstack_outages_rules" in metrics.body)
