"""The fault ``partial``: some entries of a batch fail, the others are carried out."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from localstack_outages.schema.batch_operations import why_no_entries
from localstack_outages.schema.effect import Effect
from localstack_outages.schema.fault import (
    Action,
    CommandOption,
    Done,
    ErrorOf,
    Fault,
    Hit,
    Labels,
)
from localstack_outages.schema.forms import NONE, Form, Part, Shape
from localstack_outages.schema.model import Model
from localstack_outages.schema.short_forms import AMOUNT, read_json, shown, write_number

from .error import PASSING

MAX_ENTRIES = 10_000
"""No operation takes more: ``PutLogEvents`` takes so many."""

MAX_INDEXES = 1000

MAX_TOLD = 5
"""So many places of entries are written in words."""


Indexes = Annotated[
    tuple[Annotated[int, Field(ge=0, lt=MAX_ENTRIES)], ...],
    Field(strict=False),  # JSON has lists, the frozen rule a tuple
]


class PartialBatch(Model):
    """Which entries of a batch fail."""

    count: int | None = Field(
        None, ge=1, le=MAX_ENTRIES, description="so many entries, from the first on"
    )
    share: float | None = Field(None, gt=0, le=1, description="chance of each entry, up to 1")
    indexes: Indexes | None = Field(None, description="the places of the entries, from 0")


def _one_way(partial: PartialBatch) -> PartialBatch:
    given = partial.model_dump(exclude_none=True)
    if len(given) != 1:
        raise PydanticCustomError(
            "one_way",
            "'partial' takes one of 'count', 'share' and 'indexes', not {count} of them",
            {"count": len(given)},
        )
    if partial.indexes is not None and not 1 <= len(partial.indexes) <= MAX_INDEXES:
        raise PydanticCustomError(
            "length",
            "'indexes' has {count} places; it takes 1 to {most}",
            {"count": len(partial.indexes), "most": MAX_INDEXES},
        )
    return partial


_WHOLE = "it is about the whole call"
_INDEXES = re.compile(r"#[0-9]+(?:,#?[0-9]+)*")


class _SomeEntries(Action):
    """Fails some entries of each batch. A call of which no entry fails passes.

    :param partial: which
    """

    lets_pass = True
    asks_parameters = True

    def __init__(self, partial: PartialBatch) -> None:
        self._partial = partial

    def on(self, so_far: Effect, hit: Hit) -> Effect | None:
        """Choose the entries."""
        chosen = self._chosen(hit.entry_count(), hit)
        return so_far._replace(entries=chosen) if chosen else None

    def _chosen(self, count: int, hit: Hit) -> tuple[int, ...]:
        partial = self._partial
        if partial.count is not None:
            return tuple(range(min(count, partial.count)))
        if partial.share is not None:
            return tuple(i for i in range(count) if hit.draw("partial") < partial.share)
        return tuple(sorted({i for i in partial.indexes or () if i < count}))


def read_partial(text: str) -> Any:
    """Read ``2`` (entries), ``30%`` (of the entries), ``#0,#3`` (places) or JSON.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return read_json(text)
    if text.isdecimal() and len(text) <= 15:
        return {"count": int(text)}
    if re.fullmatch(rf"{AMOUNT}%", text):
        return {"share": float(text[:-1]) / 100}
    if _INDEXES.fullmatch(text) and len(text) <= 15 * MAX_INDEXES:
        return {"indexes": [int(place) for place in text.replace("#", "").split(",")]}
    raise ValueError(
        f"{shown(text)} is not a choice of entries; write how many (2), a share of them (30%), "
        "their places from 0 (#0,#3), or JSON"
    )


def _tell(partial: PartialBatch, so_far: list[str], _: ErrorOf) -> list[str]:
    if partial.count is not None:
        which, is_one = f"the first {partial.count} entries", partial.count == 1
        which = "the first entry" if is_one else which
    elif partial.share is not None:
        which, is_one = f"{write_number(partial.share * 100)}% of the entries", False
    else:
        places = partial.indexes or ()
        named = ", ".join(map(str, places[:MAX_TOLD]))
        more = ", ..." if len(places) > MAX_TOLD else ""
        is_one = len(places) == 1
        which = f"entry {named}" if is_one else f"entries {named}{more}"
    return [*so_far, f"{which} of a batch {'fails' if is_one else 'fail'}"]


def _needs(part: Any) -> str | None:
    if part.error in PASSING:
        return f"another 'error': '{part.error}' is about whole calls"
    # A step does not know the operation: its sequence asks for it.
    service = getattr(part, "service", None)
    return None if service is None else why_no_entries(service, part.operation)


def _label(done: Done) -> str | None:
    return None if done.partial is None else "partial"


FAULT = Fault(
    name="partial",
    place=26,
    annotation=Annotated[PartialBatch, AfterValidator(_one_way)],
    description="which entries of a batch fail; the others are carried out",
    act=_SomeEntries,
    tell=_tell,
    excludes={
        "skew": _WHOLE,
        "retryAfter": "the answer is none of an error",
        "throttle": _WHOLE,
        "connection": _WHOLE,
        "payload": "both change the body of the answer",
    },
    needs=_needs,
    in_sequence=True,
    lets_pass=lambda _: True,
    labels=Labels(("partial",), _label),
    option=CommandOption(
        metavar="ENTRIES",
        help="Which entries of a batch fail: how many (2), a share (30%), places from 0 (#0,#3); "
        "or JSON. With --error: their code.",
        read=read_partial,
    ),
    form=Form(
        label="Partial",
        group="How they fail",
        hint="entries of a batch; the others are carried out",
        shapes=(
            NONE,
            Shape("first", (Part("partial.count", "count", "number"),), ("count",)),
            Shape("share", (Part("partial.share", "share", "number"),), ("share",)),
            Shape("places", (Part("partial.indexes", "indexes", "steps"),), ("indexes",)),
        ),
    ),
)
