"""The parameters by which a call asks for a further page of a listing, or for more of a stream."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from localstack_outages.schema.effect import ListingFault

from .names import loader

_PATH = re.compile(r"[A-Za-z]+(\.[A-Za-z]+)*")

_ITERATORS = {
    ("dynamodbstreams", "GetRecords"): ("ShardIterator",),
    ("kinesis", "GetRecords"): ("ShardIterator",),
}
"""Operations that read on from an iterator, each with its parameter. They have no first page: what
they read begins with another operation."""


_COUNTS = {("s3", "ListObjectsV2"): ("KeyCount",)}
"""Where an answer has the number of its items, for operations whose paginators do not tell. Source:
AWS's API reference of the operation."""


class Paging:
    """How one operation lists in pages.

    :param tokens: the parameters that together name a page; a call for the first page has none
    :param limit: the parameter that says how many items a page may have
    :param items: where an answer has its items and their number
    :param next_tokens: where it has the token of the next page
    """

    def __init__(
        self,
        tokens: tuple[str, ...],
        limit: str | None = None,
        items: tuple[str, ...] = (),
        next_tokens: tuple[str, ...] = (),
    ) -> None:
        self.tokens = tokens
        self.limit = limit
        self._items = items
        self._next_tokens = next_tokens

    def can_be(self, how: ListingFault) -> bool:
        """Whether pages can be changed so."""
        return self.limit is not None if how == "short" else bool(self._items and self._next_tokens)

    def short(self, parameters: Mapping[str, Any], least: int = 1) -> int:
        """Give the number of items of a page that is shorter than a call asks for: half as many; the
        least where it does not say how many.

        :param least: what the operation allows
        """
        given = str(parameters.get(self.limit or ""))
        return max(least, int(given) // 2 if given.isdecimal() and len(given) < 10 else least)

    def emptied(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Give a page without its items. The last page, which has no token, stays as it is."""
        page = dict(result)
        if any(_at(result, path) for path in self._next_tokens):
            for path in self._items:
                page = _emptied(page, path.split("."))
        return page

    def token_of(self, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Give what names the page that a call asks for; None for the first page."""
        token = tuple(parameters.get(name) for name in self.tokens)
        return token if any(token) else None


@lru_cache(maxsize=256)
def paging_of(service: str) -> Mapping[str, Paging]:
    """Give the operations of a service that list in pages: those of botocore's
    ``paginators-1.json``; none where the service is unknown.
    """
    from botocore.exceptions import DataNotFoundError, UnknownServiceError

    try:
        pages = loader().load_service_model(service, "paginators-1")["pagination"]
    except (DataNotFoundError, UnknownServiceError):
        return {}
    found = {}
    for operation, page in pages.items():
        found[operation] = Paging(
            _listed(page["input_token"]),
            page.get("limit_key"),
            _paths(page.get("result_key", ())) + _COUNTS.get((service, operation), ()),
            _paths(page.get("output_token", ())),
        )
    return found


def _listed(names: str | list[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _paths(expressions: str | list[str]) -> tuple[str, ...]:
    """Give the expressions that are paths. A token that is made of the items cannot be kept without."""
    parts = (part for each in _listed(expressions) for part in each.split(" || "))
    return tuple(part for part in parts if _PATH.fullmatch(part))


def _at(result: Any, path: str) -> Any:
    for name in path.split("."):
        result = result.get(name) if isinstance(result, Mapping) else None
    return result


def _emptied(page: dict[str, Any], path: list[str]) -> dict[str, Any]:
    name, *rest = path
    value = page.get(name)
    if rest:
        return {**page, name: _emptied(value, rest)} if isinstance(value, dict) else page
    if isinstance(value, int) and not isinstance(value, bool):
        return {**page, name: 0}
    return {**page, name: type(value)()} if isinstance(value, list | dict) else page


def iterators_of(service: str) -> list[str]:
    """Give the operations of a service that read on from an iterator."""
    return [operation for name, operation in _ITERATORS if name == service]


def has_cursor(service: str, operation: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a call sends the token of a page or the iterator of a stream."""
    iterators = _ITERATORS.get((service, operation))
    if iterators is not None:
        return any(parameters.get(name) for name in iterators)
    paging = paging_of(service).get(operation)
    return paging is not None and paging.token_of(parameters) is not None
