"""Probes: they tell what the outages of an experiment did, and how the application copes."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from localstack_outages.client.assertions import (
    Witness,
    assert_no_entries_lost,
    assert_recovered,
    assert_retried,
)
from localstack_outages.schema.errors import UnknownOwner
from localstack_outages.schema.spelling import did_you_mean
from localstack_outages.schema.vocabulary import FLAGS

from .target import Configuration, OwnersWitness, outages, owner_of

__all__ = [
    "count_flagged",
    "count_hits",
    "has_lost_no_entries",
    "has_recovered",
    "has_retried",
    "load",
    "verdicts",
]

LOG = logging.getLogger("chaostoolkit")  # whose log people read while an experiment runs

MOST_VERDICTS = 5000
"""As many as are kept."""


def count_hits(configuration: Configuration = None) -> int:
    """Count how often the rules of the experiment fired."""
    with outages(configuration) as client, suppress(UnknownOwner):
        return client.evidence(owner_of(configuration))["hits"]
    return 0


def has_recovered(within: float = 10, configuration: Configuration = None) -> bool:
    """Tell whether each operation that the experiment failed works again. Waits for that.

    :param within: in so many seconds after its last failure
    """
    return _holds(configuration, lambda witness: assert_recovered(witness, within))


def has_retried(
    at_least: int = 1, backoff: bool = False, configuration: Configuration = None
) -> bool:
    """Tell whether each call that the experiment hit was retried.

    :param at_least: how many retries, beside the first attempt
    :param backoff: whether to expect a pause before each
    """
    return _holds(configuration, lambda witness: assert_retried(witness, at_least, backoff=backoff))


def has_lost_no_entries(within: float = 10, configuration: Configuration = None) -> bool:
    """Tell whether each entry of a batch that the experiment failed was sent again. Waits for that.

    :param within: in so many seconds after it failed
    """
    return _holds(configuration, lambda witness: assert_no_entries_lost(witness, within))


def count_flagged(
    flags: Sequence[str], wait: float = 0, configuration: Configuration = None
) -> int:
    """Count the efforts of the application that have one of some flags, such as ``neverRetried``.

    :param flags: the flags; ``docs/observability.md`` says what each means
    :param wait: how long to wait while an effort is open, for it may go on, up to 60 seconds
    :raises ValueError: where there is no such flag
    """
    for flag in flags:
        if flag not in FLAGS:
            known = ", ".join(FLAGS)
            hint = did_you_mean(flag, FLAGS) or f": the flags are {known}"
            raise ValueError(f"flags: unknown flag '{flag}'{hint}")
    owner = owner_of(configuration)
    with outages(configuration) as client:
        found = client.verdicts(MOST_VERDICTS, owner=owner, wait=wait)["verdicts"]
    return sum(any(flag in effort["flags"] for flag in flags) for effort in found)


def verdicts(wait: float = 0, configuration: Configuration = None) -> dict[str, Any]:
    """Judge how the application dealt with the faults of the experiment.

    :param wait: how long to wait while an effort is open, for it may go on, up to 60 seconds
    :return: the document of ``/outages/verdicts``
    """
    with outages(configuration) as client:
        return dict(client.verdicts(owner=owner_of(configuration), wait=wait))


def load(
    seconds: int = 60,
    service: str | None = None,
    region: str | None = None,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Tell what all clients asked for in the last seconds, and what they got.

    :param seconds: how far back, up to 900
    :param service: glob on the service
    :param region: glob on the region
    :return: ``calls``, ``attempts``, ``good``, and in relation to the calls ``amplification`` and
        ``goodput``; these two are null without a call
    """
    with outages(configuration) as client:
        found = client.load(seconds, service=service, region=region)["seconds"]
    calls, attempts, good = (
        sum(int(second[name]) for second in found) for name in ("calls", "attempts", "good")
    )
    return {
        "calls": calls,
        "attempts": attempts,
        "good": good,
        "amplification": round(attempts / calls, 3) if calls else None,
        "goodput": round(good / calls, 3) if calls else None,
    }


def _holds(configuration: Configuration, expect: Callable[[Witness], None]) -> bool:
    """Tell whether an assertion holds; the log says why it does not. It does while no call was hit: a
    hypothesis is tested before the method too.
    """
    if not count_hits(configuration):
        return True
    with outages(configuration) as client:
        try:
            expect(OwnersWitness(client, owner_of(configuration)))
        except AssertionError as e:
            LOG.warning("%s", e)
            return False
    return True
