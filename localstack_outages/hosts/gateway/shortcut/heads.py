"""Heads of HTTP/1.1 messages, read strictly: of a request nothing is guessed, for what is read in two
ways can smuggle another request.
"""

import re
import time
from http import HTTPStatus
from typing import NamedTuple

from localstack_outages.aws.answer_headers import Headers
from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.hosts.gateway.upstream import ALWAYS, HOP_BY_HOP

END = b"\r\n\r\n"
MAX_HEAD_BYTES = 16_384
"""Longer heads of requests take the long way."""
MAX_ANSWER_HEAD_BYTES = 262_144
MAX_BODY_BYTES = 65_536
"""Longer bodies of requests take the long way, on which they stream."""
MAX_HEADERS = 100

_REQUEST = re.compile(
    r"(GET|HEAD|POST|PUT|DELETE|PATCH) (/[!\"$-~]*) HTTP/1\.1\r\n"
    r"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)+)\r\n"
)
_BEGINNING = re.compile(rb"[A-Z]{1,7}(?: |\Z)")
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: ([^\r\n\0]*))?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NO_VALUE = re.compile("[\r\n\0]")
_LENGTH = re.compile(r"[0-9]{1,18}")

_UNUSUAL = HOP_BY_HOP - {"connection", "expect"}
_KEEP_ALIVE = "keep-alive"
_CHUNKED = "Transfer-Encoding: chunked"
_EMPTY = (204, 304)
_REASONS = {int(status): status.phrase for status in HTTPStatus}
_FRAMING = ("content-length", "transfer-encoding")


class Request(NamedTuple):
    """The head of a request that can be read in one way only."""

    head: HttpRequest
    head_length: int
    length: int
    """Of head and body, bytes."""
    is_short: bool
    """Whether it may go the short way."""


def may_become_request(beginning: bytes) -> bool:
    """Say whether the head of a request may be on its way; else nobody need wait for its end."""
    return (
        _BEGINNING.match(beginning) is not None
        and len(beginning) <= MAX_HEAD_BYTES
        and beginning.count(b"\n") == beginning.count(b"\r\n")
    )


def read_request(raw: bytes) -> Request | None:
    """Read the head of a request.

    :param raw: up to the empty line
    :return: None where it takes the long way, and what comes behind it as well
    """
    if len(raw) > MAX_HEAD_BYTES:
        return None
    found = _REQUEST.fullmatch(raw.decode("latin-1"))
    if found is None:
        return None
    method, target, block = found.groups()
    lines = block.split("\r\n")
    lines.pop()
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    # With a name that comes twice, others may read the first or the last.
    if len(headers) != len(lines) or len(lines) > MAX_HEADERS or not headers.get("host"):
        return None
    connection = headers.get("connection", _KEEP_ALIVE).lower()
    if not _UNUSUAL.isdisjoint(headers) or connection != _KEEP_ALIVE:
        return None
    length = headers.get("content-length", "0")
    if _LENGTH.fullmatch(length) is None:
        return None
    path, _, query = target.partition("?")
    head = HttpRequest(method, path, query, headers)
    is_short = "expect" not in headers and int(length) <= MAX_BODY_BYTES
    return Request(head, len(raw), len(raw) + int(length), is_short)


class BadAnswer(Exception):
    """The upstream answered what is no HTTP."""


class AnswerHead(NamedTuple):
    """The head of an answer."""

    status: int
    lines: list[str]
    """What the client gets: the status and the headers that are not about one connection."""
    headers: dict[str, str]
    """By name in lower case; the last of those that come more than once."""
    length: int | None
    """Of the body, bytes; None where it is not said."""
    is_chunked: bool
    stays_open: bool
    """Whether the connection may serve another request."""


def read_answer(raw: bytes, method: str) -> AnswerHead:
    """Read the head of an answer.

    :param raw: without the empty line
    :param method: of the request
    :raises BadAnswer: where it is none, or its length can be read in two ways
    """
    first, *lines = raw.decode("latin-1").split("\r\n")
    found = _STATUS.fullmatch(first)
    if found is None:
        raise BadAnswer("the status line of the answer is not valid")
    status = int(found[2])
    headers = _read_headers(lines)
    connection = headers.get("connection", "").lower()
    stays_open = found[1] == "1" and "close" not in connection
    length, is_chunked = _length(status, method, headers)
    dropped = HOP_BY_HOP
    if connection:
        dropped = dropped | ({word.strip() for word in connection.split(",")} - ALWAYS)
    if "transfer-encoding" in headers:
        dropped = dropped | {"content-length"}
    kept = [line for line in lines if line.partition(":")[0].lower() not in dropped]
    if length is None:
        kept.append(_CHUNKED)
    kept.insert(0, f"HTTP/1.1 {status} {found[3] or ''}")
    return AnswerHead(status, kept, headers, length, is_chunked, stays_open)


def _read_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or _NAME.fullmatch(name) is None or _NO_VALUE.search(value):
            raise BadAnswer("a header of the answer is not valid")
        key = name.lower()
        if key in headers and key in _FRAMING:
            raise BadAnswer("the answer says its length twice")
        value = value.strip(" \t")
        headers[key] = (
            f"{headers[key]},{value}" if key in headers and key == "connection" else value
        )
    return headers


def _length(status: int, method: str, headers: dict[str, str]) -> tuple[int | None, bool]:
    """Give the length of a body, None where it is not said, and whether it comes in chunks."""
    if method == "HEAD" or status in _EMPTY or status < 200:
        return 0, False
    coding = headers.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked":
            raise BadAnswer("the coding of the answer is not known")
        return None, True
    given = headers.get("content-length")
    if given is None:
        return None, False
    if _LENGTH.fullmatch(given) is None:
        raise BadAnswer("the length of the answer is not valid")
    return int(given), False


def with_headers(raw: bytes, headers: dict[str, str]) -> bytes:
    """Put headers into a request, in place of those that are called so.

    :param raw: head and body
    :param headers: by name in lower case
    """
    head, _, body = raw.partition(END)
    lines = [
        line
        for line in head.split(b"\r\n")
        if line.partition(b":")[0].lower().decode() not in headers
    ]
    lines += [f"{name}: {value}".encode() for name, value in headers.items()]
    return b"\r\n".join(lines) + END + body


def head_bytes(lines: list[str]) -> bytes:
    """Write a head."""
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def write_answer(status: int, headers: Headers, body: bytes) -> bytes:
    """Write an answer of the gateway's own.

    :param headers: names and values; the last of those that are called the same counts
    """
    named = {name.lower(): (name, value) for name, value in headers}
    named.setdefault("date", ("Date", _date(int(time.time()))))
    named["content-length"] = ("Content-Length", str(len(body)))
    lines = [
        f"HTTP/1.1 {status} {_REASONS.get(status, '')}",
        *(f"{name}: {value}" for name, value in named.values()),
    ]
    return head_bytes(lines) + body


_last_date = (0, "")


def _date(now: int) -> str:
    global _last_date
    if _last_date[0] != now:
        from email.utils import formatdate

        _last_date = (now, formatdate(now, usegmt=True))
    return _last_date[1]
