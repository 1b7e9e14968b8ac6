"""Pages of listings."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from .errors import ValidationError

DEFAULT_SIZE = 100

T = TypeVar("T")


def page(
    items: Sequence[T], parameters: Mapping[str, Any], member: str, *, size: int = DEFAULT_SIZE
) -> dict[str, Any]:
    """Give the page of a listing that a request asks for.

    :param items: all of it, in an order that does not change
    :param parameters: of the request, with ``maxResults`` and ``nextToken``
    :param member: what the answer calls the items
    :raises ValidationError: where the token is none of ours
    """
    begin = _read(parameters["nextToken"]) if "nextToken" in parameters else 0
    end = begin + parameters.get("maxResults", size)
    answer: dict[str, Any] = {member: list(items[begin:end])}
    if end < len(items):
        answer["nextToken"] = base64.urlsafe_b64encode(f"from:{end}".encode()).decode()
    return answer


def _read(token: str) -> int:
    try:
        word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except (binascii.Error, UnicodeError):
        word, number = "", ""
    if word != "from" or not number.isdecimal():
        raise ValidationError(f"The nextToken '{token}' is not valid.")
    return int(number)
