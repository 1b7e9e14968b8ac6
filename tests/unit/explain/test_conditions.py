"""Which parameters of an operation a condition asks for."""

import pytest

from localstack_outages.explain.conditions import parameters_of


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Bucket == 'a'", ["Bucket"]),
        ("Bucket == 'a' && starts_with(Key || '', Bucket)", ["Bucket", "Key"]),
        ("Tags[?Key == 'x'].Value", ["Tags"]),
        ("Tags[0].Key", ["Tags"]),
        ("Tags[1:2] | [0].Key", ["Tags"]),
        ("Item.id.S == `1`", ["Item"]),
        ("Messages[].Body", ["Messages"]),
        ("length(Items) > `2` || !Limit", ["Items", "Limit"]),
        ("{a: Bucket, b: [Key, @]}", ["Bucket", "Key"]),
        ("sort_by(Tags, &Key)", ["Tags"]),
        ("@.Bucket == 'a'", []),
        ("`true`", []),
        ("Attributes.* | [0]", ["Attributes"]),
    ],
)
def test_parameters(condition, expected):
    """What is looked up in the parameters themselves is told, not what is looked up inside of them."""
    assert expected == list(parameters_of(condition))
