"""One effort of an application: all that it does to get one thing done, and what is told of it.

An effort has tries, invocations of an SDK by the application, and a try has attempts, requests that
the SDK sends by itself.
"""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Literal, NamedTuple

from .record import Observed, rfc3339
from .retry_judge import Circumstances, Judgement, Tries, is_new_try

if TYPE_CHECKING:
    from localstack_outages.schema.documents import EffortAttempt, Verdict


MAX_ATTEMPTS = 100
"""How many attempts of one effort are kept: the first ones and the last. All are counted."""

MAX_FOLLOWED = 8
"""So many of its last invocations are followed: attempts of earlier ones come no more."""

MAX_STRIP = 20
"""How many attempts a verdict lists one by one."""

Grouping = Literal["invocationId", "aim", "guessed"]


class Effort:
    """What an application did to get one thing done, until now.

    :param key: what its tries have in common
    :param grouping: how its attempts are found
    :param first: the attempt that ended first
    """

    __slots__ = (
        "attempts",
        "followed",
        "grouping",
        "is_quota_low",
        "judged",
        "key",
        "known_maximum",
        "last",
        "left_out",
        "owners",
        "touched",
        "tries",
    )

    def __init__(self, key: Hashable, grouping: Grouping, first: Observed) -> None:
        self.key = key
        self.grouping: Grouping = grouping
        self.attempts: list[Observed] = []
        self.left_out = 0
        self.touched = False
        self.owners: tuple[str, ...] = ()
        """The owners in whose totals it counts."""
        self.tries = Tries()
        self.followed: dict[str, int] = {}
        """Its last invocations, each with how many attempts it has."""
        self.is_quota_low = False
        """Whether its SDK has made so many retries that its retry quota may be used up."""
        self.known_maximum: int | None = None
        """How many attempts its SDK makes, by what it announced for others."""
        self.judged: Judged | None = None
        """What was said of it last."""
        self.last = first
        """The attempt that came last."""
        self.add(first)

    @property
    def attempt_count(self) -> int:
        """How many attempts there were, kept or not."""
        return len(self.attempts) + self.left_out

    @property
    def can_part(self) -> bool:
        """Whether all of its attempts are kept, so that it is known of whom each is."""
        return self.left_out == 0

    def add(self, attempt: Observed) -> str | None:
        """Take an attempt. They come as they end, which is not always as they began.

        :return: an invocation that is not followed any longer
        """
        self.touched = self.touched or attempt.injected is not None
        if attempt.at >= self.last.at:
            self.last = attempt
        if len(self.attempts) < MAX_ATTEMPTS:
            self.attempts.append(attempt)
        else:
            self.attempts[-1] = attempt
            self.left_out += 1
        return self._count(attempt.invocation_id)

    def part(self, leaves: Callable[[Observed], bool]) -> "Effort":
        """Make an effort of its own of some of the attempts, which are of another client.

        :param leaves: whether an attempt goes; of the others there must be some
        """
        stay = [attempt for attempt in self.attempts if not leaves(attempt)]
        go = [attempt for attempt in self.attempts if leaves(attempt)]
        other = _made_of(self, go)
        rest = _made_of(self, stay)
        self.attempts, self.touched, self.tries = rest.attempts, rest.touched, rest.tries
        self.judged = None
        self.followed, self.last = rest.followed, rest.last
        return other

    def _count(self, invocation_id: str | None) -> str | None:
        if invocation_id is None:  # of a client that does not say what belongs together
            self.tries.begin()
            return None
        count = self.followed.get(invocation_id, 0) + 1
        self.followed[invocation_id] = count
        if count == 1:
            self.tries.begin()
            if len(self.followed) > MAX_FOLLOWED:
                dropped = next(iter(self.followed))
                del self.followed[dropped]
                return dropped
        else:
            self.tries.go_on(count)
        return None

    def circumstances(self, *, came_back: bool) -> Circumstances:
        """Give what is known of it beside its attempts.

        :param came_back: see ``Circumstances``
        """
        return Circumstances(
            self.left_out, self.tries, came_back, self.is_quota_low, self.known_maximum
        )

    def copy(self) -> "Effort":
        """Give a copy with the attempts in the order of their arrival."""
        copy = Effort(self.key, self.grouping, self.attempts[0])
        copy.attempts = sorted(self.attempts, key=arrival)
        copy.left_out, copy.touched, copy.owners = self.left_out, self.touched, self.owners
        copy.tries, copy.last = self.tries.copy(), self.last
        copy.is_quota_low, copy.known_maximum = self.is_quota_low, self.known_maximum
        return copy


