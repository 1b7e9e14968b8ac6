"""What a request is after: the part of it that stays the same when an application tries again.

A new try has another signature and another invocation id, may have another token for idempotency,
and may go on in the middle of an object. What is left is hashed: nothing of a request is kept.
"""

import re
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

MAX_BODY_BYTES = 65_536
"""In so much of a body tokens and pages are looked for, at some microseconds for each kilobyte. What
comes after it counts as it is."""

_IDEMPOTENCY = (
    "CallerReference|ClientRequestToken|ClientToken|ClientTokenId|CreationToken|IdempotencyToken"
    "|MessageDeduplicationId|ReceiveRequestAttemptId|clientRequestToken|clientToken|idempotencyToken"
)
"""The members that make a repeated request harmless, by their names in botocore's models (the trait
``idempotencyToken``, and those that clients fill in themselves). Names that also stand for something
else, such as ``RequestId``, are left out."""

_PAGES = "ContinuationToken|Marker|NextMarker|NextToken|PageToken|marker|nextToken|pageToken"
"""The members that say which page of a listing is wanted. A listing that fails begins anew."""

_PASSING_QUERY = frozenset((
    "awsaccesskeyid", "continuation-token", "expires", "key-marker", "marker", "nexttoken",
    "pagetoken", "signature", "upload-id-marker", "uploadid", "version-id-marker", "x-id",
))  # fmt: skip
"""Parameters of a URL that differ from try to try, in lower case. An upload that is begun anew has
another id; its parts keep their numbers."""


@cache
def _in_body() -> re.Pattern[bytes]:
    """Made when a call is first hit: it takes milliseconds, which every start would pay."""
    return re.compile(
        rb'"(?:(?P<json>%b)|%b)"\s*:\s*"(?P<value>[^"]*)"\s*,?|<(?P<xml>%b)>(?P<text>[^<]*)</(?P=xml)>'
        % (_IDEMPOTENCY.encode(), _PAGES.encode(), _IDEMPOTENCY.encode())
    )


@cache
def _in_form() -> re.Pattern[str]:
    return re.compile(rf"(?:.*\.)?(?:(?P<token>{_IDEMPOTENCY})|{_PAGES})")


_RANGE = re.compile(r"bytes=\d+-(?P<end>\d*)")


class Aim(NamedTuple):
    """What a request is after."""

    key: int
    """Equal for requests with the same aim, whichever process they come to."""
    token: int | None = None
    """Equal for requests that the service takes for the same by a token; None without one."""


def aim_of(
    method: str,
    path: str,
    query: str = "",
    content_range: str = "",
    body: bytes = b"",
    form: Iterable[tuple[str, str]] | None = None,
) -> Aim:
    """Tell what a request is after.

    :param path: as it came, without the query
    :param query: without the question mark
    :param content_range: the header ``Range``. Of ``bytes=5-9`` only the end counts: a download that
        goes on keeps it, and the parts of one that is split differ in it
    :param body: the body; nothing where it is a stream, such as the content of an object
    :param form: the fields of the body in its place, where it is a form
    """
    if form is not None:
        content, token = _of_form(form)
    else:
        content, token = _of_body(body)
    found = _RANGE.fullmatch(content_range)
    end = content_range if found is None else found["end"]
    target = _joined((method, path, end, *(_of_query(query) if query else ())))
    key = int.from_bytes(_hash(content + target))
    return Aim(key, None if token is None else int.from_bytes(token))


def _of_body(body: bytes) -> tuple[bytes, bytes | None]:
    if not body:
        return b"", None
    tokens: list[bytes] = []

    def note(found: re.Match[bytes]) -> bytes:
        if found["json"] or found["xml"]:
            tokens.append(found["value"] or found["text"] or b"")
        return b""

    seen = body[:MAX_BODY_BYTES]
    rest = _in_body().sub(note, seen)
    after = body[MAX_BODY_BYTES:]
    return _hash(rest.rstrip(b" ,}") + after), _hash(b"\0".join(tokens)) if tokens else None


def _of_form(form: Iterable[tuple[str, str]]) -> tuple[bytes, bytes | None]:
    kept, tokens = [], []
    for name, value in form:
        found = _in_form().fullmatch(name)
        if found is None:
            kept.append((name, value))
        elif found["token"]:
            tokens.append(value)
    fields = _joined(text for field in sorted(kept) for text in field)
    return _hash(fields), _hash(_joined(tokens)) if tokens else None


def _of_query(query: str) -> tuple[str, ...]:
    """Give the parameters of a URL that stay."""
    parts = query.split("&")
    return tuple(sorted(part for part in parts if not _is_passing(part.partition("=")[0].lower())))


def _joined(texts: Iterable[str]) -> bytes:
    return "\0".join(texts).encode("utf-8", "surrogatepass")


def _hash(content: bytes) -> bytes:
    """Python's own hash differs in each process, and the attempts of one call may come to several."""
    return blake2b(content, digest_size=8).digest()


def _is_passing(name: str) -> bool:
    return name in _PASSING_QUERY or name.startswith("x-amz-")
