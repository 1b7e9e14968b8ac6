"""Finds the k-th page of each listing.

Nothing is read from answers. A call without a token begins a listing; each token that was not sent before
in it is the next page. So an attempt that is repeated stays on its page, and listings whose other
parameters differ are told apart.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from localstack_outages.aws.paging import paging_of

from .call import Call

MAX_LISTINGS = 10_000
"""Listings are kept by values from requests, so their number must be bounded. Beyond it the one that was
begun the longest ago is forgotten: its further pages pass."""

_SIZES = frozenset(("limit", "maxresults", "maxitems", "maxkeys", "maxrecords", "pagesize"))
"""How many items a page has may change from page to page."""


class Pages:
    """The listings that calls were seen to make. To be used under a lock.

    :param wanted: which page is asked for, from 1
    """

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._listings: dict[bytes, dict[bytes, int]] = {}

    def is_wanted(self, call: Call, access_key: str | None) -> bool:
        """Take note of a call, and say whether it asks for the page that is wanted."""
        paging = paging_of(call.service).get(call.operation)
        if paging is None:
            return False
        token = paging.token_of(call.parameters)
        rest = {
            name: value for name, value in call.parameters.items() if _is_kept(name, paging.tokens)
        }
        listing = _digest((call[:4], access_key, rest))
        if token is None:
            self._begin(listing)
            return self._wanted == 1
        pages = self._listings.get(listing)
        if pages is None:  # it was begun before the rule
            return False
        name = _digest(token)
        page = pages.get(name)
        if page is None:
            page = len(pages) + 2
            if page > self._wanted:  # what comes after it does not matter
                return False
            pages[name] = page
        return page == self._wanted

    def _begin(self, listing: bytes) -> None:
        self._listings.pop(listing, None)
        if len(self._listings) >= MAX_LISTINGS:
            del self._listings[next(iter(self._listings))]
        self._listings[listing] = {}


def _is_kept(name: str, tokens: tuple[str, ...]) -> bool:
    return name not in tokens and name.lower() not in _SIZES


def _digest(value: Any) -> bytes:
    """Give what is equal for equal values, of a length that does not depend on them."""
    text = json.dumps(value, sort_keys=True, default=_plain)
    return blake2b(text.encode(), digest_size=16).digest()


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
