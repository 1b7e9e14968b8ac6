"""What was meant by a name that is unknown."""

import pytest
from hypothesis import given, strategies as st

from localstack_outages.schema.spelling import closest, did_you_mean, slips

WORDS = st.text("ab-", max_size=6)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("", "", 0),
        ("east", "east", 0),
        ("esat", "east", 1),
        ("est", "east", 1),
        ("eeast", "east", 1),
        ("aest", "west", 1),
        ("ca", "abc", 3),
        ("", "abc", 3),
    ],
)
def test_slips(a, b, expected):
    """A letter too many, too few or wrong is a slip, and so are two that changed places."""
    assert expected == slips(a, b)


@given(WORDS, WORDS)
def test_slips_are_the_same_both_ways(a, b):
    """It takes as many slips from one word to another as back, none only between equal ones, and
    never more than the longer has letters.
    """
    assert slips(a, b) == slips(b, a) <= max(len(a), len(b))
    assert (slips(a, b) == 0) is (a == b)


def test_letters_that_changed_places_count_more():
    """Of two names that share as many letters, the one is meant with fewer slips between."""
    assert "us-east-1" == closest("us-esat-1", ["us-west-1", "us-east-1", "us-west-2"])


def test_nothing_near():
    """Where no name comes near, nothing is said."""
    assert closest("xyz", ["us-east-1"]) is None
    assert "" == did_you_mean("xyz", ["us-east-1"])
    assert ": did you mean 'reset'?" == did_you_mean("rest", ["close", "reset"])
