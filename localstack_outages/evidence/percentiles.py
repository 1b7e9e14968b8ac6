"""Percentiles by the nearest rank: the least value such that a share of all does not exceed it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import ceil


def nearest_rank(ordered: Sequence[float], share: float) -> float | None:
    """Give a percentile of values.

    :param ordered: the values, the least first
    :param share: 0.5 for the median
    :return: None where there is no value
    """
    return ordered[_rank(len(ordered), share) - 1] if ordered else None


def nearest_rank_of_counts(counts: Mapping[int, int], share: float) -> int | None:
    """Give a percentile of values that were counted.

    :param counts: how often each value occurs
    :param share: 0.5 for the median
    :return: None where there is no value
    """
    total = sum(counts.values())
    if not total:
        return None
    ordered = sorted(counts)
    up_to = list(accumulate(counts[value] for value in ordered))
    return ordered[bisect_left(up_to, _rank(total, share))]


def _rank(count: int, share: float) -> int:
    """Give the place of a percentile among so many values, from 1."""
    return max(1, ceil(share * count - 1e-9))  # 0.07 * 100 is a little more than 7
