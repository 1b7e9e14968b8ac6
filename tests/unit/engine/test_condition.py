"""How a condition is asked about a call, and the bound on its work."""

import time
import tracemalloc

import jmespath
import pytest

from localstack_outages.engine.condition import BoundedCondition, TooMuchWork

PARAMETERS = {
    "Bucket": "invoices",
    "Key": "2026/a",
    "Delete": {"Objects": [{"Key": f"k{i}", "VersionId": str(i)} for i in range(1000)]},
    "Tags": ["a", "b"],
}


@pytest.mark.parametrize(
    "expression",
    [
        "Bucket == 'invoices' && starts_with(Key, '2026/')",
        "Delete.Objects[?Key == 'k999']",
        "contains(Delete.Objects[].Key, 'k7')",
        "length(Delete.Objects) > `999`",
        "[Bucket, Key] == ['invoices', '2026/a']",
        "join('/', [Bucket, Key]) == 'invoices/2026/a'",
        "Delete.Objects[*].[Key, VersionId][] | contains(@, '999')",
        "Delete.Objects[*].{k: Key}[?k == 'k5'] | [0].k",
        'to_string(Tags) == \'["a","b"]\'',
        "sort(Tags)[-1] == 'b'",
        "max_by(Delete.Objects, &to_number(VersionId)).Key == 'k999'",
        "Tags[::-1] | [0] == 'b'",
        "Nothing || Bucket",
        "!Nothing",
        "Nothing",
        "Bucket == 'x'",
        "map(&[@, @], Tags)[]",
        "Delete.* | [0][0].Key",
    ],
)
def test_it_says_what_jmespath_says(expression):
    """Counting the work changes nothing of the answer."""
    expected = bool(jmespath.search(expression, PARAMETERS))

    assert expected is BoundedCondition(expression).holds(PARAMETERS)


DOUBLING = [
    "|".join(["[@,@]"] * 20) + "|to_string(@)",
    "|".join(["[to_string(@),to_string(@)]"] * 18),
    "|".join(["[@,@][]"] * 25),
    "|".join(["[@,@]"] * 24) + " == [`1`]",
    "|".join(["[@,@]"] * 22) + "|" + "[*]" * 22,
    "Key|" + "|".join(["join('',[@,@])"] * 40),
    "Tags|" + "|".join(["join(to_string(@),[to_string(@),to_string(@)])|to_array(@)"] * 8),
    "|".join(["{a: @, b: @}"] * 22) + "|to_string(@)",
    "|".join(["[@,@]"] * 24) + "|contains(@, `1`)",
    "|".join(["[@,@]"] * 24) + "|@ < `1`",
]


@pytest.mark.parametrize("expression", DOUBLING, ids=range(len(DOUBLING)))
def test_doubling_is_given_up(expression):
    """An expression that doubles a value again and again is given up soon, in little memory."""
    condition = BoundedCondition(expression)
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(TooMuchWork, match="takes more than 100,000 steps"):
        condition.holds({"Key": "k" * 1000, "Tags": ["a"]})
    seconds = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert seconds < 5  # without a bound some of them take minutes
    assert peak < 64 * 1024 * 1024
