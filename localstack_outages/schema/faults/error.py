"""The fault ``error``: a call is answered with an AWS error."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from localstack_outages.schema.effect import KINDS, Effect, ErrorKind, ErrorSpec
from localstack_outages.schema.fault import (
    Action,
    CommandOption,
    Done,
    ErrorOf,
    Fault,
    Hit,
    Labels,
    Steady,
    listed,
)
from localstack_outages.schema.forms import NONE, Form, an_object, plain
from localstack_outages.schema.model import Shapes
from localstack_outages.schema.short_forms import read_json, shown
from localstack_outages.schema.spelling import did_you_mean

Error = Annotated[ErrorKind | ErrorSpec, Shapes(default=ErrorSpec)]

_SHORT = r"(?:(?P<status>[0-9]{3})(?::(?=.)|$))?(?P<code>[A-Z][A-Za-z0-9.]*)?"
"""Compiled at its first use, as all short forms are: only the command line reads them."""


DEFAULT_SKEW = 3600
"""Seconds. SDKs that correct their clock do so from four minutes on; an hour is what a wrong time zone
comes to."""

TOLERANCE = 300
"""Seconds by which the time of a signature may be off: AWS takes five minutes (Signature Version 4, "Date
handling"), S3 fifteen."""


class _Expired(Action):
    """Refuses the access keys that were seen before the rule began."""

    lets_pass = True

    def on(self, so_far: Effect, hit: Hit) -> Effect | None:
        return so_far._replace(error="expired") if hit.has_old_key() else None


class _ExpiredCursor(Action):
    """Refuses the calls that send the token of a page or the iterator of a stream."""

    lets_pass = True
    asks_parameters = True

    def on(self, so_far: Effect, hit: Hit) -> Effect | None:
        return so_far._replace(error="expiredCursor") if hit.has_cursor() else None


class _Skewed(Action):
    """Has a clock that is off: calls that are signed by it pass, all others are refused. Both get its
    time, so that a client that has corrected its clock keeps it so.
    """

    lets_pass = True

    def on(self, so_far: Effect, hit: Hit) -> Effect | None:
        sender = hit.sender
        signed = None if sender is None else read_time(sender.signed_at)
        if sender is None or signed is None:
            return None
        skew = so_far.skew or DEFAULT_SKEW
        is_right = abs(signed - sender.time - skew) <= TOLERANCE
        return so_far._replace(skew=skew, error=None if is_right else "skewed")


PASSING: dict[str, Callable[[], Action]] = {
    "expired": _Expired,
    "expiredCursor": _ExpiredCursor,
    "skewed": _Skewed,
}
"""Words that let some calls pass."""


def action_of_error(error: ErrorSpec | ErrorKind) -> Action:
    """Make what an error does."""
    make = None if isinstance(error, ErrorSpec) else PASSING.get(error)
    return Steady(error=error) if make is None else make()


def read_time(text: str | None) -> float | None:
    """Read the time of a signature, ``20261123T094400Z``.

    :return: seconds since 1970 (UTC); None where it is none
    """
    try:
        return datetime.strptime(text or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def write_error(error: ErrorSpec | ErrorKind, error_of: ErrorOf) -> str:
    """Say which error a call gets: ``throttling (503 SlowDown)``."""
    if isinstance(error, ErrorSpec):
        return f"{error.status_code} {error.code}"
    of_aws = error_of(error)
    return error if of_aws is None else f"{error} ({of_aws.status} {of_aws.code})"


def read_error(text: str) -> Any:
    """Read ``throttling``, ``SlowDown``, ``403:AccessDenied``, ``500`` or JSON.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return read_json(text)
    if text in KINDS:
        return text
    match = re.fullmatch(_SHORT, text)
    if not text or match is None:
        how = f"; write {', '.join(KINDS)}, a code such as SlowDown, STATUS:CODE such as 403:AccessDenied, or JSON"
        raise ValueError(f"{shown(text)} is not an error{did_you_mean(text, KINDS) or how}")
    error: dict[str, Any] = {}
    if match["status"]:
        error["statusCode"] = int(match["status"])
    if match["code"]:
        error["code"] = match["code"]
    return error


def _tell(error: ErrorSpec | ErrorKind, so_far: list[str], error_of: ErrorOf) -> list[str]:
    return [*so_far, write_error(error, error_of)]


def _label(done: Done) -> str | None:
    return None if done.code is None else "error"


FAULT = Fault(
    name="error",
    place=20,
    annotation=Error,
    description="the AWS error that calls get",
    act=action_of_error,
    tell=_tell,
    in_sequence=True,
    lets_pass=lambda error: isinstance(error, str) and error in PASSING,
    labels=Labels(("error",), _label),
    option=CommandOption(
        metavar="ERROR",
        help=f"What calls get: {listed(KINDS)}, as AWS answers it for that service; "
        "a code such as SlowDown; STATUS:CODE such as 403:AccessDenied; or JSON.",
        read=read_error,
        words=KINDS,
        names="error_codes",
    ),
    form=Form(
        label="Error",
        group="How they fail",
        hint="without any fault: 503, the service is out",
        shapes=(
            NONE,
            plain("error", "as AWS answers", options=KINDS),
            an_object("error", "in full", ErrorSpec),
        ),
    ),
)
