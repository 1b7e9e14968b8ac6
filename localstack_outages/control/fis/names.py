"""Ids and ARNs, and what stands in an ARN."""

import secrets
import string
from typing import NamedTuple

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 15

LEVER_ID = "default"
"""The id of the one safety lever that each account has in each region."""


class Place(NamedTuple):
    """Where a request is made: FIS keeps the places apart."""

    account: str
    region: str

    def arn(self, resource: str) -> str:
        """Give the ARN of a resource of FIS, such as ``experiment/EXP…``."""
        return f"arn:aws:fis:{self.region}:{self.account}:{resource}"


class Arn(NamedTuple):
    """The parts of an ARN."""

    service: str
    region: str
    account: str
    resource: str


def new_id(prefix: str) -> str:
    """Make an id: ``EXT`` for a template, ``EXP`` for an experiment, and 15 characters."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def read_arn(text: str) -> Arn | None:
    """Take an ARN to pieces; None where it is none."""
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not parts[5]:
        return None
    return Arn(*parts[2:])


def last_part(arn: str) -> str:
    """Give the name at the end of an ARN: that of a role, an instance, a stream, a function."""
    return arn.rpartition(":")[2].rpartition("/")[2]


def key_below(prefix: str, key: str) -> str:
    """Give a key in S3 below a prefix, which may be empty and may end in a slash."""
    folder = prefix.rstrip("/")
    return f"{folder}/{key}" if folder else key
