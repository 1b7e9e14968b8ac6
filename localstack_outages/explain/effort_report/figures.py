"""The figures of a report, and of its subjects."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from localstack_outages.explain.verdict_words import in_seconds
from localstack_outages.schema.documents import Verdict
from localstack_outages.schema.effort_report import EffortReport, Subject
from localstack_outages.schema.vocabulary import ENDINGS, FLAGS


class Figures(NamedTuple):
    """Efforts, counted."""

    efforts: int
    endings: Counter[str]
    flags: Counter[str]
    recovery_p95: float | None
    """Milliseconds; None where nothing recovered."""

    def __str__(self) -> str:
        if not self.efforts:
            return "no effort was hit"
        endings = ", ".join(f"{self.endings[e]} {e}" for e in ENDINGS if self.endings[e])
        text = f"{self.efforts} effort{'' if self.efforts == 1 else 's'}: {endings}"
        if self.recovery_p95 is not None:
            text += f", p95 to recover {in_seconds(self.recovery_p95)}"
        return text

    @property
    def flags_told(self) -> str:
        """The flags with their numbers; nothing where there is none."""
        return ", ".join(f"{self.flags[flag]} {flag}" for flag in FLAGS if self.flags[flag])


def figures_of(verdicts: Iterable[Verdict]) -> Figures:
    """Count efforts."""
    found = list(verdicts)
    flags = Counter(flag for verdict in found for flag in verdict["flags"])
    times = sorted(v["totalMs"] for v in found if v["ending"] == "recovered")
    p95 = times[max(0, -(-len(times) * 95 // 100) - 1)] if times else None
    return Figures(len(found), Counter(v["ending"] for v in found), Counter(flags), p95)


def figures_of_all(report: EffortReport) -> Figures:
    """Count the efforts of all subjects."""
    return figures_of(verdict for subject in report["subjects"] for verdict in subject["verdicts"])


def is_bad(subject: Subject) -> bool:
    """Whether a subject did not do well: a test that failed, or an operation some effort of which
    failed or has a flag. A test that passes may expect failures.
    """
    if subject["outcome"] is not None:
        return subject["outcome"] == "failed"
    return any(map(is_bad_effort, subject["verdicts"]))


def is_bad_effort(verdict: Verdict) -> bool:
    """Whether an effort did not do well."""
    return bool(verdict["flags"]) or verdict["ending"] == "failed"


def by_urgency(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Sort efforts: those with flags first, then those that failed, then by time."""
    return sorted(verdicts, key=lambda v: (not v["flags"], v["ending"] != "failed", v["time"]))
