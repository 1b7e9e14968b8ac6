"""Judges how an application dealt with failing calls, from the attempts that it made to get one thing
done.

Everything here is pure. The thresholds stand here with their reasons; ``effort_search`` says which
attempts belong to one effort. The module has over 300 lines because each flag has its reasons beside
it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from localstack_outages.aws.repeating import matters_twice
from localstack_outages.aws.retryable import OPEN_SECONDS, is_worth_retrying
from localstack_outages.schema.vocabulary import Ending, Flag

from .half_answers import takes_half
from .lost_entries import NO_ENTRIES, EntryFigures
from .percentiles import nearest_rank
from .record import Observed

STORM_ATTEMPTS = 10
"""More attempts than these are a storm. The most that an AWS SDK makes by default is 10: botocore's
legacy mode, for DynamoDB."""

STORM_GAP_MS = 1000.0
"""Not if half of the pauses are at least so long: who asks once a second or less waits in order."""

FEW_GAPS_MS = 5.0
"""Two pauses, both under this, are no back-off. The shortest that an AWS SDK has by default is that
of botocore's standard mode, an even draw from 0 to 50 ms, then 100, then 200: it falls under this
once in 200 calls, and less often still once the way to LocalStack and back is in the pause."""

MANY_GAPS_MS = 10.0
"""Three pauses or more, of which three quarters are under this, are no back-off: once in 1000."""

LOOP_GAPS = 10
LOOP_GAPS_MS = 50.0
"""So many pauses, of which three quarters are under this, are no back-off either: one that doubles has
long been longer then. A client on a busy machine takes some ten milliseconds to try again."""

SHORT_BACKOFF = frozenset(("dynamodb", "dynamodbstreams"))
"""For these the SDKs draw pauses half as long, and the thresholds are half as high."""


class Tries:
    """Counts the tries of an effort, and their attempts."""

    __slots__ = ("count", "longest", "retried")

    def __init__(self) -> None:
        self.count = 0
        """How many tries there were."""
        self.longest = 0
        """The most attempts that one of them had."""
        self.retried = 0
        """How many of them had more than one."""

    def begin(self) -> None:
        """Count a try, with its first attempt."""
        self.count += 1
        self.longest = max(self.longest, 1)

    def go_on(self, attempts: int) -> None:
        """Count another attempt of a try.

        :param attempts: how many it has now
        """
        self.longest = max(self.longest, attempts)
        self.retried += attempts == 2

    def copy(self) -> "Tries":
        """Give what was counted until now."""
        copy = Tries()
        copy.count, copy.longest, copy.retried = self.count, self.longest, self.retried
        return copy


class Circumstances(NamedTuple):
    """What is known of an effort beside the attempts that are kept."""

    left_out: int = 0
    """How many attempts before the last are not kept."""
    tries: Tries | None = None
    """None where all attempts are of one try."""
    came_back: bool = False
    """Whether the operation was answered again soon after the last attempt, and went on to be."""
    is_quota_low: bool = False
    """Whether the SDK's retry quota may be used up, by the retries that it made."""
    known_maximum: int | None = None
    """How many attempts the SDK makes, by what it announced for other calls."""


_NOTHING_MORE = Circumstances()


class Judgement(NamedTuple):
    """What is to be said of one effort."""

    ending: Ending
    total_ms: float
    """From the arrival of its first attempt to the end of its last, milliseconds."""
    gaps_ms: list[float | None]
    """The pause before each further attempt, from the end of the answer before to its arrival; None
    where the client did not wait for it (a timeout), so that its pause is not known."""
    flags: list[Flag]
    max_attempts: int | None
    """How many attempts of a try the client announced that it would make."""
    try_gaps_ms: list[float | None]
    """Those of the pauses that are between tries."""
    entries: EntryFigures = NO_ENTRIES
    """What became of the entries of a batch that failed."""


def is_retryable(observed: Observed) -> bool | None:
    """Say whether what a failed attempt got is worth another.

    :return: None where SDKs differ, or it is not known
    """
    fault = observed.injected
    if fault is not None and (fault.connection is not None or is_cut(observed)):
        return True
    if fault is not None and fault.payload == "corrupt":
        return None  # who compares no checksum does not know
    if observed.status is None:
        return True
    return is_worth_retrying(observed.service, observed.error_code or "", observed.status)


def is_cut(attempt: Observed) -> bool:
    """Whether the answer broke off in the middle of its body. SDKs are done when a body begins: who
    reads it finds that out.
    """
    fault = attempt.injected
    return fault is not None and (fault.connection == "truncate" or fault.payload == "truncate")


