"""The account that an access key belongs to."""

from functools import lru_cache

from .messages import DEFAULT_ACCOUNT

_ALPHABET = {char: value for value, char in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}
_PREFIXES = ("AKIA", "ASIA", "LKIA", "LSIA")
_ENCODED = slice(4, 14)
_MAX_KEY_LENGTH = 128


@lru_cache(maxsize=1024)
def account_of(access_key: str | None) -> str:
    """Give the account of an access key.

    A key of twelve digits is the account itself, as LocalStack has it. Keys of AWS
    (``AKIA``, ``ASIA``) and LocalStack (``LKIA``, ``LSIA``) encode the account in base32: the ten
    characters after the prefix are 50 bits, of which the first is set and the next 40 are the
    account. Keys that AWS made before 2019 have that bit unset and name no account.

    Sources: Aidan Steele, "AWS Access Key ID formats" (2020); Tal Be'ery, "A short note on AWS KEY
    ID" (2023); ``localstack/aws/accounts.py``.

    :param access_key: None for an unsigned request
    """
    if access_key is None or len(access_key) > _MAX_KEY_LENGTH:
        return DEFAULT_ACCOUNT
    if len(access_key) == 12 and access_key.isascii() and access_key.isdigit():
        return access_key
    if len(access_key) >= 16 and access_key.startswith(_PREFIXES):
        return _decode(access_key[_ENCODED]) or DEFAULT_ACCOUNT
    return DEFAULT_ACCOUNT


def _decode(text: str) -> str | None:
    bits = 0
    for char in text:
        if char not in _ALPHABET:
            return None
        bits = bits << 5 | _ALPHABET[char]
    account = (bits >> 9) & (1 << 40) - 1
    is_encoded = bits >> 49
    return f"{account:012d}" if is_encoded and account < 10**12 else None
