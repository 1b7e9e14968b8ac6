"""What to change about an application, beside each flag, with figures of this run.

The settings are those of botocore's ``Config``, of the AWS SDK for JavaScript v3 and of the AWS SDK for
Java v2 (``ClientOverrideConfiguration``).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from localstack_outages.aws.retryable import THROTTLING_CODES
from localstack_outages.schema.vocabulary import FLAGS, Flag

from .effort import Effort
from .record import Observed
from .retry_judge import SHORT_BACKOFF, Judgement

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Advice

CANDIDATES = (3, 5, 8, 10, 15)
"""Numbers of attempts that may be advised."""

ENOUGH = 0.9
"""The smallest number that would have outlasted such a share of the failures is advised."""

_MOST_SECONDS = 20.0
"""The longest pause of the mode ``standard``."""

Judged = Sequence[tuple[Effort, Judgement]]
AnsweredAt = Callable[[Observed], float | None]
"""Gives when an operation was answered after an attempt failed, by the steady clock."""

_ATTEMPTS: frozenset[Flag] = frozenset((
    "neverRetried", "gaveUpEarly", "stoppedBelowMax", "quotaUsedUp",
))  # fmt: skip
"""The flags of those who might have outlasted the outage."""


def advice(judged: Judged, answered_at: AnsweredAt) -> "list[Advice]":
    """Give what is to be said about the flags that efforts have.

    :param answered_at: gives when an operation was answered again
    """
    by_flag: dict[Flag, list[tuple[Effort, Judgement]]] = {}
    for effort, judgement in judged:
        for flag in judgement.flags:
            by_flag.setdefault(flag, []).append((effort, judgement))
    return [_advice(flag, by_flag[flag], answered_at) for flag in FLAGS if flag in by_flag]


def _advice(flag: Flag, judged: Judged, answered_at: AnsweredAt) -> "Advice":
    text = _TEXTS[flag](judged)
    boto3 = javascript = java = None
    if flag in _ATTEMPTS:
        number, outlasted, known = attempts_needed([effort for effort, _ in judged], answered_at)
        boto3 = f'Config(retries={{"mode": "standard", "total_max_attempts": {number}}})'
        javascript = f'{{ retryMode: "standard", maxAttempts: {number} }}'
        java = f"overrideConfiguration(o -> o.retryStrategy(r -> r.maxAttempts({number})))"
        if known:
            text += f" total_max_attempts={number} would have outlasted {outlasted} of {known}."
        else:
            text += " None of these operations was answered again in this run."
    elif flag in _SETTINGS and (flag != "carriedOutTwice" or _was_late(judged)):
        seconds = _timeout_seconds(judged)
        boto3, javascript, java = (part.format(seconds=seconds, ms=seconds * 1000)
                                   for part in _SETTINGS[flag])  # fmt: skip
    return {
        "flag": flag,
        "efforts": len(judged),
        "text": text,
        "boto3": boto3,
        "javascript": javascript,
        "java": java,
    }


def attempts_needed(efforts: Iterable[Effort], answered_at: AnsweredAt) -> tuple[int, int, int]:
    """Say how many attempts of an SDK in its mode ``standard`` would have outlasted failures.

    :return: the number that is advised; how many efforts it would have outlasted; of how many it is
        known when their operation was answered again
    """
    needed = []
    for effort in efforts:
        at = answered_at(effort.last)
        if at is not None:
            needed.append(_attempts_until(effort.last, max(0.0, at - effort.attempts[0].at)))
    for number in CANDIDATES:
        outlasted = sum(attempts <= number for attempts in needed)
        if outlasted >= ENOUGH * len(needed):
            return number, outlasted, len(needed)
    best = CANDIDATES[-1]
    return best, sum(attempts <= best for attempts in needed), len(needed)


def _attempts_until(failed: Observed, seconds: float) -> int:
    """Give the number of the first attempt that comes after so many seconds: pauses are drawn between
    nothing and a bound that doubles, so that half of it is their mean.
    """
    bound = 0.025 if failed.service in SHORT_BACKOFF else 0.05
    if failed.error_code in THROTTLING_CODES:
        bound = 1.0
    waited, attempts = 0.0, 1
    while waited <= seconds and attempts <= CANDIDATES[-1]:
        waited += min(bound, _MOST_SECONDS) / 2
        bound *= 2
        attempts += 1
    return attempts


def _never_retried(judged: Judged) -> str:
    return f"{_efforts(judged)} failed at the first attempt, with an error that is worth another."


def _no_backoff(judged: Judged) -> str:
    tries = max(effort.tries.count for effort, _ in judged)
    who = "the SDK" if tries == 1 else "the application"
    return (
        f"{_efforts(judged)} tried again at once; {who} needs a pause that doubles and is drawn at "
        "random, such as tenacity's wait_random_exponential(multiplier=0.1, max=20)."
    )


def _retry_storm(judged: Judged) -> str:
    most = max(judged, key=lambda pair: pair[0].attempt_count)[0]
    return (
        f"{_efforts(judged)} made more than 10 attempts, up to {most.attempt_count}. Let the pause "
        "grow, give up in the end, and fail fast while the service is out (a circuit breaker)."
    )


def _amplified(judged: Judged) -> str:
    most = max(judged, key=lambda pair: pair[0].attempt_count)[0]
    return (
        f"{_efforts(judged)} retried at two levels: up to {most.tries.count} tries of up to "
        f"{most.tries.longest} attempts, {most.attempt_count} in all. Retry at one of them."
    )


def _gave_up_early(judged: Judged) -> str:
    return f"{_efforts(judged)} gave up within 5 s of the end of the outage."


def _stopped_below_max(judged: Judged) -> str:
    return f"{_efforts(judged)} ended before the last attempt that the SDK announced."


def _quota_used_up(judged: Judged) -> str:
    return (
        f"{_efforts(judged)} got no further attempt, since the SDK's retry quota was used up by those "
        "before. More attempts use it up sooner: let the application wait before it asks again."
    )


def _retried_non_retryable(judged: Judged) -> str:
    return f"{_efforts(judged)} tried again after an error that a retry cannot cure. Fail at once."


def _failed_after_retry(judged: Judged) -> str:
    codes = sorted({effort.last.error_code or "?" for effort, _ in judged})
    return (
        f"{_efforts(judged)} failed although the first attempt was carried out: its answer was lost, "
        f"and the next was refused ({', '.join(codes)}). After such an error look whether it is done."
    )


def _carried_out_twice(judged: Judged) -> str:
    return (
        f"{_efforts(judged)} changed something twice: the answer to the first attempt was lost or "
        "late. Send a token for idempotency where the API has one (ClientToken, "
        "MessageDeduplicationId)"
        + (", and wait longer for answers than the slowest takes." if _was_late(judged) else ".")
    )


def _was_late(judged: Judged) -> bool:
    """Whether a rule made answers late."""
    faults = (attempt.injected for effort, _ in judged for attempt in effort.attempts)
    return any(fault is not None and fault.delay_ms > 0 for fault in faults)


def _half_answer_taken(judged: Judged) -> str:
    return (
        f"{_efforts(judged)} got half an answer and took it for a whole one: botocore from 1.43 on "
        "gives an empty result. Check that the members that you need are there."
    )


def _entries_lost(judged: Judged) -> str:
    lost = sum(judgement.entries.lost for _, judgement in judged)
    failed = sum(judgement.entries.failed for _, judgement in judged)
    return (
        f"{lost} of {failed} entries that failed were not sent again. The answer is an HTTP 200, which "
        "no SDK retries: read UnprocessedItems, Failed, FailedRecordCount or its like, and send those "
        "entries again."
    )


_TEXTS: dict[Flag, Callable[[Judged], str]] = {
    "neverRetried": _never_retried,
    "noBackoff": _no_backoff,
    "retryStorm": _retry_storm,
    "amplified": _amplified,
    "gaveUpEarly": _gave_up_early,
    "stoppedBelowMax": _stopped_below_max,
    "quotaUsedUp": _quota_used_up,
    "retriedNonRetryable": _retried_non_retryable,
    "failedAfterRetry": _failed_after_retry,
    "carriedOutTwice": _carried_out_twice,
    "halfAnswerTaken": _half_answer_taken,
    "entriesLost": _entries_lost,
}

_ONCE = (
    'Config(retries={{"total_max_attempts": 1}})',
    "{{ maxAttempts: 1 }}",
    "overrideConfiguration(o -> o.retryStrategy(r -> r.maxAttempts(1)))",
)
_SETTINGS: dict[Flag, tuple[str, str, str]] = {
    "amplified": _ONCE,
    "carriedOutTwice": (
        "Config(read_timeout={seconds})",
        "{{ requestHandler: {{ requestTimeout: {ms} }} }}",
        "overrideConfiguration(o -> o.apiCallAttemptTimeout(Duration.ofSeconds({seconds})))",
    ),
}


def _timeout_seconds(judged: Judged) -> int:
    """Give twice the time that the slowest attempt took, in whole seconds."""
    slowest = max(attempt.duration_ms for effort, _ in judged for attempt in effort.attempts)
    return max(1, -int(-2 * slowest // 1000))


def _efforts(judged: Judged) -> str:
    return "1 effort" if len(judged) == 1 else f"{len(judged)} efforts"
