"""The fault ``listing``: the pages of listings have fewer items than they could, or none, and yet a token."""

from typing import Any, get_args

from localstack_outages.schema.effect import Effect, ListingFault
from localstack_outages.schema.fault import (
    Action,
    CommandOption,
    Done,
    ErrorOf,
    Fault,
    Hit,
    Labels,
)
from localstack_outages.schema.forms import one

WORDS: tuple[ListingFault, ...] = get_args(ListingFault)

_ANSWERS = "it is about the answer of a call that is carried out"


class _Pages(Action):
    """Changes the pages of listings. Calls that list nothing pass.

    :param listing: how
    """

    lets_pass = True
    asks_parameters = True

    def __init__(self, listing: ListingFault) -> None:
        self._listing = listing

    def on(self, so_far: Effect, hit: Hit) -> Effect | None:
        """Change the page, where the call asks for one."""
        return so_far._replace(listing=self._listing) if hit.lists(self._listing) else None


def _tell(listing: ListingFault, so_far: list[str], _: ErrorOf) -> list[str]:
    return [*so_far, f"{listing} pages"]


def _label(done: Done) -> str | None:
    return None if done.listing is None else "listing"


def _needs(part: Any) -> str | None:
    return "no 'phase': a page is asked for, and then changed" if part.phase == "after" else None


FAULT = Fault(
    name="listing",
    place=58,
    annotation=ListingFault,
    description="pages of listings that have a token and fewer items, or none",
    act=_Pages,
    tell=_tell,
    excludes={
        "error": _ANSWERS,
        "throttle": _ANSWERS,
        "connection": _ANSWERS,
        "partial": "no operation has both",
        "payload": "both change the body of the answer",
    },
    needs=_needs,
    in_sequence=True,
    fails=False,
    lets_pass=lambda _: True,
    labels=Labels(("listing",), _label),
    option=CommandOption(
        metavar="|".join(WORDS),
        help="Pages of listings with a token and no items (empty), or fewer items (short).",
        words=WORDS,
    ),
    form=one(
        "Listing", "listing", "How they fail", "pages, each with a token", options=("", *WORDS)
    ),
)
