"""Latencies counted by steps of 4 %, so that percentiles of any number of calls can be told from the counts,
to within 2 %.
"""

import math
from collections.abc import Mapping

from .percentiles import nearest_rank_of_counts

RELATIVE_ERROR = 0.02
"""How far a percentile is from the true one at most, as a share of it; see ``latency_of``."""

LEAST_MS = 0.1
"""Shorter latencies count as this one, milliseconds."""

STEPS = 512
"""So many steps there are."""

_BASE = math.log(LEAST_MS)
_WIDTH = math.log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR))


def latency_step(ms: float) -> int:
    """Give the step that a latency counts in. Steps reach from 0.1 ms to 20 hours."""
    if ms <= LEAST_MS:
        return 0
    return min(STEPS - 1, math.ceil((math.log(ms) - _BASE) / _WIDTH))


def latency_of(step: int) -> float:
    """Give the latency that stands for a step, milliseconds: the one that is equally far from its
    two ends, in shares of them.
    """
    return LEAST_MS if step == 0 else math.exp(_BASE + step * _WIDTH) * (1 - RELATIVE_ERROR)


def percentile(steps: Mapping[int, int], share: float) -> float | None:
    """Give the latency that a share of calls does not exceed, milliseconds.

    :param steps: how many calls by step of latency
    :param share: 0.5 for the median
    :return: None where there is no call
    """
    step = nearest_rank_of_counts(steps, share)
    return None if step is None else round(latency_of(step), 3)
