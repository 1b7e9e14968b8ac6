"""A rule in words, in one line: ``s3 in us-*: 503 ServiceUnavailableException, for 5m``."""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from localstack_outages.aws.errors import aws_error
from localstack_outages.schema.durations import format_duration
from localstack_outages.schema.effect import OUTAGE_CODE, OUTAGE_STATUS, AwsError, ErrorKind
from localstack_outages.schema.faults import told
from localstack_outages.schema.globs import is_plain
from localstack_outages.schema.short_forms import write_number

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Words
    from localstack_outages.schema.rules import Rule


MAX_KEPT = 20_000
"""So many rules are kept with their words: as many as a list may have."""

_ANY = "*"


def in_words(rule: "Rule") -> str:
    """Write a rule in one line."""
    return ", ".join([f"{what_fails(rule)}: {how_it_fails(rule)}", *_limits(rule)])


def what_fails(rule: "Rule") -> str:
    """Say which calls a rule is for: ``s3.Get* in us-*``."""
    return ", ".join(_target(rule))


def how_it_fails(rule: "Rule") -> str:
    """Say what a rule does to a call: ``250 ms late, throttling (503 SlowDown)``."""

    def error_of(kind: ErrorKind) -> AwsError | None:
        return aws_error(rule.service, kind) if is_plain(rule.service) else None

    return ", ".join(told(rule, error_of)) or f"{OUTAGE_STATUS} {OUTAGE_CODE}"


def when_it_fails(rule: "Rule") -> str:
    """Say when and how often a rule fires: ``2 times, for 5m``; nothing where always."""
    return ", ".join(_limits(rule))


@lru_cache(maxsize=MAX_KEPT)
def words_of(rule: "Rule") -> "Words":
    """Give all three; kept, for a status is asked for again and again."""
    return {"what": what_fails(rule), "how": how_it_fails(rule), "when": when_it_fails(rule)}


def what_was_done(
    *,
    delay_ms: float,
    status: int | None,
    code: str | None,
    connection: str | None,
    payload: str | None = None,
    partial: tuple[int, int] | None = None,
    listing: str | None = None,
    done: bool = False,
) -> str:
    """Say what came of a call: ``250 ms late, 503 SlowDown``; nothing where nothing did.

    :param delay_ms: how long it was made to wait, milliseconds
    :param status: the HTTP status that it got
    :param code: the error code that it got
    :param connection: what happened to its connection in place of an answer
    :param payload: what happened to the body of its answer
    :param partial: how many entries of a batch failed, and of how many
    :param listing: how the page was changed that it asked for
    :param done: whether it was carried out before that
    """
    late = f"{delay_ms:.0f} ms late" if delay_ms else ""
    answer = " ".join(str(part) for part in (status, code) if part)
    if connection:
        answer = f"connection {connection}"
    body = f"payload {payload}" if payload else ""
    entries = f"{partial[0]} of {partial[1]} entries failed" if partial else ""
    page = f"{listing} page" if listing else ""
    told = ", ".join(filter(None, (late, answer, body, entries, page)))
    # That goes without saying where there is an answer to cut or to change.
    is_worth_telling = done and told and connection != "truncate" and not payload
    return f"done, then {told}" if is_worth_telling else told


def _target(rule: "Rule") -> Iterator[str]:
    if rule.operation != _ANY:
        what = f"{rule.service}.{rule.operation}"
    else:
        what = "everything" if rule.service == _ANY else rule.service
    yield what if rule.region == _ANY else f"{what} in {rule.region}"
    if rule.account != _ANY:
        yield f"account {rule.account}"
    if rule.principal != _ANY:
        yield f"by {rule.principal}"
    for name, glob in (rule.header or {}).items():
        yield f"with {name} {glob}"
    if rule.condition is not None:
        yield f"where {' '.join(rule.condition.split())}"
    if rule.page is not None:
        yield f"page {rule.page}"
    if rule.call is not None:
        yield f"call {rule.call}"
    if rule.origin != "any":
        yield f"{rule.origin} calls"


def _limits(rule: "Rule") -> Iterator[str]:
    if not isinstance(rule.probability, int | float):
        yield f"{_percent(rule.probability.from_)} to {_percent(rule.probability.to)} of the calls"
    elif rule.probability != 1:
        yield f"{_percent(rule.probability)} of the calls"
    if rule.times is not None:
        yield "once" if rule.times == 1 else f"{rule.times} times"
    if rule.flap is not None:
        yield f"{format_duration(rule.flap.down)} down and {format_duration(rule.flap.up)} up"
    if rule.after:
        yield f"after {format_duration(rule.after)}"
    if rule.duration is not None:
        yield f"for {format_duration(rule.duration)}"


def _percent(share: float) -> str:
    return f"{write_number(round(share * 100, 6))}%"
