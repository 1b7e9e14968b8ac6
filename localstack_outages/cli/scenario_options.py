"""The options that several commands of ``scenario`` have."""

import math
from typing import TYPE_CHECKING

import click

from .settings import reading

if TYPE_CHECKING:
    from .thresholds import Threshold


def _speed(text: str) -> float:
    from localstack_outages.schema.vocabulary import MAX_SPEED

    try:
        speed = float(text.lower().removesuffix("x"))
    except ValueError:
        speed = math.nan
    if not 0 < speed <= MAX_SPEED:
        raise ValueError(
            f"'{text}' is not a speed; write a number from 0 to {MAX_SPEED:g}, such as 60"
        )
    return speed


SPEED = click.option(
    "--speed",
    metavar="FACTOR",
    default="1",
    callback=reading(_speed),
    help="Play it so many times faster: 60 turns an hour into a minute. This changes when phases start "
    "and how long they last, and nothing else: latencies stay as they are.",
)
PHASE = click.option("--phase", metavar="NAME", help="Play this phase alone. It begins at once.")


def _thresholds(text: str) -> "list[Threshold]":
    from .thresholds import read_thresholds

    return read_thresholds(text)


FAIL_ON = click.option(
    "--fail-on",
    metavar="THRESHOLDS",
    callback=reading(_thresholds),
    help="Exit with 1 if the run crosses one: amplification>3,recovery>60s,metastable. The command waits "
    "after the scenario until that is known.",
)
STOP_ON = click.option(
    "--stop-on",
    metavar="THRESHOLDS",
    callback=reading(_thresholds),
    help="End the scenario as soon as the run crosses one, and exit with 1.",
)
