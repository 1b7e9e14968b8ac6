"""The account of an access key."""

import pytest
from hypothesis import given, strategies as st

from localstack_outages.aws.wire.accounts import account_of

NOBODY = "000000000000"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("123456789012", "123456789012"),
        ("AKIARZPUZDIKGB2VALC4", "123456789012"),  # both from LocalStack's source
        ("ASIAQAAAAAAAGMKEM7X5", NOBODY),
        ("ASIAQNZGKIQY56JQ7WML", "029608264753"),  # from Tal Be'ery's article
        ("LSIARZPUZDIKGB2VALC4", "123456789012"),
        ("AKIAIOSFODNN7EXAMPLE", NOBODY),  # of AWS's documents: older than such keys
        ("AKIA", NOBODY),
        ("AKIA0189018901890189", NOBODY),
        ("test", NOBODY),
        ("1234567890123", NOBODY),
        ("\N{ARABIC-INDIC DIGIT ONE}" * 12, NOBODY),
        ("", NOBODY),
        (None, NOBODY),
    ],
)
def test_account(key, expected):
    """Keys of twelve digits are the account, keys of AWS encode it, others name none."""
    assert expected == account_of(key)


@given(st.text(max_size=300) | st.builds("AKIA{}".format, st.text(min_size=16, max_size=16)))
def test_any_key(key):
    """Whatever the key, an account has twelve digits."""
    account = account_of(key)

    assert account.isascii()
    assert account.isdigit()
    assert 12 == len(account)
