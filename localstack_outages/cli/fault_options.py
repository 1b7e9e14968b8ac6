# Written by 'make generate' from the schema. Do not edit.
"""The options of ``start`` that are faults, as ``schema/faults/`` describes them."""

from typing import Literal, TypedDict


class FaultOption(TypedDict):
    """One option, see ``schema.fault.CommandOption``."""

    name: str
    metavar: str
    help: str
    words: tuple[str, ...]
    names: Literal["error_codes"] | None


FAULT_OPTIONS: tuple[FaultOption, ...] = (
    {
        "name": "sequence",
        "metavar": "OUTCOMES",
        "help": "What calls get one after another: throttling,throttling,pass; or JSON.",
        "words": (),
        "names": None,
    },
    {
        "name": "error",
        "metavar": "ERROR",
        "help": "What calls get: unavailable, throttling, internal, timeout, denied, invalidCredentials, expired, skewed, conflict, notFound or expiredCursor, as AWS answers it for that service; a code such as SlowDown; STATUS:CODE such as 403:AccessDenied; or JSON.",
        "words": (
            "unavailable",
            "throttling",
            "internal",
            "timeout",
            "denied",
            "invalidCredentials",
            "expired",
            "skewed",
            "conflict",
            "notFound",
            "expiredCursor",
        ),
        "names": "error_codes",
    },
    {
        "name": "skew",
        "metavar": "DURATION",
        "help": "How far AWS's clock is ahead for --error skewed: 1h; -1h where it is behind.",
        "words": (),
        "names": None,
    },
    {
        "name": "retryAfter",
        "metavar": "DURATION",
        "help": "After how long the error asks the client to try again: 2s, 500ms.",
        "words": (),
        "names": None,
    },
    {
        "name": "partial",
        "metavar": "ENTRIES",
        "help": "Which entries of a batch fail: how many (2), a share (30%), places from 0 (#0,#3); or JSON. With --error: their code.",
        "words": (),
        "names": None,
    },
    {
        "name": "latency",
        "metavar": "LATENCY",
        "help": "A delay before the answer: milliseconds (200), a time (1.5s), a range (100-300) or JSON.",
        "words": (),
        "names": None,
    },
    {
        "name": "throttle",
        "metavar": "RATE[/BURST]",
        "help": "Refuse calls over so many a second, beyond so many at once; 1.5x for 1.5 times the calls of the minute before; or JSON.",
        "words": (),
        "names": None,
    },
    {
        "name": "connection",
        "metavar": "reset|close|hang|truncate",
        "help": "Break the connection in place of an answer.",
        "words": ("reset", "close", "hang", "truncate"),
        "names": None,
    },
    {
        "name": "payload",
        "metavar": "WORD:BYTES",
        "help": "What happens to the body of the answer: truncate:1000, corrupt:8, bandwidth:50000 (bytes a second), several with commas; or JSON.",
        "words": ("truncate:", "corrupt:", "bandwidth:"),
        "names": None,
    },
    {
        "name": "listing",
        "metavar": "empty|short",
        "help": "Pages of listings with a token and no items (empty), or fewer items (short).",
        "words": ("empty", "short"),
        "names": None,
    },
    {
        "name": "phase",
        "metavar": "before|after",
        "help": "after: carry the call out, then answer as the fault says.",
        "words": ("before", "after"),
        "names": None,
    },
)
