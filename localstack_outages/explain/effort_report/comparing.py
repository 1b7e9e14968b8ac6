"""What got better and what got worse since an earlier run."""

from collections.abc import Iterator

from localstack_outages.explain.verdict_words import in_seconds
from localstack_outages.schema.effort_report import Difference, EffortReport, Subject
from localstack_outages.schema.vocabulary import FLAGS

from .figures import Figures, figures_of

SLOWER = 1.5
MANY_MS = 500
"""Recovery is called slower, or faster, where it takes so many times as long and so much longer."""


def compare(report: EffortReport, earlier: EffortReport) -> list[Difference]:
    """Say what is different about each subject, the worse first. Subjects are told by their names.

    :param earlier: the report that it is compared with
    """
    before = {subject["name"]: subject for subject in earlier["subjects"]}
    now = {subject["name"]: subject for subject in report["subjects"]}
    found: list[Difference] = []
    for name, subject in now.items():
        if name in before:
            found.extend(_differences(subject, before[name]))
        else:
            what = str(figures_of(subject["verdicts"]))
            found.append({"name": name, "kind": "new", "what": what})
    found.extend(
        {"name": name, "kind": "gone", "what": "not in this run"}
        for name in before
        if name not in now
    )
    order = ("worse", "better", "new", "gone")
    return sorted(found, key=lambda one: order.index(one["kind"]))


def _differences(subject: Subject, before: Subject) -> Iterator[Difference]:
    name = subject["name"]
    worse: list[str] = []
    better: list[str] = []
    if subject["outcome"] != before["outcome"]:
        told = f"{before['outcome']} before, now {subject['outcome']}"
        (worse if subject["outcome"] == "failed" else better).append(told)
    now, then = figures_of(subject["verdicts"]), figures_of(before["verdicts"])
    for what in ("failed", *FLAGS):
        change = _share(now, what) - _share(then, what)
        if change:
            told = f"{what}: {_told_share(then, what)} before, now {_told_share(now, what)}"
            (worse if change > 0 else better).append(told)
    slower = _slower(now, then)
    if slower:
        (worse if slower[0] else better).append(slower[1])
    if worse:
        yield {"name": name, "kind": "worse", "what": "; ".join(worse)}
    if better:
        yield {"name": name, "kind": "better", "what": "; ".join(better)}


def _count(figures: Figures, what: str) -> int:
    return figures.endings[what] if what == "failed" else figures.flags[what]


def _share(figures: Figures, what: str) -> float:
    return _count(figures, what) / figures.efforts if figures.efforts else 0.0


def _told_share(figures: Figures, what: str) -> str:
    return f"{_count(figures, what)} of {figures.efforts}"


def _slower(now: Figures, then: Figures) -> tuple[bool, str] | None:
    """Say whether applications took longer to recover, or less long; None where about as long."""
    if now.recovery_p95 is None or then.recovery_p95 is None:
        return None
    less, more = sorted((now.recovery_p95, then.recovery_p95))
    if more < less * SLOWER or more - less < MANY_MS:
        return None
    told = f"p95 to recover: {in_seconds(then.recovery_p95)} before, now {in_seconds(now.recovery_p95)}"
    return now.recovery_p95 > then.recovery_p95, told