def has_failed(attempt: Observed) -> bool:
    """Whether an attempt got something else than the service's own answer to the call, such as
    ``404 NoSuchKey``.
    """
    if attempt.outcome == "clientError":
        return is_retryable(attempt) is True
    return attempt.outcome != "ok"


def is_settled(last: Observed, now: float) -> bool:
    """Say whether no further attempt can come. The SDK may be at its last, but not the application.

    :param last: the attempt that came last
    :param now: by the steady clock, seconds
    """
    return not has_failed(last) or now - last.delivered_at >= OPEN_SECONDS


def judge(
    attempts: Sequence[Observed], now: float, circumstances: Circumstances = _NOTHING_MORE
) -> Judgement:
    """Judge an effort.

    :param attempts: in the order of their arrival, at least one
    :param now: by the steady clock, seconds
    """
    first, last = attempts[0], attempts[-1]
    announced = (a.max_attempts for a in reversed(attempts) if a.max_attempts)
    maximum = next(announced, circumstances.known_maximum)
    spoilt = _is_spoilt_by_retry(attempts)
    ending = "failed" if spoilt else _ending(attempts, now)
    kept = attempts[:-1] if circumstances.left_out else attempts
    gaps = _gaps(kept)
    try_gaps = [gap for gap, pair in zip(gaps, pairwise(kept), strict=True) if is_new_try(*pair)]
    flags: list[Flag] = []
    if spoilt:
        flags.append("failedAfterRetry")
    elif ending == "failed" and is_retryable(last) is True:
        flags.extend(_flags_of_giving_up(attempts, maximum, circumstances))
    flags.extend(_flags_of_pace(attempts, gaps, try_gaps, circumstances))
    if _has_retried_in_vain(attempts):
        flags.append("retriedNonRetryable")
    if _is_carried_out_twice(attempts):
        flags.append("carriedOutTwice")
    return Judgement(
        ending=ending,
        total_ms=round((max(a.delivered_at for a in attempts) - first.at) * 1000, 3),
        gaps_ms=gaps,
        flags=flags,
        max_attempts=maximum,
        try_gaps_ms=try_gaps,
    )


def judge_entries(judgement: Judgement, began_at: float, entries: EntryFigures) -> Judgement:
    """Judge a batch by its entries too: it is answered, but for those that failed.

    :param judgement: of its attempts
    :param began_at: when it came, by the steady clock, seconds
    :param entries: what became of those that failed
    """
    ending = judgement.ending
    if not entries.failed or ending in ("open", "failed"):
        return judgement._replace(entries=entries)
    flags = judgement.flags
    if entries.lost:
        ending, flags = "failed", [*flags, "entriesLost"]
    else:
        ending = "open" if entries.open else "recovered"
    until = round((entries.recovered_at - began_at) * 1000, 3)
    return judgement._replace(
        ending=ending,
        flags=flags,
        total_ms=max(judgement.total_ms, until),
        entries=entries,
    )


def _ending(attempts: Sequence[Observed], now: float) -> Ending:
    last = attempts[-1]
    if not has_failed(last):
        return "succeeded" if len(attempts) == 1 else "recovered"
    is_over = is_retryable(last) is False or is_settled(last, now)
    return "failed" if is_over else "open"


def _gaps(attempts: Sequence[Observed]) -> list[float | None]:
    return [
        None
        if not _has_answer(before, after)
        else round((after.at - before.delivered_at) * 1000, 3)
        for before, after in pairwise(attempts)
    ]


def _has_answer(before: Observed, after: Observed) -> bool:
    """Whether the client had an answer, or an end of its connection, when it tried again.

    A hanging connection is only found to be given up some time after its client did so.
    """
    hung = before.injected is not None and before.injected.connection == "hang"
    return not hung and after.at >= before.delivered_at


def is_new_try(before: Observed, after: Observed) -> bool:
    """Whether the application made an attempt, and not its SDK by itself."""
    return after.invocation_id is None or after.invocation_id != before.invocation_id


