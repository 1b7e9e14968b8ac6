"""The settings that all hosts share, from the environment. A bad one is logged and does not count."""

import logging
import os
from pathlib import Path

from localstack_outages.aws.home_regions import HomeRegion, as_signed, home_region
from localstack_outages.evidence.journal import DEFAULT_SIZE
from localstack_outages.schema.vocabulary import MAX_SPEED

LOG = logging.getLogger(__name__)

ENV_JOURNAL_SIZE = "OUTAGES_JOURNAL_SIZE"
"""How many calls the journal keeps: a whole number from 1. 10,000 by default."""

ENV_GLOBAL_SERVICES = "OUTAGES_GLOBAL_SERVICES"
"""In which region a call to a global service such as IAM counts: ``signed``, the one that the client
signed for, or ``aws``, the one in which AWS runs the service. ``signed`` by default."""


ENV_FIS_SPEED = "OUTAGES_FIS_SPEED"
"""By how much actions of FIS are shorter than their parameters say: a number above 0. 1 by default."""

ENV_FIS_STATE = "OUTAGES_FIS_STATE"
"""The folder in which FIS keeps templates and experiments over a restart. They are not kept by default."""


ENV_SHARE = "OUTAGES_SHARE"
"""The Redis by which several hosts are one fleet, such as ``redis://127.0.0.1:6379``. None by default."""


def read_choice(name: str, *choices: str) -> str:
    """Read a setting that has few values.

    :param choices: the values; the first is the default
    """
    value = os.environ.get(name, "").strip() or choices[0]
    if value in choices:
        return value
    expected = (
        f"neither {choices[0]} nor {choices[1]}" if len(choices) == 2 else f"none of {choices}"
    )
    LOG.error("%s: %r is %s; it counts as %s", name, value, expected, choices[0])
    return choices[0]


def read_home_region() -> HomeRegion:
    """Read in which region a call counts.

    :return: gives it, of the service, the region that the client signed for and the host it called
    """
    choice = read_choice(ENV_GLOBAL_SERVICES, "signed", "aws")
    return home_region if choice == "aws" else as_signed


def read_fis_speed() -> float:
    """Read by how much actions of FIS are shorter than their parameters say."""
    value = os.environ.get(ENV_FIS_SPEED, "").strip() or "1"
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if 0 < speed <= MAX_SPEED:
        return speed
    LOG.error(
        "%s: %r is not a number above 0, at most %g; it counts as 1",
        ENV_FIS_SPEED,
        value,
        MAX_SPEED,
    )
    return 1.0


def read_fis_state() -> Path | None:
    """Read in which folder FIS keeps templates and experiments; None where it keeps none."""
    value = os.environ.get(ENV_FIS_STATE, "").strip()
    return Path(value) if value else None


def read_journal_size() -> int:
    """Read how many calls the journal keeps."""
    value = os.environ.get(ENV_JOURNAL_SIZE, "").strip()
    if not value:
        return DEFAULT_SIZE
    if not value.isdecimal() or int(value) < 1:
        LOG.error(
            "%s: %r is not a whole number from 1; the journal keeps %d calls",
            ENV_JOURNAL_SIZE,
            value,
            DEFAULT_SIZE,
        )
        return DEFAULT_SIZE
    return int(value)
