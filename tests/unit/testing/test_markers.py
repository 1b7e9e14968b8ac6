"""What a marker stands for, and what is wrong with one."""

from typing import NamedTuple

import pytest

from localstack_outages.client.client import OutagesClient
from localstack_outages.testing.markers import make_outage, problem_of

WHOLE = {
    "name": "mine",
    "title": "Mine",
    "phases": [{"name": "down", "at": 0, "length": 60, "text": "It is down.",
                "rules": [{"service": "s3"}]}],
}  # fmt: skip
LATE = {"service": "sqs", "latency": 3}


class Mark(NamedTuple):
    """A marker, as pytest has it."""

    name: str
    args: tuple
    kwargs: dict


def mark(name, *args, **kwargs):
    """Make a marker."""
    return Mark(name, args, kwargs)


VALID = [
    (mark("outage"), ["*"]),
    (mark("outage", "s3", times=1), ["s3"]),
    (mark("outage", [LATE, {"service": "s3"}]), ["sqs", "s3"]),
    (mark("outage_scenario", "aws-2017-09-14-s3-throttling", speed=60), ["s3"]),
    (mark("outage_scenario", WHOLE, phase="down"), ["s3"]),
]


@pytest.mark.parametrize(("marker", "services"), VALID)
def test_a_marker_stands_for_an_outage(marker, services):
    """A valid marker makes an outage with the rules that it says."""
    outage = make_outage(OutagesClient("http://localhost"), marker)

    assert "" == problem_of(marker)
    assert services == [rule.service for rule in outage.rules]


PROBLEMS = [
    (mark("outage", "s3", "sqs"),
     "it takes a service or a list of rules, and the other fields by name"),
    (mark("outage", "s3", regoin="x"), "regoin: unknown field 'regoin': did you mean 'region'?"),
    (mark("outage_scenario"),
     "it takes the name of a scenario or a whole one, and 'speed' and 'phase' by name"),
    (mark("outage_scenario", "kms-down", 60),
     "it takes the name of a scenario or a whole one, and 'speed' and 'phase' by name"),
    (mark("outage_scenario", "kms-dwon"),
     "there is no scenario 'kms-dwon': did you mean 'kms-down'?"),
    (mark("outage_scenario", "kms-down", phase="up"),
     "phase: 'kms-down' has no phase 'up'; it has slow, down, catch-up"),
    (mark("outage_scenario", "kms-down", speed=0),
     "speed: 0 is out of range: more than 0, at most 86400"),
    (mark("outage_scenario", {**WHOLE, "phases": []}),
     "phases: 0 phases; there may be 1 to 100"),
]  # fmt: skip


@pytest.mark.parametrize(("marker", "problem"), PROBLEMS)
def test_a_problem_is_told(marker, problem):
    """What is wrong with a marker is told in a line."""
    assert problem == problem_of(marker)


def test_an_unknown_argument_is_told():
    """An argument that the marker does not take is named."""
    assert "'sped'" in problem_of(mark("outage_scenario", "kms-down", sped=60))