def _flags_of_giving_up(
    attempts: Sequence[Observed], maximum: int | None, circumstances: Circumstances
) -> Iterator[Flag]:
    last = attempts[-1]
    is_only_one = len(attempts) == 1 and (last.attempt or 1) == 1
    stopped = not is_cut(last) and maximum is not None and (last.attempt or maximum) < maximum
    if is_only_one and is_cut(last) and takes_half(last):
        yield "halfAnswerTaken"
    elif stopped and circumstances.is_quota_low and last.client.retry_mode != "legacy":
        yield "quotaUsedUp"
    elif is_only_one:
        yield "neverRetried"
    elif stopped:
        yield "stoppedBelowMax"
    if circumstances.came_back:
        yield "gaveUpEarly"


def _flags_of_pace(
    attempts: Sequence[Observed],
    gaps: Sequence[float | None],
    try_gaps: Sequence[float | None],
    circumstances: Circumstances,
) -> Iterator[Flag]:
    service, tries = attempts[-1].service, circumstances.tries
    # An application without a pause of its own is not excused by the pauses of its SDK.
    if _has_no_backoff(gaps, service) or _has_no_backoff(try_gaps, service):
        yield "noBackoff"
    known = sorted(gap for gap in gaps if gap is not None)
    is_calm = (nearest_rank(known, 0.5) or 0) >= STORM_GAP_MS
    most = STORM_ATTEMPTS * _clients(attempts)
    if len(attempts) + circumstances.left_out > most and not is_calm:
        yield "retryStorm"
    if tries is not None and tries.count > 1 and tries.retried > 1:
        yield "amplified"


def _clients(attempts: Sequence[Observed]) -> int:
    """Give how many clients the attempts may be of: as many as there are connections, where they
    take turns. One client sends on the connection that it used last, unless others of its threads do.
    """
    if attempts[0].peer is not None and attempts[0].peer.thread is not None:
        return 1
    seen: set[object] = set()
    last: object = None
    take_turns = False
    for attempt in attempts:
        take_turns = take_turns or (attempt.peer != last and attempt.peer in seen)
        seen.add(attempt.peer)
        last = attempt.peer
    return len(seen) if take_turns else 1


def _has_no_backoff(gaps: Sequence[float | None], service: str) -> bool:
    known = sorted(gap for gap in gaps if gap is not None)
    if len(known) < 2:
        return False
    limit = FEW_GAPS_MS if len(known) == 2 else MANY_GAPS_MS
    if len(known) >= LOOP_GAPS:
        limit = LOOP_GAPS_MS
    if service in SHORT_BACKOFF:
        limit /= 2
    return (nearest_rank(known, 0.75) or 0) < limit


def _has_retried_in_vain(attempts: Sequence[Observed]) -> bool:
    return any(a.outcome == "injected" and is_retryable(a) is False for a in attempts[:-1])


def _is_lost(attempt: Observed, after: Sequence[Observed]) -> bool:
    """Whether an attempt was carried out well, and its client does not know it: it was told
    otherwise, or tried again before the answer came.

    :param after: the attempts that came after it
    """
    fault = attempt.injected
    if fault is None:
        return False
    if fault.done or is_cut(attempt):
        # With an error in place of the answer, the status is that of the error.
        is_done = fault.code is not None or attempt.status is None or attempt.status < 400
        return fault.fails and is_done
    is_late = fault.delay_ms > 0 and attempt.outcome == "ok"
    return is_late and any(a.at < attempt.ended_at for a in after)


def _is_spoilt_by_retry(attempts: Sequence[Observed]) -> bool:
    """Whether the last attempt was refused because an earlier one had been carried out, such as
    ``404 NoSuchUpload`` for an upload that is complete. An answer like that to a call that was never
    carried out is the service's own.
    """
    last = attempts[-1]
    if last.outcome != "clientError" or is_retryable(last) is True:
        return False
    return any(_is_lost(a, attempts[i:]) for i, a in enumerate(attempts[:-1], 1))


def _is_carried_out_twice(attempts: Sequence[Observed]) -> bool:
    """Whether a write was carried out, its client did not know it, and it was carried out again."""
    if not matters_twice(attempts[0].service, attempts[0].operation):
        return False
    for number, attempt in enumerate(attempts[:-1], 1):
        after = attempts[number:]
        if _is_lost(attempt, after):
            return any(
                (again.outcome == "ok" or _is_lost(again, after[place:]))
                and not _is_known_again(attempt, again)
                for place, again in enumerate(after, 1)
            )
    return False


def _is_known_again(attempt: Observed, again: Observed) -> bool:
    """Whether the service knows the second of two requests by a token, and does nothing."""
    if attempt.aim is None or again.aim is None:
        return False
    return attempt.aim.token is not None and attempt.aim.token == again.aim.token
