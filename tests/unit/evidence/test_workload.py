"""How well thousands of efforts of many applications are told apart and judged."""

import pytest

from localstack_outages.evidence.verdicts import Verdicts

from .workload import HABITS, Truth, generate

EFFORTS = 2000
ACCUSING = {"neverRetried", "noBackoff", "retryStorm", "gaveUpEarly", "stoppedBelowMax"}
WELL = {
    "SDK", "SDK that tries often", "tenacity", "patient loop", "pool", "pool with retries of its own",
    "poller", "curl", "download", "two processes", "threads of a test",
}  # fmt: skip
"""The habits of those who retry as they should."""


def told_by(world):
    """Give what the verdicts say of each effort, by access key and the time of its first attempt."""
    now = world.now + 100
    verdicts = Verdicts(lambda: now, 100_000, rule_ceased_at=lambda _: None)
    for call in sorted(world.calls, key=lambda call: call.ended_at):
        verdicts.record(call)
    told = {}
    for effort, judged in (verdicts._judge(effort, now) for effort in verdicts._efforts):
        first, tries = effort.attempts[0], effort.tries.count
        counts = tries, effort.attempt_count, judged.ending
        told[first.access_key, first.at] = Truth("", *counts, frozenset(judged.flags))
    return told


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_efforts_are_judged_right(seed):
    """Of 2,000 efforts at least 99 in 100 are found as they were, with the flags that they deserve and
    no other, and no application that retries well is accused of what it did not do.
    """
    world = generate(EFFORTS, seed)
    told = told_by(world)
    pairs = [(truth, told.get(start)) for start, truth in world.truths.items()]
    wrong = [(t, v) for t, v in pairs if v is None or v._replace(habit=t.habit) != t]
    accused = [(t, v) for t, v in wrong if t.habit in WELL and v and (v.flags - t.flags) & ACCUSING]

    assert {habit.name for habit in HABITS} == {truth.habit for truth, _ in pairs}
    assert [] == accused
    assert len(wrong) <= len(pairs) / 100
    assert abs(len(told) - len(pairs)) <= len(pairs) / 100
