"""The option ``--fail-on`` of ``verdicts`` and ``report``: which flags of an effort fail a pipeline."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from localstack_outages.schema.durations import format_duration, parse_duration

from .completing import complete_flag
from .exit_codes import NotAsAsked
from .settings import reading, settings

if TYPE_CHECKING:
    from localstack_outages.schema.vocabulary import Flag

ANY = "any"

_Document = TypeVar("_Document")


def _flags(ctx: click.Context, param: click.Parameter, value: str | None) -> "list[Flag]":
    if value is None:
        return []
    from localstack_outages.schema.vocabulary import FLAGS

    wanted = [flag.strip() for flag in value.split(",")]
    for flag in wanted:
        if flag not in (*FLAGS, ANY):
            known = ", ".join(FLAGS)
            raise click.BadParameter(f"'{flag}' is none of {known} or {ANY}", ctx, param)
    return list(FLAGS) if ANY in wanted else cast("list[Flag]", wanted)


FAIL_ON = click.option(
    "--fail-on",
    metavar="FLAG,...",
    callback=_flags,
    shell_complete=complete_flag,
    help="Exit with 1 if an effort has one of these flags, or 'any' flag.",
)
WAIT = click.option(
    "--wait",
    metavar="DURATION",
    callback=reading(parse_duration),
    help="Wait for efforts that are still open, 60s at most. By default 30s with --fail-on, else 0s.",
)


def asked(
    ask: Callable[[float], _Document],
    counts: Callable[[_Document], tuple[int, Mapping[Any, int]]],
    fail_on: "list[Flag]",
    wait: float | None,
) -> _Document:
    """Ask for efforts, and wait for open ones where that decides whether a pipeline fails.

    :param ask: gives the document after waiting so many seconds for open efforts
    :param counts: says how many efforts in it are open, and how many have each flag
    :param wait: for how long to wait at most, seconds; None where nobody has said
    """
    document = ask(wait or 0)
    is_open, flags = counts(document)
    if fail_on and wait is None and is_open and not _flagged(flags, fail_on):
        document = ask(_announced_wait())
    return document


def flagged(flags: Mapping[Any, int], fail_on: "list[Flag]") -> str:
    """Say which flags were found that someone fails on, with their numbers; nothing where none was."""
    return ", ".join(f"{number} {flag}" for flag, number in _flagged(flags, fail_on).items())


def fail_where(found: str) -> None:
    """Fail where flags were found.

    :raises NotAsAsked: where they were
    """
    if found:
        raise NotAsAsked("Flagged", found)


def _announced_wait() -> float:
    """Give how long an effort is open, seconds, and say that this is waited for."""
    from localstack_outages.aws.retryable import OPEN_SECONDS

    if not settings().json:
        limit = format_duration(OPEN_SECONDS)
        click.echo(f"Waiting for up to {limit}: an application may try again.", err=True)
    return OPEN_SECONDS


def _flagged(flags: Mapping[Any, int], fail_on: "list[Flag]") -> dict[Any, int]:
    return {flag: number for flag, number in flags.items() if number and flag in fail_on}
