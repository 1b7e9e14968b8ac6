"""The arithmetic and the report of the benchmarks."""

import json

import pytest

from benchmarks.figures import Spread, Table, percentile, spread, table


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0], Spread(3, 3, 3)),
        ([1.0, 2.0, 3.0, 4.0, 5.0], Spread(3, 2, 4)),
        ([5.0, 1.0, 3.0, 2.0, 4.0], Spread(3, 2, 4)),
    ],
)
def test_spread(values, expected):
    """A spread is the median with the quartiles, whatever the order."""
    assert expected == spread(values)


def test_no_values():
    """Nothing has no median."""
    with pytest.raises(ValueError, match="no values"):
        spread([])


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)])
def test_percentile(share, expected):
    """A percentile is one of the values."""
    assert expected == percentile(list(range(100, 0, -1)), share)
    assert 0 == percentile([], share)


def test_ratios_are_of_neighbours():
    """What disturbs one repetition of all variants leaves the ratios as they are."""
    found = table("t", "ms", {"a": [1.0, 10.0, 100.0], "b": [2.0, 20.0, 200.0]})

    assert Spread(2, 2, 2) == found.rows[1].ratio
    assert (2.0, 20.0) == (found.ratio("b"), found.value("b"))
    with pytest.raises(KeyError):
        found.ratio("c")


def test_variants_of_different_length():
    """A repetition that is missing somewhere is not passed over."""
    with pytest.raises(ValueError, match="zip"):
        table("t", "ms", {"a": [1.0, 2.0], "b": [1.0]})


def test_written_and_read():
    """A table comes back from JSON as it was."""
    found = table("t", "ms", {"a": [1.0, 10.0, 100.0], "b": [2.0, 20.0, 200.0]})

    assert found == Table.from_json(json.loads(json.dumps(found.as_json())))