class Judged(NamedTuple):
    """What was said of an effort. It stays so until another attempt comes, or none can come any more."""

    attempt_count: int
    is_settled: bool
    effort: Effort
    """As it was then, its attempts in the order of their arrival."""
    judgement: Judgement


def _made_of(effort: Effort, attempts: list[Observed]) -> Effort:
    made = Effort(effort.key, effort.grouping, attempts[0])
    for attempt in attempts[1:]:
        made.add(attempt)
    made.is_quota_low, made.known_maximum = effort.is_quota_low, effort.known_maximum
    return made


def arrival(attempt: Observed) -> float:
    """Give when an attempt came, by the steady clock, seconds."""
    return attempt.at


def verdict_of(effort: Effort, judgement: Judgement, *, has_strip: bool = True) -> "Verdict":
    """Write down what is known of an effort.

    :param effort: with its attempts in the order of their arrival
    :param has_strip: whether to list its attempts
    """
    first, last = effort.attempts[0], effort.attempts[-1]
    faults = [attempt.injected for attempt in effort.attempts if attempt.injected is not None]
    partial = next((fault.partial for fault in reversed(faults) if fault.partial is not None), None)
    verdict: Verdict = {
        "time": rfc3339(first.time),
        "service": first.service,
        "operation": first.operation,
        "region": first.region,
        "account": first.account,
        "origin": first.origin,
        "accessKey": first.access_key,
        "client": {
            "name": first.client.name,
            "version": first.client.version,
            "retryMode": first.client.retry_mode,
        },
        "invocationId": first.invocation_id,
        "grouping": effort.grouping,
        "attempts": effort.attempt_count,
        "tries": effort.tries.count,
        "mostAttemptsPerTry": effort.tries.longest,
        "maxAttempts": judgement.max_attempts,
        "gapsMs": judgement.gaps_ms,
        "tryGapsMs": judgement.try_gaps_ms,
        "ending": judgement.ending,
        "totalMs": judgement.total_ms,
        "lastStatusCode": last.status,
        "lastErrorCode": last.error_code,
        "done": any(fault.done for fault in faults),
        "ruleIds": sorted({fault.rule_id for fault in faults if fault.rule_id is not None}),
        "owners": sorted({fault.owner for fault in faults if fault.owner is not None}),
        "flags": judgement.flags,
        "entriesFailed": judgement.entries.failed,
        "entriesRecovered": judgement.entries.recovered,
        "entriesLost": judgement.entries.lost,
        "strip": _strip(effort.attempts[:MAX_STRIP]) if has_strip else [],
    }
    if partial is not None:
        verdict["partial"] = {"failed": partial.failed, "of": partial.of}
    return verdict


def _strip(attempts: list[Observed]) -> "list[EffortAttempt]":
    strip: list[EffortAttempt] = []
    before: Observed | None = None
    for attempt in attempts:
        fault = attempt.injected
        strip.append(
            {
                "time": rfc3339(attempt.time),
                "atMs": round((attempt.at - attempts[0].at) * 1000, 3),
                "durationMs": round(attempt.duration_ms, 3),
                "newTry": before is None or is_new_try(before, attempt),
                "outcome": attempt.outcome,
                "statusCode": attempt.status,
                "errorCode": attempt.error_code,
                "connection": None if fault is None else fault.connection,
                "payload": None if fault is None else fault.payload,
                "delayMs": 0 if fault is None else round(fault.delay_ms, 3),
                "ruleId": None if fault is None else fault.rule_id,
            }
        )
        before = attempt
    return strip
