"""Percentiles by the nearest rank."""

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from localstack_outages.evidence.percentiles import nearest_rank, nearest_rank_of_counts


@pytest.mark.parametrize(
    ("share", "expected"), [(0, 1), (0.07, 7), (0.5, 50), (0.95, 95), (0.991, 100), (1, 100)]
)
def test_of_a_hundred(share, expected):
    """It is the least value that so many of a hundred do not exceed."""
    assert expected == nearest_rank(range(1, 101), share)


def test_of_none():
    """Of no values there is none."""
    assert nearest_rank([], 0.5) is None
    assert nearest_rank_of_counts({}, 0.5) is None


@given(st.lists(st.integers(0, 9), min_size=1), st.sampled_from([0.0, 0.07, 0.5, 0.95, 0.99, 1.0]))
def test_counted_values(values, share):
    """Of values that were counted it is that of the values."""
    assert nearest_rank(sorted(values), share) == nearest_rank_of_counts(Counter(values), share)
