"""What became of the efforts that an owner's rules touched, in figures and in a few examples."""

from bisect import insort
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from localstack_outages.schema.vocabulary import ENDINGS, FLAGS

from .effort import Effort, verdict_of
from .retry_judge import Judgement

if TYPE_CHECKING:
    from localstack_outages.schema.documents import CallFigures, CallsEvidence, Verdict


MAX_EXAMPLES = 5
"""How many verdicts of a kind are kept as examples: as many as a person reads in a message.
They are what an owner takes most memory for, some 10 kB in all."""


class EffortTally:
    """Counts efforts by attempts, ending and flags.

    Each effort adds to a few counters, however many there are. The counter of attempts grows with the
    different numbers of attempts; an effort with n attempts is n requests, so these stay few.
    """

    def __init__(self) -> None:
        self.lost = 0
        """How many efforts more were forgotten before it was known how they end."""
        self._calls = 0
        self._guessed = 0
        self._attempts: Counter[int] = Counter()
        self._tries: Counter[int] = Counter()
        self._endings: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self._entries: Counter[str] = Counter()
        self._fewest_attempts: list[Verdict] = []
        self._no_backoff: list[Verdict] = []
        self._carried_out_twice: list[Verdict] = []

    def copy(self) -> "EffortTally":
        """Give what was counted until now."""
        copy = EffortTally()
        copy.lost = self.lost
        copy._calls, copy._guessed = self._calls, self._guessed
        copy._attempts, copy._tries = self._attempts.copy(), self._tries.copy()
        copy._endings = self._endings.copy()
        copy._flags = self._flags.copy()
        copy._entries = self._entries.copy()
        copy._fewest_attempts = self._fewest_attempts[:]
        copy._no_backoff = self._no_backoff[:]
        copy._carried_out_twice = self._carried_out_twice[:]
        return copy

    def add(self, effort: Effort, judgement: Judgement) -> None:
        """Count an effort.

        :param effort: with its attempts in the order of their arrival
        """
        self._calls += 1
        self._guessed += effort.grouping == "guessed"
        self._attempts[effort.attempt_count] += 1
        self._tries[effort.tries.count] += 1
        self._endings[judgement.ending] += 1
        self._flags.update(judgement.flags)
        failed, recovered, lost, _ = judgement.entries
        self._entries.update(failed=failed, recovered=recovered, lost=lost)
        _keep_example(self._fewest_attempts, effort, judgement, _by_attempts)
        if "noBackoff" in judgement.flags:
            _keep_example(self._no_backoff, effort, judgement, _by_most_attempts)
        if "carriedOutTwice" in judgement.flags:
            _keep_example(self._carried_out_twice, effort, judgement, _by_most_attempts)

    def figures(self) -> "CallFigures":
        """Give the counts."""
        return {
            "calls": self._calls,
            "guessed": self._guessed,
            "endings": {ending: self._endings[ending] for ending in ENDINGS},
            "flags": {flag: self._flags[flag] for flag in FLAGS},
            "attempts": {str(number): self._attempts[number] for number in sorted(self._attempts)},
            "tries": {str(number): self._tries[number] for number in sorted(self._tries)},
            "entriesFailed": self._entries["failed"],
            "entriesRecovered": self._entries["recovered"],
            "entriesLost": self._entries["lost"],
        }

    def document(self) -> "CallsEvidence":
        """Give the counts and the examples."""
        return {
            **self.figures(),
            "fewestAttempts": self._fewest_attempts[:],
            "noBackoff": self._no_backoff[:],
            "carriedOutTwice": self._carried_out_twice[:],
        }


def _keep_example(
    kept: "list[Verdict]",
    effort: Effort,
    judgement: Judgement,
    rank: Callable[[int], int],
) -> None:
    """Keep an effort among the first by rank; its verdict is only written where it is one of them."""
    if len(kept) == MAX_EXAMPLES:
        if rank(effort.attempt_count) >= rank(kept[-1]["attempts"]):
            return
        kept.pop()
    verdict = verdict_of(effort, judgement, has_strip=False)
    insort(kept, verdict, key=lambda verdict: rank(verdict["attempts"]))


def _by_attempts(attempts: int) -> int:
    return attempts


def _by_most_attempts(attempts: int) -> int:
    return -attempts
