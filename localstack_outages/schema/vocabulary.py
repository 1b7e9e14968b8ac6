"""The words and numbers of the control API that the code behind it goes by.

They stand apart from the documents and parameters that they are part of: to describe each field of
those takes longer than LocalStack's start should wait.
"""

from typing import Literal, get_args

DEFAULT_LIMIT = 1000
"""How many events one reading gives at most."""

FROM_NOW = -1
"""In place of a number: read what comes from now on."""

MAX_RULES = 20_000
"""How many rules a list holds at most: more than any test needs; it stays quick to check and to send."""

MAX_SPEED = 86_400.0
"""By how much a scenario, or FIS, is quicker at most: a day in a second."""

Phase = Literal["waiting", "active", "spent", "ended"]
"""``waiting`` for its start, ``active``, ``spent`` (no hits left) or ``ended`` (time is up)."""

Departure = Literal["spent", "ended", "deleted"]
"""Why a rule left the list."""

Origin = Literal["external", "internal"]
"""Whether an application made the call or one of LocalStack's own services."""

Outcome = Literal["ok", "injected", "clientError", "serverError"]
"""``injected`` where a rule failed the call or broke its connection; otherwise what LocalStack's
service answered: ``ok`` (below 400), ``clientError`` (4xx) or ``serverError`` (5xx, or nothing)."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

Ending = Literal["succeeded", "recovered", "failed", "open"]
"""``succeeded``: the first attempt was answered, however late. ``recovered``: a later one was.
``failed``: the application gave up. ``open``: it may try again. A batch in which entries failed ends as
they do: ``recovered`` once all were carried out, ``failed`` where some are lost."""

ENDINGS: tuple[Ending, ...] = get_args(Ending)

Flag = Literal[
    "neverRetried",
    "noBackoff",
    "retryStorm",
    "amplified",
    "gaveUpEarly",
    "stoppedBelowMax",
    "quotaUsedUp",
    "retriedNonRetryable",
    "failedAfterRetry",
    "carriedOutTwice",
    "halfAnswerTaken",
    "entriesLost",
]
"""``neverRetried``: neither the SDK nor the application tried again after a failure that is worth
another attempt. ``noBackoff``: one of them retried without a pause. ``retryStorm``: more attempts than
any AWS SDK makes, and fast. ``amplified``: both retried, so that tries and attempts multiply.
``gaveUpEarly``: soon after it gave up the outage was over. ``stoppedBelowMax``: the SDK retried, but
less often than it announced. ``quotaUsedUp``: the same because its retry quota was used up.
``retriedNonRetryable``: retried after an error that a retry cannot cure. ``failedAfterRetry``: the
retry failed because the attempt before, whose answer was lost, had been carried out.
``carriedOutTwice``: a write whose answer was lost or late was carried out again.
``halfAnswerTaken``: the client took an answer that was cut off for a whole one.
``entriesLost``: some entries of a batch failed, and were not sent again."""

FLAGS: tuple[Flag, ...] = get_args(Flag)

Bound = Literal["calls", "places", "entries", "rules"]
"""What kept the evidence for an owner from being complete."""
